"""Somebody wants no more messages through a channel: kept for ever, seen by the gate before anything leaves."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from goodterms.flows.facts import raise_facts_version, write_timeline
from goodterms.followup.models import OptOut
from goodterms.ledger.models import Contact, Customer
from goodterms.organizations.models import Organisation

ACTOR = "goodterms"
CHANNEL_NAMES = {"sms": "text messages", "email": "e-mails"}


@transaction.atomic
def opt_out(
    organisation: Organisation,
    *,
    channel: str,
    address: str,
    now: datetime,
    words: str = "",
    customer: Customer | None = None,
) -> OptOut:
    """Never write to ``address`` through ``channel`` again; asked twice it is one row, the first.

    ``words`` are their own. ``customer`` and every other one with such a contact is told of it in its timeline.
    """
    own = address.strip().lower()
    kept, is_new = OptOut.objects.get_or_create(
        organisation=organisation,
        channel=channel,
        address=own,
        defaults={"customer": customer, "asked_at": now, "words": words},
    )
    if not is_new:
        return kept
    for one in _customers(organisation, own, customer):
        raise_facts_version(organisation, one)
        said = f" “{words.strip()}”" if words.strip() else ""
        write_timeline(
            one,
            "opted_out",
            f"No more {CHANNEL_NAMES.get(channel, channel)} to {own}.{said}",
            actor=ACTOR,
            now=now,
            data={"opt_out_id": kept.pk, "channel": channel},
        )
    return kept


def _customers(organisation: Organisation, address: str, known: Customer | None) -> list[Customer]:
    contacts = Contact.objects.filter(Q(mobile=address) | Q(email__iexact=address), organisation=organisation)
    ids = {*contacts.values_list("customer_id", flat=True), *([known.pk] if known else [])}
    return list(Customer.objects.filter(pk__in=ids).order_by("pk"))
