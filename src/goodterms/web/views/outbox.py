"""The outbox: every effect by state."""

from django.http import HttpRequest, HttpResponse

from goodterms.web.access import Visit, looking
from goodterms.web.lists import count_up_to
from goodterms.web.pages import render_page
from goodterms.web.queries.outbox import NEWEST, OLDEST, list_effects, order_of
from goodterms.web.queries.worklist import slice_effects
from goodterms.web.words import CHANNELS, STATES


@looking
def outbox(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Effects, the newest first, or those that ask for a person."""
    asked = request.GET.get
    wanted = {
        "q": asked("q", "").strip()[:100],
        "state": asked("state", "") if asked("state") in (*STATES, "attention") else "",
        "channel": asked("channel", "") if asked("channel") in CHANNELS else "",
        "sort": OLDEST if asked("sort") == OLDEST else NEWEST,
    }
    effects = list_effects(visit.organisation, state=wanted["state"], channel=wanted["channel"], words=wanted["q"])
    effects = visit.limit(effects)
    context = {
        "slice": slice_effects(effects, order_of(wanted["state"], wanted["sort"]), asked("cursor", "")),
        "count": count_up_to(effects),
        "wanted": wanted,
        "states": STATES,
        "channels": CHANNELS,
    }
    return render_page(request, visit, "outbox.html", context, section="outbox")
