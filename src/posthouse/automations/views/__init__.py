"""The desk's pages about automations and tasks, by topic."""
