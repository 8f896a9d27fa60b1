"""The question within the vendor's pages: who somebody is, whether to ask, and what the script is told."""
