"""Today: what a person must do, what goes by itself, what waits and why."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse

from goodterms.web.access import Visit, looking
from goodterms.web.lists import PAGE_ROWS, count_up_to
from goodterms.web.pages import render_page
from goodterms.web.queries.worklist import (
    GOING,
    TASK_SORTS,
    Wait,
    approvals,
    find_waits,
    going_today,
    last_run,
    open_tasks,
    slice_effects,
    slice_tasks,
)
from goodterms.web.words import CHANNELS, TASKS

APPROVALS_SHOWN = 5
EFFECT_SORTS = {"time": ("not_before", "pk"), "customer": ("customer_name", "pk")}


@looking
def today(request: HttpRequest, visit: Visit) -> HttpResponse:
    """What a person must do today."""
    asked = request.GET.get
    wanted = {
        "q": asked("q", "").strip()[:100],
        "kind": asked("kind", "") if asked("kind") in TASKS else "",
        "when": "later" if asked("when") == "later" else "",
        "sort": asked("sort", "") if asked("sort") in TASK_SORTS else "due",
    }
    tasks = open_tasks(
        visit.organisation,
        visit.today,
        words=wanted["q"],
        kind=wanted["kind"],
        is_later=wanted["when"] == "later",
    )
    context = {
        "slice": slice_tasks(tasks, wanted["sort"], asked("cursor", ""), visit.today),
        "count": count_up_to(tasks),
        "approvals": approvals(visit.organisation, APPROVALS_SHOWN + 1),
        "approvals_shown": APPROVALS_SHOWN,
        "wanted": wanted,
        "kinds": TASKS,
    }
    return _tab(request, visit, "today_tasks.html", "tasks", context)


@looking
def today_automatic(request: HttpRequest, visit: Visit) -> HttpResponse:
    """What goes by itself today, has gone, or was held back."""
    asked = request.GET.get
    wanted = {
        "q": asked("q", "").strip()[:100],
        "which": asked("which", "") if asked("which") in GOING else "to_go",
        "channel": asked("channel", "") if asked("channel") in CHANNELS else "",
        "sort": asked("sort", "") if asked("sort") in EFFECT_SORTS else "time",
    }
    effects = going_today(
        visit.organisation, visit.now, which=wanted["which"], words=wanted["q"], channel=wanted["channel"]
    )
    context = {
        "slice": slice_effects(effects, EFFECT_SORTS[wanted["sort"]], asked("cursor", "")),
        "count": count_up_to(effects),
        "wanted": wanted,
        "channels": CHANNELS,
    }
    return _tab(request, visit, "today_automatic.html", "automatic", context)


@looking
def today_waiting(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Who owes and is not contacted today, and why."""
    asked = request.GET.get
    wanted = {"q": asked("q", "").strip()[:100], "reason": asked("reason", ""), "sort": asked("sort", "")}
    waits = find_waits(visit.organisation, visit.now, visit.today, wanted["q"])
    rows = [row for row in waits.rows if row.reason == wanted["reason"] or not wanted["reason"]]
    if wanted["sort"] in WAIT_SORTS:
        rows.sort(key=WAIT_SORTS[wanted["sort"]])
    page = Paginator(rows, PAGE_ROWS).get_page(asked("page", "1"))
    context = {"page": page, "waits": waits, "wanted": wanted}
    return _tab(request, visit, "today_waiting.html", "waiting", context)


def _by_until(wait: Wait) -> Any:
    return (wait.until_date is None, wait.until_date, wait.customer.name)


def _by_name(wait: Wait) -> Any:
    return (wait.customer.name.casefold(), wait.customer.pk)


WAIT_SORTS = {"until": _by_until, "customer": _by_name}


def _tab(request: HttpRequest, visit: Visit, template: str, tab: str, context: dict[str, Any]) -> HttpResponse:
    run = last_run(visit.organisation)
    waiting = sum(run.counts.get("waits", {}).values()) if run else 0
    # The database keeps no order of the counts: the most first.
    touches = sorted((run.counts.get("touches", {}) if run else {}).items(), key=lambda pair: (-pair[1], pair[0]))
    shared = {"tab": tab, "run": run, "waiting": waiting, "touches": touches}
    return render_page(request, visit, template, {**shared, **context}, section="today")
