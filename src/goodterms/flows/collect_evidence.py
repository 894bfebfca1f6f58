"""Evidence out of the database: as it stands now, or as it was known on a day of the past."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import polars as pl

from goodterms.core.calendar import find_zone, local_dates
from goodterms.core.chase import CYCLE_PREFIX
from goodterms.core.evidence import (
    AP_PROFILES,
    ASSIGNED,
    CALLS,
    CASH,
    CONTACTS,
    CUSTOMERS,
    DISPUTES,
    HOLDS,
    INSTALMENTS,
    OPEN_ITEMS,
    PLANNED,
    PROMISES,
    REASONS,
    REPLIES,
    RETURNED,
    SETTLED,
    SETTLEMENTS,
    TOUCHES,
    Evidence,
    empty,
)
from goodterms.core.norms import Norms
from goodterms.core.summary import SUMMARY
from goodterms.database.reading import bulk_reading, read_frame, read_together
from goodterms.flows import evidence_queries as queries
from goodterms.followup.models import DayRun
from goodterms.ledger.models import Customer
from goodterms.organizations.models import Organisation

PEOPLE = pl.Schema(
    {
        **{name: kind for name, kind in CUSTOMERS.items() if name != "local_date"},
        "facts_version": pl.Int64(),
        "summary_version": pl.Int64(),
    }
)
WRITTEN_AP = pl.Schema({**AP_PROFILES, "pay_run_days": pl.String()})
LONGEST_RECIPIENT = 254  # of outbox.Effect.recipient
PLACED_HOLDS = pl.Schema({**HOLDS, "lifted_date": pl.Date()})
FEW_STALE = 10_000
"""Up to so many customers' settled invoices are read one customer after the other."""
REMEMBERED = timedelta(days=400)
"""What was said longer ago is read only where it still matters (evidence_queries.TOUCHES)."""
FEW_CUSTOMERS = 2_000
"""Up to so many customers are read through the open connection: a bulk read costs more to start than their rows."""
FRAMES: dict[str, tuple[pl.Schema, str, str]] = {
    "open_items": (OPEN_ITEMS, queries.OPEN_ITEMS, queries.OPEN_ITEMS_ON),
    "contacts": (CONTACTS, queries.CONTACTS, queries.CONTACTS_ON),
    "cash": (CASH, queries.CASH, queries.CASH_ON),
    "returned": (RETURNED, queries.RETURNED, queries.RETURNED_ON),
    "replies": (REPLIES, queries.REPLIES, queries.REPLIES_ON),
    "calls": (CALLS, queries.CALLS, queries.CALLS_ON),
    "promises": (PROMISES, queries.PROMISES, queries.PROMISES_ON),
    "instalments": (INSTALMENTS, queries.INSTALMENTS, queries.INSTALMENTS_ON),
    "planned": (PLANNED, queries.PLANNED, queries.PLANNED_ON),
    "settlements": (SETTLEMENTS, queries.SETTLEMENTS, queries.SETTLEMENTS_ON),
    "disputes": (DISPUTES, queries.DISPUTES, queries.DISPUTES_ON),
    "reasons": (REASONS, queries.REASONS, queries.REASONS_ON),
    "ap_profiles": (WRITTEN_AP, queries.AP_PROFILES, queries.AP_PROFILES_ON),
    "holds": (PLACED_HOLDS, queries.HOLDS, queries.HOLDS_ON),
    "assigned": (ASSIGNED, queries.ASSIGNED, queries.ASSIGNED_ON),
}
"""What is read for each frame of the evidence: its columns, the query of now, and the one of a day of the past."""


@dataclass(frozen=True)
class Collected:
    """Evidence, with ``versions``: customer_id, facts_version, summary_version (null: never summarised)."""

    evidence: Evidence
    versions: pl.DataFrame


@dataclass(frozen=True)
class Scope:
    """Whose evidence is read: an organisation, all or some of its customers, now or as known on ``on``."""

    organisation: Organisation
    now: datetime
    customer_ids: Sequence[int] | None = None
    on: date | None = None

    def read(self, query: str, schema: pl.Schema) -> pl.DataFrame:
        """Run one of the evidence queries in this scope."""
        return read_frame(query.format(**self._words()), [], schema)

    def read_stale(self, versions: pl.DataFrame) -> pl.DataFrame:
        """Settled invoices of the customers whose summary is missing or was made from older facts."""
        stale = versions.filter(pl.col("summary_version").ne_missing(pl.col("facts_version")))["customer_id"]
        if stale.is_empty():
            return empty(SETTLED)
        if len(stale) > FEW_STALE:
            return self.read(queries.SETTLED_STALE, SETTLED)
        return read_frame(queries.SETTLED_OF.format(stale=", ".join(map(str, stale))), [], SETTLED)

    def read_touches(self) -> pl.DataFrame:
        """What was said or is about to be said."""
        if self.on is not None:
            return self.read(queries.TOUCHES_ON, TOUCHES)
        return self.read(queries.TOUCHES if self.customer_ids is None else queries.TOUCHES_OF, TOUCHES)

    def _words(self) -> dict[str, str]:
        ids = self.customer_ids
        chosen = "" if ids is None else f"AND {{}} IN ({', '.join(str(int(number)) for number in ids) or 'NULL'})"
        remembered = (self.on or self.now.date()) - REMEMBERED
        everyone = "" if ids is None else chosen.replace("AND {}", "AND (customer_id IS NULL OR customer_id") + ")"
        return {
            "organisation": str(int(self.organisation.pk)),
            "on": f"'{self.on.isoformat()}'" if self.on else "NULL",
            "day_after": f"'{self.on + timedelta(days=1)}'" if self.on else "NULL",
            "remembered": f"'{remembered}'",
            "since_then": f"'{CYCLE_PREFIX}{remembered}'",
            "these_customers": chosen.format("c.id"),
            "these": chosen.format("customer_id"),
            "these_or_everyone": everyone,
            "these_i": chosen.format("i.customer_id"),
            "these_t": chosen.format("t.customer_id"),
            "these_k": chosen.format("k.customer_id"),
            "these_p": chosen.format("p.customer_id"),
        }


