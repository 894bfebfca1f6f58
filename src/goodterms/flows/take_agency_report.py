"""What the agency reports, from CSV or JSON, into the customers' own timelines; the same report twice is one."""

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl
from django.db import transaction

from goodterms.core.refusal import Refusal
from goodterms.flows.facts import local_day
from goodterms.flows.read_agreed import raise_facts_versions
from goodterms.followup.models import AgencyCase, Task, TimelineEvent
from goodterms.organizations.models import Organisation

FIELDS = ("customer", "date", "status", "text", "reference")
LARGEST_REPORT = 5_000_000
ENDED = ("paid", "closed")


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
    rows = _read(content)
    strangers = tuple(row["customer"] for row in rows if row["customer"] not in cases)
    told = [(cases[row["customer"]], _key(row), row) for row in rows if row["customer"] in cases]
    seen = _known_keys(organisation, cases.values())
    new = []
    for case, key, row in told:
        if (case.customer_id, key) not in seen:
            seen.add((case.customer_id, key))
            new.append((case, key, row))
    _store(organisation, new, actor, now)
    return ReportTaken(len(new), len(told) - len(new), strangers)


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


def _key(row: dict[str, str]) -> str:
    return hashlib.sha256(json.dumps(row, sort_keys=True).encode()).hexdigest()[:20]


def _known_keys(organisation: Organisation, cases: Iterable[AgencyCase]) -> set[tuple[int, str]]:
    """The rows that stand in these customers' timelines already: customer and key."""
    ids = [case.customer_id for case in cases]
    events = TimelineEvent.objects.filter(organisation=organisation, customer__in=ids, kind="agency_report")
    return {(customer_id, str(data.get("row"))) for customer_id, data in events.values_list("customer_id", "data")}


def _store(
    organisation: Organisation, new: Sequence[tuple[AgencyCase, str, dict[str, str]]], actor: str, now: datetime
) -> None:
    """Write all new rows down at once: lines, references, and a task where the agency says that it is over."""
    events: list[TimelineEvent] = []
    tasks: list[Task] = []
    referred: dict[int, AgencyCase] = {}
    for case, key, row in new:
        said = ": ".join(part for part in (row["status"], row["text"]) if part)
        text = f"{case.agency} reports on {row['date']}: {said}"
        data = {"row": key, **row}
        events.append(
            TimelineEvent(
                organisation=organisation, customer_id=case.customer_id, at=now, kind="agency_report", text=text,
                data=data, actor=actor,
            )
        )  # fmt: skip
        if row["reference"] and not case.reference:
            case.reference = row["reference"][:100]
            referred[case.pk] = case
        if row["status"].lower() in ENDED:
            tasks.append(_ask_to_close(organisation, case, key, row["status"], text, now))
    TimelineEvent.objects.bulk_create(events)
    AgencyCase.objects.bulk_update(referred.values(), ["reference"])
    Task.objects.bulk_create(tasks, ignore_conflicts=True)
    raise_facts_versions(pl.Series([case.customer_id for case, _, _ in new], dtype=pl.Int64))


def _ask_to_close(
    organisation: Organisation, case: AgencyCase, key: str, status: str, text: str, now: datetime
) -> Task:
    return Task(
        organisation=organisation,
        key=f"agency_report:{key}",
        customer_id=case.customer_id,
        kind=Task.Kind.FIX,
        title=f"The agency says “{status}”: {case.customer.name}"[:200],
        detail=f"{text} Record the payment if it came, and close or recall the case.",
        due_date=local_day(organisation, case.customer, now),
        created_at=now,
    )
