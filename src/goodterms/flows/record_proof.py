"""What proves that a letter was posted and received, or came back: recorded by a person, or by a tracking event."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from goodterms.core.refusal import Refusal
from goodterms.flows.ask_person import ask_person, close_task
from goodterms.flows.facts import local_day, raise_facts_version, write_timeline
from goodterms.followup.models import PostalProof, Task
from goodterms.ledger.models import Customer
from goodterms.organizations.models import Organisation
from goodterms.outbox.models import Effect

CHANNELS = ("letter", "certified")
LARGEST_SCAN_BYTES = 10 * 1024 * 1024
SCAN_TYPES = {b"%PDF-": "application/pdf", b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
_WORD_LIMIT = 200
NUMBER_LIMIT = 100


class NotALetter(Refusal):
    """A proof was to be recorded for something that never left on paper."""

    def __init__(self, effect: Effect) -> None:
        what = f"a {effect.channel}" if effect.channel not in CHANNELS else f"a letter that is {effect.state}"
        super().__init__(f"This is {what}; a proof belongs to a letter that was sent. goodterms letters lists them.")


class UnusableScan(Refusal):
    """An uploaded scan is no picture or PDF, or too large."""

    def __init__(self, why: str) -> None:
        super().__init__(f"The scan cannot be kept: {why}. Use a PDF, PNG or JPEG file of at most 10 MB.")


class ProofInTheFuture(Refusal):
    """Something was to be proved for a day that has not come, or before the letter was written."""

    def __init__(self, day: date, first: date, last: date) -> None:
        super().__init__(f"{day} cannot be: name a day from {first}, when the letter was written, to {last}.")


class NoSendingNumber(Refusal):
    """A certified letter was to be recorded as posted without the number that proves it."""

    def __init__(self) -> None:
        super().__init__("A certified letter has a sending number; give the one on the post office's receipt.")


@dataclass(frozen=True, slots=True)
class Scan:
    """A scanned paper. ``media_type`` is read off its first bytes."""

    content: bytes
    media_type: str
    sha256: str


def take_scan(content: bytes) -> Scan:
    """The scan of a proof; raises UnusableScan."""
    if len(content) > LARGEST_SCAN_BYTES:
        raise UnusableScan(f"it has {len(content) // 1024 // 1024} MB")
    for beginning, kind in SCAN_TYPES.items():
        if content.startswith(beginning):
            return Scan(content, kind, hashlib.sha256(content).hexdigest())
    raise UnusableScan("it is none of these kinds of file")


@transaction.atomic
def record_posting(
    organisation: Organisation,
    effect: Effect,
    *,
    posted: date,
    sending_number: str = "",
    scan: Scan | None = None,
    actor: str,
    now: datetime,
) -> PostalProof:
    """The letter was posted on ``posted``; a later call corrects the number or adds the scan.

    Raises NotALetter, NoSendingNumber or ProofInTheFuture.
    """
    proof, customer = proof_of(organisation, effect)
    check_days(organisation, customer, [effect], posted, now)
    number = sending_number.strip()[:NUMBER_LIMIT] or proof.sending_number
    if proof.is_certified and not number:
        raise NoSendingNumber
    proof.posted_date, proof.posted_by, proof.sending_number = posted, actor[:_WORD_LIMIT], number
    if scan:
        proof.posting_proof, proof.posting_proof_type = scan.content, scan.media_type
        proof.posting_proof_sha256 = scan.sha256
    proof.save()
    said = f"Letter posted on {posted}" + (f" as {number}" if number else "")
    _tell(organisation, customer, effect, "letter_posted", said, scan, actor, now)
    close_task(customer, posting_key(effect.pk), outcome="recorded", actor=actor, now=now)
    return proof


@transaction.atomic
def record_receipt(
    organisation: Organisation,
    effect: Effect,
    *,
    received: date,
    received_by: str = "",
    scan: Scan | None = None,
    actor: str,
    now: datetime,
) -> PostalProof:
    """The letter was received on ``received``, signed for by ``received_by``. Raises NotALetter, ProofInTheFuture."""
    proof, customer = proof_of(organisation, effect)
    check_days(organisation, customer, [effect], received, now)
    proof.received_date, proof.received_by = received, received_by.strip()[:_WORD_LIMIT]
    if scan:
        proof.receipt, proof.receipt_type, proof.receipt_sha256 = scan.content, scan.media_type, scan.sha256
    proof.save()
    said = f"Letter received on {received}" + (f", signed by {proof.received_by}" if proof.received_by else "")
    _tell(organisation, customer, effect, "letter_received", said, scan, actor, now)
    for key in (posting_key(effect.pk), receipt_key(effect.pk)):
        close_task(customer, key, outcome="recorded", actor=actor, now=now)
    return proof


@transaction.atomic
def record_return(
    organisation: Organisation, effect: Effect, *, returned: date, reason: str = "", actor: str, now: datetime
) -> PostalProof:
    """The letter came back: the address is marked, and a person asked to find the right one.

    Raises NotALetter or ProofInTheFuture.
    """
    proof, customer = proof_of(organisation, effect)
    check_days(organisation, customer, [effect], returned, now)
    proof.returned_date, proof.returned_reason = returned, reason.strip()[:_WORD_LIMIT]
    proof.save()
    Customer.objects.filter(pk=customer.pk).update(post_failed_at=now)
    why = f": {proof.returned_reason}" if proof.returned_reason else ""
    _tell(organisation, customer, effect, "letter_returned", f"Letter came back on {returned}{why}", None, actor, now)
    for key in (posting_key(effect.pk), receipt_key(effect.pk)):
        close_task(customer, key, outcome="came back", actor=actor, now=now)
    ask_person(
        organisation,
        customer,
        Task.Kind.CONTACT_REPAIR,
        f"contact_repair:post:{customer.pk}:{effect.pk}",
        f"Find the right postal address of {customer.name}",
        now=now,
        detail=f"A letter to {effect.recipient} came back on {returned}{why}.",
        due=returned,
        reopens=False,
    )
    return proof


def proof_of(organisation: Organisation, effect: Effect) -> tuple[PostalProof, Customer]:
    """The row that collects a sent letter's proofs, made when it is first asked for; raises NotALetter."""
    if effect.channel not in CHANNELS or effect.state != Effect.State.SENT or effect.organisation_id != organisation.pk:
        raise NotALetter(effect)
    customer = Customer.objects.get(pk=effect.customer_id, organisation=organisation)
    given = {"organisation": organisation, "customer": customer, "is_certified": effect.channel == "certified"}
    return PostalProof.objects.get_or_create(effect=effect, defaults=given)[0], customer


