"""Signing in and out: of allauth's pages those that serve accounts given by invitation, in our own dress."""

from allauth.account.views import (
    AccountInactiveView,
    LoginView,
    LogoutView,
    PasswordChangeView,
    PasswordSetView,
    ReauthenticateView,
    SignupView,
)
from django.urls import path, reverse_lazy
from django.utils.translation import gettext_lazy as _

CHANGE = {"heading": _("Change password")}
urlpatterns = [
    path("login/", LoginView.as_view(template_name="web/account/login.html"), name="account_login"),
    path("logout/", LogoutView.as_view(template_name="web/account/logout.html"), name="account_logout"),
    path("signup/", SignupView.as_view(template_name_signup_closed="web/account/closed.html"), name="account_signup"),
    path("inactive/", AccountInactiveView.as_view(template_name="web/account/inactive.html"), name="account_inactive"),
    path(
        "password/change/",
        PasswordChangeView.as_view(
            template_name="web/account/form.html", extra_context=CHANGE, success_url=reverse_lazy("start")
        ),
        name="account_change_password",
    ),
    path(
        "password/set/",
        PasswordSetView.as_view(
            template_name="web/account/form.html", extra_context=CHANGE, success_url=reverse_lazy("start")
        ),
        name="account_set_password",
    ),
    path(
        "reauthenticate/",
        ReauthenticateView.as_view(
            template_name="web/account/form.html", extra_context={"heading": _("Confirm it is you")}
        ),
        name="account_reauthenticate",
    ),
]
