"""Every address of the installation."""

from django.urls import include, path

urlpatterns = [
    path("accounts/", include("allauth.account.urls")),
    path("", include("goodterms.web.urls")),
]
