"""Single statements without the model layer: the relay runs eight per mail, and building them anew took longer."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import date, datetime
from enum import Enum
from functools import cache
from typing import Any

import psycopg
from django.db import connection


def execute(statement: str, parameters: Sequence[Any]) -> int:
    """Run one statement on Django's connection, inside its transaction if there is one; the row count."""
    with _run(statement, parameters) as cursor:
        return int(cursor.rowcount)


def fetch_one(statement: str, parameters: Sequence[Any]) -> tuple[Any, ...] | None:
    """The statement's first row, as the driver gives it."""
    with _run(statement, parameters) as cursor:
        row: tuple[Any, ...] | None = cursor.fetchone()
        return row


def insert(table: str, values: Mapping[str, Any]) -> None:
    """Insert one row."""
    execute(_insertion(table, tuple(values)), list(values.values()))


@cache
def _insertion(table: str, columns: tuple[str, ...]) -> str:
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(['%s'] * len(columns))})"


@contextmanager
def _run(statement: str, parameters: Sequence[Any]) -> Iterator[Any]:
    """The driver's own cursor after the statement; on PostgreSQL it prepares statements and sends bytes as bytes."""
    connection.ensure_connection()
    connection.validate_no_broken_transaction()
    raw: Any = connection.connection
    is_sqlite = connection.vendor == "sqlite"
    cursor = sqlite3.Cursor(raw) if is_sqlite else psycopg.Cursor(raw)
    with connection.wrap_database_errors, closing(cursor):
        cursor.execute(_for_sqlite(statement) if is_sqlite else statement, _written(parameters))
        yield cursor


@cache
def _for_sqlite(statement: str) -> str:
    return statement.replace("%s", "?")


def _written(parameters: Sequence[Any]) -> list[Any]:
    """As the models write it: SQLite keeps moments and days as text, which must compare with theirs."""
    return [_written_one(value) for value in parameters]


def _written_one(value: Any) -> Any:
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, date):
        return connection.ops.adapt_datefield_value(value)
    return value.value if isinstance(value, Enum) else value
