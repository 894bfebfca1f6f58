"""The beginning of a file that a person brought: its columns, what they are taken for, and some of their values."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from goodterms.core.refusal import Refusal
from goodterms.flows.import_memory import recall_mapping
from goodterms.followup.models import ImportUpload, UploadedContent
from goodterms.importers.content import is_workbook
from goodterms.importers.fields import Kind, assign
from goodterms.importers.headings import Heads, find_columns_of, find_heads, header_key
from goodterms.importers.layouts import FileMapping, Layout, check_mapping, recognise
from goodterms.importers.reading import merge_remembered
from goodterms.importers.refusals import FileRefused
from goodterms.importers.sheet import Sheet, read_sheet

LOOKED_AT_BYTES = 256 * 1024
SAMPLES = 4
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class SeenColumn:
    """A column of the file: its place and heading, the field it is taken for (empty: none), and some values."""

    place: int
    heading: str
    field: str
    samples: tuple[str, ...]


@dataclass(frozen=True)
class Look:
    """What the beginning of a file shows; ``fault`` is why it cannot be read as it is."""

    kind: Kind
    layout: Layout | None
    columns: tuple[SeenColumn, ...]
    is_remembered: bool
    fault: Refusal | None


def look_at_file(upload: ImportUpload) -> Look:
    """Look at the file with the wishes that are kept with it."""
    content = bytes(UploadedContent.objects.get(upload=upload).content)
    wished = check_mapping(upload.file_name, upload.wishes)
    try:
        sheet = read_sheet(Path(upload.file_name), _beginning(content), wished.encoding)
        heads = find_heads(sheet, wished)
    except FileRefused as refusal:
        return Look(wished.kind or "invoices", None, (), is_remembered=False, fault=refusal)
    remembered = recall_mapping(upload.organisation_id, header_key(heads)) or {}
    mapping = merge_remembered(wished, remembered)
    fault: Refusal | None = None
    try:
        found = find_columns_of(sheet.name, heads, mapping)
        kind, layout, places = found.kind, found.layout, found.places
    except FileRefused as refusal:
        fault, kind, layout = refusal, mapping.kind or "invoices", recognise(heads.headings)
        places = _guess(kind, heads, mapping)
    columns = _columns(sheet, heads, places)
    return Look(kind, layout, columns, is_remembered=bool(remembered), fault=fault)


def _beginning(content: bytes) -> bytes:
    """Enough of the file to see its columns; a workbook, and text in two bytes a letter, as a whole."""
    if len(content) <= LOOKED_AT_BYTES or is_workbook(content) or content.startswith(_WIDE_MARKS):
        return content
    cut = content[:LOOKED_AT_BYTES]
    return cut[: cut.rfind(b"\n") + 1] or cut


def _guess(kind: Kind, heads: Heads, mapping: FileMapping) -> Mapping[str, int]:
    """What can be told of the columns where the file as a whole cannot be read."""
    texts = [heading.text for heading in heads.headings]
    named = {field: texts.index(text) for field, text in mapping.columns.items() if text in texts}
    return assign(kind, heads.headings, named)


def _columns(sheet: Sheet, heads: Heads, places: Mapping[str, int]) -> tuple[SeenColumn, ...]:
    fields = {place: field for field, place in places.items()}
    below = sheet.cells.slice(heads.place + 1)
    return tuple(
        SeenColumn(place, heading.text, fields.get(place, ""), _samples(below, f"c{place}"))
        for place, heading in enumerate(heads.headings)
        if heading.text
    )


def _samples(cells: pl.DataFrame, name: str) -> tuple[str, ...]:
    if name not in cells.columns:
        return ()
    return tuple(str(value)[:40] for value in cells[name].drop_nulls().head(SAMPLES))
