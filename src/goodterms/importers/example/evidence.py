"""The example ledger as evidence for the core, as known on any day: for tests and benchmarks without a database."""

from datetime import date

import polars as pl

from goodterms.core.evidence import (
    CASH,
    CONTACTS,
    CUSTOMERS,
    OPEN_ITEMS,
    RETURNED,
    SETTLED,
    Evidence,
)
from goodterms.importers.example.ledger import ExampleLedger


def as_evidence(ledger: ExampleLedger, on: date | None = None) -> Evidence:
    """What was known on the day ``on`` (default: the ledger's own today): nothing later is in it."""
    day = on or ledger.today
    people = ledger.customers.with_row_index("customer_id", offset=1)
    ids = people.select(pl.col("customer_id").cast(pl.Int64), pl.col("number").alias("customer_number"))
    invoices = _balances(ledger, day).join(ids, on="customer_number")
    is_invoice = pl.col("kind") == "invoice"
    return Evidence(
        customers=_customers(people, day),
        open_items=_open_items(invoices),
        settled=invoices.filter(is_invoice & (pl.col("left_minor") == 0) & (pl.col("payment_count") > 0))
        .rename({"is_disputed": "was_disputed", "paid_date": "settled_date"})
        .select(SETTLED.names())
        .cast(SETTLED),
        cash=_cash(ledger, day).join(ids, on="customer_number").select(CASH.names()).cast(CASH),
        returned=_returned(ledger, day, ids),
        contacts=ledger.contacts.with_row_index("contact_id", offset=1)
        .join(ids, on="customer_number")
        .with_columns(postal=pl.lit(None), mobile=pl.lit(None))
        .select(CONTACTS.names())
        .cast(CONTACTS),
    )


def _customers(people: pl.DataFrame, day: date) -> pl.DataFrame:
    return people.select(
        "customer_id",
        "country",
        "language",
        "timezone",
        pl.lit(day).alias("local_date"),
        "is_protected",
        pl.lit(None).alias("override_profile"),
        pl.lit(None).alias("cycle"),
        pl.lit(None).alias("signal_seen_date"),
    ).cast(CUSTOMERS)


def _balances(ledger: ExampleLedger, day: date) -> pl.DataFrame:
    """Invoices issued by the day with what was left of them then."""
    valid = _valid_allocations(ledger, day)
    paid = valid.group_by("invoice_number").agg(
        pl.col("amount_minor").sum().alias("paid_minor"),
        pl.col("allocation_date").max().alias("paid_date"),
        pl.col("payment_number").is_not_null().sum().alias("payment_count"),
    )
    used = (
        valid.filter(pl.col("credit_note_number").is_not_null())
        .group_by(pl.col("credit_note_number").alias("invoice_number"))
        .agg(-pl.col("amount_minor").sum().alias("used_minor"))
    )
    issued = (
        ledger.invoices.drop("settled_date").filter(pl.col("issue_date") <= day).with_row_index("invoice_id", offset=1)
    )
    issued = issued.join(paid, left_on="number", right_on="invoice_number", how="left", maintain_order="left")
    issued = issued.join(used, left_on="number", right_on="invoice_number", how="left", maintain_order="left")
    left = pl.col("amount_minor") - pl.col("paid_minor").fill_null(0) - pl.col("used_minor").fill_null(0)
    known = pl.col("is_disputed") & (pl.col("dispute_date") <= day).fill_null(value=False)
    return issued.with_columns(left.alias("left_minor"), known.alias("is_disputed"))


def _is_back(day: date) -> pl.Expr:
    """Sent back by the bank by that day: until then a payment counts as paid."""
    return (pl.col("returned_date") <= day).fill_null(value=False)


def _valid_allocations(ledger: ExampleLedger, day: date) -> pl.DataFrame:
    returned = ledger.payments.select(pl.col("number").alias("payment_number"), "returned_date")
    made = ledger.allocations.filter(pl.col("allocation_date") <= day).join(returned, on="payment_number", how="left")
    return made.filter(~_is_back(day))


def _open_items(invoices: pl.DataFrame) -> pl.DataFrame:
    left = invoices.filter(pl.col("left_minor") != 0)
    disputed = pl.when(pl.col("is_disputed") & (pl.col("left_minor") > 0)).then(pl.col("left_minor")).otherwise(0)
    return (
        left.with_columns(disputed.alias("disputed_amount_minor"), pl.col("left_minor").alias("open_amount_minor"))
        .select(OPEN_ITEMS.names())
        .cast(OPEN_ITEMS)
    )


def _cash(ledger: ExampleLedger, day: date) -> pl.DataFrame:
    received = ledger.payments.filter((pl.col("payment_date") <= day) & ~_is_back(day))
    valid = _valid_allocations(ledger, day)
    used = valid.group_by("payment_number").agg(pl.col("amount_minor").sum().alias("used_minor"))
    rest = received.join(used, left_on="number", right_on="payment_number", how="left")
    rest = rest.with_columns((pl.col("amount_minor") - pl.col("used_minor").fill_null(0)).alias("unallocated_minor"))
    return rest.filter(pl.col("unallocated_minor") > 0)


def _returned(ledger: ExampleLedger, day: date, ids: pl.DataFrame) -> pl.DataFrame:
    back = ledger.payments.filter(pl.col("is_returned") & (pl.col("returned_date") <= day))
    return (
        back.with_row_index("payment_id", offset=1)
        .join(ids, on="customer_number")
        .select(RETURNED.names())
        .cast(RETURNED)
    )
