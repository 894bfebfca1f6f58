"""The organisation's hash chain over its timeline: every word and deed becomes a link, and can be checked later.

An event's canonical text is one line of JSON without spaces, UTF-8, keys sorted:
``[id, customer id, invoice id, effect key, time, kind, text, data, actor]``; the time is UTC with microseconds. A link
is SHA-256, in hexadecimal, over the previous link (64 zeros before the first), a line feed, and that line. This is
fixed for ever.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
from django.db import transaction
from django.db.models import Max, QuerySet

from goodterms.database.writing import insert_frame
from goodterms.followup.models import TimelineEvent, TimelineLink
from goodterms.organizations.models import Organisation

START = "0" * 64
RECENT_EVENTS = 2_000
"""A quick sealing looks this many events back for one whose transaction ended late; the day's run looks at all."""
LATE_COMMIT = timedelta(hours=6)
"""No transaction takes longer: an event with an older number and an older time than this was slipped in."""
BATCH = 5_000
FIELDS = ("id", "customer_id", "invoice_id", "effect_key", "at", "kind", "text", "data", "actor")


def canonical_text(event: tuple[Any, ...]) -> str:
    """The event (its FIELDS) as the line that is hashed; see the module's docstring."""
    written = dict(zip(FIELDS, event, strict=True))
    written["at"] = written["at"].astimezone(UTC).isoformat(timespec="microseconds")
    return json.dumps(list(written.values()), ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def link_hash(previous: str, event: tuple[Any, ...]) -> str:
    """The link of ``event`` after ``previous``."""
    return hashlib.sha256(f"{previous}\n{canonical_text(event)}".encode()).hexdigest()


def seal_timeline(organisation: Organisation, now: datetime) -> int:
    """Add every event of the organisation that has no link yet to its chain, in the order of their numbers.

    The number of links added. Joins a running transaction; holds the organisation's lock, so that no chain forks.
    """
    return _seal(organisation.pk, now, since=None)


def seal_recent(now: datetime) -> int:
    """The same for all organisations and what was written lately: quick enough for after every relay."""
    newest = TimelineLink.objects.aggregate(newest=Max("event_id"))["newest"] or 0
    since = max(0, newest - RECENT_EVENTS)
    waiting = TimelineEvent.objects.filter(pk__gt=since, link__isnull=True)
    owners = waiting.order_by().values_list("organisation_id", flat=True).distinct()
    return sum(_seal(owner, now, since=since) for owner in sorted(owners))


@transaction.atomic
def _seal(organisation_id: int, now: datetime, since: int | None) -> int:
    # PostgreSQL lets one sealing at a time by this lock, SQLite by the transaction itself.
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation_id)
    head = _head(organisation_id)
    position, previous = (head.position, head.chain_hash) if head else (0, START)
    waiting = _unsealed(organisation_id, head).order_by("pk")
    if since is not None:
        waiting = waiting.filter(pk__gt=since)
    added = 0
    for events in _batches(waiting.values_list(*FIELDS).iterator(chunk_size=BATCH)):
        rows = []
        for event in events:
            position, chained = position + 1, link_hash(previous, event)
            rows.append((organisation_id, event[0], position, previous, chained))
            previous = chained
        added += _insert(rows, now)
    return added


def _head(organisation_id: int) -> TimelineLink | None:
    links = TimelineLink.objects.filter(organisation_id=organisation_id)
    return links.select_related("event").order_by("-position").first()


def _unsealed(organisation_id: int, head: TimelineLink | None) -> QuerySet[TimelineEvent]:
    """Events that belong at the end of the chain: one slipped in among sealed ones never gets a link."""
    bare = TimelineEvent.objects.filter(organisation_id=organisation_id, link__isnull=True)
    return bare if head is None else bare.exclude(**_slipped_in(head))


def _slipped_in(head: TimelineLink) -> dict[str, Any]:
    return {"pk__lt": head.event_id, "at__lt": head.event.at - LATE_COMMIT}


def _batches(events: Iterable[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    batch: list[tuple[Any, ...]] = []
    for event in events:
        batch.append(event)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _insert(rows: list[tuple[int, int, int, str, str]], now: datetime) -> int:
    names = ["organisation_id", "event_id", "position", "previous_hash", "chain_hash"]
    frame = pl.DataFrame(rows, schema=names, orient="row")
    sealed = pl.lit(now).dt.convert_time_zone("UTC").alias("sealed_at")
    return insert_frame(TimelineLink._meta.db_table, frame.with_columns(sealed))


@dataclass(frozen=True)
class BrokenEvent:
    """The first place where the timeline is not what it was: the link's position, the event, and what is wrong."""

    position: int
    event_id: int
    fault: str


@dataclass(frozen=True)
class TimelineVerdict:
    """What checking found; ``head``, noted elsewhere, proves later that no end was cut off.

    ``unsealed`` counts events too new to have a link.
    """

    checked: int
    head: str
    unsealed: int
    broken: BrokenEvent | None
    is_noted_head_known: bool = True


def verify_timeline(organisation: Organisation, *, noted_head: str = "") -> TimelineVerdict:
    """Check every link of the organisation's timeline in order, up to the first broken one.

    ``noted_head`` is a head noted earlier: it must still be one of the links, else an end was cut off or rewritten.
    """
    own = TimelineLink.objects.filter(organisation=organisation)
    previous, position, is_known = START, 0, not noted_head
    columns = [f"event__{name}" for name in FIELDS]
    links = own.order_by("position").values_list(
        "position", "event_id", "previous_hash", "chain_hash", "event__organisation_id", *columns
    )
    for place, event_id, before, chained, owner, *event in links.iterator(chunk_size=BATCH):
        fault = _fault(position + 1, previous, (place, before, chained), tuple(event))
        if fault or owner != organisation.pk:
            broken = BrokenEvent(place, event_id, fault or "it belongs to another organisation")
            return TimelineVerdict(position, previous, 0, broken, is_known)
        previous, position = chained, place
        is_known = is_known or chained == noted_head
    bare = TimelineEvent.objects.filter(organisation=organisation, link__isnull=True)
    return TimelineVerdict(position, previous, bare.count(), _stranger(organisation.pk), is_known)


def _fault(position: int, previous: str, link: tuple[int, str, str], event: tuple[Any, ...]) -> str:
    place, before, chained = link
    if place != position:
        return f"the event at position {position} is missing"
    if event[0] is None:
        return "its event is gone"
    if before != previous:
        return "it does not follow the event before it"
    if link_hash(previous, event) != chained:
        return "its words, its time or its place were changed"
    return ""


def _stranger(organisation_id: int) -> BrokenEvent | None:
    """The first event that was put among sealed ones afterwards."""
    head = _head(organisation_id)
    if head is None:
        return None
    bare = TimelineEvent.objects.filter(organisation_id=organisation_id, link__isnull=True, **_slipped_in(head))
    found = bare.order_by("pk").first()
    if found is None:
        return None
    before = TimelineLink.objects.filter(organisation_id=organisation_id, event_id__lt=found.pk)
    place = before.aggregate(place=Max("position"))["place"] or 0
    return BrokenEvent(place + 1, found.pk, "it was slipped in among events that had been sealed")
