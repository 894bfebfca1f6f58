"""Django's name for the ledger app."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "goodterms.ledger"
    label = "ledger"
