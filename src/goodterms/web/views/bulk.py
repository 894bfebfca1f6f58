"""One deed on many rows: a page says exactly what would happen to each, then it happens."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from goodterms.core.refusal import Refusal
from goodterms.flows.do_in_bulk import MOST_AT_ONCE, Deed, DeedKind, Outcome, do_in_bulk, try_in_bulk
from goodterms.followup.models import Hold, Task
from goodterms.outbox.models import Effect
from goodterms.web.access import Visit, acting, go_back
from goodterms.web.formats import write_day
from goodterms.web.pages import render_page
from goodterms.web.queries.approvals import Draft, chosen_effects, drafts_of
from goodterms.web.queries.work import WorkFilter, chosen_tasks, open_work
from goodterms.web.words import HOLD_REASONS

TASK_DEEDS = (DeedKind.SNOOZE, DeedKind.ASSIGN, DeedKind.HOLD, DeedKind.FINISH)
EFFECT_DEEDS = (DeedKind.APPROVE, DeedKind.REFUSE)


class DeedUnclear(Refusal):
    """The form did not say what to do, or left out what the deed needs."""


class DeedForm(forms.Form):
    """What to do with the rows that were ticked."""

    deed = forms.ChoiceField(choices=[(kind.value, kind.value) for kind in DeedKind])
    snooze_until = forms.DateField(required=False)
    owner = forms.CharField(required=False, max_length=200)
    hold_until = forms.DateField(required=False)
    hold_reason = forms.ChoiceField(choices=[("", ""), *Hold.Reason.choices], required=False)
    outcome = forms.CharField(required=False, max_length=200)
    refuse_reason = forms.CharField(required=False, max_length=1000)

    def read(self) -> Deed:
        """The deed; raises DeedUnclear with a sentence."""
        if not self.is_valid():
            raise DeedUnclear(_("Choose what to do with the rows, and give real dates."))
        given = self.cleaned_data
        kind = DeedKind(given["deed"])
        missing = {
            DeedKind.SNOOZE: (not given["snooze_until"], _("Name the day until which to put them off.")),
            DeedKind.HOLD: (
                not (given["hold_until"] and given["hold_reason"]),
                _("Name the last day of the pause, and why."),
            ),
            DeedKind.FINISH: (not given["outcome"].strip(), _("Say in a few words what came of them.")),
            DeedKind.REFUSE: (not given["refuse_reason"].strip(), _("Say why these shall not go out.")),
        }
        is_missing, sentence = missing.get(kind, (False, ""))
        if is_missing:
            raise DeedUnclear(sentence)
        until: date | None = {DeedKind.SNOOZE: given["snooze_until"], DeedKind.HOLD: given["hold_until"]}.get(kind)
        reasons = {
            DeedKind.HOLD: given["hold_reason"],
            DeedKind.FINISH: given["outcome"],
            DeedKind.REFUSE: given["refuse_reason"],
        }
        return Deed(kind, until=until, owner=given["owner"], reason=reasons.get(kind, ""))


@dataclass(frozen=True)
class Foreseen:
    """One row of the preview: what it is, whose, and what would happen to it, or why nothing does."""

    pk: int
    title: str
    customer: str
    sentence: str
    caution: str = ""
    refusal: str = ""


@acting
def tasks_bulk(request: HttpRequest, visit: Visit) -> HttpResponse:
    """What would happen to the tasks that were ticked."""
    deed = _read_deed(request, TASK_DEEDS)
    tasks = _asked_tasks(request, visit)
    outcomes = try_in_bulk(visit.organisation, deed, tasks, actor=visit.actor, now=visit.now)
    rows = [_foresee_task(outcome, deed, visit) for outcome in outcomes]
    return _show(request, visit, deed, rows, "tasks-bulk-do", reverse("today", args=[visit.organisation.slug]))


@acting
def tasks_bulk_do(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Do it to the tasks that the preview listed."""
    deed = _read_deed(request, TASK_DEEDS)
    tasks = chosen_tasks(visit, _ids(request))
    _tell(request, do_in_bulk(visit.organisation, deed, tasks, actor=visit.actor, now=visit.now))
    return go_back(request, reverse("today", args=[visit.organisation.slug]))


@acting
def approvals_bulk(request: HttpRequest, visit: Visit) -> HttpResponse:
    """What would happen to the messages that were ticked."""
    deed = _read_deed(request, EFFECT_DEEDS)
    effects = chosen_effects(visit, _ids(request))
    outcomes = try_in_bulk(visit.organisation, deed, effects, actor=visit.actor, now=visit.now)
    drafts = {draft.effect.pk: draft for draft in drafts_of(effects, visit.now)}
    rows = [_foresee_effect(outcome, drafts[outcome.row.pk], deed) for outcome in outcomes]
    back = reverse("approvals", args=[visit.organisation.slug])
    return _show(request, visit, deed, rows, "approvals-bulk-do", back)


