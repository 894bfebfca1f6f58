"""The addresses of the pages for people at work."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
