"""Who may see and do what: every page of an organisation is reached through one of these decorators.

``looking``, ``looking_to_manage``, ``looking_to_own`` are pages (GET); ``acting``, ``managing``, ``owning`` are deeds
(POST). Which role holds which right stands in ``organizations.rights``.

Some members see their own customers only. What they may see is decided in one place, on the visit: customers come from
``visit.customers()`` or ``visit.find_customer(pk)``, and all other rows that belong to a customer go through
``visit.limit(rows)`` before they are counted, sliced or looked up.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property, wraps
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from babel import Locale
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from goodterms.core.refusal import Refusal
from goodterms.ledger.models import Customer
from goodterms.organizations.models import Membership, Organisation, User
from goodterms.organizations.rights import Right, is_allowed
from goodterms.web.clock import current_moment
from goodterms.web.formats import choose_locale

Row = TypeVar("Row", bound=Model)
Found = TypeVar("Found")


@dataclass
class Visit:
    """One person's request inside one organisation."""

    organisation: Organisation
    user: User
    membership: Membership
    now: datetime
    locale: Locale

    @property
    def role(self) -> str:
        return self.membership.role

    @property
    def is_limited(self) -> bool:
        """Whether this person sees their own customers only."""
        return self.membership.has_own_customers_only

    @property
    def may_act(self) -> bool:
        return is_allowed(self.role, Right.ACT)

    @property
    def may_manage(self) -> bool:
        return is_allowed(self.role, Right.MANAGE)

    @property
    def may_own(self) -> bool:
        return is_allowed(self.role, Right.OWN)

    def customers(self) -> QuerySet[Customer]:
        """The customers this person may see."""
        rows = Customer.objects.filter(organisation=self.organisation)
        return rows.filter(collector=self.membership) if self.is_limited else rows

    def find_customer(self, pk: int) -> Customer:
        """The customer with its profile; raises Http404 where this person has no such customer."""
        found = self.customers().select_related("profile", "organisation", "collector__user").filter(pk=pk).first()
        if found is None:
            raise Http404
        return found

    def limit(self, rows: "QuerySet[Row, Found]", customer: str = "customer") -> "QuerySet[Row, Found]":
        """Of these rows those of customers this person may see; ``customer`` leads from the row to its customer."""
        if not self.is_limited:
            return rows
        return rows.filter(**{f"{customer}_id__in": self.customers().values("pk")})

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


def _page(right: Right) -> Callable[[View], View]:
    """A page, by GET, for members who hold the right; for a stranger there is no such page."""

    def decorate(page: View) -> View:
        @wraps(page)
        def view(request: HttpRequest, slug: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not isinstance(request.user, User):
                return _ask_to_sign_in(request, request.get_full_path())
            visit = _visit_with(request, request.user, slug, right)
            return page(request, visit, *args, **kwargs)

        return require_safe(view)

    return decorate


def _deed(right: Right) -> Callable[[View], View]:
    """A deed, by POST, for members who hold the right; what the flow refuses is said on the page it came from."""

    def decorate(page: View) -> View:
        @wraps(page)
        def view(request: HttpRequest, slug: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not isinstance(request.user, User):
                return _ask_to_sign_in(request, f"/o/{slug}/")
            visit = _visit_with(request, request.user, slug, right)
            try:
                return page(request, visit, *args, **kwargs)
            except Refusal as refusal:
                messages.error(request, str(refusal))
                return go_back(request, f"/o/{slug}/")

        return require_POST(view)

    return decorate


looking, looking_to_manage, looking_to_own = _page(Right.LOOK), _page(Right.MANAGE), _page(Right.OWN)
acting, managing, owning = _deed(Right.ACT), _deed(Right.MANAGE), _deed(Right.OWN)
noting = _deed(Right.LOOK)
"""A deed that concerns nobody but the person: what they have read, which views they keep."""


def _visit_with(request: HttpRequest, user: User, slug: str, right: Right) -> Visit:
    visit = find_visit(request, user, slug)
    if not is_allowed(visit.role, right):
        raise PermissionDenied
    return visit


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
    return Visit(organisation, user, membership, current_moment(), locale)


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
