"""The numbered papers of the example ledger: invoices, credit notes, payments and what they settle."""

from datetime import date

import polars as pl

from goodterms.importers.example.draws import Draws
from goodterms.importers.example.invoices import purchase_order

_FIRST_INVOICE = 1_000_001
_FIRST_CREDIT_NOTE = 100_001
_FIRST_PAYMENT = 1_000_001
_PAYMENT_KEY = ("date", "customer", "currency", "returned_date")


def number_invoices(settled: pl.DataFrame) -> pl.DataFrame:
    """Number invoices in the order of their issue dates: adds invoice_number."""
    return settled.sort("issue_date", "line").with_columns(
        invoice_number=pl.format("INV-{}", pl.int_range(pl.len()) + _FIRST_INVOICE)
    )


def to_invoices(seed: int, settled: pl.DataFrame, habits: pl.DataFrame) -> pl.DataFrame:
    """Invoices, then credit notes, as described at ExampleLedger.invoices."""
    invoices = settled.select(
        number="invoice_number",
        customer_number=_customer_number(habits),
        kind=pl.lit("invoice"),
        issue_date="issue_date",
        due_date="due_date",
        currency="currency",
        amount_minor="amount_minor",
        open_amount_minor="open_amount_minor",
        purchase_order=purchase_order(seed),
        is_disputed=pl.col("dispute_date").is_not_null(),
        dispute_date="dispute_date",
        settled_date=pl.when(pl.col("open_amount_minor") == 0).then(
            pl.max_horizontal("paid_date", "rest_date", _set_off_date())
        ),
    )
    notes = _credit_notes(settled).select(
        number="credit_note_number",
        customer_number=_customer_number(habits),
        kind=pl.lit("credit_note"),
        issue_date="credit_date",
        due_date="credit_date",
        currency="currency",
        amount_minor=-pl.col("credit_minor"),
        open_amount_minor=pl.col("credited_minor") - pl.col("credit_minor"),
        purchase_order=pl.lit(None, dtype=pl.String),
        is_disputed=pl.lit(False),
        dispute_date=pl.lit(None, dtype=pl.Date),
        settled_date=_set_off_date(),
    )
    return pl.concat([invoices, notes])


def payment_lines(seed: int, settled: pl.DataFrame, habits: pl.DataFrame, today: date) -> pl.DataFrame:
    """What was paid for which invoice, with what arrived without saying for what.

    Returns customer, currency, date, returned_date, invoice_number (null: cash on account), amount_minor and
    payment (its number); lines of one customer, day and currency are one payment.
    """
    lines = pl.concat(
        [
            _lines(settled, "bounced_date", pl.col("paid_minor"), returned="returned_date"),
            _lines(settled, "paid_date", pl.col("paid_minor")),
            _lines(settled, "rest_date", pl.col("rest_minor")),
            _cash_on_account(seed, habits, today),
        ]
    ).sort(*_PAYMENT_KEY, "invoice_number")
    is_new = pl.any_horizontal(
        *(pl.col(name).ne_missing(pl.col(name).shift(1)) for name in _PAYMENT_KEY),
        pl.int_range(pl.len()) == 0,
    )
    return lines.with_columns(payment=is_new.cast(pl.UInt32).cum_sum())


def to_payments(lines: pl.DataFrame, habits: pl.DataFrame) -> pl.DataFrame:
    """One row per payment in order of date, as described at ExampleLedger.payments."""
    totals = lines.group_by("payment", maintain_order=True).agg(
        pl.first("customer", "currency", "date", "returned_date"), pl.sum("amount_minor")
    )
    return totals.select(
        number=_payment_number(),
        customer_number=_customer_number(habits),
        payment_date="date",
        currency="currency",
        amount_minor="amount_minor",
        is_returned=pl.col("returned_date").is_not_null(),
        returned_date="returned_date",
    )


def to_allocations(lines: pl.DataFrame, settled: pl.DataFrame) -> pl.DataFrame:
    """What each payment, then each credit note, settled, as described at ExampleLedger.allocations."""
    by_payment = lines.filter(pl.col("invoice_number").is_not_null()).select(
        payment_number=_payment_number(),
        credit_note_number=pl.lit(None, dtype=pl.String),
        invoice_number="invoice_number",
        allocation_date="date",
        amount_minor="amount_minor",
        is_returned=pl.col("returned_date").is_not_null(),
    )
    by_credit_note = (
        _credit_notes(settled)
        .filter(pl.col("credited_minor") > 0)
        .select(
            payment_number=pl.lit(None, dtype=pl.String),
            credit_note_number="credit_note_number",
            invoice_number="invoice_number",
            allocation_date="credit_date",
            amount_minor="credited_minor",
            is_returned=pl.lit(False),
        )
    )
    return pl.concat([by_payment, by_credit_note])


def _lines(settled: pl.DataFrame, day: str, amount: pl.Expr, returned: str | None = None) -> pl.DataFrame:
    return settled.filter(pl.col(day).is_not_null()).select(
        "customer",
        "currency",
        pl.col(day).alias("date"),
        pl.lit(None, dtype=pl.Date).alias("returned_date") if returned is None else pl.col(returned),
        "invoice_number",
        amount.alias("amount_minor"),
    )


def _cash_on_account(seed: int, habits: pl.DataFrame, today: date) -> pl.DataFrame:
    draws = Draws(seed, "customer")
    day = pl.lit(today) - pl.duration(days=draws.whole("cash days ago", 2, 40))
    return habits.filter(draws.chance("cash on account", 30) & (pl.col("invoice_count_high") == 0)).select(
        pl.col("customer").cast(pl.UInt32),
        "currency",
        date=day - pl.duration(days=(day.dt.weekday() - 5).clip(lower_bound=0)),
        returned_date=pl.lit(None, dtype=pl.Date),
        invoice_number=pl.lit(None, dtype=pl.String),
        amount_minor=pl.col("typical_minor") * draws.whole("cash percent", 20, 60) // 100,
    )


def _credit_notes(settled: pl.DataFrame) -> pl.DataFrame:
    return (
        settled.filter(pl.col("credit_minor") > 0)
        .sort("credit_date", "line")
        .with_columns(credit_note_number=pl.format("CN-{}", pl.int_range(pl.len()) + _FIRST_CREDIT_NOTE))
    )


def _customer_number(habits: pl.DataFrame) -> pl.Expr:
    return pl.lit(habits["number"]).gather(pl.col("customer"))


def _set_off_date() -> pl.Expr:
    return pl.when(pl.col("credited_minor") > 0).then("credit_date")


def _payment_number() -> pl.Expr:
    return pl.format("PAY-{}", pl.col("payment").cast(pl.Int64) + (_FIRST_PAYMENT - 1))
