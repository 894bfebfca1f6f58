"""The record of changes, newest first."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from goodterms.organizations.models import Change, Organisation

ORDER = ("-at", "-pk")
LONGEST_SHOWN = 400


@dataclass(frozen=True)
class Field:
    """One field of a change as the page shows it; empty texts where there was or is nothing."""

    name: str
    before: str
    after: str


def list_changes(
    organisation: Organisation, *, kind: str, words: str, since: date | None, until: date | None
) -> "QuerySet[Change]":
    """Changes of this kind (empty: any) by or about ``words``, from one of the organisation's days to another."""
    rows = Change.objects.filter(organisation=organisation)
    if kind:
        rows = rows.filter(kind=kind)
    if words:
        rows = rows.filter(Q(actor__icontains=words) | Q(subject__icontains=words))
    zone = ZoneInfo(organisation.timezone)
    if since:
        rows = rows.filter(at__gte=datetime.combine(since, time.min, zone))
    if until:
        rows = rows.filter(at__lt=datetime.combine(until + timedelta(days=1), time.min, zone))
    return rows


def fields_of(change: Change) -> list[Field]:
    """What was changed, field by field; nested tables by dotted names."""
    before, after = _flat(change.before), _flat(change.after)
    names = list(dict.fromkeys([*before, *after]))
    shown = [Field(name, _text(before.get(name)), _text(after.get(name))) for name in names]
    return [field for field in shown if field.before != field.after]


def _flat(fields: dict[str, Any], under: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in fields.items():
        if isinstance(value, dict) and value:
            found |= _flat(value, f"{under}{name}.")
        else:
            found[under + name] = value
    return found


def _text(value: Any) -> str:
    if value is None or value == "" or value == {}:
        return ""
    if isinstance(value, bool):
        return "✓" if value else "✗"
    text = ", ".join(str(part) for part in value) if isinstance(value, list) else str(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"
