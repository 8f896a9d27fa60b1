"""Pages about people: accounts, the portal's people pages, the desk's lists, team and settings."""
