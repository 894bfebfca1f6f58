"""Sent letters for the tests of what becomes of them."""

from datetime import datetime
from typing import Any

from goodterms.channels.letter import print_letter
from goodterms.ledger.models import Customer
from goodterms.outbox.chain import append_message
from goodterms.outbox.models import Effect
from tests.channels.messages import letter_facts, make_letter_message
from tests.conftest import NOW
from tests.factories import make_effect


def send_letter(customer: Customer, channel: str = "certified", *, at: datetime = NOW, **given: Any) -> Effect:
    """A letter on record as written into the folder."""
    recipient = given.pop("recipient", "2 Sample Road, Exampleton")
    transport = given.pop("transport", f"{channel} folder")
    values = {"recipient": recipient, "transport": transport, "finished_at": at, "handed_over_at": at}
    effect = make_effect(customer, channel=channel, state="sent", **{**values, **given})
    content = print_letter(make_letter_message(letter_facts(2)), at)
    append_message(effect.pk, effect.organisation_id, effect.key, "application/pdf", content, at)
    return effect
