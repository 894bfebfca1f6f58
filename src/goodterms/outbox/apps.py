"""Django's name for the outbox app."""

from django.apps import AppConfig


class OutboxConfig(AppConfig):
    name = "goodterms.outbox"
    label = "outbox"
