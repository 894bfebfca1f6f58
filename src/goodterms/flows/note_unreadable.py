"""Particulars of customers that mean nothing: the day is run without them, and a person is told what to mend."""

from collections.abc import Callable
from datetime import datetime

import polars as pl

from goodterms.database.reading import read_frame
from goodterms.database.writing import insert_frame
from goodterms.ledger.models import DataProblem
from goodterms.organizations.models import Organisation
from goodterms.organizations.values import UnusableValue, check_country, check_language, check_timezone

CHECKS: dict[str, Callable[[str], str]] = {
    "country": check_country,
    "language": check_language,
    "timezone": check_timezone,
}
INSTEAD = {
    "country": "Until then every day from Monday to Friday counts as a working day there.",
    "language": "Until then they are written to in the organisation's own language.",
    "timezone": "Until then the organisation's own time zone is used.",
}
_FOUND = pl.Schema({"customer_id": pl.Int64(), "number": pl.String(), "value": pl.String()})


def note_unreadable(organisation: Organisation, now: datetime) -> int:
    """Write a data problem for each customer whose country, language or time zone means nothing; the new ones.

    A problem whose value is gone is closed, one that was closed and is found again is opened.
    """
    found = pl.concat([_find(organisation, column) for column in CHECKS])
    _close_and_reopen(organisation, set(found["fingerprint"]), now)
    if found.is_empty():
        return 0
    rows = found.with_columns(
        pl.lit(organisation.pk).alias("organisation_id"),
        pl.lit("").alias("file_name"),
        pl.lit(now).dt.convert_time_zone("UTC").alias("found_at"),
    )
    return insert_frame(DataProblem._meta.db_table, rows, skip_existing=True)


def _find(organisation: Organisation, column: str) -> pl.DataFrame:
    """A row of data problems for each customer whose ``column`` cannot be understood."""
    values = read_frame(
        f"SELECT DISTINCT {column} FROM ledger_customer WHERE organisation_id = %s",
        [organisation.pk],
        pl.Schema({"value": pl.String()}),
    )["value"]
    faults = {value: fault for value in values if value and (fault := _fault(column, value))}
    marks = ", ".join(["%s"] * len(faults)) or "NULL"
    query = f"SELECT id, number, {column} FROM ledger_customer WHERE organisation_id = %s AND {column} IN ({marks})"
    rows = read_frame(query, [organisation.pk, *faults], _FOUND)
    return rows.select(
        "customer_id",
        pl.lit(f"customer_{column}").alias("code"),
        pl.lit(column).alias("column"),
        "value",
        pl.col("value").replace_strict(faults, return_dtype=pl.String).alias("message"),
        pl.format("Correct it for customer {} and import again. {}", "number", pl.lit(INSTEAD[column])).alias("remedy"),
        pl.format("{}/{}/{}", pl.lit(column), "customer_id", pl.col("value").str.slice(0, 30)).alias("fingerprint"),
    )


def _fault(column: str, value: str) -> str:
    try:
        CHECKS[column](value)
    except UnusableValue as fault:
        return str(fault)
    return ""


def _close_and_reopen(organisation: Organisation, found: set[str], now: datetime) -> None:
    codes = [f"customer_{column}" for column in CHECKS]
    known = DataProblem.objects.filter(organisation=organisation, code__in=codes)
    gone, back = [], []
    for pk, fingerprint, resolved_at in known.values_list("pk", "fingerprint", "resolved_at"):
        if fingerprint in found and resolved_at:
            back.append(pk)
        elif fingerprint not in found and not resolved_at:
            gone.append(pk)
    DataProblem.objects.filter(pk__in=gone).update(resolved_at=now)
    DataProblem.objects.filter(pk__in=back).update(resolved_at=None)
