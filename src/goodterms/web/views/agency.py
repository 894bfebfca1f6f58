"""The way to a collections agency and back: who is ready, approval, hand-over, reports, recall."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from goodterms.core.refusal import Refusal
from goodterms.flows.agency_cases import (
    approve_hand_over,
    close_case,
    hand_over,
    recall_case,
)
from goodterms.flows.take_agency_report import LARGEST_REPORT, take_agency_report
from goodterms.followup.models import AgencyCase
from goodterms.web.access import Visit, acting, go_back, looking, managing
from goodterms.web.agreement_forms import ReasonForm
from goodterms.web.form_kit import KitForm
from goodterms.web.pages import render_page
from goodterms.web.queries.agency import VIEWS, events_of, file_of, find_case, hand_over_of, list_cases
from goodterms.web.queries.balances import balances_of
from goodterms.web.uploads import TABLES, read_upload, serve_file
from goodterms.web.views.agreements import read_view

REPORT_KINDS = frozenset({*TABLES, "application/json"})


class HandOverForm(KitForm):
    """To which agency."""

    agency = forms.CharField(
        max_length=200,
        label=gettext_lazy("Agency"),
        error_messages={"required": gettext_lazy("Name the agency.")},
    )


@looking
def agency(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Cases by state: those that are ready first, with the reasons."""
    view, words = read_view(request, VIEWS)
    context = {
        "page": list_cases(visit, view, words, request.GET.get("cursor", "")),
        "view": view,
        "views": VIEWS,
        "words": words,
    }
    return render_page(request, visit, "agency.html", context, section="agency")


@looking
def agency_case(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """One case with what is owed, what left, what was reported."""
    return _page(request, visit, find_case(visit, pk))


@looking
def agency_file(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """The file that the agency got."""
    name, content = file_of(find_case(visit, pk))
    return serve_file(content, name, "application/zip")


@managing
def agency_open(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Approve the hand-over of a customer, ready by the rule or by a manager's word."""
    customer = visit.find_customer(pk)
    case = approve_hand_over(visit.organisation, customer, actor=visit.actor, now=visit.now)
    messages.success(request, _("Approved; nothing changes until it is handed over."))
    return go_back(request, _address(visit, case))


@managing
def agency_hand_over(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Stop chasing and queue the file."""
    found = find_case(visit, pk)
    form = HandOverForm(request.POST)
    if form.is_valid():
        try:
            hand_over(
                visit.organisation,
                found.customer,
                actor=visit.actor,
                now=visit.now,
                agency=form.cleaned_data["agency"],
            )
        except Refusal as refusal:
            form.refuse(refusal)
    if form.errors:
        return _page(request, visit, find_case(visit, pk), hand_over_form=form)
    messages.success(request, _("Handed over; the file leaves within minutes, and nothing else goes out meanwhile."))
    return go_back(request, _address(visit, found))


@acting
def agency_recall(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Take it back; chasing goes on here."""
    return _end(request, visit, pk, is_recall=True)


@acting
def agency_close(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """The agency has finished."""
    return _end(request, visit, pk, is_recall=False)


@acting
def agency_report(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Take the agency's report into the customers' timelines."""
    if visit.is_limited:
        raise PermissionDenied
    upload = read_upload(request.FILES.get("file"), REPORT_KINDS, largest=LARGEST_REPORT)
    taken = take_agency_report(visit.organisation, upload.content, actor=visit.actor, now=visit.now)
    counts = {"added": taken.added, "known": taken.known}
    messages.success(request, _("New lines: %(added)s. Known already: %(known)s.") % counts)
    if taken.strangers:
        numbers = ", ".join(taken.strangers[:10])
        messages.warning(request, _("Left out, since they were never handed over: %(numbers)s.") % {"numbers": numbers})
    return go_back(request, reverse("agency", args=[visit.organisation.slug]))


def _end(request: HttpRequest, visit: Visit, pk: int, *, is_recall: bool) -> HttpResponse:
    found = find_case(visit, pk)
    form = ReasonForm(request.POST, auto_id="recall-%s" if is_recall else "close-%s")
    name = "recall_form" if is_recall else "close_form"
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        ours, customer, actor, now = visit.organisation, found.customer, visit.actor, visit.now
        try:
            if is_recall:
                recall_case(ours, customer, reason=reason, actor=actor, now=now)
            else:
                close_case(ours, customer, outcome=reason, actor=actor, now=now)
        except Refusal as refusal:
            form.refuse(refusal)
    if form.errors:
        return _page(request, visit, find_case(visit, pk), **{name: form})
    messages.success(request, _("Taken back; chasing goes on here.") if is_recall else _("Closed."))
    return go_back(request, _address(visit, found))


def _page(request: HttpRequest, visit: Visit, found: AgencyCase, **forms_given: Any) -> HttpResponse:
    effect = hand_over_of(found)
    context = {
        "case": found,
        "customer": found.customer,
        "balances": balances_of(visit.organisation, [found.customer_id], visit.today).get(found.customer_id, []),
        "effect": effect,
        "has_file": effect is not None and effect.state == "sent",
        "events": events_of(found),
        "hand_over_form": HandOverForm(initial={"agency": visit.organisation.agency_name}),
        "recall_form": ReasonForm(auto_id="recall-%s"),
        "close_form": ReasonForm(auto_id="close-%s"),
        **forms_given,
        "opened": next(iter(forms_given), ""),
        "refused": next(iter(forms_given.values()), None),
    }
    return render_page(
        request, visit, "agency_case.html", context, section="agency", status=422 if forms_given else 200
    )


def _address(visit: Visit, case: AgencyCase) -> str:
    return reverse("agency-case", args=[visit.organisation.slug, case.pk])
