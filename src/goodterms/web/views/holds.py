"""Everything that is paused, until when, and how often the same customer was let off."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from goodterms.core.refusal import Refusal
from goodterms.flows.extend_hold import extend_hold, latest_day
from goodterms.followup.models import Hold
from goodterms.followup.policy import policy_of
from goodterms.web.access import Visit, acting, go_back, looking
from goodterms.web.dispute_forms import ExtendForm
from goodterms.web.pages import render_page
from goodterms.web.queries.customer import customer_day
from goodterms.web.queries.holds import STATES, find_hold, list_holds
from goodterms.web.words import HOLD_REASONS


@looking
def holds(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Holds in force, those that end soonest first; or those that are over."""
    asked = request.GET.get
    state = asked("state", "") if asked("state") in STATES else ""
    reason = asked("reason", "") if asked("reason") in HOLD_REASONS else ""
    words = asked("q", "").strip()[:100]
    context = {
        "page": list_holds(visit, state, reason, words, asked("cursor", "")),
        "state": state,
        "reason": reason,
        "reasons": HOLD_REASONS,
        "words": words,
        "is_narrow": bool(state or reason or words),
        "most_kindness": policy_of(visit.organisation).numbers.holds_per_year,
    }
    return render_page(request, visit, "holds.html", context, section="invoices")


@looking
def hold(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """One hold, to be lifted or to last longer."""
    return _page(request, visit, find_hold(visit, pk))


@acting
def hold_extend(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Let it last longer, or end earlier."""
    found = find_hold(visit, pk)
    form = ExtendForm(request.POST)
    if form.is_valid():
        try:
            extend_hold(visit.organisation, found, until=form.cleaned_data["until"], actor=visit.actor, now=visit.now)
        except Refusal as refusal:
            form.refuse(refusal)
    if form.errors:
        return _page(request, visit, found, extend_form=form)
    messages.success(request, _("The hold has another last day."))
    return go_back(request, reverse("hold", args=[visit.organisation.slug, found.pk]))


def _page(request: HttpRequest, visit: Visit, found: Hold, **forms: Any) -> HttpResponse:
    day = customer_day(visit, found.customer)
    latest, days = latest_day(visit.organisation, found)
    context = {
        "hold": found,
        "is_in_force": found.lifted_date is None and found.until_date >= day,
        "latest": latest,
        "longest_days": days,
        "extend_form": ExtendForm(initial={"until": found.until_date}),
        **forms,
        "refused": next(iter(forms.values()), None),
    }
    return render_page(request, visit, "hold.html", context, section="invoices", status=422 if forms else 200)
