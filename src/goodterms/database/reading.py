"""Frames out of the database: through Django's connection, or in bulk by ADBC for whole ledgers."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from contextvars import ContextVar, copy_context
from datetime import date
from pathlib import Path
from typing import IO, Any

import adbc_driver_postgresql.dbapi
import polars as pl
from django.db import connection

Parameters = Sequence[int | str | None]
FETCHED_ROWS = 50_000
READERS = 3


class BulkReadFailed(Exception):
    """The reading process could not answer a query."""


def read_frame(query: str, parameters: Parameters, schema: pl.Schema) -> pl.DataFrame:
    """The rows of ``query`` as a frame of exactly ``schema``.

    Placeholders are ``%s``. The columns must come in the schema's order; the order of the rows is not kept. Within
    ``bulk_reading`` and outside a transaction the rows come by ADBC, several times faster; otherwise through
    Django's connection, including what the running transaction has written.
    """
    if connection.in_atomic_block:
        return read_inside_transaction(query, parameters, schema)
    if connection.vendor == "postgresql" and _is_bulk.get() is not None:
        return _read_postgresql(query, parameters, schema)
    reader = _is_bulk.get()
    if isinstance(reader, _SqliteReader):
        return reader.read(_inline(query, parameters), schema)
    return read_inside_transaction(query, parameters, schema)


def read_together(reads: Mapping[str, Callable[[], pl.DataFrame]]) -> dict[str, pl.DataFrame]:
    """The frames that ``reads`` give, by name: on PostgreSQL in bulk several at once, each over its own connection.

    They see no common snapshot: whatever must be older than the rest is to be read before.
    """
    if connection.vendor != "postgresql" or _is_bulk.get() is None or connection.in_atomic_block:
        return {name: read() for name, read in reads.items()}
    with ThreadPoolExecutor(READERS) as readers:
        started = {name: readers.submit(copy_context().run, read) for name, read in reads.items()}
        return {name: frame.result() for name, frame in started.items()}


def read_inside_transaction(query: str, parameters: Parameters, schema: pl.Schema) -> pl.DataFrame:
    """The rows through Django's connection, with what the running transaction has written."""
    parts = [pl.DataFrame(schema=schema)]
    with connection.cursor() as cursor:
        cursor.execute(query, tuple(parameters))
        while rows := cursor.fetchmany(FETCHED_ROWS):
            parts.append(_as_frame(rows, schema))
    return pl.concat(parts)


def _as_frame(rows: Sequence[tuple[Any, ...]], schema: pl.Schema) -> pl.DataFrame:
    columns = [
        [_plain(value, kind) for value in values] if kind in (pl.Date(), pl.Boolean()) else values
        for values, kind in zip(zip(*rows, strict=True), schema.dtypes(), strict=True)
    ]
    return pl.DataFrame(dict(zip(schema, columns, strict=True)), schema=schema)


def _plain(value: Any, kind: pl.DataType) -> Any:
    """SQLite hands over computed dates as text and computed booleans as integers."""
    if isinstance(value, str) and kind == pl.Date():
        return date.fromisoformat(value)
    if isinstance(value, int) and kind == pl.Boolean():
        return bool(value)
    return value


_is_bulk: ContextVar["_SqliteReader | bool | None"] = ContextVar("is_bulk", default=None)


@contextmanager
def bulk_reading() -> Iterator[None]:
    """Within the block whole ledgers are read by ADBC; on SQLite by one process beside, which sees one snapshot."""
    if _is_bulk.get() is not None or connection.in_atomic_block:
        yield
        return
    if connection.vendor == "postgresql":
        token = _is_bulk.set(True)
        try:
            yield
        finally:
            _is_bulk.reset(token)
        return
    with _SqliteReader(str(connection.settings_dict["NAME"])) as reader:
        token = _is_bulk.set(reader)
        try:
            yield
        finally:
            _is_bulk.reset(token)


class _SqliteReader:
    """The reading process (database.sqlite_reader), for as long as the block lasts."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __enter__(self) -> "_SqliteReader":
        self._folder = tempfile.TemporaryDirectory(prefix="goodterms-read-")
        command = [sys.executable, "-m", "goodterms.database.sqlite_reader", self._path]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(self, *raised: object) -> None:
        _pipe(self._process.stdin).close()
        self._process.wait()
        _pipe(self._process.stdout).close()
        self._folder.cleanup()

    def read(self, query: str, schema: pl.Schema) -> pl.DataFrame:
        target = Path(self._folder.name) / "rows.arrow"
        typed = f"{_typed_row(schema)} UNION ALL SELECT * FROM ({query})"
        question, answers = _pipe(self._process.stdin), _pipe(self._process.stdout)
        question.write(json.dumps({"query": typed, "target": str(target)}) + "\n")
        question.flush()
        answer = answers.readline()
        if answer != "\n":
            raise BulkReadFailed(answer.strip() or "The reading process has ended.")
        frame = pl.read_ipc(target)
        target.unlink()
        return _tighten(frame.slice(1), schema)


def _pipe(end: IO[str] | None) -> IO[str]:
    if end is None:
        raise BulkReadFailed("The reading process has no pipe.")
    return end


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
        names = ", ".join(f'"{name}"' for name in schema)
        typed = ", ".join(f'"{name}"::{_postgresql_type(kind)}' for name, kind in schema.items())
        cursor.execute(f"SELECT {typed} FROM ({_inline(query, parameters)}) AS answer ({names})")
        return _tighten(cursor.fetch_polars(), schema)


def _postgresql_type(kind: pl.DataType) -> str:
    """The type to read a column as: sums come as numeric, which the driver hands over as an opaque type."""
    if kind.is_integer():
        return "bigint"
    if kind.is_float():
        return "double precision"
    return {pl.String(): "text", pl.Date(): "date", pl.Boolean(): "boolean"}[kind]


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
