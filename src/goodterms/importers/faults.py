"""What is wrong with a row, as a value: where it stands, what was read, and how to mend it."""

from dataclasses import dataclass, field

import polars as pl

from goodterms.importers.table import Table

FAULTS = pl.Schema(
    {
        "row": pl.Int64(),  # as numbered in the sheet
        "column": pl.String(),  # the heading as written
        "value": pl.String(),
        "code": pl.String(),
        "message": pl.String(),
        "remedy": pl.String(),
        "subject": pl.String(),  # what the row is about; the same thing in the next file has the same subject
        "is_kept": pl.Boolean(),  # the row was imported all the same
    }
)
_LONGEST_SHOWN = 200


@dataclass
class FaultBook:
    """The faults found while a table is read. ``subjects`` is an expression over the frames' columns."""

    table: Table
    frames: list[pl.DataFrame] = field(default_factory=list)

    def add(
        self,
        rows: pl.DataFrame,
        where: pl.Expr,
        column: str,
        code: str,
        message: str,
        remedy: str,
        *,
        value: pl.Expr | None = None,
        is_kept: bool = False,
    ) -> None:
        """Note the rows (with row and subject) where the condition holds; {value} in the texts is the cell's.

        ``value`` is the cell, by default that of the field called ``column``.
        """
        bad = rows.filter(where.fill_null(False))
        if bad.is_empty():
            return
        if value is None:
            value = pl.col(column) if column in bad.columns else pl.lit(None, dtype=pl.String)
        shown = value.cast(pl.String).str.slice(0, _LONGEST_SHOWN)
        self.frames.append(
            bad.select(
                "row",
                column=pl.lit(self.table.heading(column)),
                value=shown.fill_null(""),
                code=pl.lit(code),
                message=_fill(message, shown),
                remedy=_fill(remedy, shown),
                subject="subject",
                is_kept=pl.lit(is_kept),
            ).match_to_schema(FAULTS)
        )

    def faults(self) -> pl.DataFrame:
        """All of them, by row (columns: FAULTS)."""
        return pl.concat([pl.DataFrame(schema=FAULTS), *self.frames]).sort("row", maintain_order=True)

    def without_bad(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows that can be imported so far."""
        bad = self.faults().filter(~pl.col("is_kept")).select("row").unique()
        return rows.join(bad, on="row", how="anti", maintain_order="left") if bad.height else rows


def _fill(text: str, value: pl.Expr) -> pl.Expr:
    """The text with the cell's value in quotation marks."""
    parts = text.split("{value}")
    pieces: list[pl.Expr] = [pl.lit(parts[0])]
    for part in parts[1:]:
        pieces += [pl.lit("'"), value.fill_null(""), pl.lit("'"), pl.lit(part)]
    return pl.concat_str(pieces)
