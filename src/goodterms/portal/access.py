"""Who comes by a link: every page and deed of the portal is reached through one of these decorators.

The link itself is the only authority: no cookie is set or read, so nothing of a browser can be used against its owner,
and Django's own protection against forged forms (which needs a cookie and a referrer) has nothing to protect.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property, wraps
from typing import Any

from csp.constants import NONCE, NONE, SELF
from csp.decorators import csp
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import add_never_cache_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from goodterms.core.calendar import find_zone
from goodterms.flows.facts import local_day
from goodterms.flows.portal_links import LinkOver, find_portal_link
from goodterms.followup.models import PortalLink
from goodterms.ledger.models import Customer
from goodterms.organizations.models import Organisation
from goodterms.portal.language import PortalLanguage, choose_language
from goodterms.portal.limits import ASKED, OPENED, SENT, WRONG

POLICY: dict[str, Any] = {
    "default-src": [NONE],
    "style-src": [SELF, NONCE],
    "font-src": [SELF],
    "img-src": [SELF, "data:"],
    "form-action": [SELF],
    "base-uri": [NONE],
    "frame-ancestors": [NONE],
}
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
QUIET_COLOUR = "#1f4e5f"
_LIGHT = 0.36
"""Relative luminance above which dark letters are read better than white ones (WCAG 2.2, contrast 4.5 on either)."""


@dataclass
class PortalVisit:
    """One request through a working link."""

    link: PortalLink
    token: str
    now: datetime
    language: PortalLanguage

    @property
    def organisation(self) -> Organisation:
        return self.link.organisation

    @property
    def customer(self) -> Customer:
        return self.link.customer

    @cached_property
    def today(self) -> date:
        """The customer's own calendar day."""
        return local_day(self.organisation, self.customer, self.now)

    @property
    def colour(self) -> str:
        """The organisation's colour, or a quiet one."""
        own = self.organisation.brand_color
        return own if _COLOUR.fullmatch(own) else QUIET_COLOUR

    @property
    def ink(self) -> str:
        """What is read on that colour."""
        return "#111111" if _luminance(self.colour) > _LIGHT else "#ffffff"


def current_moment() -> datetime:
    """Now, in UTC: the portal's only look at the clock."""
    return datetime.now(UTC)


View = Callable[..., HttpResponseBase]


def page(view: View) -> View:
    """A page by GET; whatever the link does not open is the same page that nothing is there."""
    return require_safe(_guarded(view, is_deed=False))


def deed(view: View) -> View:
    """A deed by POST."""
    return csrf_exempt(require_POST(_guarded(view, is_deed=True)))


def show(
    request: HttpRequest, visit: PortalVisit, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """A page of the portal within its frame."""
    ends_on = visit.language.date(visit.link.expires_at.astimezone(find_zone(visit.organisation.timezone)).date())
    frame = {"visit": visit, "language": visit.language, "ends_on": ends_on}
    return render(request, f"portal/{template}", {**frame, **context}, status=status)


def _guarded(view: View, *, is_deed: bool) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, token: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
        accepted = request.headers.get("Accept-Language", "")

        def found(_: HttpRequest) -> HttpResponseBase:
            return _answer(view, request, token, accepted, args, kwargs, is_deed=is_deed)

        answer = csp(POLICY)(found)(request)
        add_never_cache_headers(answer)
        answer["Referrer-Policy"] = "no-referrer"
        answer["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        return answer

    return guarded


def _answer(
    view: View, request: HttpRequest, token: str, accepted: str, args: Any, kwargs: Any, *, is_deed: bool
) -> HttpResponseBase:
    now, caller = current_moment(), request.META.get("REMOTE_ADDR", "")
    if WRONG.is_reached(caller, now) or ASKED.is_above(caller, now):
        return _closed(request, "busy", accepted, 429)
    link = find_portal_link(token, now)
    if link is None:
        WRONG.is_above(caller, now)
        return _closed(request, "gone", accepted, 404)
    limit = SENT if is_deed else OPENED
    if limit.is_above(str(link.pk), now):
        return _closed(request, "busy", accepted, 429)
    visit = PortalVisit(link, token, now, choose_language(link.customer.language, accepted))
    with translation.override(visit.language.code):
        try:
            return view(request, visit, *args, **kwargs)
        except (Http404, LinkOver):
            return _closed(request, "gone", accepted, 404)


def _closed(request: HttpRequest, why: str, accepted: str, status: int) -> HttpResponse:
    """The page that says nothing of whose link it was, or whether there ever was one."""
    language = choose_language("", accepted)
    answer = render(request, "portal/closed.html", {"language": language, "why": why}, status=status)
    if status == 429:
        answer["Retry-After"] = "600"
    return answer


def _luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance of #rrggbb."""
    parts = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
