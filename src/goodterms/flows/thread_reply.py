"""Whose answer a mail is: by what it answers to, by the address it came to, by who sent it."""

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
    """The customer, contact and touch; in a constant number of queries."""
    effect = find_effect(organisation, (*answers_to, *mail.references))
    contacts = _contacts_of(organisation, mail.from_address)
    if effect is not None:
        touch_id = Touch.objects.filter(effect_id=effect.key).values_list("pk", flat=True).first()
        return Thread(effect.customer_id, _contact_at(contacts, effect.customer_id), touch_id, "message")
    by_token = _customer_by_token(organisation, mail.recipients)
    if by_token:
        return Thread(by_token, _contact_at(contacts, by_token), None, "address")
    if contacts:
        is_one = len({contact.customer_id for contact in contacts}) == 1
        return Thread(contacts[0].customer_id, contacts[0].pk, None, "contact") if is_one else Thread()
    by_domain = _customers_of_domain(organisation, mail.from_address)
    return Thread(by_domain.pop(), None, None, "domain") if len(by_domain) == 1 else Thread()


def find_effect(organisation: Organisation, references: Iterable[str]) -> Effect | None:
    """The effect whose mail has one of these ids, the nearest first."""
    hashes = [found.group(1) for name in references if (found := _OUR_ID.match(name.lower()))]
    if not hashes:
        return None
    effects = Effect.objects.filter(key_sha256__in=hashes, organisation=organisation, channel="email")
    sent = effects.filter(handed_over_at__isnull=False).defer("content")
    return min(sent, key=lambda effect: hashes.index(effect.key_sha256), default=None)


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
