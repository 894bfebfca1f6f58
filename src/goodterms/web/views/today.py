"""Today: what a person must do, by what it is worth; what goes by itself; what waits and why."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse

from goodterms.flows.do_in_bulk import MOST_AT_ONCE
from goodterms.web.access import Visit, looking
from goodterms.web.lists import PAGE_ROWS, count_up_to
from goodterms.web.pages import render_page
from goodterms.web.queries.balances import open_currencies
from goodterms.web.queries.imports import find_first_steps
from goodterms.web.queries.work import FREE, MINE, WorkFilter, as_query, open_work, slice_work, views_of
from goodterms.web.queries.worklist import (
    GOING,
    Wait,
    find_waits,
    going_today,
    last_run,
    slice_effects,
)
from goodterms.web.views.tasks import later_choices
from goodterms.web.words import CALL_OUTCOMES, CHANNELS, HOLD_REASONS, PROFILES, TASKS

EFFECT_SORTS = {"time": ("not_before", "pk"), "customer": ("customer_name", "pk")}


@looking
def today(request: HttpRequest, visit: Visit) -> HttpResponse:
    """What a person must do today, what is worth most first."""
    wanted = WorkFilter.read(request.GET)
    tasks = open_work(visit, wanted)
    context = {
        "slice": slice_work(visit, tasks, wanted.sort, request.GET.get("cursor", "")),
        "count": count_up_to(tasks),
        "wanted": wanted,
        "views": views_of(visit.organisation, visit.user),
        "filter_words": as_query(wanted.set_words()),
        "guide": find_first_steps(visit.organisation) if visit.may_manage else None,
        **_choices(visit),
    }
    return show_tab(request, visit, "today_tasks.html", "tasks", context)


def _choices(visit: Visit) -> dict[str, Any]:
    """What the filters and the deeds offer to choose from."""
    return {
        "kinds": TASKS,
        "channels": CHANNELS,
        "profiles": PROFILES,
        "hold_reasons": HOLD_REASONS,
        "currencies": open_currencies(visit.organisation),
        **later_choices(visit),
        "call_outcomes": CALL_OUTCOMES,
        "mine": MINE,
        "free": FREE,
        "most_at_once": MOST_AT_ONCE,
    }


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
    effects = going_today(visit, which=wanted["which"], words=wanted["q"], channel=wanted["channel"])
    context = {
        "slice": slice_effects(effects, EFFECT_SORTS[wanted["sort"]], asked("cursor", "")),
        "count": count_up_to(effects),
        "wanted": wanted,
        "channels": CHANNELS,
    }
    return show_tab(request, visit, "today_automatic.html", "automatic", context)


@looking
def today_waiting(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Who owes and is not contacted today, and why."""
    asked = request.GET.get
    wanted = {"q": asked("q", "").strip()[:100], "reason": asked("reason", ""), "sort": asked("sort", "")}
    waits = find_waits(visit, wanted["q"])
    rows = [row for row in waits.rows if row.reason == wanted["reason"] or not wanted["reason"]]
    if wanted["sort"] in WAIT_SORTS:
        rows.sort(key=WAIT_SORTS[wanted["sort"]])
    page = Paginator(rows, PAGE_ROWS).get_page(asked("page", "1"))
    context = {"page": page, "waits": waits, "wanted": wanted}
    return show_tab(request, visit, "today_waiting.html", "waiting", context)


def _by_until(wait: Wait) -> Any:
    return (wait.until_date is None, wait.until_date, wait.customer.name)


def _by_name(wait: Wait) -> Any:
    return (wait.customer.name.casefold(), wait.customer.pk)


WAIT_SORTS = {"until": _by_until, "customer": _by_name}


def show_tab(request: HttpRequest, visit: Visit, template: str, tab: str, context: dict[str, Any]) -> HttpResponse:
    """One of the tabs of today, under the words about the last run."""
    run = last_run(visit.organisation)
    waiting = sum(run.counts.get("waits", {}).values()) if run else 0
    # The database keeps no order of the counts: the most first.
    touches = sorted((run.counts.get("touches", {}) if run else {}).items(), key=lambda pair: (-pair[1], pair[0]))
    shared = {"tab": tab, "run": run, "waiting": waiting, "touches": touches}
    return render_page(request, visit, template, {**shared, **context}, section="today")
