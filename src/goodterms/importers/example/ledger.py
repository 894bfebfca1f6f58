"""A whole invented ledger from a seed, with the truth about every customer beside it."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

import polars as pl

from goodterms.importers.example.customers import make_contacts, make_customers, with_change
from goodterms.importers.example.documents import (
    number_invoices,
    payment_lines,
    to_allocations,
    to_invoices,
    to_payments,
)
from goodterms.importers.example.invoices import make_invoices, with_invoice_count
from goodterms.importers.example.kinds import KINDS, STEADY_KINDS
from goodterms.importers.example.settlement import settle_invoices

Change = Literal["never"] | date | None

# So many customers are worked on at once, which bounds the memory of a large ledger.
_BATCH = 20_000
_PILOT_CUSTOMERS = 2_000
_PILOT_RECENT_PER_MILLE = 300


@dataclass(frozen=True)
class ExampleLedger:
    """An invented ledger as known on the day ``today``; dates are Date, amounts Int64 minor units.

    customers: number, name, country, language, currency, terms_days, timezone, is_protected,
    relationship_owner (e-mail or null).
    contacts: customer_number, name, role, email, phone.
    invoices: number, customer_number, kind (invoice | credit_note), issue_date, due_date, currency,
    amount_minor, open_amount_minor (both negative for credit notes), purchase_order, is_disputed,
    dispute_date, settled_date (null while open).
    payments: number, customer_number, payment_date, currency, amount_minor, is_returned, returned_date.
    allocations: payment_number or credit_note_number (the other is null), invoice_number, allocation_date,
    amount_minor, is_returned; those of returned payments settle nothing.
    truth: customer_number, kind, change_date (null: the habit never changed), change_days (how much later
    from then on; 0 for failing customers, whose delay grows).
    """

    today: date
    customers: pl.DataFrame
    contacts: pl.DataFrame
    invoices: pl.DataFrame
    payments: pl.DataFrame
    allocations: pl.DataFrame
    truth: pl.DataFrame


def generate(
    seed: int,
    customers: int,
    today: date,
    years: float = 3,
    invoices_per_customer: float = 15,
    open_share: float | None = None,
    change: Change = None,
) -> ExampleLedger:
    """Invent a ledger; the same arguments give the same ledger everywhere.

    ``open_share`` asks for a share of open invoices above the natural one (about 0.06): additional invoices
    are issued recently. ``change`` is for measuring signals: None is the natural mix of KINDS; "never" has
    STEADY_KINDS only, whose habits do not change; a date lets the same customers all pay later from that day.
    """
    habits = _habits(seed, customers, today, years, invoices_per_customer, change)
    recent = 0 if open_share is None else _recent_per_mille(seed, habits, today, open_share)
    settled = number_invoices(_settle(seed, habits, today, recent))
    lines = payment_lines(seed, settled, habits, today)
    invoices = to_invoices(seed, settled, habits)
    return ExampleLedger(
        today=today,
        customers=_public(habits),
        contacts=make_contacts(seed, habits),
        invoices=invoices,
        payments=to_payments(lines, habits),
        allocations=to_allocations(lines, settled),
        truth=habits.select(customer_number="number", kind="kind", **_true_change()),
    )


def generate_large(seed: int, today: date, customers: int = 200_000) -> ExampleLedger:
    """The benchmarks' ledger: per customer about 5 open and 25 settled invoices over three years."""
    return generate(seed, customers, today, invoices_per_customer=30, open_share=1 / 6)


def _habits(seed: int, customers: int, today: date, years: float, average: float, change: Change) -> pl.DataFrame:
    kinds = KINDS if change is None else STEADY_KINDS
    frame = make_customers(seed, kinds, customers, today, round(years * 365))
    if isinstance(change, date):
        frame = with_change(frame, seed, change)
    return with_invoice_count(frame, average)


def _settle(seed: int, habits: pl.DataFrame, today: date, recent_per_mille: int) -> pl.DataFrame:
    return pl.concat(
        settle_invoices(seed, make_invoices(seed, batch, today, recent_per_mille), today)
        for batch in habits.iter_slices(_BATCH)
    )


def _recent_per_mille(seed: int, habits: pl.DataFrame, today: date, open_share: float) -> int:
    """How many of a thousand invoices must be recent, found on a sample of the customers."""
    sample = habits.head(_PILOT_CUSTOMERS)
    without, with_recent = (
        _open_share(_settle(seed, sample, today, recent)) for recent in (0, _PILOT_RECENT_PER_MILLE)
    )
    wanted = (open_share - without) / (with_recent - without) * _PILOT_RECENT_PER_MILLE
    return max(0, min(900, round(wanted)))


def _open_share(settled: pl.DataFrame) -> float:
    return settled.filter(pl.col("open_amount_minor") > 0).height / settled.height


def _public(habits: pl.DataFrame) -> pl.DataFrame:
    return habits.select(
        "number",
        "name",
        "country",
        "language",
        "currency",
        "terms_days",
        "timezone",
        "is_protected",
        "relationship_owner",
    )


def _true_change() -> dict[str, pl.Expr]:
    return {
        "change_date": pl.col("change_date"),
        "change_days": pl.when(pl.col("change_date").is_not_null()).then("change_days"),
    }
