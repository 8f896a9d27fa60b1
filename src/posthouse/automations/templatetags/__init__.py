"""Template tags of this feature."""
