"""All open items, and one of them with everything that happened to it."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from goodterms.core.money import Money
from goodterms.core.refusal import Refusal
from goodterms.flows.open_dispute import open_dispute
from goodterms.flows.place_hold import count_kindness, place_hold
from goodterms.followup.policy import policy_of
from goodterms.importers.amounts import read_amount
from goodterms.ledger.models import Invoice
from goodterms.web.access import Visit, acting, go_back, looking
from goodterms.web.dispute_forms import OpenDisputeForm, PauseForm, WaiveForm, colleagues
from goodterms.web.pages import render_page
from goodterms.web.queries.balances import open_currencies
from goodterms.web.queries.customer import customer_day
from goodterms.web.queries.invoice import (
    agreed_about,
    disputes_of,
    document_of,
    events_about,
    fee_behind,
    fees_for,
    find_invoice,
    holds_on,
    reasons_for,
    steps_of,
    touches_naming,
)
from goodterms.web.queries.invoices import MARKS, SORTS, STATES, InvoiceFilter, list_invoices, state_of, steps_in_use
from goodterms.web.uploads import serve_file


@looking
def invoices(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Every open item, a page at a time."""
    home = visit.organisation.currency
    currencies = sorted(open_currencies(visit.organisation), key=lambda code: (code != home, code))
    steps = steps_in_use(visit.organisation)
    wanted, fault = read_filter(request, visit, currencies, steps)
    context = {
        "page": list_invoices(visit, wanted, request.GET.get("cursor", "")),
        "wanted": wanted,
        "least_typed": request.GET.get("least", ""),
        "fault": fault,
        "currencies": currencies,
        "states": STATES,
        "marks": MARKS,
        "steps": steps,
    }
    return render_page(request, visit, "invoices.html", context, section="invoices")


def read_filter(
    request: HttpRequest, visit: Visit, currencies: list[str], steps: list[str]
) -> tuple[InvoiceFilter, str]:
    """The filter in the address, and what is wrong with the amount in it.

    Amounts are compared and sorted within one currency only: without a choice, in the first one.
    """
    asked = request.GET.get
    sort = _one_of(asked("sort", ""), tuple(SORTS)) or "due"
    currency = _one_of(asked("currency", ""), tuple(currencies))
    typed = asked("least", "").strip()[:40]
    if (typed or "amount" in sort) and not currency:
        currency = currencies[0] if currencies else visit.organisation.currency
    least, fault = _read_least(typed, currency)
    customer = asked("customer", "")
    return (
        InvoiceFilter(
            words=asked("q", "").strip()[:100],
            state=_one_of(asked("state", ""), STATES),
            mark=_one_of(asked("mark", ""), MARKS),
            step=_one_of(asked("step", ""), tuple(steps)),
            currency=currency,
            least=least,
            customer=visit.find_customer(int(customer)) if customer.isdecimal() else None,
            sort=sort,
        ),
        fault,
    )


def _read_least(typed: str, currency: str) -> tuple[Money | None, str]:
    if not typed:
        return None, ""
    try:
        return read_amount(typed, currency), ""
    except Refusal as refusal:
        return None, str(refusal)


def _one_of(value: str, known: tuple[str, ...]) -> str:
    return value if value in known else ""


@looking
def invoice(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """One item with its history."""
    return _page(request, visit, find_invoice(visit, pk))


@looking
def invoice_document(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """The invoice as it was sent, as a file."""
    document = document_of(find_invoice(visit, pk))
    if document is None:
        raise Http404
    return serve_file(bytes(document.content), document.file_name, document.media_type)


@acting
def invoice_hold(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Pause the chasing of this one alone."""
    found = find_invoice(visit, pk)
    form = PauseForm(request.POST)
    if form.is_valid():
        try:
            place_hold(
                visit.organisation,
                found.customer,
                invoice=found,
                actor=visit.actor,
                now=visit.now,
                **form.cleaned_data,
            )
        except Refusal as refusal:
            form.refuse(refusal)
    if form.errors:
        return _page(request, visit, found, pause_form=form)
    messages.success(request, _("Paused; the hold lifts itself the day after its last day."))
    return go_back(request, _address(visit, found))


@acting
def invoice_dispute(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Hold back what is disputed."""
    found = find_invoice(visit, pk)
    form = OpenDisputeForm(request.POST, invoice=found, owners=colleagues(visit.organisation))
    opened = None
    if form.is_valid():
        given = form.cleaned_data
        try:
            opened = open_dispute(
                visit.organisation,
                found.customer,
                found,
                reason=given["reason"],
                amount=given["money"],
                note=given["note"],
                owner=given["owner"],
                due=given["due"],
                actor=visit.actor,
                now=visit.now,
            )
        except Refusal as refusal:
            form.refuse(refusal)
    if opened is None:
        return _page(request, visit, found, dispute_form=form)
    messages.success(request, _("Held back; the rest is chased as before."))
    return go_back(request, reverse("dispute", args=[visit.organisation.slug, opened.pk]))


def render_invoice(request: HttpRequest, visit: Visit, found: Invoice, **forms: Any) -> HttpResponse:
    """The page again with what was typed and what is wrong with it; nothing was changed."""
    return _page(request, visit, found, **forms)


def _page(request: HttpRequest, visit: Visit, found: Invoice, **forms: Any) -> HttpResponse:
    day = customer_day(visit, found.customer)
    state = state_of(found, day)
    owners = colleagues(visit.organisation) if visit.may_act else []
    disputes = disputes_of(found)
    context = {
        "invoice": found,
        "customer": found.customer,
        "state": state,
        "local_day": day,
        "is_open": state in ("overdue", "not_due", "undated"),
        "document": document_of(found),
        "steps": steps_of(found),
        "touches": touches_naming(found),
        "agreed": agreed_about(found),
        "disputes": disputes,
        "open_dispute": next((one for one in disputes if not one.resolution), None),
        "holds": holds_on(found, day),
        "fees": fees_for(found),
        "fee": fee_behind(found),
        "reasons": reasons_for(found),
        "events": events_about(found),
        "kindness": count_kindness(found.customer, day),
        "most_kindness": policy_of(visit.organisation).numbers.holds_per_year,
        "pause_form": PauseForm(),
        "dispute_form": OpenDisputeForm(invoice=found, owners=owners, initial={"owner": visit.actor}),
        "waive_form": WaiveForm(),
        **forms,
        "opened": next(iter(forms), ""),
        "refused": next(iter(forms.values()), None),
    }
    return render_page(request, visit, "invoice.html", context, section="invoices", status=422 if forms else 200)


def _address(visit: Visit, found: Invoice) -> str:
    return reverse("invoice", args=[visit.organisation.slug, found.pk])
