"""Every address of the installation."""

from django.urls import include, path

urlpatterns = [
    path("accounts/", include("goodterms.web.account_urls")),
    path("p/", include("goodterms.portal.urls")),
    path("", include("goodterms.web.urls")),
]
