"""Verify API keys in process, apply limits and report calls to Posthouse."""

__version__ = "0.1.0"
