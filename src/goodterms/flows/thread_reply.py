"""Whose answer a mail is: by what it answers to, by the address it came to, by who sent it."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from goodterms.flows.reply_address import customer_of_address
from goodterms.followup.models import Touch
from goodterms.inbox.incoming import Incoming
from goodterms.ledger.models import Contact, Customer
from goodterms.organizations.models import Organisation
from goodterms.outbox.models import Effect

_OUR_ID = re.compile(r"^([0-9a-f]{64})@")
MOST_CANDIDATES = 50
_PUBLIC = """
gmail.com googlemail.com outlook.com hotmail.com hotmail.co.uk live.com msn.com yahoo.com yahoo.co.uk yahoo.de
icloud.com me.com mac.com aol.com gmx.de gmx.net gmx.at gmx.ch web.de t-online.de freenet.de arcor.de posteo.de
mailbox.org proton.me protonmail.com btinternet.com sky.com virginmedia.com bluewin.ch a1.net mail.com zoho.com
yandex.com
"""
PUBLIC_DOMAINS = frozenset(_PUBLIC.split())
"""Whoever writes from here is nobody's colleague."""


@dataclass(frozen=True, slots=True)
class Thread:
    """Where an answer belongs. ``customer_id`` is None for a stranger's; ``how`` says by what it was found."""

    customer_id: int | None = None
    contact_id: int | None = None
    touch_id: int | None = None
    how: str = ""


def find_thread(organisation: Organisation, mail: Incoming, answers_to: Sequence[str] = ()) -> Thread:
    """The customer, contact and touch; in a constant number of queries.

    Our Message-ID is a hash of the effect's key, so it is looked for among the effects of the customers the sender may
    belong to, and only for a stranger's answer among all of the organisation's.
    """
    contacts = _contacts_of(organisation, mail.from_address)
    by_token = _customer_by_token(organisation, mail.recipients)
    candidates = {*(contact.customer_id for contact in contacts), *([by_token] if by_token else [])}
    by_domain = set() if candidates else _customers_of_domain(organisation, mail.from_address)
    effect = find_effect(organisation, (*answers_to, *mail.references), candidates | by_domain)
    if effect is not None:
        touch_id = Touch.objects.filter(effect_id=effect.key).values_list("pk", flat=True).first()
        return Thread(effect.customer_id, _contact_at(contacts, effect.customer_id), touch_id, "message")
    if by_token:
        return Thread(by_token, _contact_at(contacts, by_token), None, "address")
    if len(candidates) == 1:
        return Thread(contacts[0].customer_id, contacts[0].pk, None, "contact")
    if len(by_domain) == 1 and not candidates:
        return Thread(by_domain.pop(), None, None, "domain")
    return Thread()


def find_effect(organisation: Organisation, references: Iterable[str], customer_ids: set[int]) -> Effect | None:
    """The effect whose mail has one of these ids, the nearest first; at most two queries over keys."""
    hashes = [found.group(1) for name in references if (found := _OUR_ID.match(name.lower()))]
    if not hashes:
        return None
    effects = Effect.objects.filter(organisation=organisation, channel="email", handed_over_at__isnull=False)
    if customer_ids:
        key = _key_of(hashes, effects.filter(customer_id__in=customer_ids).values_list("key", flat=True))
        if key:
            return Effect.objects.get(key=key)
    key = _key_of(hashes, effects.values_list("key", flat=True).iterator(chunk_size=10_000))
    return Effect.objects.get(key=key) if key else None


def _key_of(hashes: Sequence[str], keys: Iterable[str]) -> str | None:
    wanted = {value: place for place, value in enumerate(hashes)}
    found: dict[int, str] = {}
    for key in keys:
        place = wanted.get(hashlib.sha256(key.encode()).hexdigest())
        if place is not None:
            found[place] = key
    return found[min(found)] if found else None


def _customer_by_token(organisation: Organisation, recipients: Sequence[str]) -> int | None:
    named = [pk for address in recipients if (pk := customer_of_address(organisation, address))]
    known = Customer.objects.filter(organisation=organisation, pk__in=named).values_list("pk", flat=True)
    return known.first() if named else None


def _contacts_of(organisation: Organisation, address: str) -> list[Contact]:
    if not address:
        return []
    found = Contact.objects.filter(organisation=organisation, email__iexact=address).order_by("pk")
    return list(found[:MOST_CANDIDATES])


def _contact_at(contacts: Sequence[Contact], customer_id: int) -> int | None:
    return next((contact.pk for contact in contacts if contact.customer_id == customer_id), None)


def _customers_of_domain(organisation: Organisation, address: str) -> set[int]:
    domain = address.rpartition("@")[2]
    if not domain or domain in PUBLIC_DOMAINS:
        return set()
    contacts = Contact.objects.filter(organisation=organisation, email__iendswith=f"@{domain}")
    return set(contacts.order_by().values_list("customer_id", flat=True).distinct()[:2])
