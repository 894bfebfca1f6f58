"""Ids given before rows are stored, so that the rows of several frames can name each other."""

import polars as pl
from django.db import connection


def next_ids(table: str, count: int) -> pl.Series:
    """So many unused ids of the table (Int64), in ascending order; must be called inside a transaction.

    SQLite has one writer at a time, so that counting on from the highest id is safe; PostgreSQL's sequence hands each
    id out once, also when others insert meanwhile.
    """
    if count == 0:
        return pl.Series("id", [], dtype=pl.Int64)
    if connection.vendor == "sqlite":
        return _count_on(table, count)
    return _from_sequence(table, count)


def _count_on(table: str, count: int) -> pl.Series:
    with connection.cursor() as cursor:
        cursor.execute("SELECT COALESCE(MAX(seq), 0) FROM sqlite_sequence WHERE name = %s", [table])
        first = int(cursor.fetchone()[0]) + 1
    return pl.int_range(first, first + count, dtype=pl.Int64, eager=True).alias("id")


def _from_sequence(table: str, count: int) -> pl.Series:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, count])
        return pl.Series("id", [row[0] for row in cursor.fetchall()], dtype=pl.Int64).sort()
