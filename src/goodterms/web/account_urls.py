"""Signing in and out, passwords and second factors: allauth's pages for accounts given by invitation, in our dress."""

from allauth.account.views import (
    AccountInactiveView,
    LoginView,
    LogoutView,
    PasswordChangeView,
    PasswordResetDoneView,
    PasswordResetFromKeyDoneView,
    PasswordResetFromKeyView,
    PasswordResetView,
    PasswordSetView,
    ReauthenticateView,
    SignupView,
)
from allauth.mfa.base import views as second_factor
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as authenticator_app
from allauth.mfa.webauthn import views as passkeys
from django.urls import URLPattern, path, re_path, reverse_lazy
from django.utils.translation import gettext_lazy as _

from goodterms.web.views import invitation, security

FORM = "web/account/form.html"
CHANGE = {"heading": _("Change password")}
SECURITY = reverse_lazy("mfa_index")
of_account: list[URLPattern] = [
    path("login/", LoginView.as_view(template_name="web/account/login.html"), name="account_login"),
    path("logout/", LogoutView.as_view(template_name="web/account/logout.html"), name="account_logout"),
    path("signup/", SignupView.as_view(template_name_signup_closed="web/account/closed.html"), name="account_signup"),
    path("inactive/", AccountInactiveView.as_view(template_name="web/account/inactive.html"), name="account_inactive"),
    path(
        "password/change/",
        PasswordChangeView.as_view(template_name=FORM, extra_context=CHANGE, success_url=SECURITY),
        name="account_change_password",
    ),
    path(
        "password/set/",
        PasswordSetView.as_view(template_name=FORM, extra_context=CHANGE, success_url=SECURITY),
        name="account_set_password",
    ),
    path(
        "reauthenticate/",
        ReauthenticateView.as_view(template_name="web/account/reauthenticate.html"),
        name="account_reauthenticate",
    ),
    path(
        "password/reset/",
        PasswordResetView.as_view(template_name="web/account/password_reset.html"),
        name="account_reset_password",
    ),
    path(
        "password/reset/sent/",
        PasswordResetDoneView.as_view(template_name="web/account/password_reset_sent.html"),
        name="account_reset_password_done",
    ),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        PasswordResetFromKeyView.as_view(template_name="web/account/password_new.html"),
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/done/",
        PasswordResetFromKeyDoneView.as_view(template_name="web/account/password_done.html"),
        name="account_reset_password_from_key_done",
    ),
]
of_second_factor: list[URLPattern] = [
    path("security/", security.security, name="mfa_index"),
    path(
        "second-factor/",
        second_factor.AuthenticateView.as_view(template_name="web/account/second_factor.html"),
        name="mfa_authenticate",
    ),
    path(
        "second-factor/confirm/",
        second_factor.ReauthenticateView.as_view(template_name="web/account/reauthenticate.html"),
        name="mfa_reauthenticate",
    ),
    path(
        "app/activate/",
        authenticator_app.ActivateTOTPView.as_view(template_name="web/account/app_activate.html"),
        name="mfa_activate_totp",
    ),
    path(
        "app/deactivate/",
        authenticator_app.DeactivateTOTPView.as_view(template_name="web/account/app_deactivate.html"),
        name="mfa_deactivate_totp",
    ),
    path(
        "recovery-codes/",
        recovery_codes.ViewRecoveryCodesView.as_view(template_name="web/account/recovery_codes.html"),
        name="mfa_view_recovery_codes",
    ),
    path(
        "recovery-codes/new/",
        recovery_codes.GenerateRecoveryCodesView.as_view(template_name="web/account/recovery_codes_new.html"),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "recovery-codes/download/",
        recovery_codes.DownloadRecoveryCodesView.as_view(template_name="web/account/recovery_codes.txt"),
        name="mfa_download_recovery_codes",
    ),
    path("passkeys/login/", passkeys.LoginWebAuthnView.as_view(), name="mfa_login_webauthn"),
    path(
        "passkeys/add/",
        passkeys.AddWebAuthnView.as_view(template_name="web/account/passkey_add.html"),
        name="mfa_add_webauthn",
    ),
    path(
        "passkeys/confirm/",
        passkeys.ReauthenticateWebAuthnView.as_view(template_name="web/account/reauthenticate_passkey.html"),
        name="mfa_reauthenticate_webauthn",
    ),
    path(
        "passkeys/<int:pk>/remove/",
        passkeys.RemoveWebAuthnView.as_view(template_name="web/account/passkey_remove.html", success_url=SECURITY),
        name="mfa_remove_webauthn",
    ),
    path(
        "passkeys/<int:pk>/rename/",
        passkeys.EditWebAuthnView.as_view(
            template_name=FORM, extra_context={"heading": _("Rename passkey")}, success_url=SECURITY
        ),
        name="mfa_edit_webauthn",
    ),
]
urlpatterns: list[URLPattern] = [
    *of_account,
    *of_second_factor,
    path("sessions/<int:pk>/end/", security.session_end, name="account-session-end"),
    path("sessions/end-others/", security.sessions_end_others, name="account-sessions-end-others"),
    path("invitation/<str:token>/", invitation.invitation, name="account-invitation"),
]
