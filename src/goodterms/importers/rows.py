"""What a file says, in typed frames that are the same for every layout."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from goodterms.importers.fields import Kind

PARTIES = pl.Schema(  # one row per customer named in the file
    {
        "row": pl.Int64(),  # where it is named first
        "customer_key": pl.String(),  # names the customer within the file
        "customer_number": pl.String(),  # null where the file gives names only
        "customer_name": pl.String(),
        "country": pl.String(),  # ISO 3166 alpha-2
        "language": pl.String(),  # ISO 639-1
        "timezone": pl.String(),
        "terms_days": pl.Int64(),
        "postal_address": pl.String(),  # lines as on an envelope
        "is_protected": pl.Boolean(),
        "relationship_owner": pl.String(),
        "relationship_owner_email": pl.String(),
    }
)
CONTACTS = pl.Schema(
    {
        "row": pl.Int64(),
        "customer_key": pl.String(),
        "name": pl.String(),  # "" when unknown, like role, email, phone and mobile
        "role": pl.String(),
        "email": pl.String(),
        "phone": pl.String(),
        "mobile": pl.String(),
    }
)
INVOICES = pl.Schema(
    {
        "row": pl.Int64(),
        "subject": pl.String(),
        "customer_key": pl.String(),
        "number": pl.String(),
        "kind": pl.String(),  # invoice | credit_note
        "standing": pl.String(),  # posted | draft | void
        "currency": pl.String(),
        "issue_date": pl.Date(),
        "due_date": pl.Date(),
        "terms_days": pl.Int64(),
        "amount_minor": pl.Int64(),  # null: the file gives the open amount only
        "open_minor": pl.Int64(),  # null: the file does not say, or a payment in the file says it
        "purchase_order": pl.String(),
        "is_disputed": pl.Boolean(),  # null: the file does not say
    }
)
PAYMENT_LINES = pl.Schema(  # one row per part of a payment
    {
        "row": pl.Int64(),
        "subject": pl.String(),
        "customer_key": pl.String(),  # null: the customer of the invoice
        "key": pl.String(),  # recognises the payment when it is imported again
        "reference": pl.String(),
        "paid_date": pl.Date(),
        "currency": pl.String(),
        "invoice_number": pl.String(),  # null: cash on account
        "amount_minor": pl.Int64(),
        "unallocated_minor": pl.Int64(),  # null: what its lines leave; else what the file says is on account
        "is_returned": pl.Boolean(),
        "returned_date": pl.Date(),
    }
)


@dataclass(frozen=True)
class Covers:
    """What a file could list, so that what is missing from a complete one is known to be settled."""

    currencies: tuple[str, ...] | None  # None: any
    credit_notes: bool
    cash: bool


@dataclass(frozen=True)
class Reading:
    """A file as read: typed rows, faults as values, and what the person should know."""

    name: str
    sha256: str
    kind: Kind
    layout: str
    layout_title: str
    lists_everything_open: bool
    as_of: date
    header_key: str
    mapping: Mapping[str, Any]
    rows_read: int
    left_out: int
    parties: pl.DataFrame
    contacts: pl.DataFrame
    invoices: pl.DataFrame
    payments: pl.DataFrame
    faults: pl.DataFrame
    notes: tuple[str, ...]
    covers: Covers


def empty(schema: pl.Schema) -> pl.DataFrame:
    """A frame with these columns and no row."""
    return pl.DataFrame(schema=schema)
