"""The record of changes: who changed what, when, before and after."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from goodterms.organizations.models import Change
from goodterms.web.access import Visit, looking_to_manage
from goodterms.web.days import read_day
from goodterms.web.exports import Cell, export_rows
from goodterms.web.lists import count_up_to, slice_rows
from goodterms.web.pages import render_page
from goodterms.web.queries.changes import ORDER, fields_of, list_changes

MOST_EXPORTED = 50_000


@looking_to_manage
def changes(request: HttpRequest, visit: Visit) -> HttpResponseBase:
    """The record, filtered; as a file with ``?as=csv`` or ``?as=xlsx``."""
    asked = request.GET.get
    wanted: dict[str, Any] = {
        "q": asked("q", "").strip()[:100],
        "kind": asked("kind", "") if asked("kind") in Change.Kind.values else "",
        "since": read_day(asked("since", "")),
        "until": read_day(asked("until", "")),
    }
    rows = list_changes(
        visit.organisation, kind=wanted["kind"], words=wanted["q"], since=wanted["since"], until=wanted["until"]
    )
    if asked("as") in ("csv", "xlsx"):
        headings = [_("Time (UTC)"), _("Who"), _("Kind"), _("What"), _("Field"), _("Before"), _("After")]
        return export_rows(f"changes {visit.organisation.slug}", headings, _lines(rows), asked("as", ""))
    page = slice_rows(rows, ORDER, asked("cursor", ""))
    context = {
        "slice": page,
        "shown": [(change, fields_of(change)) for change in page.rows],
        "count": count_up_to(rows),
        "wanted": wanted,
        "kinds": Change.Kind.values,
    }
    return render_page(request, visit, "changes.html", context, section="changes")


def _lines(rows: "QuerySet[Change]") -> Iterator[list[Cell]]:
    for change in rows.order_by(*ORDER)[:MOST_EXPORTED].iterator(chunk_size=1000):
        for field in fields_of(change):
            yield [change.at, change.actor, change.kind, change.subject, field.name, field.before, field.after]
