"""Long lists a page at a time: by position after the last row seen, never by counting everything before it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, Literal, TypeVar

from django.core import signing
from django.db.models import Model, Q, QuerySet

PAGE_ROWS = 30
COUNT_LIMIT = 1000
SALT = "goodterms.web.lists"
Direction = Literal["next", "previous"]

Row = TypeVar("Row")
Table = TypeVar("Table", bound=Model)


@dataclass(frozen=True)
class Slice(Generic[Row]):
    """The rows of one page; the cursors of the pages after and before it, empty at the ends."""

    rows: Sequence[Row]
    next: str
    previous: str


@dataclass(frozen=True)
class Count:
    """How many rows there are, counted up to a limit."""

    value: int
    is_more: bool = False


def count_up_to(rows: "QuerySet[Table, Any]", limit: int = COUNT_LIMIT) -> Count:
    """The number of rows; beyond ``limit`` only that there are more."""
    found = rows.order_by()[: limit + 1].count()
    return Count(min(found, limit), found > limit)


def slice_rows(rows: "QuerySet[Table, Row]", order: Sequence[str], cursor: str, size: int = PAGE_ROWS) -> Slice[Row]:
    """The page of ``rows`` at ``cursor`` in ``order`` (fields that are never null, the last one unique).

    A cursor that cannot be read is the first page. Rows may be model instances or dictionaries.
    """
    direction, values = read_cursor(cursor, order)
    wanted = order if direction == "next" else [_turned(field) for field in order]
    if values:
        rows = rows.filter(_beyond(wanted, values))
    found = list(rows.order_by(*wanted)[: size + 1])
    is_more, found = len(found) > size, found[:size]
    if direction == "previous":
        found.reverse()
    has_next = is_more if direction == "next" else bool(values)
    has_previous = bool(values) if direction == "next" else is_more
    return Slice(
        found,
        write_cursor("next", found[-1], order) if found and has_next else "",
        write_cursor("previous", found[0], order) if found and has_previous else "",
    )


def slice_sums(rows: "QuerySet[Table, Row]", order: Sequence[str], cursor: str, size: int = PAGE_ROWS) -> Slice[Row]:
    """The same for sums over groups, whose place after the last row seen would have to be summed anew: by number."""
    _, values = read_cursor(cursor, order)
    start = int(values[0]) if values else 0
    found = list(rows.order_by(*order)[start : start + size + 1])

    def at(position: int) -> str:
        return signing.dumps(["next", list(order), [position]], salt=SALT)

    return Slice(
        found[:size],
        at(start + size) if len(found) > size else "",
        at(max(0, start - size)) if start else "",
    )


def write_cursor(direction: Direction, row: Any, order: Sequence[str]) -> str:
    """The place of ``row`` in the order, as a word for an address; signed, so that only ours come back."""
    values = [_value(row, field.lstrip("-")) for field in order]
    plain = [value.isoformat() if isinstance(value, date | datetime) else value for value in values]
    return signing.dumps([direction, list(order), plain], salt=SALT)


def read_cursor(cursor: str, order: Sequence[str]) -> tuple[Direction, list[Any]]:
    """The direction and place that a cursor names; the very beginning for one of another list or not ours."""
    try:
        direction, of_order, values = signing.loads(cursor, salt=SALT)
    except signing.BadSignature:
        return "next", []
    return (direction, values) if of_order == list(order) else ("next", [])


def _value(row: Any, field: str) -> Any:
    return row[field] if isinstance(row, dict) else getattr(row, field)


def _turned(field: str) -> str:
    return field[1:] if field.startswith("-") else f"-{field}"


def _beyond(order: Sequence[str], values: Sequence[Any]) -> Q:
    """Rows strictly after ``values``: the first field beyond, or equal and the next one beyond, and so on.

    That the first field is not before its value follows from it; said on its own it lets an index begin right there.
    """
    first, way = order[0].lstrip("-"), "lte" if order[0].startswith("-") else "gte"
    beyond = Q(pk__in=[])
    equal = Q()
    for field, value in zip(order, values, strict=True):
        name = field.lstrip("-")
        beyond |= equal & Q((f"{name}__lt" if field.startswith("-") else f"{name}__gt", value))
        equal &= Q((name, value))
    return Q((f"{first}__{way}", values[0])) & beyond
