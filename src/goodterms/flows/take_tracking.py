"""What a print-and-mail provider tells of a letter's way, into the timeline and the letter's proofs."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from goodterms.channels.lob import letter_id_of
from goodterms.flows.ask_person import close_task
from goodterms.flows.facts import raise_facts_version, write_timeline
from goodterms.flows.record_proof import CHANNELS, NUMBER_LIMIT, posting_key, proof_of, record_receipt, record_return
from goodterms.followup.models import PostalProof, TimelineEvent
from goodterms.ledger.models import Customer
from goodterms.organizations.models import Organisation
from goodterms.outbox.models import Effect

ACTOR = "Lob"
TRACKED = "letter_tracked"
FOLLOWED_DAYS = 60
POSTED = frozenset({"Mailed", "In Transit"})
RECEIVED = frozenset({"Delivered"})
RETURNED = frozenset({"Returned to Sender"})


@transaction.atomic
def take_tracking(
    organisation: Organisation, effect: Effect, events: Iterable[Mapping[str, Any]], *, now: datetime, number: str = ""
) -> int:
    """Take in a letter's tracking events (Lob's ``tracking_event``: id, name, time); how many were new.

    Each event is taken once, however often it is told. ``number`` is the letter's sending number, which is kept unless
    a person has given one. Raises NotALetter.
    """
    proof, customer = proof_of(organisation, effect)
    _keep_number(organisation, customer, effect, number, now)
    known = set(
        TimelineEvent.objects.filter(customer=customer, kind=TRACKED, effect_key=effect.key).values_list(
            "data__event_id", flat=True
        )
    )
    new = [event for event in events if str(event["id"]) not in known]
    for event in sorted(new, key=lambda event: str(event.get("time", ""))):
        _take(organisation, customer, effect, proof, event, now)
    if PostalProof.objects.filter(pk=proof.pk, posted_date__isnull=False).exclude(sending_number="").exists():
        close_task(customer, posting_key(effect.pk), outcome="recorded", actor=ACTOR, now=now)
    return len(new)


def open_letters(organisation: Organisation, now: datetime) -> list[tuple[Effect, str]]:
    """Letters given to the provider in the last sixty days that have not arrived or come back, with its own id."""
    sent = Effect.objects.filter(
        Q(postal_proof__isnull=True)
        | Q(postal_proof__received_date__isnull=True, postal_proof__returned_date__isnull=True),
        organisation=organisation,
        state=Effect.State.SENT,
        channel__in=CHANNELS,
        not_before__gte=now - timedelta(days=FOLLOWED_DAYS),
        receipt__startswith="lob ",
    )
    found = ((effect, letter_id_of(effect.receipt)) for effect in sent.order_by("pk"))
    return [(effect, letter_id) for effect, letter_id in found if letter_id]


def _keep_number(organisation: Organisation, customer: Customer, effect: Effect, number: str, now: datetime) -> None:
    nameless = PostalProof.objects.filter(effect=effect, sending_number="")
    if not number or not nameless.update(sending_number=number[:NUMBER_LIMIT]):
        return
    raise_facts_version(organisation, customer)
    data = {"sending_number": number}
    text = f"Letter has the sending number {number}."
    write_timeline(customer, "letter_numbered", text, actor=ACTOR, now=now, effect_key=effect.key, data=data)


def _take(
    organisation: Organisation,
    customer: Customer,
    effect: Effect,
    proof: PostalProof,
    event: Mapping[str, Any],
    now: datetime,
) -> None:
    name, at = str(event["name"]), _moment(event, now)
    raise_facts_version(organisation, customer)
    where = f" ({event['location']})" if event.get("location") else ""
    data = {"event_id": str(event["id"]), "name": name, "at": at.isoformat()}
    text = f"Letter: {name.lower()} on {at.date()}{where}."
    write_timeline(customer, TRACKED, text, actor=ACTOR, now=now, effect_key=effect.key, data=data)
    if name in POSTED:
        unposted = PostalProof.objects.filter(pk=proof.pk, posted_date__isnull=True)
        unposted.update(posted_date=at.date(), posted_by=ACTOR)
    elif name in RECEIVED:
        record_receipt(organisation, effect, received=at.date(), actor=ACTOR, now=now)
    elif name in RETURNED:
        record_return(organisation, effect, returned=at.date(), reason="returned to sender", actor=ACTOR, now=now)


def _moment(event: Mapping[str, Any], now: datetime) -> datetime:
    """When it happened as told, never later than now."""
    try:
        told = datetime.fromisoformat(str(event.get("time", "")).replace("Z", "+00:00"))
    except ValueError:
        return now
    return min(told, now) if told.tzinfo else now
