"""How the command line speaks: tables for people, JSON for programs, one clear sentence for a refusal."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, StrEnum
from pathlib import Path
from typing import Any, Literal

import polars as pl
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from goodterms.core.money import Money
from goodterms.core.refusal import Refusal

# Output that goes into a file or a pipe has no width of its own; this keeps a table's row on one line.
PIPED_WIDTH = 160


class Format(StrEnum):
    """How a command answers."""

    TABLE = "table"
    JSON = "json"


@dataclass(frozen=True)
class Column:
    """A table's column: the row's key, its heading, and on which side it stands."""

    key: str
    heading: str
    align: Literal["left", "right"] = "left"
    is_wrapped: bool = False


def console() -> Console:
    """The console of standard output."""
    return Console(width=None if sys.stdout.isatty() else PIPED_WIDTH, highlight=False)


def error_console() -> Console:
    """The console of standard error."""
    return Console(stderr=True, width=None if sys.stderr.isatty() else PIPED_WIDTH, highlight=False)


def say(text: str = "", *, style: str | None = None) -> None:
    """A line for the person at the terminal; the text is taken literally."""
    console().print(escape(text), style=style, soft_wrap=True)


def note(text: str) -> None:
    """A line beside the answer: on standard error, so that it never mixes into a program's input."""
    error_console().print(escape(text), style="dim", soft_wrap=True)


def print_refusal(refusal: Refusal | str) -> None:
    """The refusal's sentence on standard error."""
    error_console().print(f"[bold red]✗[/] {escape(str(refusal))}", soft_wrap=True)


def print_json(value: Any) -> None:
    """The value as JSON on standard output, in the documented contract (see ``to_jsonable``)."""
    sys.stdout.write(json.dumps(to_jsonable(value), indent=2, ensure_ascii=False) + "\n")


def to_jsonable(value: Any) -> Any:
    """The value in plain JSON terms.

    Money is ``{"amount_minor", "currency"}``, dates and times are ISO 8601, dataclasses and mappings keep their
    field names, a frame is a list of rows, bytes are left to the caller. Raises TypeError for anything else.
    """
    if value is None or isinstance(value, bool | int | float) or type(value) is str:
        return value
    if isinstance(value, Money):
        return value.to_json()
    if isinstance(value, Enum):
        return to_jsonable(value.value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, str | Decimal | Path):
        return str(value)
    return _collection(value)


def _collection(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): to_jsonable(part) for key, part in value.items()}
    if isinstance(value, pl.DataFrame):
        return [to_jsonable(row) for row in value.iter_rows(named=True)]
    if is_dataclass(value) and not isinstance(value, type):
        return {part.name: to_jsonable(getattr(value, part.name)) for part in fields(value)}
    if isinstance(value, Sequence | set | frozenset) and not isinstance(value, bytes | bytearray):
        return [to_jsonable(part) for part in value]
    raise TypeError(f"{type(value).__name__} has no form in the JSON contract.")


def print_table(title: str, columns: Sequence[Column], rows: Sequence[Mapping[str, Any]], *, empty: str = "") -> None:
    """A table for people; ``empty`` is said instead when there is no row."""
    if not rows:
        say(empty or f"{title}: none.")
        return
    table = Table(title=escape(title), title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(
            escape(column.heading),
            justify=column.align,
            no_wrap=not column.is_wrapped,
            overflow="fold" if column.is_wrapped else "ellipsis",
        )
    for row in rows:
        table.add_row(*(escape(to_text(row.get(column.key))) for column in columns))
    console().print(table)


def to_text(value: Any) -> str:
    """A value as a table's cell shows it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Money):
        return money_text(value)
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list | tuple):
        return ", ".join(to_text(part) for part in value)
    return str(value)


def money_text(money: Money) -> str:
    """An amount as the terminal shows it: 1,234.50 EUR."""
    return f"{money.to_decimal():,} {money.currency}"


@contextmanager
def progress(label: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """A progress bar on standard error while the block works; the block calls the given function with steps done.

    Nothing is shown where nobody looks (no terminal).
    """
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=error_console(),
        disable=not sys.stderr.isatty(),
        transient=True,
    )
    with bar:
        task = bar.add_task(escape(label), total=total)
        yield lambda steps: bar.advance(task, steps)
