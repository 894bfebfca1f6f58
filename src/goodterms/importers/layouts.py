"""Layouts known beforehand (one file each in layouts/) and mappings that a person writes; both have one form."""

import difflib
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from goodterms.core.money import CURRENCIES
from goodterms.importers.fields import FIELDS, Heading, Kind, fold_heading
from goodterms.importers.refusals import MappingUnusable

Dates = Literal["dmy", "mdy", "ymd"]
Decimal = Literal[".", ","]
Shape = Literal["rows", "lines", "terms", "sections", "contacts"]
_FOLDER = Path(__file__).with_name("layouts")


class FileMapping(BaseModel):
    """How a file is read; everything that is left out is recognised.

    columns: field -> heading; an empty heading: the file has no such column, whatever its headings say.
    shape: one row per invoice (rows), per invoice line (lines) or per payment term (terms), sections to be skipped
    (sections), or the customer on a row of its own (contacts).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    kind: Kind | None = None
    shape: Shape | None = None
    dates: Dates | None = None
    decimal: Decimal | None = None
    encoding: str | None = None
    currency: str | None = Field(None, description="Of amounts whose row names none.")
    columns: Mapping[str, str] = Field(default_factory=dict)


class Layout(FileMapping):
    """A layout that is recognised by its headings."""

    name: str
    title: str
    recognise: tuple[str, ...] = ()
    lists_everything_open: bool = False
    names_have_contacts: bool = False


@cache
def known_layouts() -> tuple[Layout, ...]:
    """The shipped layouts, those that ask for most headings first."""
    layouts = [
        Layout(name=path.stem, **tomllib.loads(path.read_text("utf-8"))) for path in sorted(_FOLDER.glob("*.toml"))
    ]
    return tuple(sorted(layouts, key=lambda layout: -len(layout.recognise)))


def recognise(headings: Sequence[Heading]) -> Layout | None:
    """The layout all of whose marks are among the headings."""
    keys = {fold_heading(heading.text) for heading in headings}
    texts = {heading.text.strip().casefold() for heading in headings}
    for layout in known_layouts():
        if {fold_heading(mark) for mark in layout.recognise} <= keys and _is_same_writing(layout, texts):
            return layout
    return None


def _is_same_writing(layout: Layout, texts: set[str]) -> bool:
    """Field names with underscores are not the labels with blanks."""
    marks = {mark.casefold() for mark in layout.recognise}
    return all("_" not in mark or mark in texts for mark in marks)


def read_mapping(path: Path) -> FileMapping:
    """The mapping in a person's TOML file. Raises MappingUnusable with a sentence that names the line or field."""
    try:
        given = tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise MappingUnusable(str(path), f"it cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MappingUnusable(path.name, f"it is not valid TOML: {error}.") from None
    return check_mapping(path.name, given)


def check_mapping(name: str, given: Mapping[str, Any]) -> FileMapping:
    """A mapping from plain values; raises MappingUnusable."""
    try:
        mapping = FileMapping(**given)
    except ValidationError as error:
        raise MappingUnusable(name, "; ".join(_fault(fault) for fault in error.errors())) from None
    if mapping.currency is not None and mapping.currency not in CURRENCIES:
        raise MappingUnusable(name, f"currency = {mapping.currency!r} is not an ISO 4217 code such as EUR.")
    for field in mapping.columns:
        _check_field(name, field)
    return mapping


def _fault(fault: Any) -> str:
    where = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "extra_forbidden":
        known = ", ".join(FileMapping.model_fields)
        return f"there is no setting called {where}; there are {known}"
    return f"{where} = {fault['input']!r} cannot be used: {fault['msg']}"


def _check_field(name: str, field: str) -> None:
    known = sorted({field for fields in FIELDS.values() for field in fields})
    if field in known:
        return
    near = difflib.get_close_matches(field, known, 1)
    hint = f" Did you mean {near[0]}?" if near else ""
    raise MappingUnusable(name, f"[columns] has no field called {field!r}.{hint} There are: {', '.join(known)}.")


def find_columns(name: str, mapping: FileMapping, headings: Sequence[Heading], *, is_strict: bool) -> dict[str, int]:
    """The places of the columns that the mapping names; -1 for a field that is not to be read.

    Raises MappingUnusable when a named heading is not in the file and ``is_strict``.
    """
    places: dict[str, int] = {}
    for field, wanted in mapping.columns.items():
        found = [place for place, heading in enumerate(headings) if _goes_by(heading, wanted)] if wanted else []
        if found:
            places[field] = found[0]
        elif not wanted:
            places[field] = -1
        elif is_strict:
            known = ", ".join(heading.text for heading in headings if heading.text)
            raise MappingUnusable(
                name, f"[columns] {field} = {wanted!r}, but the file has no such heading. It has: {known}."
            )
    return places


def _goes_by(heading: Heading, wanted: str) -> bool:
    return bool(heading.text) and fold_heading(wanted) in (fold_heading(heading.text), heading.key)
