"""Evidence out of the database: as it stands now, or as it was known on a day of the past."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import polars as pl

from goodterms.core.calendar import local_dates
from goodterms.core.evidence import CASH, CONTACTS, CUSTOMERS, HOLDS, OPEN_ITEMS, RETURNED, SETTLED, TOUCHES, Evidence
from goodterms.core.habits import SUMMARY
from goodterms.database.reading import read_frame, read_inside_transaction
from goodterms.flows import evidence_queries as queries
from goodterms.organizations.models import Organisation

PEOPLE = pl.Schema(
    {
        **{name: kind for name, kind in CUSTOMERS.items() if name != "local_date"},
        "facts_version": pl.Int64(),
        "summary_version": pl.Int64(),
    }
)
PLACED_HOLDS = pl.Schema({**HOLDS, "lifted_date": pl.Date()})
FEW_CUSTOMERS = 500
"""Up to so many customers are read through the open connection: a new one costs more than their rows."""


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
        few = self.customer_ids is not None and len(self.customer_ids) <= FEW_CUSTOMERS
        reader = read_inside_transaction if few else read_frame
        return reader(query.format(**self._words()), [], schema)

    def _words(self) -> dict[str, str]:
        ids = self.customer_ids
        chosen = "" if ids is None else f"AND {{}} IN ({', '.join(str(int(number)) for number in ids) or 'NULL'})"
        return {
            "organisation": str(int(self.organisation.pk)),
            "on": f"'{self.on.isoformat()}'" if self.on else "NULL",
            "these_customers": chosen.format("c.id"),
            "these": chosen.format("customer_id"),
            "these_i": chosen.format("i.customer_id"),
            "these_t": chosen.format("t.customer_id"),
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
    # Versions are read first: what changes after this is read as well, and only makes the summary stale again.
    people = scope.read(queries.CUSTOMERS_ON if on else queries.CUSTOMERS, PEOPLE).sort("customer_id")
    versions = people.select("customer_id", "facts_version", "summary_version")
    history = on is not None
    evidence = Evidence(
        customers=_with_local_dates(people, scope).select(CUSTOMERS.names()),
        open_items=scope.read(queries.OPEN_ITEMS_ON if history else queries.OPEN_ITEMS, OPEN_ITEMS),
        settled=scope.read(queries.SETTLED_ON if history else queries.SETTLED_STALE, SETTLED),
        summaries=None if history else scope.read(queries.SUMMARIES, SUMMARY),
        cash=scope.read(queries.CASH_ON if history else queries.CASH, CASH),
        returned=scope.read(queries.RETURNED_ON if history else queries.RETURNED, RETURNED),
        contacts=scope.read(queries.CONTACTS_ON if history else queries.CONTACTS, CONTACTS),
        touches=scope.read(queries.TOUCHES_ON if history else queries.TOUCHES, TOUCHES),
        holds=_with_early_ends(scope.read(queries.HOLDS, PLACED_HOLDS)),
    )
    return Collected(evidence, versions)


def _with_early_ends(holds: pl.DataFrame) -> pl.DataFrame:
    """A hold lifted by a person held until the day before; one lifted on its first day never held."""
    last = pl.min_horizontal(pl.col("until_date"), pl.col("lifted_date").dt.offset_by("-1d"))
    ended = holds.with_columns(last.alias("until_date")).filter(pl.col("until_date") >= pl.col("from_date"))
    return ended.select(HOLDS.names())


def _with_local_dates(people: pl.DataFrame, scope: Scope) -> pl.DataFrame:
    if scope.on is not None:
        return people.with_columns(pl.lit(scope.on).alias("local_date"))
    own = scope.organisation.timezone
    zones = people["timezone"].fill_null("").replace("", own)
    dates = local_dates(zones.unique().to_list(), scope.now)
    local = zones.replace_strict(list(dates), list(dates.values()), default=None, return_dtype=pl.Date())
    return people.with_columns(local.alias("local_date"), zones.alias("timezone"))


def organisation_date(organisation: Organisation, now: datetime) -> date:
    """The organisation's own date at the moment ``now``."""
    return now.astimezone(ZoneInfo(organisation.timezone)).date()
