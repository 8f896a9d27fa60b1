"""The pages, by who opens them."""
