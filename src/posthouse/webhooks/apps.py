"""Registers the feature with Django."""

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    """See the README of this folder."""

    name = "posthouse.webhooks"
    label = "webhooks"
