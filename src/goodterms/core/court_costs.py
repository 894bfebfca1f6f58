"""What it costs to take a claim to court, from dated and cited tables of court fees."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import ceil, floor

from pydantic import BaseModel, ConfigDict, Field, model_validator

from goodterms.core.money import Money


class CourtFeeUnknown(ValueError):
    """No table vouches for the court fee of this claim on this day; the message says why."""


class Step(BaseModel):
    """Up to ``until_minor``, each started ``each_minor`` of the claim adds to the fee."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    until_minor: int | None = None
    each_minor: int = Field(gt=0)
    adds_minor: int = Field(gt=0)


class Band(BaseModel):
    """A claim up to ``until_minor`` costs ``fee_minor``."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    until_minor: int
    fee_minor: int


class Fees(BaseModel):
    """The fees in force from a day on: growing by steps, or by bands and then a percentage."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    valid_from: date
    source: str = Field(min_length=10)
    first_until_minor: int = 0
    first_minor: int = 0
    steps: tuple[Step, ...] = ()
    bands: tuple[Band, ...] = ()
    percent: Decimal = Decimal(0)
    most_minor: int | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> "Fees":
        if bool(self.steps) == bool(self.bands):
            raise ValueError("give either steps or bands")
        return self


class CourtTable(BaseModel):
    """A country's fees for the plainest way to a court order, with their source and until when they are vouched for."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    country: str
    name: str
    currency: str
    known_until: date
    factor: Decimal
    factor_source: str
    minimum_minor: int
    fees: tuple[Fees, ...]


@dataclass(frozen=True)
class CourtFee:
    """What the court asks for at the start, and where that stands."""

    procedure: str
    amount: Money
    source: str


def load_court_tables(texts: Mapping[str, str]) -> dict[str, CourtTable]:
    """TOML tables by file name, as country -> table; raises ValidationError for one that cannot be used."""
    tables = [CourtTable.model_validate(tomllib.loads(text)) for text in texts.values()]
    return {table.country: table for table in tables}


def court_fee(tables: Mapping[str, CourtTable], country: str, claim: Money, on: date) -> CourtFee:
    """The fee for a claim brought on a day.

    Raises CourtFeeUnknown where there is no table, for another currency, and for a day nobody vouches for.
    """
    table = tables.get(country)
    if table is None:
        raise CourtFeeUnknown(f"The court fees of {country or 'an unknown country'} are not known here; ask the court.")
    if table.currency != claim.currency:
        raise CourtFeeUnknown(
            f"Court fees of {country} are known for claims in {table.currency}, not {claim.currency}."
        )
    if on > table.known_until:
        raise CourtFeeUnknown(
            f"The court fees of {country} are vouched for until {table.known_until}; look them up anew."
        )
    valid = [fees for fees in table.fees if fees.valid_from <= on]
    if not valid or claim.amount_minor <= 0:
        raise CourtFeeUnknown(f"The court fees of {country} are not known for this claim on {on}.")
    fees = max(valid, key=lambda each: each.valid_from)
    full = _by_bands(fees, claim.amount_minor) if fees.bands else _by_steps(fees, claim.amount_minor)
    cents = int((full * table.factor).quantize(Decimal(1), ROUND_HALF_UP))
    return CourtFee(table.name, Money(max(cents, table.minimum_minor), claim.currency), fees.source)


def _by_steps(fees: Fees, claim_minor: int) -> int:
    total, below = fees.first_minor, fees.first_until_minor
    for step in fees.steps:
        if claim_minor <= below:
            break
        top = claim_minor if step.until_minor is None else min(claim_minor, step.until_minor)
        total += ceil(Fraction(top - below, step.each_minor)) * step.adds_minor
        below = step.until_minor or top
    return total


def _by_bands(fees: Fees, claim_minor: int) -> int:
    for band in fees.bands:
        if claim_minor <= band.until_minor:
            return band.fee_minor
    share = floor(claim_minor * fees.percent / 100)
    return share if fees.most_minor is None else min(share, fees.most_minor)
