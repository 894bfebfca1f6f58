"""Who may see and do what: every page of an organisation is reached through one of these decorators."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property, wraps
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from goodterms.core.refusal import Refusal
from goodterms.organizations.models import Membership, Organisation, User
from goodterms.web.clock import current_moment
from goodterms.web.formats import choose_locale

ACTING_ROLES = frozenset({Membership.Role.OWNER, Membership.Role.MANAGER, Membership.Role.COLLECTOR})


@dataclass
class Visit:
    """One person's request inside one organisation."""

    organisation: Organisation
    user: User
    role: str
    now: datetime
    locale: Locale

    @property
    def may_act(self) -> bool:
        return self.role in ACTING_ROLES

    @property
    def actor(self) -> str:
        """The name under which this person's deeds are written down."""
        return str(self.user)

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.organisation.timezone)

    @cached_property
    def today(self) -> date:
        """The organisation's own calendar day."""
        return self.now.astimezone(self.zone).date()


View = Callable[..., HttpResponseBase]


def looking(page: View) -> View:
    """A page for every member of the organisation in the address; for a stranger it does not exist."""

    @wraps(page)
    def view(request: HttpRequest, slug: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not isinstance(request.user, User):
            return _ask_to_sign_in(request, request.get_full_path())
        return page(request, find_visit(request, request.user, slug), *args, **kwargs)

    return require_safe(view)


def acting(page: View) -> View:
    """A deed, by POST, for members whose role may act; what the flow refuses is said on the page it came from."""

    @wraps(page)
    def view(request: HttpRequest, slug: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not isinstance(request.user, User):
            return _ask_to_sign_in(request, f"/o/{slug}/")
        visit = find_visit(request, request.user, slug)
        if not visit.may_act:
            raise PermissionDenied
        try:
            return page(request, visit, *args, **kwargs)
        except Refusal as refusal:
            messages.error(request, str(refusal))
            return go_back(request, f"/o/{slug}/")

    return require_POST(view)


def find_visit(request: HttpRequest, user: User, slug: str) -> Visit:
    """The visit of the signed-in person; raises Http404 where there is no such organisation for them."""
    membership = (
        Membership.objects.select_related("organisation")
        .defer("organisation__logo")
        .filter(user=user, organisation__slug=slug)
        .first()
    )
    if membership is None:
        raise Http404
    organisation = membership.organisation
    locale = choose_locale(request.headers.get("Accept-Language", ""), organisation.country)
    return Visit(organisation, user, membership.role, current_moment(), locale)


def go_back(request: HttpRequest, otherwise: str) -> HttpResponse:
    """Back to the page the form says it stood on (an address of our own), else to ``otherwise``."""
    target = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(target, allowed_hosts=None)
    return HttpResponseRedirect(target if is_ours else otherwise, status=303)


def _ask_to_sign_in(request: HttpRequest, then: str) -> HttpResponse:
    """The way to the sign-in page; a page that htmx fetches part of is sent there as a whole."""
    response = redirect_to_login(then)
    if request.headers.get("HX-Request"):
        return HttpResponse(status=401, headers={"HX-Redirect": response.url})
    return response
