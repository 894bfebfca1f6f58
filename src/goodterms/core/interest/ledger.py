"""Statutory interest on all open items of a ledger at once, to the minor unit what a single claim gives."""

from __future__ import annotations

from datetime import date

import polars as pl

from goodterms.core.interest.claims import interest_per_unit
from goodterms.core.interest.regimes import MAX_RATE_DECIMALS, RateNotKnown, Regime, Regimes

INTEREST = pl.Schema(
    {
        "invoice_id": pl.Int64(),
        "regime": pl.String(),  # code of the law, null when the country has none known
        "interest_minor": pl.Int64(),  # in the invoice's currency; null where interest_problem is set
        "compensation_minor": pl.Int64(),  # in compensation_currency
        "compensation_currency": pl.String(),
        "compensation_is_minimum": pl.Boolean(),  # the invoice's currency is not the tiers' one
        "interest_problem": pl.String(),  # no_due_date | no_regime | before_known_rates | after_known_rates
    }
)

# Interest on one minor unit is a whole number of these: percent, rate decimals, and both lengths of the year.
_SCALE = 100 * 10**MAX_RATE_DECIMALS * 365 * 366


def interest_on_open_items(regimes: Regimes, items: pl.DataFrame, until: date) -> pl.DataFrame:
    """Interest and compensation per open item as of `until`, on the amount open now since its due date.

    `items`: invoice_id, currency, open_amount_minor (Int64), due_date (Date), country (whose law governs the
    debt, ISO 3166 alpha-2); further columns are ignored. Returns one row per item in the same order, as INTEREST.
    Each row equals `interest_due` without reductions. Nothing raises for a single item: where that would, the
    amounts are null and `interest_problem` says why, so that one item does not stop a run. An item that is not
    overdue, or a credit, has amounts of 0.
    """
    laws = {country: regimes.for_country(country) for country in items["country"].drop_nulls().unique()}
    rows = (
        items.with_columns(
            bears=(pl.col("due_date") < until) & (pl.col("open_amount_minor") > 0),
        )
        .join(_law_frame(laws), on="country", how="left", maintain_order="left")
        .pipe(_join_factors, laws, until)
        .with_columns(interest_problem=_problem())
    )
    is_known = pl.col("interest_problem").is_null()
    owed = rows.with_columns(
        interest_minor=pl.when(is_known).then(_rounded_interest()),
        compensation_minor=pl.when(is_known).then(_compensation(laws)),
        compensation_is_minimum=pl.when(is_known).then(_is_minimum(laws)),
    )
    return owed.select(pl.col(name).cast(dtype) for name, dtype in INTEREST.items())


def _law_frame(laws: dict[str, Regime | None]) -> pl.DataFrame:
    known = [(country, law.code, law.currency) for country, law in laws.items() if law is not None]
    schema = {"country": pl.String(), "regime": pl.String(), "compensation_currency": pl.String()}
    return pl.DataFrame(known, schema=schema, orient="row")


def _join_factors(items: pl.DataFrame, laws: dict[str, Regime | None], until: date) -> pl.DataFrame:
    """Add interest on one minor unit, in 1/_SCALE: interest is linear in the principal, so the calendar is
    walked once per law and due date instead of once per item."""
    pairs = items.filter("bears", pl.col("regime").is_not_null()).select("country", "due_date").unique()
    worked_out: dict[tuple[str, date, date], tuple[int | None, str | None]] = {}
    rows = []
    for country, due_date in pairs.iter_rows():
        law = laws[country]
        if law is None:
            continue
        key = (law.code, law.known_from, due_date)
        if key not in worked_out:
            worked_out[key] = _factor(law, due_date, until)
        rows.append((country, due_date, *worked_out[key]))
    schema = {"country": pl.String(), "due_date": pl.Date(), "factor": pl.Int128(), "rate_problem": pl.String()}
    factors = pl.DataFrame(rows, schema=schema, orient="row")
    return items.join(factors, on=["country", "due_date"], how="left", maintain_order="left")


def _factor(law: Regime, due_date: date, until: date) -> tuple[int | None, str | None]:
    try:
        exact = interest_per_unit(law, due_date, until) * _SCALE
    except RateNotKnown as error:
        return None, error.problem
    return exact.numerator // exact.denominator, None


def _problem() -> pl.Expr:
    return (
        pl.when(pl.col("due_date").is_null())
        .then(pl.lit("no_due_date"))
        .when(pl.col("regime").is_null())
        .then(pl.lit("no_regime"))
        .when(pl.col("bears"))
        .then(pl.col("rate_problem"))
    )


def _rounded_interest() -> pl.Expr:
    exact = pl.col("open_amount_minor").cast(pl.Int128) * pl.col("factor")
    return pl.when("bears").then((2 * exact + _SCALE) // (2 * _SCALE)).otherwise(0)


def _compensation(laws: dict[str, Regime | None]) -> pl.Expr:
    """The tier by open amount; the lowest where the currency is not the tiers' one, nothing where none runs."""
    fixed_sum = pl.lit(None, dtype=pl.Int64())
    for law in {law.code: law for law in laws.values() if law is not None}.values():
        for tier in law.compensation:
            reaches = pl.col("open_amount_minor") >= tier.principal_from_minor
            in_currency = pl.col("currency") == law.currency
            applies = reaches & in_currency if tier.principal_from_minor else pl.lit(True)
            is_law = pl.col("regime") == law.code
            fixed_sum = pl.when(is_law & applies).then(tier.amount_minor).otherwise(fixed_sum)
    return pl.when("bears").then(fixed_sum).otherwise(0)


def _is_minimum(laws: dict[str, Regime | None]) -> pl.Expr:
    tiered = [law.code for law in laws.values() if law is not None and len(law.compensation) > 1]
    is_foreign = pl.col("currency") != pl.col("compensation_currency")
    return pl.col("bears") & pl.col("regime").is_in(tiered) & is_foreign
