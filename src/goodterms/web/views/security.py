"""A person's own account: password, second factor, and the devices on which they are signed in."""

from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from goodterms.organizations.models import User
from goodterms.web.access import go_back
from goodterms.web.devices import describe_device


@dataclass(frozen=True)
class Device:
    """A browser in which the person is signed in."""

    pk: int
    name: str
    ip: str
    since: datetime
    is_this: bool


@require_safe
@login_required
def security(request: HttpRequest) -> HttpResponse:
    """What guards the account, and where it is open."""
    assert isinstance(request.user, User)
    kept = list(Authenticator.objects.filter(user=request.user).order_by("created_at", "pk"))
    by_kind = {row.type: row for row in kept}
    codes = by_kind.get(Authenticator.Type.RECOVERY_CODES)
    context = {
        "app": by_kind.get(Authenticator.Type.TOTP),
        "passkeys": [row for row in kept if row.type == Authenticator.Type.WEBAUTHN],
        "codes_left": len(codes.wrap().get_unused_codes()) if codes else None,
        "devices": _devices(request, request.user),
        "takes_passkeys": takes_passkeys(request),
    }
    return render(request, "web/account/security.html", context)


@require_POST
@login_required
def session_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign a device out."""
    assert isinstance(request.user, User)
    found = UserSession.objects.filter(user=request.user, pk=pk).first()
    if found is None:
        raise Http404
    if found.session_key == request.session.session_key:
        return redirect("account_logout")
    found.end()
    messages.success(request, _("That device is signed out."))
    return go_back(request, "/accounts/security/")


@require_POST
@login_required
def sessions_end_others(request: HttpRequest) -> HttpResponse:
    """Sign every device out but this one."""
    assert isinstance(request.user, User)
    for session in UserSession.objects.filter(user=request.user).exclude(session_key=request.session.session_key):
        session.end()
    messages.success(request, _("Every other device is signed out."))
    return go_back(request, "/accounts/security/")


def takes_passkeys(request: HttpRequest) -> bool:
    """Whether browsers offer passkeys under this address: by HTTPS or on localhost, never under a bare number."""
    host = request.get_host().rpartition(":")[0] or request.get_host()
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return request.is_secure() or host == "localhost" or host.endswith(".localhost")
    return False


def _devices(request: HttpRequest, user: User) -> list[Device]:
    """This one first, then those signed in last; one that is not listed yet (signed in before lists were kept) is."""
    if not UserSession.objects.filter(session_key=request.session.session_key).exists():
        UserSession.objects.create_from_request(request)
    rows = UserSession.objects.purge_and_list(user)
    rows.sort(key=lambda row: (row.session_key != request.session.session_key, -row.created_at.timestamp()))
    return [
        Device(
            row.pk,
            describe_device(row.user_agent),
            row.ip,
            row.created_at,
            row.session_key == request.session.session_key,
        )
        for row in rows
    ]
