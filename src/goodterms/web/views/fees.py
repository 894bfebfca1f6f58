"""Fees: the list, a new one, and taking one back."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from goodterms.core.refusal import Refusal
from goodterms.flows.charge_fee import charge_fee
from goodterms.flows.waive_fee import waive_fee
from goodterms.followup.policy import policy_of
from goodterms.ledger.models import Customer, Invoice
from goodterms.web.access import Visit, acting, go_back, looking
from goodterms.web.agreement_words import FEE_REASONS
from goodterms.web.dispute_forms import FeeForm, WaiveForm
from goodterms.web.pages import render_page
from goodterms.web.queries.claims import open_claims
from goodterms.web.queries.fees import STATES, find_fee, list_fees
from goodterms.web.queries.invoice import find_invoice
from goodterms.web.views.agreements import for_whom
from goodterms.web.views.invoices import render_invoice


@looking
def fees(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Every fee, the last charged first."""
    asked = request.GET.get
    state = asked("state", "") if asked("state") in STATES else ""
    reason = asked("reason", "") if asked("reason") in FEE_REASONS else ""
    words = asked("q", "").strip()[:100]
    context = {
        "page": list_fees(visit, state, reason, words, asked("cursor", "")),
        "state": state,
        "reason": reason,
        "reasons": FEE_REASONS,
        "words": words,
        "is_narrow": bool(state or reason or words),
    }
    return render_page(request, visit, "fees.html", context, section="invoices")


@looking
def fee_new(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """A form for a fee that a person decides on."""
    customer = for_whom(visit, pk)
    return _form_page(request, visit, customer, _form(customer))


@acting
def fee_charge(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Charge it as a claim of its own; the invoice stays as it is."""
    customer = for_whom(visit, pk)
    form = _form(customer, request.POST)
    charged = None
    if form.is_valid() and form.cleaned_data["money"]:
        given = form.cleaned_data
        try:
            charged = charge_fee(
                visit.organisation,
                customer,
                reason=given["reason"],
                amount=given["money"],
                for_invoice=given["invoice"],
                period=given["period"],
                actor=visit.actor,
                now=visit.now,
            )
        except Refusal as refusal:
            form.refuse(refusal)
    if charged is None:
        return _form_page(request, visit, customer, form, status=422)
    messages.success(request, _("Charged as %(number)s.") % {"number": charged.claim.number})
    return go_back(request, reverse("invoice", args=[visit.organisation.slug, charged.claim_id]))


@acting
def fee_waive(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Take back the fee of this claim: once on good will, or because it was wrong."""
    claim = find_invoice(visit, pk)
    fee = find_fee(visit, claim)
    form = WaiveForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        try:
            waive_fee(
                visit.organisation,
                fee,
                reason=given["reason"],
                is_error=given["kind"] == "error",
                actor=visit.actor,
                now=visit.now,
            )
        except Refusal as refusal:
            form.refuse(refusal)
    if form.errors:
        return render_invoice(request, visit, find_invoice(visit, pk), waive_form=form)
    messages.success(request, _("%(number)s is taken back.") % {"number": claim.number})
    return go_back(request, reverse("invoice", args=[visit.organisation.slug, pk]))


def _form(customer: Customer, data: object = None) -> FeeForm:
    claims = [claim for claim in open_claims(customer) if claim.kind == Invoice.Kind.INVOICE]
    currency = claims[0].currency if claims else customer.organisation.currency
    return FeeForm(data, invoices=claims, initial={"currency": currency})


def _form_page(
    request: HttpRequest, visit: Visit, customer: Customer, form: FeeForm, status: int = 200
) -> HttpResponse:
    context = {"customer": customer, "form": form, "numbers": policy_of(visit.organisation).numbers}
    return render_page(request, visit, "fee_form.html", context, section="invoices", status=status)
