"""Frames into the database, set-based, inside Django's transaction: COPY on PostgreSQL, else prepared statements."""

from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl
from django.db import connection, transaction

BATCH_ROWS = 50_000


@transaction.atomic(savepoint=False)
def insert_frame(table: str, frame: pl.DataFrame, *, skip_existing: bool = False) -> int:
    """Insert the frame's rows into ``table`` (columns by name); the number of rows inserted.

    ``skip_existing`` leaves rows alone whose unique key is already there.
    """
    if frame.is_empty():
        return 0
    if connection.vendor == "sqlite":
        return _insert_sqlite(table, frame, "OR IGNORE " if skip_existing else "")
    if not skip_existing:
        _copy(table, frame)
        return frame.height
    staged = _stage(table, frame)
    names = _names(frame.columns)
    return _execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM {staged} ON CONFLICT DO NOTHING")


@transaction.atomic(savepoint=False)
def update_frame(table: str, frame: pl.DataFrame, key: Sequence[str], *, raise_by_one: Sequence[str] = ()) -> int:
    """Set the frame's other columns on the rows whose ``key`` columns match; the number of rows changed."""
    if frame.is_empty():
        return 0
    changed = [name for name in frame.columns if name not in key]
    if connection.vendor == "sqlite":
        sets = [f'"{name}" = ?' for name in changed] + [f'"{name}" = "{name}" + 1' for name in raise_by_one]
        where = " AND ".join(f'"{name}" = ?' for name in key)
        return _executemany(f"UPDATE {table} SET {', '.join(sets)} WHERE {where}", frame.select(*changed, *key))
    staged = _stage(table, frame)
    sets = [f'"{name}" = staged."{name}"' for name in changed]
    sets += [f'"{name}" = target."{name}" + 1' for name in raise_by_one]
    where = " AND ".join(f'target."{name}" = staged."{name}"' for name in key)
    return _execute(f"UPDATE {table} AS target SET {', '.join(sets)} FROM {staged} AS staged WHERE {where}")


@transaction.atomic(savepoint=False)
def upsert_frame(table: str, frame: pl.DataFrame, key: Sequence[str]) -> int:
    """Insert the rows, or set their other columns where ``key`` (a unique constraint) is already there."""
    if frame.is_empty():
        return 0
    changed = [name for name in frame.columns if name not in key]
    sets = ", ".join(f'"{name}" = excluded."{name}"' for name in changed)
    rule = f"ON CONFLICT ({_names(key)}) DO UPDATE SET {sets}"
    names = _names(frame.columns)
    if connection.vendor == "sqlite":
        marks = ", ".join("?" * frame.width)
        return _executemany(f"INSERT INTO {table} ({names}) VALUES ({marks}) {rule}", frame)
    staged = _stage(table, frame)
    return _execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM {staged} {rule}")


def _insert_sqlite(table: str, frame: pl.DataFrame, word: str) -> int:
    marks = ", ".join("?" * frame.width)
    return _executemany(f"INSERT {word}INTO {table} ({_names(frame.columns)}) VALUES ({marks})", frame)


def _executemany(statement: str, frame: pl.DataFrame) -> int:
    """Run a prepared statement for each row on the raw SQLite connection; the number of rows it touched."""
    connection.ensure_connection()
    raw: Any = connection.connection
    before = raw.total_changes
    for rows in _sqlite_rows(frame):
        raw.cursor().executemany(statement, rows)
    return int(raw.total_changes - before)


def _sqlite_rows(frame: pl.DataFrame) -> Iterator[list[tuple[Any, ...]]]:
    text = frame.with_columns(
        pl.selectors.date().dt.to_string("%Y-%m-%d"),
        # As Django writes them: SQLite compares moments as text.
        pl.selectors.datetime().dt.to_string("%Y-%m-%d %H:%M:%S%.6f").str.strip_suffix(".000000"),
        pl.selectors.boolean().cast(pl.Int8),
    )
    for start in range(0, text.height, BATCH_ROWS):
        yield text.slice(start, BATCH_ROWS).rows()


def _stage(table: str, frame: pl.DataFrame) -> str:
    """Copy the rows into a temporary table with the columns of ``table``; its name."""
    staged = "staged_" + table
    _execute(f"DROP TABLE IF EXISTS {staged}")
    _execute(
        f"CREATE TEMPORARY TABLE {staged} ON COMMIT DROP AS SELECT {_names(frame.columns)} FROM {table} WITH NO DATA"
    )
    _copy(staged, frame)
    return staged


def _copy(table: str, frame: pl.DataFrame) -> None:
    """COPY the frame as CSV; text is always quoted, so that an empty text and a null stay apart."""
    with connection.cursor() as cursor:
        raw: Any = cursor.cursor
        with raw.copy(f"COPY {table} ({_names(frame.columns)}) FROM STDIN (FORMAT csv)") as copy:
            for start in range(0, frame.height, BATCH_ROWS):
                copy.write(_csv(frame.slice(start, BATCH_ROWS)))


def _csv(frame: pl.DataFrame) -> str:
    return frame.write_csv(include_header=False, quote_style="non_numeric", null_value="")


def _execute(statement: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return int(cursor.rowcount)


def _names(columns: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)
