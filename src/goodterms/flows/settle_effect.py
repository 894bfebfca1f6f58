"""A person decides what became of an effect that is uncertain or failed: it left, send it again, or let it be."""

from datetime import datetime
from enum import StrEnum

from django.db import transaction

from goodterms.channels.content_types import CONTENT_TYPES
from goodterms.channels.headline import headline
from goodterms.core.refusal import Refusal
from goodterms.flows.addressees import read_addressees
from goodterms.flows.facts import raise_facts_version, write_timeline
from goodterms.flows.record_outcome import keep_sent_message, task_key
from goodterms.followup.models import Task
from goodterms.ledger.models import Customer
from goodterms.organizations.models import Organisation
from goodterms.outbox.models import Attempt, Effect
from goodterms.outbox.moves import UNCLAIMED, UNMARKED, MoveLost, State, move_one


class Settlement(StrEnum):
    """A person's answer."""

    SENT = "sent"
    """It left: the bytes kept are what was sent, and spacing counts from that day."""
    AGAIN = "again"
    """It did not leave: queue it again; the gate looks at fresh facts before it goes."""
    DROP = "drop"
    """It did not leave and shall not: it stays failed, and the next run decides anew."""


class NothingToSettle(Refusal):
    """An effect to be settled is neither uncertain nor failed by now."""

    def __init__(self, effect: Effect) -> None:
        state = effect.get_state_display().lower()
        super().__init__(f"This message is {state}; only uncertain and failed ones are settled.")


class CannotBeSent(Refusal):
    """An effect was to be settled as sent although it never left."""

    def __init__(self) -> None:
        super().__init__("A message that was refused has not been sent; queue it again, or let it be.")


@transaction.atomic
def settle_effect(
    organisation: Organisation, effect: Effect, settlement: Settlement, *, actor: str, now: datetime, note: str = ""
) -> None:
    """Move the effect as the person says, with an attempt on record, and close the task that asked for it.

    Raises NothingToSettle, or CannotBeSent for a failed effect that is to be settled as sent.
    """
    current = Effect.objects.select_for_update().get(pk=effect.pk, organisation=organisation)
    if current.state not in (State.UNCERTAIN, State.FAILED):
        raise NothingToSettle(current)
    if settlement is Settlement.SENT and current.state == State.FAILED:
        raise CannotBeSent
    said = _sentence(settlement, actor, note)
    try:
        _move(current, settlement, said, now)
    except MoveLost:
        current.refresh_from_db()
        raise NothingToSettle(current) from None
    Attempt.objects.create(effect=current, worker=actor[:100], at=now, outcome=_target(settlement), detail=said)
    _close_tasks(current, settlement, actor, now)
    customer = Customer.objects.get(pk=current.customer_id, organisation=organisation)
    raise_facts_version(organisation, customer)
    write_timeline(customer, "effect_settled", said, actor=actor, now=now, effect_key=current.key)


def _move(effect: Effect, settlement: Settlement, said: str, now: datetime) -> None:
    this = Effect.objects.filter(pk=effect.pk)
    start = State(effect.state)
    if settlement is Settlement.AGAIN:
        move_one(this, start, State.QUEUED, **UNCLAIMED, **UNMARKED, not_before=now, finished_at=None, reason=said)
    elif settlement is Settlement.SENT:
        # A memory view on SQLite's side; the chain and the touch take the moment of the hand-over, not today's.
        content, left_at = bytes(effect.content or b""), effect.handed_over_at or now
        move_one(this, start, State.SENT, **UNCLAIMED, content=None, finished_at=left_at, reason="", receipt=said)
        addressee = read_addressees([effect])[effect.pk]
        content_type = CONTENT_TYPES[effect.channel]
        keep_sent_message(effect, addressee, content, content_type, headline(content_type, content), left_at)
    elif start == State.UNCERTAIN:
        move_one(this, start, State.FAILED, **UNCLAIMED, **UNMARKED, finished_at=now, reason=said)


def _target(settlement: Settlement) -> State:
    return {Settlement.SENT: State.SENT, Settlement.AGAIN: State.QUEUED, Settlement.DROP: State.FAILED}[settlement]


def _sentence(settlement: Settlement, actor: str, note: str) -> str:
    words = {
        Settlement.SENT: "Settled as sent",
        Settlement.AGAIN: "Settled as not sent, queued again",
        Settlement.DROP: "Settled as not sent, left at that",
    }
    return f"{words[settlement]} by {actor}." + (f" {note.strip()}" if note.strip() else "")


def _close_tasks(effect: Effect, settlement: Settlement, actor: str, now: datetime) -> None:
    keys = [task_key(state, effect) for state in (State.UNCERTAIN, State.FAILED)]
    own = Task.objects.filter(organisation_id=effect.organisation_id, key__in=keys, done_at__isnull=True)
    own.update(done_at=now, done_by=actor, outcome=settlement.value)
