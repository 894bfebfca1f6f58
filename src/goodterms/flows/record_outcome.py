"""What became of a claimed effect, on record in one transaction: state, attempt, bytes, touch, timeline, task."""

import json
from datetime import datetime
from typing import Any

from django.db import transaction

from goodterms.channels.port import Receipt
from goodterms.flows.addressees import Addressee
from goodterms.followup.models import Task
from goodterms.outbox.chain import next_link
from goodterms.outbox.claims import end_claim
from goodterms.outbox.models import Effect
from goodterms.outbox.moves import MoveLost, State
from goodterms.outbox.statements import Change, execute, insertion

ACTOR = "goodterms"
TITLE_LIMIT = 200
TOUCH_SENT = "UPDATE followup_touch SET sent_date = %s WHERE id = %s"
TITLES = {
    State.FAILED: "Could not be sent to {customer}",
    State.UNCERTAIN: "Did this reach {customer}?",
    State.WITHHELD: "Held back from {customer}",
}
ADVICE = {
    State.FAILED: "Mend the cause, or reach the customer in another way.",
    State.UNCERTAIN: (
        "Look at the mail server's log or ask the customer, then settle it as sent or not sent; "
        "goodterms does not send it again by itself."
    ),
    State.WITHHELD: "Mend the cause; the next run decides again.",
}


def record_sent(
    effect: Effect,
    addressee: Addressee,
    receipt: Receipt,
    content: bytes,
    content_type: str,
    summary: str,
    now: datetime,
) -> None:
    """The channel accepted the bytes: commit all that follows from it. Raises MoveLost when the claim was lost."""

    def record(start: State) -> None:
        with transaction.atomic(durable=True):
            kept = _sent_changes(effect, addressee, content, content_type, summary, now)
            end_claim(effect, State.SENT, now, start=start, along=kept, receipt=receipt.text)
            if start == State.UNCERTAIN:
                close_task(effect, State.UNCERTAIN, "sent", ACTOR, now)

    try:
        record(State.CLAIMED)
    except MoveLost:
        # The lease may have run out during the hand-over, and the effect been called uncertain.
        record(State.UNCERTAIN)


def keep_sent_message(
    effect: Effect, addressee: Addressee, content: bytes, content_type: str, summary: str, now: datetime
) -> None:
    """Within the transaction that makes the effect sent: its bytes in the chain, its day, its line in the timeline."""
    for change in _sent_changes(effect, addressee, content, content_type, summary, now):
        execute(change)


def _sent_changes(
    effect: Effect, addressee: Addressee, content: bytes, content_type: str, summary: str, now: datetime
) -> list[Change]:
    changes = [
        next_link(effect.pk, effect.organisation_id, effect.key, content_type, content, now),
        _line(effect, addressee, State.SENT, summary, now),
    ]
    if addressee.touch_id is not None:
        changes.append(Change(TOUCH_SENT, [addressee.local_date(now), addressee.touch_id]))
    return changes


def record_outcome(
    effect: Effect,
    addressee: Addressee | None,
    target: State,
    reason: str,
    now: datetime,
    *,
    needs_person: bool = True,
    **values: Any,
) -> None:
    """Any outcome but sent: commit the move, the attempt, the timeline and, where a person must act, a task.

    ``values`` go to ``end_claim``. Raises MoveLost when the claim was lost.
    """
    with transaction.atomic(durable=True):
        end_claim(effect, target, now, reason=reason, **values)
        if target == State.QUEUED:
            return
        if addressee is not None:
            tell(effect, addressee, target, reason, now)
        if needs_person:
            open_task(effect, addressee, target, reason, now)


def tell(effect: Effect, addressee: Addressee, kind: State, text: str, now: datetime) -> None:
    """One line in the customer's timeline."""
    execute(_line(effect, addressee, kind, text, now))


def _line(effect: Effect, addressee: Addressee, kind: State, text: str, now: datetime) -> Change:
    line = {
        "organisation_id": effect.organisation_id,
        "customer_id": addressee.customer_id,
        "effect_key": effect.key,
        "at": now,
        "kind": kind,
        "text": text,
        "data": json.dumps({"channel": effect.channel, "recipient": effect.recipient}),
        "actor": ACTOR,
    }
    return insertion("followup_timelineevent", line)


def open_task(effect: Effect, addressee: Addressee | None, state: State, reason: str, now: datetime) -> None:
    """Ask a person to look after the effect; when it comes to this again, the same task is opened again."""
    customer = addressee.customer_name if addressee else f"customer {effect.customer_id}"
    asked = {
        "customer_id": addressee.customer_id if addressee else None,
        "kind": Task.Kind(state.value),
        "title": TITLES[state].format(customer=customer)[:TITLE_LIMIT],
        "detail": f"{reason} {ADVICE[state]}",
        "due_date": addressee.office_date(now) if addressee else now.date(),
        "created_at": now,
    }
    Task.objects.update_or_create(
        organisation_id=effect.organisation_id,
        key=task_key(state, effect),
        defaults=asked | {"done_at": None, "done_by": "", "outcome": ""},
    )


def close_task(effect: Effect, state: State, outcome: str, actor: str, now: datetime) -> None:
    """The question is answered: its task is done, if it was still open."""
    asked = Task.objects.filter(organisation_id=effect.organisation_id, key=task_key(state, effect))
    asked.filter(done_at__isnull=True).update(done_at=now, done_by=actor, outcome=outcome)


def task_key(state: State, effect: Effect) -> str:
    """The key of the task that an effect in this state leaves to a person."""
    return f"{state}:{effect.key}"
