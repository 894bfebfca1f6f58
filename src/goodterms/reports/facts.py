"""The facts that sums are made from, read in bulk: customers, invoices, what became of them, and payments."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from goodterms.database.reading import read_frame
from goodterms.organizations.models import Organisation

PEOPLE = pl.Schema(
    {
        "customer_id": pl.Int64(),
        "country": pl.String(),
        "profile": pl.String(),  # a person's word before the rules'; "": not decided yet
        "collector_id": pl.Int64(),  # the membership; 0: nobody's
    }
)
INVOICES = pl.Schema(
    {
        "invoice_id": pl.Int64(),
        "customer_id": pl.Int64(),
        "kind": pl.String(),
        "currency": pl.String(),
        "issue_date": pl.Date(),
        "due_date": pl.Date(),
        "amount_minor": pl.Int64(),
        "open_amount_minor": pl.Int64(),
        "settled_date": pl.Date(),
        "payment_count": pl.Int64(),
    }
)
TAKEN = pl.Schema(  # allocations
    {
        "invoice_id": pl.Int64(),
        "customer_id": pl.Int64(),
        "payment_id": pl.Int64(),
        "source": pl.String(),
        "taken_date": pl.Date(),
        "taken_minor": pl.Int64(),
    }
)
PAYMENTS = pl.Schema(
    {
        "payment_id": pl.Int64(),
        "customer_id": pl.Int64(),
        "currency": pl.String(),
        "paid_date": pl.Date(),
        "returned_date": pl.Date(),
        "paid_minor": pl.Int64(),
        "unallocated_minor": pl.Int64(),
    }
)
_PEOPLE = """
SELECT c.id, c.country, COALESCE(NULLIF(p.override_profile, ''), p.profile, ''), COALESCE(c.collector_id, 0)
FROM ledger_customer c LEFT JOIN followup_customerprofile p ON p.customer_id = c.id
WHERE c.organisation_id = {organisation}
"""
# A voided invoice never was: the same rule as for a decision about a day of the past.
_INVOICES = """
SELECT id, customer_id, kind, currency, issue_date, due_date, amount_minor, open_amount_minor, settled_date,
       payment_count
FROM ledger_invoice
WHERE organisation_id = {organisation} AND status = 'posted' {shard}
  AND (NOT (open_amount_minor = 0) OR settled_date >= '{start}' OR issue_date >= '{start}')