def posting_key(effect_id: int) -> str:
    """The key of the task that asks for a letter's proof of posting."""
    return f"proof_posting:{effect_id}"


def receipt_key(effect_id: int) -> str:
    """The key of the task that asks for a letter's signed receipt."""
    return f"proof_receipt:{effect_id}"


def check_days(
    organisation: Organisation, customer: Customer | None, effects: Iterable[Effect], day: date, now: datetime
) -> None:
    """Whether these letters can have been posted or received on ``day``: as it is here, or where the customer is.

    Raises ProofInTheFuture.
    """
    zones = (None, customer)
    written = [effect.finished_at or effect.created_at for effect in effects]
    first = min(local_day(organisation, zone, max(written, default=now)) for zone in zones)
    last = max(local_day(organisation, zone, now) for zone in zones)
    if not first <= day <= last:
        raise ProofInTheFuture(day, first, last)


def _tell(
    organisation: Organisation,
    customer: Customer,
    effect: Effect,
    kind: str,
    said: str,
    scan: Scan | None,
    actor: str,
    now: datetime,
) -> None:
    raise_facts_version(organisation, customer)
    data = {"effect_id": effect.pk, "channel": effect.channel}
    if scan:
        data["scan_sha256"] = scan.sha256
    write_timeline(customer, kind, f"{said.rstrip('.')}.", actor=actor, now=now, effect_key=effect.key, data=data)
