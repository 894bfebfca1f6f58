"""A person lets an effect that waits for approval go out, or refuses it."""

import hashlib
from datetime import datetime
from typing import Any

from django.db import transaction

from goodterms.core.refusal import Refusal
from goodterms.flows.facts import write_timeline
from goodterms.followup.models import Touch
from goodterms.ledger.models import Customer
from goodterms.organizations.models import Organisation
from goodterms.outbox.models import Effect
from goodterms.outbox.moves import MoveLost, State, move_one


class NotWaitingForApproval(Refusal):
    """An effect to be approved or refused is in another state by now."""

    def __init__(self, effect: Effect) -> None:
        state = effect.get_state_display().lower()
        super().__init__(f"This message is {state} by now; it no longer waits for approval.")


class RefusalWithoutReason(Refusal):
    """A message was refused without saying why."""

    def __init__(self) -> None:
        super().__init__("Say why this message shall not go out; the reason is kept in the customer's timeline.")


class WordsChanged(Refusal):
    """A message was to be approved or changed whose words somebody has changed since they were looked at."""

    def __init__(self) -> None:
        super().__init__("Its words have changed since you looked; look again before you decide.")


def stamp_of_words(effect: Effect) -> str:
    """What tells the words a person looked at from any others: a hash of those that a person gave the message."""
    own = Touch.objects.filter(effect=effect).values_list("own_words", flat=True).first()
    return hashlib.sha256((own or "").encode()).hexdigest()[:16]


def check_words_seen(effect: Effect, seen: str | None) -> None:
    """With the effect locked: raises WordsChanged where ``seen`` (None: nothing was shown) is no longer its stamp."""
    if seen is not None and seen != stamp_of_words(effect):
        raise WordsChanged


@transaction.atomic
def approve_effect(
    organisation: Organisation, effect: Effect, *, actor: str, now: datetime, seen: str | None = None
) -> None:
    """Queue the effect; the gate still looks at fresh facts before it leaves.

    ``seen`` is the stamp_of_words that was shown. Raises NotWaitingForApproval or WordsChanged.
    """
    if seen is not None:
        Effect.objects.select_for_update(of=("self",)).only("pk").get(pk=effect.pk, organisation=organisation)
        check_words_seen(effect, seen)
    _move(organisation, effect, State.QUEUED, reason=f"Approved by {actor}.")
    _tell(effect, "effect_approved", "Message approved.", actor, now)


@transaction.atomic
def refuse_effect(organisation: Organisation, effect: Effect, *, reason: str, actor: str, now: datetime) -> None:
    """Cancel the effect before it leaves. Raises NotWaitingForApproval or RefusalWithoutReason."""
    why = reason.strip()
    if not why:
        raise RefusalWithoutReason
    _move(organisation, effect, State.CANCELLED, reason=f"Refused by {actor}: {why}", finished_at=now)
    _tell(effect, "effect_refused", f"Message refused: {why}", actor, now)


def _move(organisation: Organisation, effect: Effect, target: State, **values: Any) -> None:
    own = Effect.objects.filter(pk=effect.pk, organisation=organisation)
    try:
        move_one(own, State.WAITING, target, **values)
    except MoveLost:
        effect.refresh_from_db()
        raise NotWaitingForApproval(effect) from None


def _tell(effect: Effect, kind: str, text: str, actor: str, now: datetime) -> None:
    customer = Customer.objects.get(pk=effect.customer_id, organisation_id=effect.organisation_id)
    write_timeline(customer, kind, text, actor=actor, now=now, effect_key=effect.key)
