"""Django's name for the followup app."""

from django.apps import AppConfig


class FollowupConfig(AppConfig):
    name = "goodterms.followup"
    label = "followup"
