"""Pages: the public documentation, and its desk."""
