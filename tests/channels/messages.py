"""A message for the channels' tests."""

from typing import Any

from goodterms.messages.message import Message


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
    }
    return Message(**values | given)