"""
_TAKEN = """
SELECT invoice_id, customer_id, payment_id, source, allocated_date, amount_minor
FROM ledger_allocation
WHERE organisation_id = {organisation} {shard}
"""
_PAYMENTS = """
SELECT id, customer_id, currency, paid_date, returned_date, amount_minor, unallocated_minor
FROM ledger_payment
WHERE organisation_id = {organisation} {shard}
"""


@dataclass(frozen=True)
class Facts:
    """The ledger of one organisation, or of one shard of its customers, as the books stand now.

    ``invoices`` has ``person`` (see segments) beside INVOICES; those settled before ``start`` are left out. ``taken``
    has ``currency`` and ``person``, and belongs to these invoices alone. What is dated later than ``today`` is taken
    as of today, since it is on the books already: sums up to today are the live balances. ``used`` (person, currency,
    day, minor) is what payments were put to, whichever invoices that were.
    """

    invoices: pl.DataFrame
    taken: pl.DataFrame
    payments: pl.DataFrame
    used: pl.DataFrame
    start: date
    today: date


def read_people(organisation: Organisation) -> pl.DataFrame:
    """Every customer with what reports are filtered by (columns: PEOPLE)."""
    return read_frame(_PEOPLE.format(organisation=int(organisation.pk)), [], PEOPLE)


def read_facts(
    organisation: Organisation, persons: pl.DataFrame, start: date, today: date, shard: int = 0, shards: int = 1
) -> Facts:
    """The facts of the customers whose id divided by ``shards`` (a power of two) leaves ``shard``.

    ``persons``: customer_id, person.
    """
    words = {
        "organisation": int(organisation.pk),
        "start": start.isoformat(),
        "shard": f"AND (customer_id & {int(shards) - 1}) = {int(shard)}" if shards > 1 else "",
    }
    invoices = read_frame(_INVOICES.format(**words), [], INVOICES)
    taken = read_frame(_TAKEN.format(**words), [], TAKEN)
    payments = read_frame(_PAYMENTS.format(**words), [], PAYMENTS)
    return arrange(invoices, taken, payments, persons, start, today)


def arrange(
    invoices: pl.DataFrame,
    taken: pl.DataFrame,
    payments: pl.DataFrame,
    persons: pl.DataFrame,
    start: date,
    today: date,
) -> Facts:
    """Rows as read into Facts: effective days, persons, and the remainder that no allocation explains."""
    last = pl.lit(today)
    invoices = invoices.join(persons, on="customer_id").with_columns(
        pl.min_horizontal("issue_date", last).alias("issue_date")
    )
    of_invoice = invoices.select("invoice_id", "currency", "person", "kind", "issue_date", "due_date")
    gone = taken.select("invoice_id", "payment_id", "source", "taken_date", "taken_minor")
    gone = pl.concat([gone, _unexplained(invoices, gone, today)])
    # What was taken off before the invoice was issued counts from that day on.
    day = pl.min_horizontal(pl.max_horizontal("taken_date", "issue_date"), last)
    gone = gone.join(of_invoice, on="invoice_id").with_columns(day.alias("taken_date")).drop("issue_date")
    # The least of a date and nothing would be the date: only what was sent back has such a day.
    back = pl.min_horizontal(pl.max_horizontal("returned_date", "paid_date"), last)
    received = payments.join(persons, on="customer_id").with_columns(
        pl.min_horizontal("paid_date", last).alias("paid_date"),
        pl.when(pl.col("returned_date").is_not_null()).then(back).alias("returned_date"),
    )
    return Facts(invoices, gone, received, _used(received, taken, last), start, today)


def _used(received: pl.DataFrame, taken: pl.DataFrame, last: pl.Expr) -> pl.DataFrame:
    """What of the payments was put to invoices, from the day on which both are known.

    What is gone from a payment without an allocation that says so (nothing, in a sound ledger) is gone today.
    """
    of_payment = received.select("payment_id", "person", "currency", "paid_date")
    used = taken.filter(pl.col("payment_id").is_not_null()).join(of_payment, on="payment_id")
    day = pl.min_horizontal(pl.max_horizontal("taken_date", "paid_date"), last)
    known = used.group_by("payment_id").agg(pl.col("taken_minor").sum().alias("_known"))
    left = (
        pl.when(pl.col("returned_date").is_null()).then(pl.col("paid_minor") - pl.col("unallocated_minor")).otherwise(0)
    )
    rest = (left - pl.col("_known").fill_null(0)).alias("minor")
    unexplained = received.join(known, on="payment_id", how="left").select(
        "person", "currency", last.alias("day"), rest
    )
    return pl.concat(
        [
            used.select("person", "currency", day.alias("day"), pl.col("taken_minor").alias("minor")),
            unexplained.filter(pl.col("minor") != 0),
        ]
    )


def _unexplained(invoices: pl.DataFrame, taken: pl.DataFrame, today: date) -> pl.DataFrame:
    """What is gone from an invoice without an allocation that says so; nothing, in a sound ledger."""
    known = taken.group_by("invoice_id").agg(pl.col("taken_minor").sum().alias("_known"))
    rest = pl.col("amount_minor") - pl.col("open_amount_minor") - pl.col("_known").fill_null(0)
    left = invoices.join(known, on="invoice_id", how="left").filter(rest != 0)
    return left.select(
        "invoice_id",
        pl.lit(None, dtype=pl.Int64()).alias("payment_id"),
        pl.lit("unexplained").alias("source"),
        pl.coalesce("settled_date", pl.lit(today)).alias("taken_date"),
        rest.alias("taken_minor"),
    )
