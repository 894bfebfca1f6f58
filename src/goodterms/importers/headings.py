"""The heading row of a sheet: where it stands, what kind of file it heads, and which column is which field."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from goodterms.importers.fields import TITLES, Heading, Kind, assign, fold_heading, is_known, missing, read_heading
from goodterms.importers.layouts import FileMapping, Layout, Shape, find_columns, recognise
from goodterms.importers.refusals import ColumnMissing, HeadingsMissing, HeadingTwice, KindUnclear
from goodterms.importers.sheet import Sheet

HEADING_ROWS = 80
_LEAST_HEADINGS = 2
_PARTY = {"customer_number", "customer_name"}
_AMOUNTS = ("amount", "open", "payment_amount")
_PAYMENT_WORDS = ("pa", "receiv", "receipt", "deposit", "zahl", "eingang", "valuta")
# A table under headings like these has its customers on rows of their own.
SECTIONED: Shape = "contacts"


@dataclass(frozen=True)
class Heads:
    """A sheet's heading row: its place from the top (0 is the first row) and its headings by column."""

    place: int
    headings: Sequence[Heading]

    @property
    def texts(self) -> list[str]:
        return [heading.text for heading in self.headings if heading.text]


@dataclass(frozen=True)
class Columns:
    """What the columns mean: the place of each field found."""

    kind: Kind
    shape: Shape
    layout: Layout | None
    places: Mapping[str, int]
    heads: Heads

    @property
    def currency(self) -> str | None:
        """The currency that the amounts' headings name."""
        found = {self.heads.headings[self.places[field]].currency for field in _AMOUNTS if field in self.places}
        return next(iter(sorted(filter(None, found))), None)


def find_heads(sheet: Sheet, mapping: FileMapping) -> Heads:
    """The row with most known headings among the first; raises HeadingsMissing."""
    named = {fold_heading(wanted) for wanted in mapping.columns.values() if wanted}
    rows = [[read_heading(cell or "") for cell in cells] for cells in sheet.head(HEADING_ROWS)]
    counts = [len({heading.key for heading in row if _is_heading(heading, named)}) for row in rows]
    most = max(counts, default=0)
    if most < _LEAST_HEADINGS and not (named and most):
        first = next((row for row in sheet.head(HEADING_ROWS) if any(row)), [])
        raise HeadingsMissing(sheet.name, " | ".join(cell for cell in first if cell)[:200])
    place = counts.index(most)
    return Heads(place, rows[place])


def _is_heading(heading: Heading, named: set[str]) -> bool:
    return bool(heading.key) and (is_known(heading) or fold_heading(heading.text) in named)


def header_key(heads: Heads) -> str:
    """What files of the same making share: the plain letters of their headings, so that no encoding matters."""
    return "|".join(re.sub(r"[^a-z0-9]", "", heading.text.lower()) for heading in heads.headings).strip("|")


def find_columns_of(name: str, heads: Heads, mapping: FileMapping) -> Columns:
    """Which column is which field: as the mapping says, else by a known layout, else by wording.

    Raises KindUnclear, ColumnMissing, HeadingTwice or MappingUnusable.
    """
    layout = recognise(heads.headings) if mapping.kind in (None, "invoices") else None
    named = find_columns(name, layout, heads.headings, is_strict=False) if layout else {}
    named |= find_columns(name, mapping, heads.headings, is_strict=True)
    kind = mapping.kind or (layout.kind if layout else None) or _guess_kind(name, heads, named)
    places = {field: place for field, place in assign(kind, heads.headings, named).items() if place >= 0}
    shape = mapping.shape or (layout.shape if layout else None) or _shape_of(kind, places)
    if short := missing(kind, places, shape == SECTIONED):
        raise ColumnMissing(name, kind, short, heads.texts)
    _check_twice(name, heads, places)
    return Columns(kind, shape, layout, places, heads)


def _guess_kind(name: str, heads: Heads, named: Mapping[str, int]) -> Kind:
    """What the file lists, by the columns that only such a list has."""
    invoices = assign("invoices", heads.headings, named)
    payments = assign("payments", heads.headings, named)
    fits_invoices = not missing("invoices", invoices, has_sections=not _PARTY & invoices.keys())
    fits_payments = not missing("payments", payments, has_sections=False)
    if fits_invoices and ({"due_date", "open"} & invoices.keys() or not fits_payments):
        return "invoices"
    if fits_payments and (not fits_invoices or _is_of_payments(heads.headings[payments["payment_date"]])):
        return "payments"
    if fits_payments:
        raise KindUnclear(name, heads.texts)
    has_amounts = {"amount", "open", "line_amount", "paid", "due_date"} & invoices.keys()
    return "invoices" if has_amounts else "customers"


def _is_of_payments(heading: Heading) -> bool:
    return any(word in heading.key for word in _PAYMENT_WORDS)


def _shape_of(kind: Kind, places: Mapping[str, int]) -> Shape:
    if kind == "invoices" and not _PARTY & places.keys():
        return SECTIONED
    return "lines" if "line_amount" in places else "rows"


def _check_twice(name: str, heads: Heads, places: Mapping[str, int]) -> None:
    """Two columns of one name are a trap where that name matters."""
    taken = {place: field for field, place in places.items()}
    for place, field in taken.items():
        for other, heading in enumerate(heads.headings):
            if other not in taken and heading.text and heading.text == heads.headings[place].text:
                raise HeadingTwice(name, heading.text, TITLES.get(field, field.replace("_", " ")))
