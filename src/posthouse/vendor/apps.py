"""Registers the feature with Django."""

from django.apps import AppConfig


class VendorConfig(AppConfig):
    """See the README of this folder."""

    name = "posthouse.vendor"
    label = "vendor"
