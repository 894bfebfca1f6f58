"""Several rows of a file into one invoice: lines, payment terms, repeated and contradicting rows."""

import polars as pl

from goodterms.importers.faults import FaultBook
from goodterms.importers.table import Table

_KEY = ("subject", "document")
# What must be the same wherever a document is named; the rest of a row may differ.
_FACTS = ("total", "rest", "currency_value", "issue_date_value", "due_date_value", "standing", "settled_date_value")


def one_row_per_invoice(rows: pl.DataFrame, table: Table, book: FaultBook) -> pl.DataFrame:
    """The rows (with subject and document naming it) as one per document, in the file's order.

    Lines repeat the document's own values; terms are added up; else a second row is reported: taken once when it says
    the same, left out with the first when it says something else, since nobody knows which one is right.
    """
    if rows.height == rows.select(_KEY).n_unique():
        return rows
    if table.shape == "terms":
        return _add_up(rows)
    counted = rows.with_columns(
        times=pl.len().over(_KEY),
        first_row=pl.min("row").over(_KEY),
        versions=pl.struct(_FACTS).n_unique().over(_KEY),
    )
    differs = pl.col("versions") > 1
    book.add(
        counted,
        differs,
        "number",
        "conflicting_rows",
        "{value} stands in several rows that contradict each other; none of them was taken.",
        "Leave the right one in the file.",
    )
    if table.shape != "lines":
        repeated = ~differs & (pl.col("row") > pl.col("first_row"))
        text, remedy = "{value} stands in the file twice; it was taken once.", "Remove the second row."
        book.add(counted, repeated, "number", "duplicate_row", text, remedy, is_kept=True)
    return counted.filter(~differs & (pl.col("row") == pl.col("first_row"))).drop("times", "first_row", "versions")


def _add_up(rows: pl.DataFrame) -> pl.DataFrame:
    """One row per payment term: amounts added up, due when the first open term is due."""
    is_open = pl.col("rest") != 0
    first_open = pl.col("due_date_value").filter(is_open).min()
    sums = [pl.sum(name).alias(name) for name in ("total", "rest")]
    due = pl.coalesce(first_open, pl.col("due_date_value").max()).alias("due_date_value")
    summed = ("total", "rest", "due_date_value", *_KEY)
    others = [pl.first(name) for name in rows.columns if name not in summed]
    return rows.group_by(_KEY, maintain_order=True).agg(*others, *sums, due).select(rows.columns)
