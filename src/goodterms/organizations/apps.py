"""Django's name for the organisations app."""

from django.apps import AppConfig


class OrganizationsConfig(AppConfig):
    name = "goodterms.organizations"
    label = "organizations"
