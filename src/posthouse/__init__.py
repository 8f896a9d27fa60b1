"""Posthouse: one house for journeys, surveys and the help desk of an API's developers."""

__version__ = "0.1.0"
