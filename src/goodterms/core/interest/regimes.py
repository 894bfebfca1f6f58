"""The statutory regimes for late payment: their dated reference rates, and for which country each holds."""

from __future__ import annotations

import calendar
import tomllib
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from goodterms.core.money import CURRENCIES

# Rates are scaled to whole numbers of 1/10,000 percent where a ledger is computed at once.
MAX_RATE_DECIMALS = 4


class StatutoryDataInvalid(ValueError):
    """A statutory table cannot be used; the message says which file, what, and how to mend it."""

    def __init__(self, table: str, problem: str) -> None:
        super().__init__(f"Statutory table {table}: {problem}")
        self.table = table


class RateNotKnown(ValueError):
    """Interest was asked for a day outside the dates for which the table holds verified rates."""

    problem = "rate_not_known"

    def __init__(self, regime: Regime, day: date, advice: str) -> None:
        super().__init__(
            f"The {regime.code} rate table ({regime.table}) holds from {regime.known_from} to "
            f"{regime.known_until}; interest was asked for {day}. {advice}"
        )
        self.regime_code = regime.code
        self.day = day


class DateBeforeKnownRates(RateNotKnown):
    """A day of interest lies before the first rate of the table."""

    problem = "before_known_rates"

    def __init__(self, regime: Regime, day: date) -> None:
        super().__init__(regime, day, "An older law applied then: claim from a later day, or claim by hand.")


class DateAfterKnownRates(RateNotKnown):
    """A day of interest lies after the last half-year of the table."""

    problem = "after_known_rates"

    def __init__(self, regime: Regime, day: date) -> None:
        start = regime.known_until + timedelta(days=1)
        advice = f"Update the table: add the rate valid from {start} with its source and move known_until."
        super().__init__(regime, day, advice)


class RateRule(Enum):
    """Which half-year's reference rate applies to a day of interest."""

    EACH_HALF_YEAR = "each_half_year"
    FIXED_AT_START = "fixed_at_start"


class DayCount(Enum):
    """How many days make the year by which the annual rate is divided."""

    ACTUAL_365 = "actual/365"
    ACTUAL_ACTUAL = "actual/actual"

    def days_in_year(self, day: date) -> int:
        is_long = self is DayCount.ACTUAL_ACTUAL and calendar.isleap(day.year)
        return 366 if is_long else 365