def collect_evidence(
    organisation: Organisation, now: datetime, *, customer_ids: Sequence[int] | None = None, on: date | None = None
) -> Collected:
    """Read everything a decision needs, in a constant number of queries.

    ``now`` is an aware moment; every customer's ``local_date`` is its own date then. With ``on``, only what was known
    on that day is read (invoices issued, payments made, contacts had, touches sent by then) and every local date is
    ``on``; settled history is then summarised anew. Otherwise settled invoices come for customers with a stale
    summary alone, the kept summaries for the others.
    """
    scope = Scope(organisation, now, customer_ids, on)
    with reading(organisation, customer_ids):
        return _collect(scope)


@contextmanager
def reading(organisation: Organisation, customer_ids: Sequence[int] | None = None) -> Iterator[None]:
    """Read in bulk within the block where the ledger, or the choice of customers, is large enough for it."""
    if customer_ids is not None:
        is_large = len(customer_ids) > FEW_CUSTOMERS
    else:
        is_large = Customer.objects.filter(organisation=organisation)[:FEW_CUSTOMERS].count() == FEW_CUSTOMERS
    with bulk_reading() if is_large else nullcontext():
        yield


def _collect(scope: Scope) -> Collected:
    on = scope.on
    # Versions are read first: what changes after this is read as well, and only makes the summary stale again.
    people = scope.read(queries.CUSTOMERS_ON if on else queries.CUSTOMERS, PEOPLE).sort("customer_id")
    versions = people.select("customer_id", "facts_version", "summary_version")
    read = read_together(_reads(scope, versions))
    read["contacts"] = _on_one_line(read["contacts"])
    read["ap_profiles"] = _with_days(read["ap_profiles"])
    read["holds"] = with_early_ends(read["holds"])
    customers = _readable(people, scope).select(CUSTOMERS.names())
    return Collected(Evidence(customers=customers, norms=_norms(scope), is_from_the_start=False, **read), versions)


def _reads(scope: Scope, versions: pl.DataFrame) -> dict[str, Callable[[], pl.DataFrame]]:
    """How each frame of the evidence is read, now or as known on the scope's day; the longest first."""
    if scope.on is None:
        history = {
            "settled": partial(scope.read_stale, versions),
            "summaries": partial(scope.read, queries.SUMMARIES, SUMMARY),
        }
    else:
        history = {"settled": partial(scope.read, queries.SETTLED_ON, SETTLED)}
    small = {
        name: partial(scope.read, now if scope.on is None else then, schema)
        for name, (schema, now, then) in FRAMES.items()
    }
    return {**history, "touches": scope.read_touches, **small}


def _on_one_line(contacts: pl.DataFrame) -> pl.DataFrame:
    """Postal addresses as a letter's recipient: their lines side by side."""
    line = pl.col("postal").str.strip_chars().str.replace_all(r"\s*\r?\n\s*", ", ").str.slice(0, LONGEST_RECIPIENT)
    return contacts.with_columns(line)


def _with_days(profiles: pl.DataFrame) -> pl.DataFrame:
    days = pl.col("pay_run_days").str.json_decode(pl.List(pl.Int64()))
    return profiles.with_columns(days.alias("pay_run_days")).cast(AP_PROFILES)


def _norms(scope: Scope) -> Norms | None:
    """What some customers are compared with: the norms of the last run over all; all are their own measure."""
    if scope.customer_ids is None:
        return None
    runs = DayRun.objects.filter(organisation=scope.organisation).exclude(norms={})
    if scope.on is not None:
        runs = runs.filter(run_date__lte=scope.on)
    kept = runs.order_by("-run_date", "-pk").values_list("norms", flat=True).first()
    return Norms.from_json(kept) if kept else None


def with_early_ends(holds: pl.DataFrame) -> pl.DataFrame:
    """A hold lifted by a person held until the day before; one lifted on its first day never held."""
    last = pl.min_horizontal(pl.col("until_date"), pl.col("lifted_date").dt.offset_by("-1d"))
    ended = holds.with_columns(last.alias("until_date"))
    ended = ended.filter((pl.col("until_date") >= pl.col("from_date")).fill_null(value=True))
    return ended.select(HOLDS.names())


def _readable(people: pl.DataFrame, scope: Scope) -> pl.DataFrame:
    """Every customer with a time zone that exists (the organisation's own in place of nonsense) and its date."""
    own = scope.organisation.timezone
    names = people["timezone"].fill_null("").unique().to_list()
    zones = {name: find_zone(name, own).key for name in names}
    dates = local_dates(set(zones.values()), scope.now)
    known = people["timezone"].fill_null("").replace_strict(zones, return_dtype=pl.String())
    local = pl.lit(scope.on) if scope.on else known.replace_strict(dates, return_dtype=pl.Date()).cast(pl.Date())
    return people.with_columns(known.alias("timezone"), local.alias("local_date"))


def organisation_date(organisation: Organisation, now: datetime) -> date:
    """The organisation's own date at the moment ``now``."""
    return now.astimezone(ZoneInfo(organisation.timezone)).date()
