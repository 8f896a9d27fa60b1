"""Outgoing mail as rows with a due time and a state."""