def _require_text(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError(f'write the number in quotes, "{value}", so that no digit is lost')
    return value


_Percent = Annotated[Decimal, BeforeValidator(_require_text), Field(decimal_places=MAX_RATE_DECIMALS)]


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Rate(_Row):
    """The reference rate of one half-year, in percent a year, with the publication it was taken from."""

    valid_from: date
    percent: _Percent
    source: str = Field(min_length=1)


class CompensationTier(_Row):
    """The fixed sum for a debt of at least `principal_from_minor`, both in the regime's currency."""

    principal_from_minor: int = Field(ge=0)
    amount_minor: int = Field(ge=0)


class _Table(_Row):
    """The shape of one TOML file."""

    code: str = Field(min_length=2)
    name: str = Field(min_length=1)
    legal_basis: str = Field(min_length=1)
    currency: str
    margin_points: _Percent
    known_until: date
    rate_rule: RateRule
    day_count: DayCount
    allocation: Literal["", "costs_interest_principal"] = ""
    allocation_basis: str = ""
    notes: tuple[str, ...] = ()
    countries: dict[str, date]
    country_notes: dict[str, str] = Field(default_factory=dict)
    compensation: tuple[CompensationTier, ...] = Field(min_length=1)
    rates: tuple[Rate, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Regime:
    """One law of late payment as it holds for one country.

    `known_from` and `known_until` bound the days for which interest can be computed. `country_note` says where
    the country's own law gives the creditor more than this regime, or is None. `allocation` is the order in which
    the law puts money to claims (core.fees), empty where it prescribes none, and `allocation_basis` its source.
    """

    code: str
    name: str
    legal_basis: str
    table: str
    currency: str
    margin_points: Decimal
    rate_rule: RateRule
    day_count: DayCount
    known_from: date
    known_until: date
    rates: tuple[Rate, ...]
    compensation: tuple[CompensationTier, ...]
    allocation: str = ""
    allocation_basis: str = ""
    notes: tuple[str, ...] = ()
    country_note: str | None = None

    def rate_on(self, day: date) -> Rate:
        """The reference rate row of the half-year in which `day` lies; raises RateNotKnown outside the table."""
        if day < self.known_from:
            raise DateBeforeKnownRates(self, day)
        if day > self.known_until:
            raise DateAfterKnownRates(self, day)
        return self.rates[bisect_right(self.rates, day, key=lambda rate: rate.valid_from) - 1]

    def annual_percent(self, day: date) -> Decimal:
        """Reference rate of the half-year of `day` plus the statutory margin, in percent a year."""
        return self.rate_on(day).percent + self.margin_points


@dataclass(frozen=True, slots=True)
class Regimes:
    """All loaded regimes, by regime code and by country."""

    by_code: Mapping[str, Regime]
    by_country: Mapping[str, Regime] = field(repr=False)

    def for_country(self, code: str) -> Regime | None:
        """The regime of the country whose law governs the debt (ISO 3166 alpha-2), None when none is known.

        Under a contract without a choice of law that is as a rule the seller's country (Regulation (EC)
        593/2008, Article 4(1)(a) and (b)), not the customer's.
        """
        return self.by_country.get(code.strip().upper())


def load_regimes(texts: Mapping[str, str]) -> Regimes:
    """Parse and check statutory tables given as TOML texts by table name (the file name, used in messages).

    Raises StatutoryDataInvalid when a text is not TOML, a field is missing or unknown, half-years leave a gap,
    rates end before or after known_until, or two tables claim the same code or country.
    """
    by_code: dict[str, Regime] = {}
    by_country: dict[str, Regime] = {}
    for name, text in sorted(texts.items()):
        table = _parse_table(name, text)
        _check_half_years(name, table)
        _check_compensation(name, table)
        regime = _regime_of(name, table)
        if regime.code in by_code:
            raise StatutoryDataInvalid(name, f"code {regime.code} is already used by another table.")
        by_code[regime.code] = regime
        for country, since in table.countries.items():
            if country in by_country:
                raise StatutoryDataInvalid(name, f"country {country} already belongs to another table.")
            by_country[country] = replace(
                regime,
                known_from=max(since, regime.known_from),
                country_note=table.country_notes.get(country),
            )
    return Regimes(by_code, by_country)


def _parse_table(name: str, text: str) -> _Table:
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise StatutoryDataInvalid(name, f"is not TOML: {error}.") from error
    try:
        table = _Table.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise StatutoryDataInvalid(name, f"{where}: {first['msg']}.") from error
    if table.currency not in CURRENCIES:
        raise StatutoryDataInvalid(name, f"currency {table.currency!r} is not an ISO 4217 code.")
    unlisted = sorted(set(table.country_notes) - set(table.countries))
    if unlisted:
        raise StatutoryDataInvalid(name, f"country_notes names {', '.join(unlisted)}, not listed in countries.")
    if table.rate_rule is RateRule.FIXED_AT_START and table.day_count is DayCount.ACTUAL_ACTUAL:
        raise StatutoryDataInvalid(name, "a rate fixed at the start is counted actual/365 only.")
    return table


def _check_half_years(name: str, table: _Table) -> None:
    for earlier, later in pairwise(table.rates):
        expected = next_half_year(earlier.valid_from)
        if later.valid_from != expected:
            problem = f"after the rate of {earlier.valid_from} comes the one valid from {expected}"
            raise StatutoryDataInvalid(name, f"{problem}, not {later.valid_from}; give each half-year one row.")
    end = next_half_year(table.rates[-1].valid_from) - timedelta(days=1)
    if table.known_until != end:
        raise StatutoryDataInvalid(name, f"known_until is {table.known_until}, but the last rate ends on {end}.")


def _check_compensation(name: str, table: _Table) -> None:
    limits = [tier.principal_from_minor for tier in table.compensation]
    if limits[0] != 0 or any(later <= earlier for earlier, later in pairwise(limits)):
        problem = "compensation starts at principal_from_minor = 0 and rises from row to row."
        raise StatutoryDataInvalid(name, problem)


def _regime_of(name: str, table: _Table) -> Regime:
    return Regime(
        code=table.code,
        name=table.name,
        legal_basis=table.legal_basis,
        table=name,
        currency=table.currency,
        margin_points=table.margin_points,
        rate_rule=table.rate_rule,
        day_count=table.day_count,
        known_from=table.rates[0].valid_from,
        known_until=table.known_until,
        rates=table.rates,
        compensation=table.compensation,
        allocation=table.allocation,
        allocation_basis=table.allocation_basis,
        notes=table.notes,
    )


def next_half_year(day: date) -> date:
    """The first day of the half-year after the one in which `day` lies."""
    return date(day.year, 7, 1) if day.month < 7 else date(day.year + 1, 1, 1)
