"""Faults of an imported file into the list of data problems; those that the file mends are resolved."""

import hashlib

import polars as pl

from goodterms.database.reading import read_inside_transaction
from goodterms.database.writing import insert_frame, update_frame
from goodterms.flows.import_job import ImportJob

_KNOWN = pl.Schema(
    {
        "problem_id": pl.Int64(),
        "fingerprint": pl.String(),
        "known_subject": pl.String(),
        "known_file": pl.String(),
        "is_resolved": pl.Boolean(),
    }
)
_QUERY = (
    "SELECT id, fingerprint, subject, file_name, resolved_at IS NOT NULL FROM ledger_dataproblem"
    " WHERE organisation_id = %s"
)
_LONGEST_VALUE = 1_000
_LONGEST_COLUMN = 100


def store_problems(
    job: ImportJob, batch_id: int, file_name: str, faults: pl.DataFrame, links: pl.DataFrame, seen: pl.Series
) -> None:
    """Store the faults (columns: importers.faults.FAULTS) and resolve what the file shows to be mended.

    links: subject, customer_id, invoice_id of what the ledger has. seen: subjects the file could read. The same
    problem found again stays one row, and comes back when it was resolved.
    """
    found = _with_fingerprint(faults).unique("fingerprint", keep="first", maintain_order=True)
    known = read_inside_transaction(_QUERY, [job.organisation_id], _KNOWN)
    both = found.join(known, on="fingerprint", how="left", maintain_order="left").join(
        links.unique("subject", keep="first"), on="subject", how="left", maintain_order="left"
    )
    _insert(job, batch_id, file_name, both.filter(pl.col("problem_id").is_null()))
    _refresh(batch_id, file_name, both.filter(pl.col("problem_id").is_not_null()))
    job.counts["problems_found"] += found.height
    if not job.is_older:
        _resolve(job, file_name, known.join(found, on="fingerprint", how="anti"), seen)


def _with_fingerprint(faults: pl.DataFrame) -> pl.DataFrame:
    texts = faults.select(text=pl.concat_str("code", "column", "subject", separator="\x1f"))["text"].to_list()
    prints = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
    return faults.with_columns(pl.Series("fingerprint", prints, dtype=pl.String))


def _shown(batch_id: int, file_name: str) -> dict[str, pl.Expr]:
    return {
        "batch_id": pl.lit(batch_id),
        "file_name": pl.lit(file_name[-255:]),
        "row": pl.col("row"),
        "column": pl.col("column").str.slice(0, _LONGEST_COLUMN),
        "value": pl.col("value").str.slice(0, _LONGEST_VALUE),
        "message": pl.col("message"),
        "remedy": pl.col("remedy"),
        "customer_id": pl.col("customer_id"),
        "invoice_id": pl.col("invoice_id"),
    }


def _insert(job: ImportJob, batch_id: int, file_name: str, rows: pl.DataFrame) -> None:
    insert_frame(
        "ledger_dataproblem",
        rows.select(
            "fingerprint",
            "subject",
            "code",
            organisation_id=pl.lit(job.organisation_id),
            found_at=pl.lit(job.now),
            resolved_at=pl.lit(None, dtype=pl.Datetime("us", "UTC")),
            **_shown(batch_id, file_name),
        ),
    )


def _refresh(batch_id: int, file_name: str, rows: pl.DataFrame) -> None:
    never = pl.lit(None, dtype=pl.Datetime("us", "UTC"))
    update_frame(
        "ledger_dataproblem",
        rows.select(id="problem_id", resolved_at=never, **_shown(batch_id, file_name)),
        ["id"],
    )


def _resolve(job: ImportJob, file_name: str, others: pl.DataFrame, seen: pl.Series) -> None:
    """A thing that was read without this problem is mended; so is what a file of this name no longer shows."""
    is_read = pl.col("known_subject").is_in(seen.implode())
    is_same_file = pl.col("known_file") == file_name[-255:]
    mended = others.filter(~pl.col("is_resolved"), is_read | is_same_file)
    update_frame("ledger_dataproblem", mended.select(id="problem_id", resolved_at=pl.lit(job.now)), ["id"])
    job.counts["problems_resolved"] += mended.height
