"""A customer's own address for answers: the organisation's inbox with a token behind a plus (RFC 5233)."""

import re
from dataclasses import replace

from django.utils.crypto import constant_time_compare, salted_hmac

from goodterms.messages.message import Message
from goodterms.organizations.models import Organisation

_TOKEN = re.compile(r"\+c(\d{1,18})-([0-9a-f]{10})@")
SALT = "goodterms.reply_address"


def reply_address_of(organisation: Organisation, customer_id: int) -> str:
    """Where this customer's answers go; empty for an organisation without an inbox of its own."""
    name, _, domain = organisation.inbox_address.rpartition("@")
    if not name:
        return ""
    return f"{name.partition('+')[0]}+{_token(organisation.pk, customer_id)}@{domain}"


def customer_of_address(organisation: Organisation, address: str) -> int | None:
    """The customer whose token stands in the address; None for another address, or a token that was not made here."""
    found = _TOKEN.search(address.lower())
    if found is None:
        return None
    customer_id = int(found.group(1))
    is_ours = constant_time_compare(f"c{customer_id}-{found.group(2)}", _token(organisation.pk, customer_id))
    return customer_id if is_ours else None


def with_reply_address(message: Message, organisation: Organisation, customer_id: int) -> Message:
    """The message with answers led to the inbox, so that they are read and stop the chasing; else as it was."""
    address = reply_address_of(organisation, customer_id)
    return replace(message, reply_to=address) if address else message


def _token(organisation_id: int, customer_id: int) -> str:
    proof = salted_hmac(SALT, f"{organisation_id}/{customer_id}", algorithm="sha256").hexdigest()[:10]
    return f"c{customer_id}-{proof}"
