"""Single statements without the model layer: the relay runs eight per mail, and building them anew took longer."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from functools import cache
from typing import Any

from django.db import connection


def execute(statement: str, parameters: Sequence[Any]) -> int:
    """Run one statement on Django's connection, inside its transaction if there is one; the row count."""
    with connection.cursor() as cursor:
        cursor.execute(statement, [_written(value) for value in parameters])
        return int(cursor.rowcount)


def fetch_one(statement: str, parameters: Sequence[Any]) -> tuple[Any, ...] | None:
    """The statement's first row, as the driver gives it."""
    with connection.cursor() as cursor:
        cursor.execute(statement, [_written(value) for value in parameters])
        row: tuple[Any, ...] | None = cursor.fetchone()
        return row


def insert(table: str, values: Mapping[str, Any]) -> None:
    """Insert one row."""
    execute(_insertion(table, tuple(values)), list(values.values()))


@cache
def _insertion(table: str, columns: tuple[str, ...]) -> str:
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(['%s'] * len(columns))})"


def _written(value: Any) -> Any:
    """As the models write it: SQLite keeps moments and days as text, which must compare with theirs."""
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, date):
        return connection.ops.adapt_datefield_value(value)
    return value.value if isinstance(value, Enum) else value
