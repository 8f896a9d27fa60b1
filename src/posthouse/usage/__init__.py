"""Calls made with keys: recent calls, roll-ups, milestones."""
