"""Payment plans: running, proposed, broken; one with its calendar; a new one with its schedule as it would be."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from goodterms.core.refusal import Refusal
from goodterms.flows.accept_plan import accept_plan, approve_plan
from goodterms.flows.change_plan import PlanOver, cancel_plan, change_plan, still_open_of
from goodterms.flows.propose_plan import PlanOutlook, foresee_plan, propose_plan
from goodterms.followup.models import PaymentPlan
from goodterms.followup.policy import policy_of
from goodterms.ledger.models import Customer
from goodterms.web.access import Visit, acting, go_back, looking, managing
from goodterms.web.agreement_forms import AcceptForm, PlanForm, ReasonForm
from goodterms.web.pages import render_page
from goodterms.web.queries.agreements import (
    PLAN_VIEWS,
    events_of,
    find_agreement,
    list_plans,
    receipts_since,
    schedule_of,
    versions_of,
    waits_for_approval,
    with_progress,
)
from goodterms.web.queries.customer import contacts_of, customer_day
from goodterms.web.views.agreements import SECTION, for_whom, read_view


@looking
def plans(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Plans by state: the running ones first."""
    view, words = read_view(request, PLAN_VIEWS)
    page = list_plans(visit, view, words, request.GET.get("cursor", ""))
    context = {"page": page, "view": view, "views": PLAN_VIEWS, "words": words}
    return render_page(request, visit, "plans.html", context, section=SECTION)


@looking
def plan(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """One plan with its calendar and history."""
    return _page(request, visit, find_agreement(visit, PaymentPlan, pk))


@looking
def plan_new(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """A form for terms, with the schedule that follows from them as they stand in the address."""
    return _form_page(request, visit, _Sought(visit, for_whom(visit, pk)))


@acting
def plan_propose(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Propose the plan; it runs once the customer has accepted it."""
    return _propose(request, visit, _Sought(visit, for_whom(visit, pk)))


@looking
def plan_change(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """A form for other terms for what is still open of a running plan."""
    return _form_page(request, visit, _to_change(visit, pk))


@acting
def plan_change_propose(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Propose the other terms; the plan goes on until they are accepted."""
    return _propose(request, visit, _to_change(visit, pk))


@managing
def plan_approve(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """A manager lets it be accepted."""
    found = find_agreement(visit, PaymentPlan, pk)
    approve_plan(visit.organisation, found, actor=visit.actor, now=visit.now)
    messages.success(request, _("Approved; the customer may accept it now."))
    return go_back(request, _address(visit, found))


@acting
def plan_accept(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Record who accepted it, and let it run."""
    found = find_agreement(visit, PaymentPlan, pk)
    form = AcceptForm(request.POST)
    if form.is_valid():
        try:
            accept_plan(visit.organisation, found, actor=visit.actor, now=visit.now, **form.cleaned_data)
        except Refusal as refusal:
            form.refuse(refusal)
    if form.errors:
        return _page(request, visit, find_agreement(visit, PaymentPlan, pk), accept_form=form)
    messages.success(request, _("Accepted; chasing waits while the instalments come in."))
    return go_back(request, _address(visit, found))


@acting
def plan_cancel(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """End it with a reason."""
    found = find_agreement(visit, PaymentPlan, pk)
    form = ReasonForm(request.POST)
    if form.is_valid():
        try:
            cancel_plan(visit.organisation, found, reason=form.cleaned_data["reason"], actor=visit.actor, now=visit.now)
        except Refusal as refusal:
            form.refuse(refusal)
    if form.errors:
        return _page(request, visit, find_agreement(visit, PaymentPlan, pk), reason_form=form)
    messages.success(request, _("Cancelled; chasing goes on with the next run."))
    return go_back(request, _address(visit, found))


@dataclass
class _Sought:
    """A plan that is being thought of: a customer's first one, or other terms for one that runs."""

    visit: Visit
    customer: Customer
    running: PaymentPlan | None = None

    def form(self, data: Any = None) -> PlanForm:
        only = still_open_of(self.running) if self.running else ()
        return PlanForm(data, customer=self.customer, today=customer_day(self.visit, self.customer), only=only)

    def foresee(self, form: PlanForm) -> PlanOutlook | None:
        """The schedule of these terms by the code that proposes; None, with the faults at their fields."""
        read = form.read_terms()
        if read is None:
            return None
        terms, about = read
        try:
            return foresee_plan(
                self.visit.organisation,
                self.customer,
                terms=terms,
                invoices=about,
                actor=self.visit.actor,
                now=self.visit.now,
            )
        except Refusal as refusal:
            form.refuse(refusal)
            return None

    def propose(self, form: PlanForm) -> PaymentPlan | None:
        """The proposed plan; None, with the faults at their fields."""
        read = form.read_terms()
        if read is None:
            return None
        terms, about = read
        ours, note = self.visit.organisation, form.cleaned_data["note"]
        actor, now = self.visit.actor, self.visit.now
        try:
            if self.running:
                return change_plan(ours, self.running, terms=terms, note=note, actor=actor, now=now)
            return propose_plan(ours, self.customer, terms=terms, invoices=about, note=note, actor=actor, now=now)
        except Refusal as refusal:
            form.refuse(refusal)
            return None


def _to_change(visit: Visit, pk: int) -> _Sought:
    if not visit.may_act:
        raise PermissionDenied
    found = find_agreement(visit, PaymentPlan, pk)
    return _Sought(visit, found.customer, found)


def _propose(request: HttpRequest, visit: Visit, sought: _Sought) -> HttpResponse:
    form = sought.form(request.POST)
    made = sought.propose(form)
    if made is None:
        return _form_page(request, visit, sought, form)
    messages.success(request, _("Proposed; it runs once the customer has accepted it."))
    return go_back(request, _address(visit, made))


def _form_page(request: HttpRequest, visit: Visit, sought: _Sought, refused: PlanForm | None = None) -> HttpResponse:
    if sought.running and sought.running.state != PaymentPlan.State.ACTIVE:
        messages.error(request, str(PlanOver(sought.running)))
        return go_back(request, _address(visit, sought.running))
    form = refused or sought.form(request.GET if "rhythm" in request.GET else None)
    outlook = sought.foresee(form) if form.is_bound and refused is None else None
    context = {
        "customer": sought.customer,
        "running": sought.running,
        "form": form,
        "outlook": outlook,
        "numbers": policy_of(visit.organisation).numbers,
    }
    return render_page(request, visit, "plan_form.html", context, section=SECTION, status=422 if refused else 200)


def _page(request: HttpRequest, visit: Visit, found: PaymentPlan, **forms: Any) -> HttpResponse:
    links = list(found.invoices.select_related("invoice").order_by("invoice__due_date", "pk"))
    contacts = contacts_of(found.customer)
    context = {
        "plan": found,
        "customer": found.customer,
        "progress": with_progress([found], visit.today)[0],
        "schedule": schedule_of(found, customer_day(visit, found.customer)),
        "links": links,
        "receipts": receipts_since([link.invoice_id for link in links], found.proposed_date, found.ended_date),
        "versions": versions_of(found),
        "events": events_of(found),
        "waits_for_approval": waits_for_approval(found),
        "accept_form": AcceptForm(initial={"accepted_by": contacts[0].name if contacts else ""}),
        "reason_form": ReasonForm(),
        **forms,
        "opened": next(iter(forms), ""),
        "refused": next(iter(forms.values()), None),
    }
    return render_page(request, visit, "plan.html", context, section=SECTION, status=422 if forms else 200)


def _address(visit: Visit, found: PaymentPlan) -> str:
    return reverse("plan", args=[visit.organisation.slug, found.pk])