@acting
def approvals_bulk_do(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Do it to the messages that the preview listed."""
    deed = _read_deed(request, EFFECT_DEEDS)
    effects = chosen_effects(visit, _ids(request))
    _tell(request, do_in_bulk(visit.organisation, deed, effects, actor=visit.actor, now=visit.now))
    return go_back(request, reverse("approvals", args=[visit.organisation.slug]))


def _read_deed(request: HttpRequest, allowed: tuple[DeedKind, ...]) -> Deed:
    deed = DeedForm(request.POST).read()
    if deed.kind not in allowed:
        raise DeedUnclear(_("Choose what to do with the rows, and give real dates."))
    return deed


def _ids(request: HttpRequest) -> list[int]:
    """The rows that were ticked; more than may go at once are kept apart from the refusal by one only."""
    given = [int(value) for value in request.POST.getlist("row") if value.isdecimal()]
    return list(dict.fromkeys(given))[: MOST_AT_ONCE + 1]


def _asked_tasks(request: HttpRequest, visit: Visit) -> list[Task]:
    """The tasks ticked; with "all" those that fit the list's filter, which must be few enough."""
    if "all" not in request.POST:
        return chosen_tasks(visit, _ids(request))
    wanted = WorkFilter.read(QueryDict(request.POST.get("filters", "")))
    fitting = open_work(visit, wanted).select_related("customer__profile", "organisation")
    return list(fitting.order_by("-rank", "pk")[: MOST_AT_ONCE + 1])


def _foresee_task(outcome: Outcome[Task], deed: Deed, visit: Visit) -> Foreseen:
    task = outcome.row
    customer = task.customer.name if task.customer else ""
    return Foreseen(task.pk, task.title, customer, _say_task(outcome, deed, visit), refusal=outcome.refusal)


def _say_task(outcome: Outcome[Task], deed: Deed, visit: Visit) -> str:
    task, until = outcome.row, write_day(deed.until, visit.locale) if deed.until else ""
    if deed.kind is DeedKind.SNOOZE:
        was = write_day(task.due_date, visit.locale)
        return _("put off from %(was)s until %(until)s") % {"was": was, "until": until}
    if deed.kind is DeedKind.ASSIGN:
        words = {"owner": deed.owner or _("anybody"), "was": task.owner or _("anybody")}
        return _("given to %(owner)s (until now: %(was)s)") % words
    if deed.kind is DeedKind.FINISH:
        return _("done, with the outcome “%(outcome)s” in the timeline") % {"outcome": deed.reason}
    if outcome.is_repeated:
        return _("paused by another row of this list already")
    words = {"until": until, "reason": str(HOLD_REASONS[deed.reason].label)}
    return _("nothing goes out to this customer until %(until)s (%(reason)s); it lifts itself; the task stays") % words


def _foresee_effect(outcome: Outcome[Effect], draft: Draft, deed: Deed) -> Foreseen:
    effect, is_going = outcome.row, deed.kind is DeedKind.APPROVE
    if is_going:
        sentence = _("goes to %(to)s as soon as its hour has come") % {"to": effect.recipient}
    else:
        sentence = _("will not go out to %(to)s; the reason stands in the timeline") % {"to": effect.recipient}
    caution = " ".join(draft.faults) if is_going else ""
    title = draft.subject or str(effect.touch.step)
    return Foreseen(effect.pk, title, effect.touch.customer.name, sentence, caution, outcome.refusal)


TITLES = {
    DeedKind.SNOOZE: gettext_lazy("Put off these tasks?"),
    DeedKind.ASSIGN: gettext_lazy("Give away these tasks?"),
    DeedKind.HOLD: gettext_lazy("Pause these customers?"),
    DeedKind.FINISH: gettext_lazy("Finish these tasks?"),
    DeedKind.APPROVE: gettext_lazy("Let these messages go out?"),
    DeedKind.REFUSE: gettext_lazy("Refuse these messages?"),
}


def _show(request: HttpRequest, visit: Visit, deed: Deed, rows: list[Foreseen], then: str, back: str) -> HttpResponse:
    asked = {name: request.POST.get(name, "") for name in DeedForm.base_fields}
    context: dict[str, Any] = {
        "title": TITLES[deed.kind],
        "going": [row for row in rows if not row.refusal],
        "left": [row for row in rows if row.refusal],
        "asked": {name: value for name, value in asked.items() if value},
        "then": reverse(then, args=[visit.organisation.slug]),
        "back": back,
        "is_danger": deed.kind is DeedKind.REFUSE,
    }
    return render_page(request, visit, "bulk.html", context, section="today")


def _tell(request: HttpRequest, outcomes: list[Any]) -> None:
    refused = [outcome for outcome in outcomes if outcome.refusal]
    done = len(outcomes) - len(refused)
    if done:
        messages.success(request, ngettext("%(n)s row done.", "%(n)s rows done.", done) % {"n": done})
    for outcome in refused[:5]:
        messages.error(request, outcome.refusal)
