"""Touches by letter, from the ledger to the folder: real words, real facts, the pages as they would be printed."""

import hashlib
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from goodterms.channels.letter import LetterChannel, print_letter
from goodterms.flows.compose_message import compose_preview, compose_touches
from goodterms.followup.models import Touch
from goodterms.ledger.models import Contact, Customer, InvoiceDocument
from goodterms.outbox.models import SentMessage
from tests.channels.messages import make_message
from tests.conftest import NOW
from tests.factories import make_customer, make_effect, make_invoice, make_organisation, make_touch
from tests.outbox.relaying import open_gate, relay

ADDRESS = "2 Sample Road\nExampleton\nEX2 3AB"


@pytest.fixture
def customer() -> Customer:
    organisation = make_organisation(postal_address="1 Example Street\nExampleton EX1 2MP", country="GB")
    customer = make_customer(organisation, postal_address=ADDRESS)
    make_invoice(customer, "INV-1", due=NOW.date() - timedelta(days=40), amount_minor=1_234_56)
    make_invoice(customer, "INV-2", due=NOW.date() + timedelta(days=5), amount_minor=99_00)
    return customer


def letter_touch(customer: Customer, recipient: str = "2 Sample Road, Exampleton, EX2 3AB") -> Touch:
    effect = make_effect(customer, channel="letter", recipient=recipient)
    given: dict[str, Any] = {
        "channel": "letter",
        "template": "reminder_letter",
        "contact_id": Contact.objects.get(customer=customer).pk,
        "deadline_date": NOW.date() + timedelta(days=14),
    }
    return make_touch(customer, effect=effect, **given)


@pytest.mark.django_db
def test_a_touch_by_letter_says_what_the_ledger_holds(customer: Customer) -> None:
    touch = letter_touch(customer)
    composed = compose_touches([touch.pk], NOW)[touch.pk]
    assert composed.faults == ()
    assert composed.message is not None
    assert composed.message.letter is not None
    letter = composed.message.letter
    assert letter.recipient == (
        customer.name,
        "For the attention of Sam Example",
        "2 Sample Road",
        "Exampleton",
        "EX2 3AB",
    )
    assert letter.demand[0][1] == "£1,234.56"
    assert letter.layout == "uk_dl"


@pytest.mark.django_db
def test_a_letter_decided_for_an_old_address_is_decided_anew(customer: Customer) -> None:
    touch = letter_touch(customer, recipient="1 Old Road, Exampleton")
    assert [fault.code for fault in compose_touches([touch.pk], NOW)[touch.pk].faults] == ["recipient_changed"]


@pytest.mark.django_db
def test_copies_of_the_invoices_it_is_about_are_enclosed(customer: Customer) -> None:
    content = print_letter(make_message(), NOW)
    for invoice in customer.invoices.all():
        InvoiceDocument.objects.create(
            organisation=customer.organisation,
            invoice=invoice,
            file_name=f"{invoice.number}.pdf",
            content=content,
            content_sha256=hashlib.sha256(content).hexdigest(),
            added_at=NOW,
        )
    touch = letter_touch(customer)
    message = compose_touches([touch.pk], NOW)[touch.pk].message
    assert message is not None
    assert [copy.file_name for copy in message.attachments] == ["INV-1"]


@pytest.mark.django_db
def test_a_statement_lists_what_is_not_due_as_well(customer: Customer) -> None:
    composed = compose_preview(customer, "statement", NOW)
    assert composed.faults == ()
    assert composed.message is not None
    assert "INV-2" in composed.message.text
    assert "£1,333.56" in composed.message.text


@pytest.mark.django_db(transaction=True)
def test_the_relay_prints_the_letter_and_keeps_its_bytes(customer: Customer, home: Path) -> None:
    letter_touch(customer)
    counts = relay({"letter": LetterChannel(home)}, compose=compose_touches, gate=open_gate)
    assert counts.sent == 1
    [path] = home.glob("*.pdf")
    sent = SentMessage.objects.get()
    assert bytes(sent.content) == path.read_bytes()
    assert "£1,234.56" in PdfReader(BytesIO(path.read_bytes())).pages[0].extract_text()


@pytest.mark.django_db
def test_a_copy_that_cannot_be_read_is_not_named_as_enclosed(customer: Customer) -> None:
    whole = print_letter(make_message(), NOW)
    for place, invoice in enumerate(customer.invoices.order_by("number")):
        customer.invoices.filter(pk=invoice.pk).update(due_date=NOW.date() - timedelta(days=40))
        InvoiceDocument.objects.create(
            organisation=customer.organisation,
            invoice=invoice,
            file_name=f"{invoice.number}.pdf",
            content=whole if place else whole.replace(b"/Pages", b"/Sages"),
            content_sha256="",
            added_at=NOW,
        )
    message = compose_touches([letter_touch(customer).pk], NOW)[Touch.objects.get().pk].message
    assert message is not None
    assert message.letter is not None
    assert message.letter.enclosed == ("INV-2",)
    assert [copy.file_name for copy in message.attachments] == ["INV-2"]
