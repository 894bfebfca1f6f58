"""A customer's link into the portal is made, found by its token, or revoked; only the token's hash is kept."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from goodterms.core.refusal import Refusal
from goodterms.flows.facts import write_timeline
from goodterms.flows.record_call import ContactOfSomeoneElse
from goodterms.followup.models import PortalLink
from goodterms.ledger.models import Contact, Customer
from goodterms.organizations.changes import fields_of, write_change
from goodterms.organizations.models import Change, Organisation

USUAL_DAYS = 60
LONGEST_DAYS = 366
TOKEN_BYTES = 32
USE_NOTED_EVERY = timedelta(hours=1)


class LinkDaysUnusable(Refusal):
    """A link was to hold for no time, or nearly for ever."""

    def __init__(self, days: int) -> None:
        super().__init__(f"A link cannot hold for {days} days; give 1 to {LONGEST_DAYS}.")


class LinkOver(Refusal):
    """The link opens nothing any more."""

    def __init__(self) -> None:
        super().__init__("This link opens nothing any more: it was revoked, or its time is over.")


@transaction.atomic
def make_portal_link(
    organisation: Organisation,
    customer: Customer,
    *,
    contact: Contact | None = None,
    days: int = USUAL_DAYS,
    actor: str,
    now: datetime,
) -> tuple[PortalLink, str]:
    """A new link for this customer (in the name of ``contact``), and its token: known to nobody afterwards.

    Raises LinkDaysUnusable or ContactOfSomeoneElse.
    """
    if not 1 <= days <= LONGEST_DAYS:
        raise LinkDaysUnusable(days)
    if contact is not None and contact.customer_id != customer.pk:
        raise ContactOfSomeoneElse(customer)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    link = PortalLink.objects.create(
        organisation=organisation,
        customer=customer,
        contact=contact,
        token_sha256=hash_token(token),
        created_at=now,
        created_by=actor,
        expires_at=now + timedelta(days=days),
    )
    _write_down(link, "made", actor, now)
    return link, token


@transaction.atomic
def revoke_portal_link(organisation: Organisation, link: PortalLink, *, actor: str, now: datetime) -> None:
    """Let the link open nothing any more; raises LinkOver."""
    working = PortalLink.objects.filter(pk=link.pk, organisation=organisation, revoked_at__isnull=True)
    if not working.filter(expires_at__gt=now).update(revoked_at=now):
        raise LinkOver
    link.refresh_from_db()
    _write_down(link, "revoked", actor, now)


@transaction.atomic
def revoke_portal_links(organisation: Organisation, customer: Customer, *, actor: str, now: datetime) -> int:
    """Revoke every link of this customer that still works; how many there were."""
    links = working_links(customer, now)
    for link in links:
        revoke_portal_link(organisation, link, actor=actor, now=now)
    return len(links)


def find_portal_link(token: str, now: datetime) -> PortalLink | None:
    """The link of this token while it works; its use is noted, once an hour at most."""
    links = PortalLink.objects.filter(token_sha256=hash_token(token), revoked_at__isnull=True, expires_at__gt=now)
    link = links.select_related("organisation", "customer", "contact").first()
    if link is not None:
        is_stale = Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - USE_NOTED_EVERY)
        PortalLink.objects.filter(is_stale, pk=link.pk).update(last_used_at=now)
    return link


def working_links(customer: Customer, now: datetime) -> list[PortalLink]:
    """The customer's links that open something, the newest first."""
    links = PortalLink.objects.filter(organisation_id=customer.organisation_id, customer=customer)
    return list(
        links.filter(revoked_at__isnull=True, expires_at__gt=now)
        .select_related("contact")
        .order_by("-created_at", "-pk")[:20]
    )


def hash_token(token: str) -> str:
    """What is kept of a token: long and random as it is, one round is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def _write_down(link: PortalLink, what: str, actor: str, now: datetime) -> None:
    who = f" for {link.contact}" if link.contact else ""
    write_timeline(
        link.customer,
        f"portal_link_{what}",
        f"Portal link{who} {what}; it was to hold until {link.expires_at:%Y-%m-%d}."
        if what == "revoked"
        else f"Portal link{who} made; it holds until {link.expires_at:%Y-%m-%d}.",
        actor=actor,
        now=now,
        data={"portal_link_id": link.pk},
    )
    fields = fields_of(link, "contact_id", "expires_at")
    write_change(
        link.organisation,
        Change.Kind.PORTAL,
        f"Portal link of {link.customer.name}",
        before={} if what == "made" else fields,
        after=fields if what == "made" else {},
        actor=actor,
        now=now,
        key=link.pk,
        customer_id=link.customer_id,
    )
