"""Sunline: a small vendor API (sun and moon times) that Posthouse looks after in the demo."""
