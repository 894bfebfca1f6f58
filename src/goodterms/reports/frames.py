"""The frames that reports read: made from the ledger and the follow-up in one go, kept as Arrow files, read back."""

import io
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import date, datetime

import polars as pl
from django.db.models import Min

from goodterms.core.forecast import survival_curves
from goodterms.database.reading import bulk_reading
from goodterms.followup.models import DayRun, ReportFrame
from goodterms.organizations.models import Organisation
from goodterms.reports import cash_sums, customer_sums, ledger_sums, work_sums
from goodterms.reports.facts import Facts, read_facts, read_people
from goodterms.reports.segments import number_people, number_segments

SHARD_CUSTOMERS = 50_000
"""So many customers' ledger is held in memory at a time."""
BULK_FROM_CUSTOMERS = 2_000
MOST_ROWS = 600_000
"""Daily sums beyond so many rows are kept by week where they are older than a hundred days."""
YEARS_KEPT = 2
REMEMBERED_BYTES = 256 * 1024 * 1024

_remembered: "OrderedDict[tuple[int, str], tuple[str, pl.DataFrame]]" = OrderedDict()


def first_day_kept(today: date) -> date:
    """Sums begin with this day: the first of a month, two years back."""
    return date(today.year - YEARS_KEPT, today.month, 1)


def make_frames(organisation: Organisation, today: date) -> dict[str, pl.DataFrame]:
    """Every frame, by name, as the books stand now; all but ``curves``, ``forecasts`` and ``runs`` have segments."""
    start = first_day_kept(today)
    people = read_people(organisation)
    persons, traits = number_people(people)
    with bulk_reading() if people.height > BULK_FROM_CUSTOMERS else nullcontext():
        shards = _shards(people.height)
        parts: dict[str, list[pl.DataFrame]] = {}
        for shard in range(shards):
            facts = read_facts(organisation, persons, start, today, shard, shards)
            for name, frame in _sum_shard(facts, is_first=shard == 0).items():
                parts.setdefault(name, []).append(frame)
        frames = {name: _merge(pieces) for name, pieces in parts.items()}
        received = frames.pop("received")
        frames |= work_sums.sum_touches(organisation, persons, received, start)
        frames |= work_sums.sum_work(organisation, persons, start, today)
    for name in ("changes", "moves", "settled"):
        frames[name] = ledger_sums.thin_out(frames[name], today, MOST_ROWS)
    past = cash_sums.look_back(frames.pop("past_lives"), frames.pop("past_open"), frames.pop("past_paid"), today)
    unnumbered = {"curves": survival_curves(frames.pop("lives")), "forecasts": past}
    first = DayRun.objects.filter(organisation=organisation).aggregate(first=Min("run_date"))["first"]
    unnumbered["runs"] = pl.DataFrame({"first_run_date": [first]}, schema={"first_run_date": pl.Date()})
    return number_segments(frames, traits) | unnumbered


def _shards(customers: int) -> int:
    shards = 1
    while customers > shards * SHARD_CUSTOMERS:
        shards *= 2
    return shards


def _sum_shard(facts: Facts, *, is_first: bool) -> dict[str, pl.DataFrame]:
    """All sums of a shard; the back-test of the forecast is made on the first one alone, a sample by number."""
    labelled = cash_sums.label_habits(facts)
    sums = {
        "changes": ledger_sums.sum_changes(facts),
        "moves": ledger_sums.sum_moves(facts),
        "settled": ledger_sums.sum_settled(facts),
        "cohorts": ledger_sums.sum_cohorts(facts),
        "debtors": customer_sums.sum_debtors(facts),
        "due": cash_sums.sum_due(labelled, facts),
        "lives": cash_sums.sum_lives(labelled, facts, facts.today),
        "received": work_sums.received_cash(facts),
    }
    if is_first:
        origins = [on for on in cash_sums.past_origins(facts.today) if on > facts.start]
        sums |= {
            "past_lives": pl.concat([cash_sums.sum_lives(labelled, facts, on) for on in origins]),
            "past_open": pl.concat([cash_sums.sum_past_open(labelled, facts, on) for on in origins]),
            "past_paid": pl.concat([cash_sums.sum_past_paid(labelled, facts, on) for on in origins]),
        }
    return sums


_ROWS = ("customer_id",)


def _merge(pieces: list[pl.DataFrame]) -> pl.DataFrame:
    """The shards' sums together: rows of customers side by side, all others added up."""
    whole = pl.concat(pieces)
    if len(pieces) == 1 or any(name in whole.columns for name in _ROWS):
        return whole
    keys = [name for name in whole.columns if name in _KEYS]
    return whole.group_by(keys).agg(pl.exclude(keys).sum()).select(whole.columns)


_KEYS = ("person", "currency", "day", "kind", "lateness", "month", "habit", "origin", "week")


def write_frame(frame: pl.DataFrame) -> bytes:
    """The frame as an Arrow file."""
    target = io.BytesIO()
    frame.write_ipc(target, compression="lz4")
    return target.getvalue()


class FramesReplaced(Exception):
    """Newer frames were kept while these were read: numbers of both must not meet in one report."""


@dataclass(frozen=True)
class Frames:
    """The frames kept for an organisation, each read when it is first asked for; raises FramesReplaced then."""

    organisation_id: int
    as_of_date: date
    made_at: datetime
    stamp: str
    memo: dict[object, pl.DataFrame] = field(default_factory=dict, compare=False, repr=False)

    def __getitem__(self, name: str) -> pl.DataFrame:
        key = (self.organisation_id, name)
        known = _remembered.get(key)
        if known and known[0] == self.stamp:
            _remembered.move_to_end(key)
            return known[1]
        rows = ReportFrame.objects.filter(organisation_id=self.organisation_id, name=name, stamp=self.stamp)
        content = rows.values_list("content", flat=True).first()
        if content is None:
            raise FramesReplaced
        frame = pl.read_ipc(io.BytesIO(bytes(content)))
        _remembered[key] = (self.stamp, frame)
        while len(_remembered) > 1 and sum(one.estimated_size() for _s, one in _remembered.values()) > REMEMBERED_BYTES:
            _remembered.popitem(last=False)
        return frame


@dataclass(frozen=True)
class MadeFrames:
    """Frames just made, not kept: for tests and for programs that ask once."""

    frames: Mapping[str, pl.DataFrame]
    as_of_date: date
    memo: dict[object, pl.DataFrame] = field(default_factory=dict, compare=False, repr=False)

    def __getitem__(self, name: str) -> pl.DataFrame:
        return self.frames[name]


def open_frames(organisation: Organisation) -> Frames | None:
    """What was kept last; None when nothing was yet."""
    row = (
        ReportFrame.objects.filter(organisation=organisation, name="segments")
        .values_list("as_of_date", "made_at", "stamp")
        .first()
    )
    return Frames(organisation.pk, *row) if row else None
