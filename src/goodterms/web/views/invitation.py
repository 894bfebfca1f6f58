"""The page behind the link of an invitation: join with a new account, or with the one that is there already."""

from typing import Any

from allauth.account.utils import perform_login
from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from goodterms.core.refusal import Refusal
from goodterms.flows.invite_member import accept_invitation
from goodterms.organizations.models import Invitation, User
from goodterms.web.clock import current_moment
from goodterms.web.invitations import find_invitation

PAGE = "web/account/invitation.html"


class JoinForm(forms.Form):
    """What a new colleague says of themselves."""

    name = forms.CharField(max_length=150, label=_("Your name"))
    password = forms.CharField(max_length=200, label=_("Password"), strip=False)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Show the invitation, or accept it."""
    found, now = find_invitation(token), current_moment()
    if found is None or found.expires_at <= now:
        return render(request, "web/account/invitation_closed.html", status=410)
    known = User.objects.filter(email__iexact=found.email).first()
    context: dict[str, Any] = {
        "invitation": found,
        "known": known,
        "is_me": known is not None and known == request.user,
    }
    if request.method != "POST":
        return render(request, PAGE, context)
    if known is not None:
        return _join(request, found, context, "", "") if context["is_me"] else render(request, PAGE, context)
    form = JoinForm(request.POST)
    context["form"] = form
    if not form.is_valid():
        return render(request, PAGE, context, status=422)
    return _join(request, found, context, form.cleaned_data["name"], form.cleaned_data["password"])


def _join(request: HttpRequest, found: Invitation, context: dict[str, Any], name: str, password: str) -> HttpResponse:
    user = request.user if context["is_me"] and isinstance(request.user, User) else None
    try:
        joined = accept_invitation(found, user=user, name=name, password=password, now=current_moment())
    except Refusal as refusal:
        return render(request, PAGE, {**context, "fault": str(refusal)}, status=422)
    today = reverse("today", args=[found.organisation.slug])
    return redirect(today) if user else _sign_in(request, joined, today)


def _sign_in(request: HttpRequest, joined: User, then: str) -> HttpResponse:
    """As at the sign-in page: the session is listed among the person's devices."""
    answer = perform_login(request, joined, redirect_url=then)
    assert isinstance(answer, HttpResponse)
    return answer
