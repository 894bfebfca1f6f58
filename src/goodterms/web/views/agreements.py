"""Promises: due, coming, broken, kept; one with what came of it; and a new one."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from goodterms.core.refusal import Refusal
from goodterms.flows.make_promise import make_promise
from goodterms.flows.withdraw_promise import withdraw_promise
from goodterms.followup.models import Promise
from goodterms.followup.policy import policy_of
from goodterms.ledger.models import Customer
from goodterms.web.access import Visit, acting, go_back, looking
from goodterms.web.agreement_forms import PromiseForm, ReasonForm
from goodterms.web.pages import render_page
from goodterms.web.queries.agreements import (
    PROMISE_VIEWS,
    events_of,
    find_agreement,
    kept_share,
    list_promises,
    promised_soon,
    receipts_since,
)
from goodterms.web.queries.customer import customer_day

SECTION = "agreements"


@looking
def promises(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Promises by what is to be watched: those due first."""
    view, words = read_view(request, PROMISE_VIEWS)
    context = {
        "page": list_promises(visit, view, words, request.GET.get("cursor", "")),
        "view": view,
        "views": PROMISE_VIEWS,
        "words": words,
        "share": kept_share(visit),
        "soon": promised_soon(visit),
    }
    return render_page(request, visit, "promises.html", context, section=SECTION)


def read_view(request: HttpRequest, views: tuple[str, ...]) -> tuple[str, str]:
    """Which of the lists is asked for (else the first one), and the words that a customer's name must hold."""
    asked = request.GET.get("view", "")
    return asked if asked in views else views[0], request.GET.get("q", "").strip()[:100]


@looking
def promise(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """One promise: what was said, what came in, and what that was judged to be."""
    return _page(request, visit, find_agreement(visit, Promise, pk))


@acting
def promise_withdraw(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """It no longer stands."""
    found = find_agreement(visit, Promise, pk)
    form = ReasonForm(request.POST)
    if form.is_valid():
        try:
            withdraw_promise(
                visit.organisation, found, reason=form.cleaned_data["reason"], actor=visit.actor, now=visit.now
            )
        except Refusal as refusal:
            form.refuse(refusal)
    if form.errors:
        return _page(request, visit, find_agreement(visit, Promise, pk), reason_form=form)
    messages.success(request, _("Withdrawn; chasing goes on with the next run."))
    return go_back(request, reverse("promise", args=[visit.organisation.slug, found.pk]))


@looking
def promise_new(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """A form for what a customer promised."""
    customer = for_whom(visit, pk)
    day = customer_day(visit, customer)
    return _form_page(request, visit, customer, PromiseForm(customer=customer, today=day))


@acting
def promise_make(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Record the promise; chasing waits for it."""
    customer = for_whom(visit, pk)
    form = PromiseForm(request.POST, customer=customer, today=customer_day(visit, customer))
    made = None
    if form.is_valid():
        given = form.cleaned_data
        named = list(given["invoices"]) or ([] if given["money"] else form.chosen())
        try:
            made = make_promise(
                visit.organisation,
                customer,
                amount=given["money"],
                by=given["by"],
                source=given["source"],
                invoices=named,
                note=given["note"],
                tolerance_days=given["tolerance_days"],
                actor=visit.actor,
                now=visit.now,
            )
        except Refusal as refusal:
            form.refuse(refusal)
    if made is None:
        return _form_page(request, visit, customer, form, status=422)
    waits = _("Chasing waits for it.") if made.is_pausing else _("Chasing does not wait for it.")
    messages.success(request, _("The promise is recorded.") + f" {waits}")
    return go_back(request, reverse("promise", args=[visit.organisation.slug, made.pk]))


def for_whom(visit: Visit, pk: int) -> Customer:
    """The customer of a form that only those see who may act."""
    if not visit.may_act:
        raise PermissionDenied
    return visit.find_customer(pk)


def _page(request: HttpRequest, visit: Visit, found: Promise, **forms: Any) -> HttpResponse:
    links = list(found.invoices.select_related("invoice").order_by("invoice__due_date", "pk"))
    context = {
        "promise": found,
        "customer": found.customer,
        "links": links,
        "receipts": receipts_since([link.invoice_id for link in links], found.made_date, found.judged_date),
        "events": events_of(found),
        "reason_form": ReasonForm(),
        **forms,
        "opened": next(iter(forms), ""),
        "refused": next(iter(forms.values()), None),
    }
    return render_page(request, visit, "promise.html", context, section=SECTION, status=422 if forms else 200)


def _form_page(
    request: HttpRequest, visit: Visit, customer: Customer, form: PromiseForm, status: int = 200
) -> HttpResponse:
    standing = Promise.objects.filter(customer=customer, state=Promise.State.OPEN)
    context = {
        "customer": customer,
        "form": form,
        "numbers": policy_of(visit.organisation).numbers,
        "standing": list(standing),
    }
    return render_page(request, visit, "promise_form.html", context, section=SECTION, status=status)
