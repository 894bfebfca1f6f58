"""A person writes a note into a customer's timeline."""

from datetime import datetime

from django.db import transaction

from goodterms.core.refusal import Refusal
from goodterms.flows.facts import write_timeline
from goodterms.ledger.models import Customer, Invoice

LONGEST_NOTE = 4_000


class NoteEmpty(Refusal):
    """A note without words."""

    def __init__(self) -> None:
        super().__init__("Write a few words; the note stands in the timeline for good.")


class NoteTooLong(Refusal):
    """A note that is a document."""

    def __init__(self, length: int) -> None:
        super().__init__(f"The note has {length} characters; shorten it to {LONGEST_NOTE}.")


@transaction.atomic
def add_note(customer: Customer, text: str, *, actor: str, now: datetime, invoice: Invoice | None = None) -> None:
    """Add the note, about one ``invoice`` where it is given; nothing else follows. Raises NoteEmpty, NoteTooLong."""
    said = text.strip()
    if not said:
        raise NoteEmpty
    if len(said) > LONGEST_NOTE:
        raise NoteTooLong(len(said))
    write_timeline(customer, "note", said, actor=actor, now=now, invoice=invoice)
