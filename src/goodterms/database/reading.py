"""Frames out of the database: by ADBC for whole ledgers, through Django's own connection inside a transaction."""

from collections.abc import Sequence
from contextlib import closing
from datetime import date
from typing import Any

import adbc_driver_postgresql.dbapi
import adbc_driver_sqlite.dbapi
import polars as pl
from django.db import connection

Parameters = Sequence[int | str | None]


def read_frame(query: str, parameters: Parameters, schema: pl.Schema) -> pl.DataFrame:
    """The rows of ``query`` as a frame of exactly ``schema``.

    Placeholders are ``%s``. The columns must come in the schema's order; the order of the rows is not kept. Inside a transaction the rows are read
    through it, so that they include what it has written; outside, by ADBC, which is ten times faster.
    """
    if connection.in_atomic_block:
        return read_inside_transaction(query, parameters, schema)
    if connection.vendor == "sqlite":
        return _read_sqlite(query, parameters, schema)
    return _read_postgresql(query, parameters, schema)


def read_inside_transaction(query: str, parameters: Parameters, schema: pl.Schema) -> pl.DataFrame:
    """The same through Django's connection: for few rows, or for rows this transaction wrote."""
    with connection.cursor() as cursor:
        cursor.execute(query, tuple(parameters))
        rows = cursor.fetchall()
    columns = [
        [_plain(value, kind) for value in values]
        for values, kind in zip(_turn(rows, schema), schema.dtypes(), strict=True)
    ]
    return pl.DataFrame(dict(zip(schema, columns, strict=True)), schema=schema)


def _turn(rows: list[tuple[Any, ...]], schema: pl.Schema) -> list[tuple[Any, ...]]:
    """Rows as columns, also when there is none."""
    return list(zip(*rows, strict=True)) if rows else [()] * len(schema)


def _plain(value: Any, kind: pl.DataType) -> Any:
    """SQLite hands over computed dates as text and computed booleans as integers."""
    if isinstance(value, str) and kind == pl.Date():
        return date.fromisoformat(value)
    if isinstance(value, int) and kind == pl.Boolean():
        return bool(value)
    return value


def _read_sqlite(query: str, parameters: Parameters, schema: pl.Schema) -> pl.DataFrame:
    path = str(connection.settings_dict["NAME"])
    with (
        closing(adbc_driver_sqlite.dbapi.connect(f"file:{path}?mode=ro")) as reader,
        closing(reader.cursor()) as cursor,
    ):
        cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": "65536"})
        cursor.execute(f"{_typed_row(schema)} UNION ALL SELECT * FROM ({_inline(query, parameters)})")
        return _tighten(cursor.fetch_polars().slice(1), schema)


def _typed_row(schema: pl.Schema) -> str:
    """A first row of the right types: the driver guesses a column's type from the first rows, which may all be null."""
    return "SELECT " + ", ".join(f'{_sample(kind)} AS "{name}"' for name, kind in schema.items())


def _sample(kind: pl.DataType) -> str:
    if kind.is_float():
        return "0.5"
    if kind == pl.String():
        return "''"
    if kind == pl.Date():
        return "'1970-01-01'"
    return "0"


def _read_postgresql(query: str, parameters: Parameters, schema: pl.Schema) -> pl.DataFrame:
    with (
        closing(adbc_driver_postgresql.dbapi.connect(postgresql_address())) as reader,
        closing(reader.cursor()) as cursor,
    ):
        cursor.execute(_inline(query, parameters))
        return _tighten(cursor.fetch_polars(), schema)


def postgresql_address() -> str:
    """The key=value address of Django's PostgreSQL connection, as libpq reads it."""
    given = connection.settings_dict
    parts = {
        "dbname": given["NAME"],
        "user": given["USER"],
        "password": given["PASSWORD"],
        "host": given["HOST"],
        "port": given["PORT"],
    }
    quoted = {key: str(value).replace("\\", "\\\\").replace("'", "\\'") for key, value in parts.items() if value}
    return " ".join(f"{key}='{value}'" for key, value in quoted.items())


def _inline(query: str, parameters: Parameters) -> str:
    """Parameters as SQL literals: ADBC's placeholders differ per driver, and ours are integers, dates and words."""
    return query % tuple(_literal(value) for value in parameters) if parameters else query


def _literal(value: int | str | None) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return str(value)
    return "'" + value.replace("'", "''") + "'"


def _tighten(frame: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    """Rename by position and cast to the schema; an all-null column arrives without a type."""
    frame.columns = list(schema)
    return frame.with_columns(_cast(name, frame.schema[name], kind) for name, kind in schema.items())


def _cast(name: str, has: pl.DataType, wants: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if has == wants:
        return column
    if has == pl.String() and wants == pl.Date():
        return column.str.to_date("%Y-%m-%d")
    return column.cast(wants)
