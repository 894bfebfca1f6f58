"""Somebody wants no more messages through a channel: kept for ever, seen by the gate before anything leaves."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from goodterms.flows.facts import raise_facts_version, write_timeline
from goodterms.followup.models import OptOut
from goodterms.ledger.models import Customer
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

    ``words`` are their own. Without ``customer`` every customer with such a contact is told of it in its timeline.
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
    for one in [customer] if customer else _customers(organisation, own):
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


def _customers(organisation: Organisation, address: str) -> list[Customer]:
    reached = Q(contacts__mobile=address) | Q(contacts__email__iexact=address)
    return list(Customer.objects.filter(reached, organisation=organisation).distinct())
