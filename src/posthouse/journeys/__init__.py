"""Declared sequences of steps, and where everyone stands in them."""
