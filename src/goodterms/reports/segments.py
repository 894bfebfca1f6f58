"""What reports are filtered by, as one number per combination: currency, country, profile and collector."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Self

import polars as pl

SEGMENTS = pl.Schema(
    {
        "segment": pl.UInt32(),
        "currency": pl.String(),  # "": of what has no currency, such as a call
        "country": pl.String(),
        "profile": pl.String(),
        "collector_id": pl.Int64(),  # 0: nobody's
    }
)
_TRAITS = ["country", "profile", "collector_id"]


@dataclass(frozen=True)
class ReportFilter:
    """What a person asked a report for; empty leaves everything in. ``collector_id`` 0: nobody's customers.

    ``home`` is the organisation's own currency, in which its costs are.
    """

    from_date: date
    to_date: date
    currency: str = ""
    profile: str = ""
    country: str = ""
    collector_id: int | None = None
    home: str = ""

    def with_currency(self, currency: str) -> Self:
        return replace(self, currency=currency)

    @property
    def is_narrowed(self) -> bool:
        """Whether only some customers are looked at."""
        return bool(self.profile or self.country) or self.collector_id is not None

    @property
    def days(self) -> int:
        """How many days there are in the period, both ends included."""
        return (self.to_date - self.from_date).days + 1


def number_people(people: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(customer_id, person) and (person, country, profile, collector_id), from facts.PEOPLE."""
    traits = people.select(_TRAITS).unique().sort(_TRAITS).with_row_index("person")
    return people.join(traits, on=_TRAITS).select("customer_id", "person"), traits


def number_segments(frames: dict[str, pl.DataFrame], traits: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """The frames with ``segment`` in place of ``person`` and ``currency``, and the frame ``segments`` (SEGMENTS)."""
    pairs = pl.concat([frame.select("person", "currency") for frame in frames.values()]).unique()
    pairs = pairs.sort("currency", "person").with_row_index("segment")
    numbered = {
        name: frame.join(pairs, on=["person", "currency"], maintain_order="left").drop("person", "currency")
        for name, frame in frames.items()
    }
    segments = pairs.join(traits, on="person", maintain_order="left").select(SEGMENTS.names()).cast(SEGMENTS)
    return numbered | {"segments": segments}


def choose(segments: pl.DataFrame, wanted: ReportFilter, *, with_currency: bool = True) -> pl.DataFrame:
    """The segments that fit (SEGMENTS); the currency is passed over for what has none."""
    chosen = segments
    if wanted.currency and with_currency:
        chosen = chosen.filter(pl.col("currency") == wanted.currency)
    if wanted.profile:
        chosen = chosen.filter(pl.col("profile") == wanted.profile)
    if wanted.country:
        chosen = chosen.filter(pl.col("country") == wanted.country)
    if wanted.collector_id is not None:
        chosen = chosen.filter(pl.col("collector_id") == wanted.collector_id)
    return chosen


def keep(
    frame: pl.DataFrame, segments: pl.DataFrame, wanted: ReportFilter, *, with_currency: bool = True
) -> pl.DataFrame:
    """The rows of the segments that fit."""
    chosen = choose(segments, wanted, with_currency=with_currency)
    if chosen.height == segments.height:
        return frame
    return frame.filter(pl.col("segment").is_in(chosen["segment"].implode()))
