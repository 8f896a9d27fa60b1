"""Template filters of this feature."""
