"""The invoice as it was sent is kept beside it: the file that goes along when somebody needs a copy."""

from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from django.db import transaction

from goodterms.channels.letter_rendering import can_be_enclosed
from goodterms.core.refusal import Refusal
from goodterms.flows.facts import raise_facts_version, write_timeline
from goodterms.ledger.models import Invoice, InvoiceDocument
from goodterms.ledger.search_keys import NumberKey, number_key
from goodterms.organizations.models import Organisation

LARGEST_BYTES = 15 * 1024 * 1024
MEDIA_TYPE = "application/pdf"


class Kept(StrEnum):
    """What became of a file."""

    NEW = "new"
    CHANGED = "changed"
    THE_SAME = "unchanged"


class DocumentUnusable(Refusal):
    """A file is no copy of an invoice that could be enclosed."""

    def __init__(self, file_name: str, why: str) -> None:
        super().__init__(f"{file_name} cannot be kept: {why}.")


class InvoiceUnknown(Refusal):
    """No invoice, or more than one, has the number that a file is named for."""

    def __init__(self, file_name: str, count: int) -> None:
        found = f"{count} invoices have this number" if count else "no invoice has this number"
        super().__init__(f"{file_name}: {found}; name each file as its invoice, such as RE-2026-17.pdf for RE-2026/17.")


def find_invoice_of(organisation: Organisation, file_name: str) -> Invoice:
    """The invoice whose number the file is named for, whatever separators stand in either; raises InvoiceUnknown."""
    stem = file_name.rpartition(".")[0] or file_name
    rows = Invoice.objects.alias(key=NumberKey("number")).filter(organisation=organisation, key=number_key(stem))
    found = list(rows.select_related("customer")[:10])
    exact = [invoice for invoice in found if invoice.number == stem]
    if len(exact or found) != 1:
        raise InvoiceUnknown(file_name, len(exact or found))
    return (exact or found)[0]


@transaction.atomic
def keep_document(
    organisation: Organisation, invoice: Invoice, *, file_name: str, content: bytes, actor: str, now: datetime
) -> Kept:
    """Keep the PDF as the invoice's copy, in the place of an earlier one; the same bytes again change nothing.

    Raises DocumentUnusable.
    """
    if len(content) > LARGEST_BYTES:
        raise DocumentUnusable(file_name, f"it is larger than {LARGEST_BYTES // 1024 // 1024} MB")
    if not content.startswith(b"%PDF-") or not can_be_enclosed(content):
        raise DocumentUnusable(file_name, "it is no PDF whose pages can be printed behind a letter")
    digest = sha256(content).hexdigest()
    known = InvoiceDocument.objects.filter(invoice=invoice).defer("content").first()
    if known is not None and known.content_sha256 == digest:
        return Kept.THE_SAME
    values = {"file_name": file_name[-255:], "media_type": MEDIA_TYPE, "content": content, "content_sha256": digest}
    InvoiceDocument.objects.update_or_create(
        organisation=organisation, invoice=invoice, defaults={**values, "added_at": now}
    )
    customer = invoice.customer
    raise_facts_version(organisation, customer)
    verb = "replaced by another file" if known else "kept"
    write_timeline(
        customer,
        "document_kept",
        f"The copy of invoice {invoice.number} was {verb}: {file_name}.",
        actor=actor,
        now=now,
        invoice=invoice,
        data={"sha256": digest, "file_name": file_name},
    )
    return Kept.CHANGED if known else Kept.NEW
