"""Call mode: one call sheet after the other, the most worth while first, only where it is office hours."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from goodterms.flows.take_call import give_back, take_call
from goodterms.followup.models import Task
from goodterms.web.access import Visit, acting, looking
from goodterms.web.pages import render_page
from goodterms.web.queries.calls_to_make import (
    CALLS,
    calls_after,
    due_calls,
    first_calls,
    local_time,
    opening_of,
    round_of,
)
from goodterms.web.queries.tasks import find_task
from goodterms.web.queries.work import work_rows
from goodterms.web.views.tasks import task_context

TAKEN, SEEN = "calls_taken", "calls_seen"
REMEMBERED = 30
SHOWN = 5


@looking
def call_mode(request: HttpRequest, visit: Visit) -> HttpResponse:
    """How many calls there are to make now, which comes next and why."""
    coming = work_rows(visit, first_calls(visit, SHOWN))
    in_hand = due_calls(visit).filter(owner=visit.actor).order_by("-rank", "pk")[:SHOWN]
    context = {"round": round_of(visit), "coming": coming, "in_hand": list(in_hand)}
    return render_page(request, visit, "calls.html", context, section="today")


@acting
def call_next(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Take the next call; ``after`` is the one skipped, which is anybody's again if it was only taken here."""
    place = _place(request, visit)
    if place is not None:
        taken = request.session.get(TAKEN, [])
        give_back(visit.organisation, [pk for pk in taken if pk == place.pk], caller=visit.actor)
        request.session[TAKEN] = [pk for pk in taken if pk != place.pk]
    for call in calls_after(visit, place):
        was_free = not call.owner
        if take_call(visit.organisation, call, caller=visit.actor):
            if was_free:
                _remember(request, TAKEN, call.pk)
            return HttpResponseRedirect(reverse("call-sheet", args=[visit.organisation.slug, call.pk]), status=303)
    messages.success(request, _("That was the last call for now."))
    return HttpResponseRedirect(reverse("call-mode", args=[visit.organisation.slug]), status=303)


@looking
def call_sheet(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """The sheet of one call, with the form for what came of it."""
    found = find_task(visit, pk)
    if found is None or found.kind not in CALLS or found.customer is None:
        raise Http404
    seen = request.session.get(SEEN, [])
    previous = next((each for each in reversed(_before(seen, pk))), None)
    _remember(request, SEEN, pk)
    context = {
        **task_context(visit, found),
        "previous": previous,
        "local_time": local_time(visit, found.customer),
        "opens_at": opening_of(visit, found.customer),
        "call_mode_url": reverse("call-mode", args=[visit.organisation.slug]),
        "is_others": found.owner not in ("", visit.actor),
    }
    return render_page(request, visit, "call_sheet.html", context, section="today")


def _place(request: HttpRequest, visit: Visit) -> Task | None:
    after = request.POST.get("after", "")
    return find_task(visit, int(after)) if after.isdecimal() else None


def _before(seen: list[int], pk: int) -> list[int]:
    """What was looked at before this one; of all others, in their order."""
    return seen[: seen.index(pk)] if pk in seen else seen


def _remember(request: HttpRequest, name: str, pk: int) -> None:
    kept = request.session.get(name, [])
    if pk not in kept:
        request.session[name] = [*kept, pk][-REMEMBERED:]
