"""A message, and letters, for the channels' tests."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from goodterms.core.money import Money
from goodterms.messages.facts import Debtor, Facts, Payment, Recipient
from goodterms.messages.finishing import finish
from goodterms.messages.letter_content import Block, Letter, Run
from goodterms.messages.message import Message
from goodterms.messages.samples import TODAY, rich_facts, sample_item

SMALL_LETTER = Letter(
    layout="din5008b",
    language="en",
    color="#1f3a5f",
    sender_name="Example Supplies Ltd",
    sender_lines=("1 Example Street",),
    return_line="Example Supplies Ltd, 1 Example Street",
    recipient=("Example Customer Ltd", "2 Sample Road"),
    reference=(("Date", "10 March 2026"),),
    subject="Invoice 1 is 5 days overdue",
    demand=(),
    blocks=(Block(kind="prose", runs=(Run("Invoice 1 over 100.00 GBP was due on 5 March."),)),),
    signature=("Robin Example",),
    page_label="Page {page} of {pages}",
    continued_label="continued",
)


def make_message(recipient: str = "sam@customer.example", **given: Any) -> Message:
    """A short reminder in English."""
    values: dict[str, Any] = {
        "template": "reminder_friendly",
        "language": "en",
        "subject": "Invoice 1 is 5 days overdue",
        "text": "Dear Sam,\n\ninvoice 1 over 100.00 GBP was due on 5 March.\n\nRobin Example",
        "html": "<p>Dear Sam,</p><p>invoice 1 over 100.00 GBP was due on 5 March.</p><p>Robin Example</p>",
        "summary": "Friendly reminder about 100.00 GBP",
        "sender_name": "Robin Example",
        "sender_email": "accounts@supplies.example",
        "reply_to": "",
        "recipient_name": "Sam Example",
        "recipient_email": recipient,
        "letter": SMALL_LETTER,
    }
    return Message(**values | given)


def letter_facts(count: int = 3, *, currency: str = "EUR", **given: Any) -> Facts:
    """A German customer with this many overdue invoices, a deadline in two weeks, and an address."""
    items = tuple(sample_item(f"INV-{3000 + n}", 90 - n, Money(1_234_56 + n, currency)) for n in range(count))
    facts = replace(
        rich_facts(),
        items=items,
        credits=(),
        cash=(),
        later=(),
        interest=None,
        deadline=TODAY + timedelta(days=14),
        customer=Debtor(number="C1002", name="Example Customer GmbH"),
        recipient=Recipient(email="", postal=("Musterstraße 5", "12345 Musterstadt"), country="DE"),
        payment=Payment(account_holder="Example Supplies Ltd", iban="DE89370400440532013000", bic="COBADEFFXXX"),
    )
    return replace(facts, **given)


def make_letter_message(facts: Facts, template: str = "reminder_letter", language: str = "en") -> Message:
    """The finished message of these facts; they must make one without faults."""
    finished = finish(facts, template, language)
    assert finished.message is not None, finished.faults
    return finished.message
