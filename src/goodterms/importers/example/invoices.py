"""What the example ledger's customers were invoiced, and when."""

from datetime import date

import polars as pl

from goodterms.importers.example.draws import Draws, exponential

# Lines of one customer are numbered below this, so customer * MOST + line identifies an invoice.
MOST_INVOICES = 4096
# Where a larger share of open invoices is asked for, the additional ones are issued within so many days.
RECENT_DAYS = 60


def with_invoice_count(customers: pl.DataFrame, average: float) -> pl.DataFrame:
    """Set invoice_count so that all customers together come near the average; busy ones get more."""
    fixed = pl.col("invoice_count") > 0
    own = pl.when(~fixed).then("weight").otherwise(0)
    room = pl.lit(round(average * customers.height)) - pl.col("invoice_count").sum()
    whole = pl.max_horizontal(own.sum(), 1)
    share = ((pl.col("weight") * room + whole // 2) // whole).cast(pl.Int32)
    return customers.with_columns(
        invoice_count=pl.when(fixed)
        .then("invoice_count")
        .otherwise(pl.max_horizontal(share, "least_invoices").clip(upper_bound=MOST_INVOICES - 1))
    )


def make_invoices(seed: int, customers: pl.DataFrame, today: date, recent_per_mille: int) -> pl.DataFrame:
    """One row per invoice: customer, line (UInt64, unique), issue_date, due_date, currency, amount_minor.

    The customer's habit columns are carried along. So many of a thousand invoices of customers with a history
    are issued in the last RECENT_DAYS instead of evenly.
    """
    draws = Draws(seed, "line")
    return (
        _lines(seed, customers, recent_per_mille)
        .with_columns(amount_bell=draws.bell("amount"), issue_date=_issue_date(draws, today))
        .with_columns(
            due_date=pl.col("issue_date") + pl.duration(days="terms_days"),
            amount_minor=_amount(),
            currency=pl.when((pl.col("second_currency") != pl.col("currency")) & draws.chance("other currency", 300))
            .then("second_currency")
            .otherwise("currency"),
        )
        .drop("amount_bell", "recent_count", "place", "typical_minor", "second_currency")
    )


def purchase_order(seed: int) -> pl.Expr:
    """The customer's order number, from the columns customer, line and kind; null where they give none."""
    by_line = Draws(seed, "line")
    by_customer = Draws(seed, "customer")
    gives = (pl.col("kind") == "red_tape") | by_customer.chance("gives orders", 450)
    number = pl.format("PO-{}", by_line.whole("order", 100_000, 999_999))
    return pl.when(gives & by_line.chance("order given", 940)).then(number)


def _lines(seed: int, customers: pl.DataFrame, recent_per_mille: int) -> pl.DataFrame:
    by_customer = Draws(seed, "customer")
    exact = pl.col("invoice_count") * recent_per_mille + by_customer.whole("recent part", 0, 999)
    recent = pl.when(pl.col("since_days") == 0).then(exact // 1000).otherwise(0)
    return (
        customers.select(
            "customer",
            "kind",
            "currency",
            "second_currency",
            "terms_days",
            "typical_minor",
            "since_date",
            "last_date",
            "invoice_count",
            "base_days",
            "spread_tenths",
            "scatter_days",
            "slip_per_mille",
            "change_date",
            "change_days",
            "growth_tenths_per_month",
            "disputed_per_mille",
            "part_per_mille",
            "returned_per_mille",
            "never_per_mille",
            "run_weekday",
            "run_month_day",
            recent_count=recent.cast(pl.Int32),
            place=pl.int_ranges("invoice_count", dtype=pl.Int32),
        )
        .explode("place")
        .with_columns(line=pl.col("customer") * MOST_INVOICES + pl.col("place").cast(pl.UInt64))
    )


def _issue_date(draws: Draws, today: date) -> pl.Expr:
    """Evenly spaced with some play, on weekdays."""
    play = draws.uniform("issue")
    even_count = pl.col("invoice_count") - pl.col("recent_count")
    even_days = (pl.col("last_date") - pl.col("since_date")).dt.total_days()
    even = pl.col("since_date") + pl.duration(
        days=((pl.col("place") + play) / even_count * even_days).floor().cast(pl.Int64)
    )
    recent_days = ((pl.col("place") - even_count + play) / pl.col("recent_count") * RECENT_DAYS).floor()
    recent = pl.lit(today) - pl.duration(days=RECENT_DAYS - recent_days.cast(pl.Int64))
    day = pl.when(pl.col("place") < even_count).then(even).otherwise(recent)
    return day - pl.duration(days=(day.dt.weekday() - 5).clip(lower_bound=0))


def _amount() -> pl.Expr:
    month = pl.col("issue_date").dt.month()
    season = pl.when(month == 8).then(88).when(month.is_in([11, 12])).then(108).otherwise(100)
    amount = pl.col("typical_minor") * exponential("amount_bell", 0.55) * season / 100.0
    return amount.round().cast(pl.Int64).clip(lower_bound=500)
