"""The invented customers of the example ledger and the people who work there."""

from datetime import date, timedelta

import polars as pl

from goodterms.importers.example.draws import Draws, exponential
from goodterms.importers.example.kinds import assign_kinds, behaviour_frame
from goodterms.importers.example.places import (
    COUNTRIES,
    GIVEN_NAMES,
    PLACES,
    TIMEZONES,
    TRADES,
)

FIRST_NUMBER = 10001
ROLES = (("accounts_payable", 960), ("buyer", 350), ("executive", 300), ("owner", 220))
OWNERS = (("olga@creditor.example", 1), ("peter@creditor.example", 1), ("quinn@creditor.example", 1))


def make_customers(seed: int, kinds: tuple[str, ...], customers: int, today: date, days: int) -> pl.DataFrame:
    """Every customer with its hidden habit.

    Adds to the public columns (number, name, country, language, currency, terms_days, timezone, is_protected,
    relationship_owner) those that later stages need: customer, kind, the drawn behaviour, since_date,
    last_date, typical_minor, second_currency, change_date and change_days.
    """
    draws = Draws(seed, "customer")
    frame = assign_kinds(draws, customers, kinds).join(behaviour_frame(), on="kind", maintain_order="left")
    frame = frame.with_columns(country=draws.pick("country", COUNTRIES)).join(
        PLACES, on="country", maintain_order="left"
    )
    return (
        _with_names(frame, draws)
        .with_columns(**_terms(draws), **_habit(draws))
        .with_columns(typical_bell=draws.bell("typical amount"), weight_bell=draws.bell("busyness"))
        .with_columns(**_size(), **_dates(draws, today, days))
        .sort("customer")
    )


def make_contacts(seed: int, customers: pl.DataFrame) -> pl.DataFrame:
    """The people at each customer: customer_number, name, role, email, phone; at least one each."""
    parts = [_people(seed, customers, place, role, share) for place, (role, share) in enumerate(ROLES)]
    return (
        pl.concat(parts)
        .sort("customer", "place")
        .select(pl.col("number").alias("customer_number"), "name", "role", "email", "phone")
    )


def _with_names(frame: pl.DataFrame, draws: Draws) -> pl.DataFrame:
    count = pl.lit(len(TRADES) - 1, dtype=pl.Int32)
    trades = pl.DataFrame(
        {
            "trade": pl.Series(range(len(TRADES)), dtype=pl.Int32),
            "trade_en": [english for english, _ in TRADES],
            "trade_de": [german for _, german in TRADES],
        }
    )
    serial = (pl.col("customer") + 1).cast(pl.String).str.zfill(3)
    trade = pl.when(pl.col("language") == "de").then("trade_de").otherwise("trade_en")
    return (
        frame.with_columns(trade=draws.whole("trade", 0, count))
        .join(trades, on="trade", maintain_order="left")
        .with_columns(
            number=pl.format("C-{}", pl.col("customer") + FIRST_NUMBER),
            name=pl.format("{} {} {} {}", "name_prefix", trade, serial, "legal_form"),
            domain=pl.format("{}-{}.example", pl.col("trade_en").str.to_lowercase().str.replace_all(" ", "-"), serial),
            timezone=pl.when(pl.col("country") == "US").then(draws.pick("timezone", TIMEZONES)).otherwise("timezone"),
        )
    )


def _terms(draws: Draws) -> dict[str, pl.Expr]:
    terms = draws.pick("terms", (("30", 58), ("14", 24), ("45", 8), ("60", 6), ("10", 4)))
    protected = pl.col("kind") == "special_bond"
    other = pl.when(pl.col("currency") == "EUR").then(pl.lit("USD")).otherwise(pl.lit("EUR"))
    return {
        "terms_days": terms.cast(pl.Int32),
        "is_protected": protected,
        "relationship_owner": pl.when(protected | draws.chance("has owner", 300)).then(draws.pick("owner", OWNERS)),
        "second_currency": pl.when(draws.chance("second currency", 40)).then(other).otherwise("currency"),
    }


