"""What the agency reports, from CSV or JSON, into the customers' own timelines; the same report twice is one."""

import csv
import hashlib
import io
import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from goodterms.core.refusal import Refusal
from goodterms.flows.facts import local_day, raise_facts_version, write_timeline
from goodterms.followup.models import AgencyCase, Task, TimelineEvent
from goodterms.organizations.models import Organisation

FIELDS = ("customer", "date", "status", "text", "reference")
LARGEST_REPORT = 5_000_000


class ReportUnreadable(Refusal):
    """An agency's file cannot be read."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"The agency's report cannot be read: {why}. It needs rows with {', '.join(FIELDS)} (CSV or JSON)."
        )


@dataclass(frozen=True)
class ReportTaken:
    """What came of a report: new lines, lines known already, and rows about nobody in an agency's hands."""

    added: int
    known: int
    strangers: tuple[str, ...]


@transaction.atomic
def take_agency_report(organisation: Organisation, content: bytes, *, actor: str, now: datetime) -> ReportTaken:
    """Add each row to its customer's timeline; a status "paid" or "closed" becomes a task for a person.

    Rows: customer (number), date (ISO), status, text, reference. Raises ReportUnreadable; nothing is kept then.
    """
    cases = {
        case.customer.number: case
        for case in AgencyCase.objects.filter(organisation=organisation, handed_over_date__isnull=False)
        .select_related("customer")
        .order_by("pk")
    }
    added = known = 0
    strangers: list[str] = []
    for row in _read(content):
        case = cases.get(row["customer"])
        if case is None:
            strangers.append(row["customer"])
        elif _add(organisation, case, row, actor, now):
            added += 1
        else:
            known += 1
    return ReportTaken(added, known, tuple(strangers))


def _read(content: bytes) -> list[dict[str, str]]:
    if len(content) > LARGEST_REPORT:
        raise ReportUnreadable("it is larger than 5 MB")
    try:
        text = content.decode("utf-8-sig")
        read: Any = json.loads(text) if text.lstrip().startswith(("[", "{")) else csv.DictReader(io.StringIO(text))
        rows = list(read.get("rows", []) if isinstance(read, dict) else read)
    except (UnicodeDecodeError, json.JSONDecodeError, csv.Error, TypeError) as fault:
        raise ReportUnreadable(str(fault)) from fault
    return [_checked(row, place) for place, row in enumerate(rows, start=1)]


def _checked(row: Any, place: int) -> dict[str, str]:
    if not isinstance(row, dict):
        raise ReportUnreadable(f"row {place} has no names for its values")
    plain = {name: str(row.get(name) or "").strip() for name in FIELDS}
    if not plain["customer"] or not (plain["status"] or plain["text"]):
        raise ReportUnreadable(f"row {place} has no customer, or says nothing")
    try:
        date.fromisoformat(plain["date"])
    except ValueError as fault:
        raise ReportUnreadable(f"row {place}: {plain['date']!r} is no date such as 2026-03-31") from fault
    return plain


def _add(organisation: Organisation, case: AgencyCase, row: dict[str, str], actor: str, now: datetime) -> bool:
    """Write the row down; False when it stands there already."""
    key = hashlib.sha256(json.dumps(row, sort_keys=True).encode()).hexdigest()[:20]
    if TimelineEvent.objects.filter(customer=case.customer, kind="agency_report", data__row=key).exists():
        return False
    said = ": ".join(part for part in (row["status"], row["text"]) if part)
    text = f"{case.agency} reports on {row['date']}: {said}"
    write_timeline(case.customer, "agency_report", text, actor=actor, now=now, data={"row": key, **row})
    if row["reference"] and not case.reference:
        AgencyCase.objects.filter(pk=case.pk).update(reference=row["reference"][:100])
    if row["status"].lower() in ("paid", "closed"):
        Task.objects.update_or_create(
            organisation=organisation,
            key=f"agency_report:{key}",
            defaults={
                "customer": case.customer,
                "kind": Task.Kind.FIX,
                "title": f"The agency says “{row['status']}”: {case.customer.name}"[:200],
                "detail": f"{text} Record the payment if it came, and close or recall the case.",
                "due_date": local_day(organisation, case.customer, now),
                "created_at": now,
            },
        )
    raise_facts_version(organisation, case.customer)
    return True
