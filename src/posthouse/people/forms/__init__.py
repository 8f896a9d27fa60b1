"""Forms about people, and the settings page's."""
