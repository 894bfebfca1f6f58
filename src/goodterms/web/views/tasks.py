"""One task: what to do, about whom, and what came of it."""

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from goodterms.flows.finish_task import LONGEST_OUTCOME, finish_task
from goodterms.followup.models import Task
from goodterms.outbox.models import Effect
from goodterms.web.access import Visit, acting, go_back, looking
from goodterms.web.pages import render_page
from goodterms.web.preview import preview_of
from goodterms.web.queries.balances import balances_of
from goodterms.web.queries.customer import contacts_of, customer_day, next_touches
from goodterms.web.queries.tasks import effect_of, find_task
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
    found = find_task(visit.organisation, pk)
    if found is None:
        raise Http404
    if found.kind == Task.Kind.REPLY and not found.done_at:
        return redirect("reply", visit.organisation.slug, int(found.key.removeprefix("reply:")))
    effect = effect_of(found)
    customer = found.customer
    ids = [customer.pk] if customer else []
    context = {
        "task": found,
        "effect": effect,
        "sheet": _sheet(found, effect, visit),
        "customer": customer,
        "balances": balances_of(visit.organisation, ids, customer_day(visit, customer)).get(ids[0], []) if ids else [],
        "contacts": contacts_of(customer) if customer else [],
        "touches": next_touches(customer) if customer else [],
        "phone": effect.recipient if effect and found.kind == Task.Kind.CALL else "",
        **call_context(visit, found),
        "outcomes": OUTCOMES.get(Task.Kind(found.kind), USUAL_OUTCOMES),
    }
    return render_page(request, visit, "task.html", context, section="today")


@looking
def task_sheet(request: HttpRequest, visit: Visit, pk: int) -> HttpResponseBase:
    """The call sheet as a page, for the frame that shuts it in."""
    found = find_task(visit.organisation, pk)
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
    found = find_task(visit.organisation, pk)
    if found is None:
        raise Http404
    form = FinishForm(request.POST)
    given = form.cleaned_data if form.is_valid() else {"outcome": "", "note": ""}
    finish_task(
        visit.organisation, found, outcome=given["outcome"], note=given["note"], actor=visit.actor, now=visit.now
    )
    messages.success(request, _("Done: %(title)s") % {"title": found.title})
    return go_back(request, reverse("today", args=[visit.organisation.slug]))