def _habit(draws: Draws) -> dict[str, pl.Expr]:
    """What this customer does, drawn from the ranges of its kind."""
    drawn = {
        name: draws.whole(name, pl.col(f"{name}_low"), pl.col(f"{name}_high"))
        for name in (
            "base_days",
            "spread_tenths",
            "scatter_days",
            "change_days",
            "change_days_ago",
            "growth_tenths_per_month",
            "invoice_count",
            "since_days",
            "quiet_days",
        )
    }
    month_day = draws.pick("month day", (("5", 1), ("15", 2), ("25", 2)))
    pay_run = pl.when(pl.col("kind") == "red_tape").then(
        draws.pick("pay run", (("none", 40), ("weekday", 35), ("month day", 25)))
    )
    # Waiting for the pay run makes the invoice late by itself.
    waits = pay_run.is_in(["weekday", "month day"]).fill_null(False)
    return drawn | {
        "base_days": pl.when(waits).then(drawn["base_days"] // 3).otherwise(drawn["base_days"]),
        "run_weekday": pl.when(pay_run == "weekday").then(draws.whole("weekday", 1, 4)),
        "run_month_day": pl.when(pay_run == "month day").then(month_day.cast(pl.Int32)),
    }


def _size() -> dict[str, pl.Expr]:
    typical = exponential("typical_bell", 0.8) * 90_000.0
    return {
        "typical_minor": (typical * pl.col("amount_percent") / 100.0).round().cast(pl.Int64),
        "weight": (exponential("weight_bell", 0.45) * 1000.0).cast(pl.Int64),
    }


def _dates(draws: Draws, today: date, days: int) -> dict[str, pl.Expr]:
    ago = pl.col("since_days")
    needs_history = (pl.col("change_days_ago") > 0) | (pl.col("kind") == "chronic")
    since = (
        pl.when(ago > 0)
        .then(ago)
        .when(needs_history)
        .then(draws.whole("since", days * 9 // 10, days))
        .otherwise(draws.whole("since", days // 2, days))
    )
    return {
        "since_date": pl.lit(today) - pl.duration(days=since),
        "last_date": pl.lit(today) - pl.duration(days=pl.min_horizontal("quiet_days", since)),
        "change_date": pl.when(pl.col("change_days_ago") > 0).then(
            pl.lit(today) - pl.duration(days=pl.col("change_days_ago"))
        ),
    }


def with_change(customers: pl.DataFrame, seed: int, change: date) -> pl.DataFrame:
    """Let every customer pay 12 to 45 days later from this date on."""
    draws = Draws(seed, "customer")
    return customers.with_columns(
        change_date=pl.lit(change),
        change_days=draws.whole("changed habit", 12, 45),
        growth_tenths_per_month=pl.lit(0, dtype=pl.Int32),
    )


def first_day(today: date, years: float) -> date:
    """The day on which the ledger's history begins."""
    return today - timedelta(days=round(years * 365))


def _people(seed: int, customers: pl.DataFrame, place: int, role: str, share: int) -> pl.DataFrame:
    draws = Draws(seed, "customer")
    present = draws.chance(f"{role} present", share)
    if role == "owner":
        # A customer that no other draw gave a person has at least its owner.
        others = [draws.chance(f"{other} present", part) for other, part in ROLES if other != role]
        present = present | ~pl.any_horizontal(others)
    given = draws.pick(f"{role} given name", GIVEN_NAMES)
    return (
        customers.filter(present)
        .with_columns(given=given, digits=draws.whole(f"{role} phone", 0, 99).cast(pl.String).str.zfill(2))
        .select(
            "customer",
            "number",
            name=pl.format("{} {}", "given", "surname"),
            role=pl.lit(role),
            email=pl.when(pl.lit(role == "accounts_payable") & draws.chance("shared mailbox", 600))
            .then(pl.format("accounts@{}", "domain"))
            .otherwise(pl.format("{}.{}@{}", _lower("given"), _lower("surname"), "domain")),
            phone=pl.col("phone_prefix") + pl.col("digits"),
            place=pl.lit(place),
        )
    )


def _lower(column: str) -> pl.Expr:
    return pl.col(column).str.to_lowercase()
