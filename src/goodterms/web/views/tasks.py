"""One task: what to do, about whom, and what came of it; put off, given to a colleague."""

import json
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from goodterms.core.calendar import next_business_day
from goodterms.flows.finish_task import LONGEST_OUTCOME, finish_task
from goodterms.flows.schedule_task import LONGEST_SNOOZE_DAYS, assign_task, colleagues_of, snooze_task
from goodterms.followup.models import Task
from goodterms.outbox.models import Effect
from goodterms.web.access import Visit, acting, go_back, looking
from goodterms.web.formats import write_day
from goodterms.web.pages import render_page
from goodterms.web.preview import preview_of
from goodterms.web.queries.balances import balances_of
from goodterms.web.queries.calls_to_make import phone_of
from goodterms.web.queries.customer import contacts_of, customer_day, next_touches
from goodterms.web.queries.tasks import effect_of, find_task
from goodterms.web.rank_words import reasons_in_words
from goodterms.web.sent_mail import ReadMail, read_sent
from goodterms.web.shut_in import shut_in
from goodterms.web.views.calls import call_context

OUTCOMES = {
    Task.Kind.CONTACT_MISSING: (_("Contact added"), _("No contact to be found")),
    Task.Kind.NO_STEP_LEFT: (_("Handed over"), _("Written off"), _("Agreed with the customer"), _("Started again")),
}
USUAL_OUTCOMES = (_("Done"), _("Not needed"))


class FinishForm(forms.Form):
    """What came of a task."""

    outcome = forms.CharField(max_length=LONGEST_OUTCOME)
    note = forms.CharField(required=False, max_length=2000)


@looking
def task(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """The task with its customer, its call sheet or its message, and the form to finish it."""
    found = find_task(visit, pk)
    if found is None:
        raise Http404
    if found.kind == Task.Kind.REPLY and not found.done_at:
        return redirect("reply", visit.organisation.slug, int(found.key.removeprefix("reply:")))
    context = task_context(visit, found) | later_choices(visit)
    return render_page(request, visit, "task.html", context, section="today")


def later_choices(visit: Visit) -> dict[str, Any]:
    """What the forms for putting off and giving away offer."""
    return {
        "colleagues": colleagues_of(visit.organisation),
        "tomorrow": next_business_day(visit.organisation.country, visit.today + timedelta(days=1)),
        "first_snooze": visit.today + timedelta(days=1),
        "last_snooze": visit.today + timedelta(days=LONGEST_SNOOZE_DAYS),
    }


def task_context(visit: Visit, found: Task) -> dict[str, Any]:
    """All that is shown about a task, whether on its own page or while calling."""
    effect = effect_of(found)
    customer = found.customer
    ids = [customer.pk] if customer else []
    return {
        "task": found,
        "effect": effect,
        "sheet": _sheet(found, effect, visit),
        "customer": customer,
        "balances": balances_of(visit.organisation, ids, customer_day(visit, customer)).get(ids[0], []) if ids else [],
        "contacts": contacts_of(customer) if customer else [],
        "touches": next_touches(customer) if customer else [],
        "phone": _phone(found, effect),
        **call_context(visit, found),
        "outcomes": OUTCOMES.get(Task.Kind(found.kind), USUAL_OUTCOMES),
        "reasons": reasons_in_words(json.loads(found.rank_reasons or "[]"), visit),
    }


def _phone(found: Task, effect: Effect | None) -> str:
    if effect is not None and found.kind == Task.Kind.CALL:
        return effect.recipient
    return phone_of(found) if found.kind == Task.Kind.CALL_BACK else ""


@looking
def task_sheet(request: HttpRequest, visit: Visit, pk: int) -> HttpResponseBase:
    """The call sheet as a page, for the frame that shuts it in."""
    found = find_task(visit, pk)
    sheet = _sheet(found, effect_of(found), visit) if found else None
    if sheet is None or not sheet.html:
        raise Http404
    return shut_in(request, sheet.html)


def _sheet(found: Task, effect: Effect | None, visit: Visit) -> ReadMail | None:
    """What the caller needs to know, with the facts of this moment; as it was prepared once the task is done."""
    if found.kind != Task.Kind.CALL or effect is None:
        return None
    fresh = None if found.done_at else preview_of(effect, visit.now)
    if fresh and fresh.mail:
        return fresh.mail
    sent = getattr(effect, "message", None)
    return read_sent(sent) if sent else None


@acting
def task_finish(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Note what came of the task."""
    found = find_task(visit, pk)
    if found is None:
        raise Http404
    form = FinishForm(request.POST)
    given = form.cleaned_data if form.is_valid() else {"outcome": "", "note": ""}
    finish_task(
        visit.organisation, found, outcome=given["outcome"], note=given["note"], actor=visit.actor, now=visit.now
    )
    messages.success(request, _("Done: %(title)s") % {"title": found.title})
    return go_back(request, reverse("today", args=[visit.organisation.slug]))


class SnoozeForm(forms.Form):
    """Until when a task is put off."""

    until = forms.DateField()


@acting
def task_snooze(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Put the task off until a day."""
    found = _find(visit, pk)
    form = SnoozeForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Name the day until which to put it off."))
        return go_back(request, reverse("task", args=[visit.organisation.slug, pk]))
    until = form.cleaned_data["until"]
    snooze_task(visit.organisation, found, until=until, actor=visit.actor, now=visit.now)
    words = {"title": found.title, "day": write_day(until, visit.locale)}
    messages.success(request, _("Put off until %(day)s: %(title)s") % words)
    return go_back(request, reverse("today", args=[visit.organisation.slug]))


@acting
def task_assign(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Give the task to a colleague, oneself, or anybody."""
    found = _find(visit, pk)
    owner = request.POST.get("owner", "").strip()[:200]
    assign_task(visit.organisation, found, owner=owner, actor=visit.actor, now=visit.now)
    words = {"title": found.title, "owner": owner}
    said = _("Given to %(owner)s: %(title)s") if owner else _("Free for anybody: %(title)s")
    messages.success(request, said % words)
    return go_back(request, reverse("today", args=[visit.organisation.slug]))


def _find(visit: Visit, pk: int) -> Task:
    found = find_task(visit, pk)
    if found is None:
        raise Http404
    return found
