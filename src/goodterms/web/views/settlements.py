"""Settlements: pay a part by a day, and the rest is forgiven; proposed, approved, accepted, called off."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from goodterms.core.refusal import Refusal
from goodterms.flows.accept_settlement import accept_settlement, cancel_settlement
from goodterms.flows.propose_settlement import approve_settlement, propose_settlement
from goodterms.followup.models import Settlement
from goodterms.followup.policy import policy_of
from goodterms.ledger.models import Customer
from goodterms.web.access import Visit, acting, go_back, looking, managing
from goodterms.web.agreement_forms import AcceptForm, ReasonForm, SettlementForm
from goodterms.web.pages import render_page
from goodterms.web.queries.agreements import (
    SETTLEMENT_VIEWS,
    events_of,
    find_agreement,
    list_settlements,
    receipts_since,
)
from goodterms.web.queries.customer import contacts_of, customer_day
from goodterms.web.views.agreements import SECTION, for_whom, read_view


@looking
def settlements(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Settlements that run, and what became of the others."""
    view, words = read_view(request, SETTLEMENT_VIEWS)
    page = list_settlements(visit, view, words, request.GET.get("cursor", ""))
    context = {"page": page, "view": view, "views": SETTLEMENT_VIEWS, "words": words}
    return render_page(request, visit, "settlements.html", context, section=SECTION)


@looking
def settlement(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """One settlement and where it stands."""
    return _page(request, visit, find_agreement(visit, Settlement, pk))


@looking
def settlement_new(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """A form for a proposal, with the limit above which a manager must approve it."""
    customer = for_whom(visit, pk)
    form = SettlementForm(customer=customer, today=customer_day(visit, customer))
    return _form_page(request, visit, customer, form)


@acting
def settlement_propose(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Propose it; above the limit it waits for a manager."""
    customer = for_whom(visit, pk)
    form = SettlementForm(request.POST, customer=customer, today=customer_day(visit, customer))
    made = None
    if form.is_valid() and form.cleaned_data["money"]:
        given = form.cleaned_data
        try:
            made = propose_settlement(
                visit.organisation,
                customer,
                pay=given["money"],
                by=given["by"],
                reason=given["reason"],
                invoices=form.chosen(),
                actor=visit.actor,
                now=visit.now,
            )
        except Refusal as refusal:
            form.refuse(refusal)
    if made is None:
        return _form_page(request, visit, customer, form, status=422)
    waits = made.state == Settlement.State.DRAFT
    messages.success(request, _("Proposed; it waits for a manager’s approval.") if waits else _("Proposed."))
    return go_back(request, _address(visit, made))


@managing
def settlement_approve(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """A manager lets it be accepted."""
    found = find_agreement(visit, Settlement, pk)
    approve_settlement(visit.organisation, found, actor=visit.actor, now=visit.now)
    messages.success(request, _("Approved; the customer may accept it now."))
    return go_back(request, _address(visit, found))


@acting
def settlement_accept(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Record who accepted it; nothing is forgiven before the agreed money is in."""
    found = find_agreement(visit, Settlement, pk)
    form = AcceptForm(request.POST)
    if form.is_valid():
        try:
            accept_settlement(visit.organisation, found, actor=visit.actor, now=visit.now, **form.cleaned_data)
        except Refusal as refusal:
            form.refuse(refusal)
    if form.errors:
        return _page(request, visit, find_agreement(visit, Settlement, pk), accept_form=form)
    messages.success(request, _("Accepted; the rest is forgiven once the agreed money is in."))
    return go_back(request, _address(visit, found))


@acting
def settlement_cancel(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Call it off, or refuse to approve it."""
    found = find_agreement(visit, Settlement, pk)
    form = ReasonForm(request.POST)
    if form.is_valid():
        try:
            cancel_settlement(
                visit.organisation, found, reason=form.cleaned_data["reason"], actor=visit.actor, now=visit.now
            )
        except Refusal as refusal:
            form.refuse(refusal)
    if form.errors:
        return _page(request, visit, find_agreement(visit, Settlement, pk), reason_form=form)
    messages.success(request, _("Called off; everything is owed again."))
    return go_back(request, _address(visit, found))


def _page(request: HttpRequest, visit: Visit, found: Settlement, **forms: Any) -> HttpResponse:
    links = list(found.invoices.select_related("invoice").order_by("invoice__due_date", "pk"))
    contacts = contacts_of(found.customer)
    context = {
        "settlement": found,
        "customer": found.customer,
        "rest_minor": found.owed_minor - found.pay_minor,
        "percent": min(100, round(100 * found.paid_minor / found.pay_minor)),
        "is_running": found.state in ("draft", "proposed", "accepted"),
        "links": links,
        "receipts": receipts_since([link.invoice_id for link in links], found.proposed_date, found.ended_date),
        "events": events_of(found),
        "accept_form": AcceptForm(initial={"accepted_by": contacts[0].name if contacts else ""}),
        "reason_form": ReasonForm(),
        **forms,
        "opened": next(iter(forms), ""),
        "refused": next(iter(forms.values()), None),
    }
    return render_page(request, visit, "settlement.html", context, section=SECTION, status=422 if forms else 200)


def _form_page(
    request: HttpRequest, visit: Visit, customer: Customer, form: SettlementForm, status: int = 200
) -> HttpResponse:
    numbers = policy_of(visit.organisation).numbers
    limits = [(code, numbers.settlement_approval_minor.get(code, 0)) for code in form.currencies]
    context = {"customer": customer, "form": form, "numbers": numbers, "limits": limits}
    return render_page(request, visit, "settlement_form.html", context, section=SECTION, status=status)


def _address(visit: Visit, found: Settlement) -> str:
    return reverse("settlement", args=[visit.organisation.slug, found.pk])
