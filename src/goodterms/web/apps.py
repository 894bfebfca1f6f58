"""Django's name for the web app."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "goodterms.web"
    label = "web"
