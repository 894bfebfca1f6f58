"""Single statements without the model layer: the relay runs eight per mail, and building them anew took longer."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache
from typing import Any

import psycopg
from django.db import connection

PREPARED_FROM = 3
"""PostgreSQL parses and plans a statement so many times before it keeps the plan."""


@dataclass(frozen=True, slots=True)
class Change:
    """A statement that changes rows, with its parameters."""

    sql: str
    parameters: Sequence[Any]


def insertion(table: str, values: Mapping[str, Any]) -> Change:
    """The change that inserts one row."""
    return Change(_insertion(table, tuple(values)), list(values.values()))


def execute(change: Change) -> None:
    """Run one statement on Django's connection, inside its transaction if there is one."""
    with _run(change.sql, change.parameters):
        pass


def fetch_one(statement: str, parameters: Sequence[Any]) -> tuple[Any, ...] | None:
    """The statement's first row, as the driver gives it. Also tells, by RETURNING, whether an update found its row."""
    with _run(statement, parameters) as cursor:
        # To the end, since SQLite carries a statement out, and commits it, only when all its rows were taken.
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows[0] if rows else None


def fetch_behind(first: Change, statement: str, parameters: Sequence[Any]) -> tuple[Any, ...] | None:
    """Run ``first``, then give the first row of a statement that sees what was true after it.

    PostgreSQL gets both, and the transaction's beginning, in one go instead of three.
    """
    if connection.vendor != "postgresql":
        execute(first)
        return fetch_one(statement, parameters)
    connection.ensure_connection()
    raw: Any = connection.connection
    with connection.wrap_database_errors, raw.pipeline(), _run(first.sql, first.parameters):
        return fetch_one(statement, parameters)


def execute_together(decisive: Change, others: Sequence[Change]) -> bool:
    """Run several changes of different tables; False when ``decisive`` found no row (then roll the rest back).

    PostgreSQL gets them as one statement: each would otherwise wait for the answer to the one before.
    """
    if connection.vendor == "postgresql":
        parts = [f"part_{place} AS ({change.sql})" for place, change in enumerate(others)]
        whole = f"WITH {', '.join([f'decisive AS ({decisive.sql} RETURNING 1)', *parts])} SELECT * FROM decisive"
        parameters = [value for change in (decisive, *others) for value in change.parameters]
        return fetch_one(whole, parameters) is not None
    if fetch_one(f"{decisive.sql} RETURNING 1", decisive.parameters) is None:
        return False
    for change in others:
        execute(change)
    return True


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
        if is_sqlite:
            cursor.execute(_for_sqlite(statement), _written(parameters))
        else:
            raw.prepare_threshold = PREPARED_FROM  # Django's own statements stay unprepared: their values are in them
            try:
                cursor.execute(statement, _written(parameters))
            finally:
                raw.prepare_threshold = None
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
