"""One import while it is applied: what it works on, what it found, whose facts it changed."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import polars as pl

from goodterms.database.bulk_load import bulk_load
from goodterms.database.reading import read_inside_transaction
from goodterms.database.writing import insert_frame
from goodterms.importers.faults import FAULTS
from goodterms.importers.fields import TITLES

Progress = Callable[[int], None]

SLICE_ROWS = 50_000
_IDS_AT_ONCE = 10_000


def no_progress(_: int) -> None:
    """Nobody watches."""


class Meter:
    """Counts progress up to the rows of the file, of which some are stored in several tables and some in none."""

    def __init__(self, progress: Progress, rows: int) -> None:
        self.progress = progress
        self.left = rows

    def __call__(self, steps: int) -> None:
        taken = min(steps, self.left)
        self.left -= taken
        if taken:
            self.progress(taken)


@dataclass
class ImportJob:
    """What the steps of an import share.

    counts: what happened, by word. changed: ids of customers whose facts changed. faults: found while applying
    (columns: importers.faults.FAULTS). is_older: a newer file was applied
    before, so that balances stay as they are. headings: field -> heading of the file.
    """

    organisation_id: int
    as_of: date
    now: datetime
    terms_days: int | None = None
    is_older: bool = False
    newer_is_complete: bool = False
    progress: Progress = no_progress
    headings: Mapping[str, str] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    changed: list[pl.Series] = field(default_factory=list)
    faults: list[pl.DataFrame] = field(default_factory=list)

    def add_changed(self, customer_ids: pl.Series) -> None:
        """These customers' facts changed."""
        if customer_ids.len():
            self.changed.append(customer_ids.cast(pl.Int64).unique())

    def changed_customers(self) -> pl.Series:
        """The ids of all customers whose facts changed, each once."""
        empty = pl.Series("customer_id", [], dtype=pl.Int64)
        return pl.concat([empty, *(ids.alias("customer_id") for ids in self.changed)]).unique().sort()

    def add_fault(
        self, rows: pl.DataFrame, column: str, code: str, message: pl.Expr, remedy: str, *, value: pl.Expr, kept: bool
    ) -> None:
        """Each of the rows (with row and subject) has this fault in the column of this field."""
        if rows.is_empty():
            return
        self.faults.append(
            rows.select(
                "row",
                column=pl.lit(self.headings.get(column) or TITLES.get(column, column.replace("_", " "))),
                value=value.cast(pl.String).fill_null(""),
                code=pl.lit(code),
                message=message,
                remedy=pl.lit(remedy),
                subject="subject",
                is_kept=pl.lit(kept),
            ).match_to_schema(FAULTS)
        )

    def insert(self, table: str, rows: pl.DataFrame) -> None:
        """Insert the rows in slices, so that progress is seen."""
        with bulk_load(table, rows.height):
            for part in rows.iter_slices(SLICE_ROWS):
                insert_frame(table, part)
                self.progress(part.height)


def read_by_ids(query: str, ids: pl.Series, schema: pl.Schema) -> pl.DataFrame:
    """The rows of a query whose ``{ids}`` is replaced by the ids, a few thousand at a time."""
    parts = [
        read_inside_transaction(query.replace("{ids}", ", ".join(map(str, some))), (), schema) for some in _batches(ids)
    ]
    return pl.concat([pl.DataFrame(schema=schema), *parts])


def _batches(ids: pl.Series) -> Iterable[Sequence[int]]:
    listed = ids.to_list()
    return (listed[start : start + _IDS_AT_ONCE] for start in range(0, len(listed), _IDS_AT_ONCE))
