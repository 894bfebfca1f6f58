"""Reads one file of whatever making into typed rows, faults and notes; nothing is stored here."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from goodterms.importers.content import read_content
from goodterms.importers.customers import note_missing_addresses, read_contacts, read_parties, with_customer
from goodterms.importers.faults import FaultBook
from goodterms.importers.fields import read_heading
from goodterms.importers.headings import Heads, find_columns_of, find_heads, header_key
from goodterms.importers.invoices import read_invoices
from goodterms.importers.layouts import FileMapping
from goodterms.importers.payments import read_payments
from goodterms.importers.refusals import NothingReadable
from goodterms.importers.rows import INVOICES, PAYMENT_LINES, Covers, Reading, empty
from goodterms.importers.sheet import DELIMITERS, Sheet, read_sheet
from goodterms.importers.table import Table, read_table
from goodterms.importers.values import Settled, Writing, check_lengths, find_as_of

Recall = Callable[[str], dict[str, Any] | None]


@dataclass(frozen=True)
class Wishes:
    """What the person said about a file; everything left out is recognised."""

    mapping: FileMapping = field(default_factory=FileMapping)
    as_of: date | None = None

    def is_mapped(self) -> bool:
        return bool(self.mapping.columns)


@dataclass(frozen=True)
class Rows:
    """What each kind of file gives beside customers and contacts."""

    invoices: pl.DataFrame
    payments: pl.DataFrame
    people: pl.DataFrame
    settled: Settled | None
    notes: tuple[str, ...] = ()


def forget(_: str) -> None:
    """Remembers nothing about any file."""


def read_file(path: Path, wishes: Wishes, *, today: date, currency: str, recall: Recall = forget) -> Reading:
    """The file as typed rows.

    ``recall`` gives the mapping remembered for a header (see ``headings.header_key``), as plain values. ``currency``
    is that of amounts whose row, headings and mapping name none. Raises FileRefused when the file as a whole cannot be
    read.
    """
    content = read_content(path)
    sheet = read_sheet(path, content, wishes.mapping.encoding, _encoding_recalled(recall))
    heads = find_heads(sheet, wishes.mapping)
    remembered = recall(header_key(heads)) or {}
    mapping = merge_remembered(wishes.mapping, remembered)
    table = read_table(sheet, find_columns_of(sheet.name, heads, mapping))
    writing = Writing(
        dates=wishes.mapping.dates,
        decimal=wishes.mapping.decimal,
        remembered_dates=remembered.get("dates"),
        remembered_decimal=remembered.get("decimal"),
        currency=mapping.currency or currency,
    )
    as_of, as_of_note = _find_as_of(table, wishes, writing, today)
    book = FaultBook(table)
    rows = _read_rows(table, writing, as_of, book)
    parties = read_parties(rows.people, book)
    contacts = read_contacts(rows.people, parties, book)
    faults = book.faults()
    if not parties.height and not rows.payments.height:
        _refuse_if_all_bad(table, faults)
    notes = (*sheet.notes, *as_of_note, *rows.notes, *_layout_notes(table))
    return Reading(
        name=path.name,
        sha256=hashlib.sha256(content).hexdigest(),
        kind=table.kind,
        layout=table.layout.name if table.layout else f"{table.kind}_{table.shape}",
        layout_title=table.layout.title if table.layout else f"{table.kind} by their headings",
        lists_everything_open=bool(table.layout and table.layout.lists_everything_open),
        as_of=as_of,
        header_key=table.header_key,
        mapping=_to_remember(mapping, wishes, sheet, rows.settled, table),
        rows_read=table.rows.height,
        left_out=table.left_out,
        parties=parties,
        contacts=contacts,
        invoices=rows.invoices,
        payments=rows.payments,
        faults=faults,
        notes=notes,
        covers=_covers(table, rows),
    )


def _encoding_recalled(recall: Recall) -> Callable[[str], str | None]:
    """The encoding remembered for a file by the plain letters of one of its first lines."""

    def look_up(start: str) -> str | None:
        for line in start.splitlines():
            for delimiter in DELIMITERS:
                headings = [read_heading(cell.strip(' "')) for cell in line.split(delimiter)]
                remembered = recall(header_key(Heads(0, headings))) if len(headings) > 1 else None
                if remembered:
                    return str(remembered.get("encoding") or "") or None
        return None

    return look_up


def merge_remembered(wished: FileMapping, remembered: dict[str, Any]) -> FileMapping:
    """What the person says now comes before what was remembered from a mapping given before."""
    if wished.columns or not remembered.get("is_given"):
        return wished
    return wished.model_copy(
        update={
            name: remembered[name]
            for name in ("kind", "shape", "currency", "columns")
            if remembered.get(name) and not getattr(wished, name)
        }
    )


def _find_as_of(table: Table, wishes: Wishes, writing: Writing, today: date) -> tuple[date, tuple[str, ...]]:
    """The day the file speaks of: as said, as in its title, else today."""
    if wishes.as_of:
        return wishes.as_of, ()
    fields = ("issue_date", "due_date", "settled_date", "payment_date")
    if found := find_as_of(table, fields, writing):
        return found, (f"As of {found}, as the file's title says.",)
    if table.kind == "customers":
        return today, ()
    return today, (f"As of today ({today}); if the file is older, say so with --as-of.",)


def _read_rows(table: Table, writing: Writing, as_of: date, book: FaultBook) -> Rows:
    if table.kind == "invoices":
        read = read_invoices(table, writing, as_of, book)
        return Rows(read.invoices, read.payments, read.people, read.settled, read.notes)
    if table.kind == "payments":
        paid = read_payments(table, writing, book)
        return Rows(empty(INVOICES), paid.payments, paid.people, paid.settled, paid.notes)
    rows = with_customer(table.rows)
    rows = rows.with_columns(subject=pl.format("customer {}", "customer_key"))
    rows = rows.with_columns(pl.col("subject").fill_null(pl.format("row {} {}", pl.lit(table.name), "row")))
    remedy = "Fill in the customer's number or name."
    nameless = pl.col("customer_key").is_null()
    book.add(rows, nameless, "customer_name", "customer_missing", "The customer is missing.", remedy)
    check_lengths(rows, book)
    good = book.without_bad(rows)
    note_missing_addresses(good, book)
    return Rows(empty(INVOICES), empty(PAYMENT_LINES), good, None)


def _refuse_if_all_bad(table: Table, faults: pl.DataFrame) -> None:
    bad = faults.filter(~pl.col("is_kept"))
    if bad.height:
        first = bad.row(0, named=True)
        where = f"row {first['row']}, {first['column']}: {first['message']} {first['remedy']}"
        raise NothingReadable(table.name, table.rows.height, where)


def _layout_notes(table: Table) -> tuple[str, ...]:
    notes = []
    if table.left_out:
        notes.append(f"{table.left_out:,} rows without data (titles, sections, totals, footers) were left out.")
    if table.layout and table.layout.lists_everything_open:
        notes.append("This report lists everything open: with --complete, what it no longer lists counts as settled.")
    return tuple(notes)


def _covers(table: Table, rows: Rows) -> Covers:
    """Credit notes and cash are known to be listed only if there is a column or a row for them."""
    if table.kind != "invoices":
        return Covers((), credit_notes=False, cash=False)
    currencies = None if table.has("currency") else tuple(rows.invoices["currency"].unique().drop_nulls())
    has_credits = table.has("type") or not rows.invoices.filter(pl.col("kind") == "credit_note").is_empty()
    return Covers(currencies, credit_notes=has_credits, cash=bool(table.layout and table.has("type")))


def _to_remember(
    mapping: FileMapping, wishes: Wishes, sheet: Sheet, settled: Settled | None, table: Table
) -> dict[str, Any]:
    """The mapping used, as plain values: what was given is used again, the rest is kept for the record."""
    return {
        "is_given": bool(mapping.columns or mapping.shape or mapping.currency),
        "kind": table.kind,
        "shape": mapping.shape,
        "currency": mapping.currency,
        "columns": dict(mapping.columns),
        "dates": settled.dates if settled else None,
        "decimal": settled.decimal if settled else None,
        "encoding": None if sheet.encoding == "workbook" else wishes.mapping.encoding or sheet.encoding,
        "headings": dict(table.headings),
    }
