"""The organisation's hash chain over everything sent: one changed, missing or exchanged message breaks it."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import connection
from django.db.models import Max

from goodterms.outbox.models import Effect, SentMessage
from goodterms.outbox.statements import Change, execute, fetch_behind, fetch_one, insertion

START = "0" * 64
VERIFY_ROWS = 500
LOCK = "SELECT id FROM organizations_organisation WHERE id = %s FOR NO KEY UPDATE"
HEAD = "SELECT position, chain_hash FROM outbox_sentmessage WHERE organisation_id = %s ORDER BY position DESC LIMIT 1"


def content_hash(content: bytes) -> str:
    """SHA-256 of a message's exact bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def chain_hash(previous: str, key: str, content_sha256: str, sent_at: datetime) -> str:
    """The link after ``previous``: SHA-256 over the four values, each on a line of its own.

    ``sent_at`` enters as UTC with microseconds, so that both databases give the same text.
    """
    moment = sent_at.astimezone(UTC).isoformat(timespec="microseconds")
    return hashlib.sha256("\n".join((previous, key, content_sha256, moment)).encode()).hexdigest()


def append_message(
    effect_id: int, organisation_id: int, key: str, content_type: str, content: bytes, at: datetime
) -> None:
    """Add the bytes of an effect as the chain's newest link, in the transaction that records the sending."""
    execute(next_link(effect_id, organisation_id, key, content_type, content, at))


def next_link(
    effect_id: int, organisation_id: int, key: str, content_type: str, content: bytes, at: datetime
) -> Change:
    """The change that adds the bytes of an effect to the chain; run it in the same transaction.

    Until that ends the organisation's row is locked (PostgreSQL; SQLite has one writer): the chain never forks.
    """
    own = [organisation_id]
    is_locked = connection.vendor == "postgresql"
    head = fetch_behind(Change(LOCK, own), HEAD, own) if is_locked else fetch_one(HEAD, own)
    position, previous = head or (0, START)
    sha256 = content_hash(content)
    link = {
        "organisation_id": organisation_id,
        "effect_id": effect_id,
        "position": position + 1,
        "content_type": content_type,
        "content": content,
        "content_sha256": sha256,
        "previous_hash": previous,
        "chain_hash": chain_hash(previous, key, sha256, at),
        "sent_at": at,
    }
    return insertion("outbox_sentmessage", link)


@dataclass(frozen=True)
class BrokenLink:
    """The first message whose record was changed: where, and what does not fit."""

    position: int
    key: str
    fault: str


@dataclass(frozen=True)
class Verdict:
    """What checking a chain found; ``head`` is the newest hash: noted elsewhere, it proves that no end was cut off."""

    checked: int
    head: str
    broken: BrokenLink | None


def verify_chain(organisation_id: int) -> Verdict:
    """Check every link of the organisation's chain, in order, up to the first broken one.

    Also broken: a gap in the positions, and an effect marked sent that has no message.
    """
    previous, position = START, 0
    for message in _messages(organisation_id):
        fault = _fault(message, position + 1, previous)
        if fault:
            return Verdict(position, previous, BrokenLink(message.position, message.effect.key, fault))
        previous, position = message.chain_hash, message.position
    bare = Effect.objects.filter(organisation_id=organisation_id, state=Effect.State.SENT, message__isnull=True)
    missing = bare.order_by("pk").first()
    if missing:
        return Verdict(position, previous, BrokenLink(position + 1, missing.key, "it was sent, and its bytes are gone"))
    return Verdict(position, previous, None)


def _fault(message: SentMessage, position: int, previous: str) -> str:
    """What is wrong with this link, in words; empty when it holds."""
    if message.position != position:
        return f"the message at position {position} is missing"
    if content_hash(bytes(message.content)) != message.content_sha256:
        return "its bytes are not those that were sent"
    if message.previous_hash != previous:
        return "it does not follow the message before it"
    if chain_hash(previous, message.effect.key, message.content_sha256, message.sent_at) != message.chain_hash:
        return "its key, its hash or its time was changed"
    return ""


def _messages(organisation_id: int) -> Iterator[SentMessage]:
    """The links in order, read in steps: a chain may be larger than the memory."""
    own = SentMessage.objects.filter(organisation_id=organisation_id)
    last = own.aggregate(last=Max("position"))["last"] or 0
    position = 0
    while position < last:
        step = list(
            own.filter(position__gt=position, position__lte=last)
            .select_related("effect")
            .order_by("position")[:VERIFY_ROWS]
        )
        yield from step
        position = step[-1].position if step else last
