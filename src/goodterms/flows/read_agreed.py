"""What was paid on the invoices of agreements, read for all of them at once, and what follows for their customers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl

from goodterms.core.agreed_money import AGREED_CASH, AGREED_ITEMS, CASH_THEN, REDUCTIONS, gone_before, sum_paid
from goodterms.core.calendar import find_zone, local_dates
from goodterms.database.writing import update_frame
from goodterms.flows.import_job import read_by_ids
from goodterms.followup.models import Task, TimelineEvent
from goodterms.organizations.models import Organisation

GOODTERMS = "goodterms"
"""Who acts where nobody does: the day's run."""

AGREEMENTS = pl.Schema(
    {
        "agreement_id": pl.Int64(),
        "customer_id": pl.Int64(),
        "currency": pl.String(),
        "since_date": pl.Date(),
        "until_date": pl.Date(),
        "cash_then_minor": pl.Int64(),
    }
)
_LINKS = pl.Schema({"agreement_id": pl.Int64(), "invoice_id": pl.Int64(), "gone_then_minor": pl.Int64()})
_INVOICES = pl.Schema({"invoice_id": pl.Int64(), "open_now_minor": pl.Int64()})
_CASH = pl.Schema(
    {"customer_id": pl.Int64(), "currency": pl.String(), "paid_date": pl.Date(), "unallocated_minor": pl.Int64()}
)
PROMISED = "SELECT promise_id, invoice_id, gone_then_minor FROM followup_promisedinvoice WHERE promise_id IN ({ids})"
PLANNED = "SELECT plan_id, invoice_id, gone_then_minor FROM followup_planinvoice WHERE plan_id IN ({ids})"
SETTLED = (
    "SELECT settlement_id, invoice_id, gone_then_minor FROM followup_settledinvoice WHERE settlement_id IN ({ids})"
)
_INVOICE_QUERY = "SELECT id, open_amount_minor FROM ledger_invoice WHERE id IN ({ids})"
# Money counts by the day it was paid, not by the day on which it was put to the invoice; money sent back never came.
_REDUCTION_QUERY = (
    "SELECT a.invoice_id, CASE WHEN a.source IN ('payment', 'returned') THEN COALESCE(p.paid_date, a.allocated_date)"
    " ELSE a.allocated_date END, CASE WHEN a.source IN ('payment', 'returned', 'reported') THEN 1 ELSE 0 END,"
    " a.amount_minor"
    " FROM ledger_allocation a LEFT JOIN ledger_payment p ON p.id = a.payment_id WHERE a.invoice_id IN ({ids})"
)
_CASH_QUERY = (
    "SELECT customer_id, currency, paid_date, unallocated_minor FROM ledger_payment"
    " WHERE customer_id IN ({ids}) AND NOT (unallocated_minor = 0) AND returned_date IS NULL"
)


def read_paid(agreements: pl.DataFrame, links: str) -> pl.DataFrame:
    """What came in for each agreement (columns: core.agreed_money.PAID), through the running transaction.

    ``agreements``: AGREEMENTS; ``links``: PROMISED, PLANNED or SETTLED, the query of their invoices.
    """
    linked = read_by_ids(links, agreements["agreement_id"], _LINKS)
    ids = linked["invoice_id"].unique().sort()
    items = linked.join(agreements.select("agreement_id", "since_date", "until_date"), on="agreement_id")
    items = items.join(read_by_ids(_INVOICE_QUERY, ids, _INVOICES), on="invoice_id")
    cash = read_by_ids(_CASH_QUERY, agreements["customer_id"].unique().sort(), _CASH)
    own_cash = agreements.select("agreement_id", "customer_id", "currency").join(cash, on=["customer_id", "currency"])
    return sum_paid(
        items.select(AGREED_ITEMS.names()),
        read_by_ids(_REDUCTION_QUERY, ids, REDUCTIONS),
        own_cash.select(AGREED_CASH.names()),
        agreements.select(CASH_THEN.names()),
    )


def read_gone(invoice_ids: Sequence[int], since: date) -> dict[int, int]:
    """What is gone of each invoice as an agreement about it is made on this day (core.agreed_money.gone_before)."""
    reductions = read_by_ids(_REDUCTION_QUERY, pl.Series(invoice_ids, dtype=pl.Int64), REDUCTIONS)
    return dict(gone_before(reductions, since).iter_rows())


def with_local_dates(rows: pl.DataFrame, organisation: Organisation, today: date, now: datetime) -> pl.DataFrame:
    """The rows with ``local_date`` in place of ``timezone``: the customer's own day, and never later than ``today``."""
    names = rows["timezone"].unique().to_list()
    zones = {name: find_zone(name or "", organisation.timezone).key for name in names}
    days = local_dates(set(zones.values()), now)
    own = {name: min(days[zone], today) for name, zone in zones.items()}
    local = pl.col("timezone").replace_strict(list(own), list(own.values()), return_dtype=pl.Date())
    return rows.with_columns(local.alias("local_date")).drop("timezone")


def raise_facts_versions(customer_ids: pl.Series) -> None:
    """Tell the next decision and the gate that something changed about each of these customers."""
    ids = customer_ids.unique().sort()
    update_frame("ledger_customer", pl.DataFrame({"id": ids}), ["id"], raise_by_one=["facts_version"])


@dataclass(frozen=True)
class Word:
    """A line for a customer's timeline about something the run found out, and a task where a person must act."""

    customer_id: int
    kind: str
    text: str
    data: dict[str, Any]
    task_kind: str = ""
    task_key: str = ""
    task_title: str = ""
    owner: str = ""
    invoice_id: int | None = None


def write_words(organisation: Organisation, words: Sequence[Word], today: date, now: datetime) -> None:
    """Add the lines and their tasks; a task whose key is there already stays as it is."""
    TimelineEvent.objects.bulk_create(
        TimelineEvent(
            organisation=organisation,
            customer_id=word.customer_id,
            invoice_id=word.invoice_id,
            at=now,
            kind=word.kind,
            text=word.text,
            data=word.data,
            actor=GOODTERMS,
        )
        for word in words
        if word.text
    )
    Task.objects.bulk_create(
        (
            Task(
                organisation=organisation,
                customer_id=word.customer_id,
                invoice_id=word.invoice_id,
                owner=word.owner,
                kind=word.task_kind,
                key=word.task_key,
                title=word.task_title[:200],
                detail=word.text,
                due_date=today,
                created_at=now,
            )
            for word in words
            if word.task_key
        ),
        ignore_conflicts=True,
    )
