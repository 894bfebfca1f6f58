"""How people get an account: by invitation only, never by signing up."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class ClosedSignupAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Refuses open sign-up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
