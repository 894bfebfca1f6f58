"""What a report answers: figures, charts and tables as plain values, for a page, a file or a terminal alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from django.utils.functional import Promise

Words = str | Promise
Unit = Literal["money", "days", "share", "count", "text", "day", "month", "customer", "number", "label"]
Value = int | float | str | date | None


@dataclass(frozen=True)
class Figure:
    """One number to look at first. ``trend``: its earlier values, oldest first; money in minor units."""

    heading: Words
    value: Value
    unit: Unit
    currency: str = ""
    note: Words = ""
    trend: Sequence[float | None] = ()
    is_better_low: bool | None = None


@dataclass(frozen=True)
class Column:
    """A table's column: the row's key, its heading and what stands in it (``label``: a word of ``vocabulary``)."""

    key: str
    heading: Words
    unit: Unit
    vocabulary: str = ""


@dataclass(frozen=True)
class Table:
    """Rows by column key; amounts in minor units of ``currency``."""

    title: Words
    columns: Sequence[Column]
    rows: Sequence[Mapping[str, Any]]
    currency: str = ""
    note: Words = ""


@dataclass(frozen=True)
class Series:
    """One line or one set of bars; money in minor units."""

    name: Words
    values: Sequence[float | None]
    kind: Literal["line", "bar", "area", "band"] = "line"
    stack: str = ""


@dataclass(frozen=True)
class Chart:
    """A chart over ``labels`` (dates, or words); the same values stand in a table."""

    title: Words
    labels: Sequence[date | Words]
    series: Sequence[Series]
    unit: Unit
    currency: str = ""
    label_unit: Unit = "day"
    vocabulary: str = ""
    series_vocabulary: str = ""


@dataclass(frozen=True)
class Result:
    """A report's answer. ``notes`` say what a reader must know to read it right."""

    figures: Sequence[Figure] = ()
    charts: Sequence[Chart] = ()
    tables: Sequence[Table] = ()
    notes: Sequence[Words] = field(default_factory=tuple)

    @property
    def is_empty(self) -> bool:
        return not self.figures and not any(table.rows for table in self.tables)


def joined(results: Sequence[Result]) -> Result:
    """Several answers (one per currency) as one; equal notes once."""
    notes = list(dict.fromkeys(note for result in results for note in result.notes))
    return Result(
        [figure for result in results for figure in result.figures],
        [chart for result in results for chart in result.charts],
        [table for result in results for table in result.tables],
        notes,
    )
