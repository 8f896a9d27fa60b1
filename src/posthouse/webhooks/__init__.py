"""Tells programs outside of the house what happens: subscriptions, signed deliveries, attempts."""
