"""Every move of an effect from state to state: legal ones only, compare-and-set, the row count checked."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from goodterms.outbox.models import Effect

State = Effect.State

LEGAL_MOVES: dict[State, frozenset[State]] = {
    State.PLANNED: frozenset({State.WAITING, State.QUEUED, State.CANCELLED}),
    State.WAITING: frozenset({State.QUEUED, State.CANCELLED}),
    State.QUEUED: frozenset({State.CLAIMED, State.WAITING, State.CANCELLED}),
    State.CLAIMED: frozenset({State.SENT, State.FAILED, State.UNCERTAIN, State.WITHHELD, State.QUEUED}),
    State.UNCERTAIN: frozenset({State.SENT, State.QUEUED, State.FAILED}),
    State.FAILED: frozenset({State.QUEUED}),
    State.SENT: frozenset(),
    State.WITHHELD: frozenset(),
    State.CANCELLED: frozenset(),
}
CANCELLABLE = tuple(state for state, targets in LEGAL_MOVES.items() if State.CANCELLED in targets)
FINAL = tuple(state for state, targets in LEGAL_MOVES.items() if not targets)
DRAFT_EXPIRES_AFTER = timedelta(days=4)
UNMARKED: dict[str, Any] = {"handed_over_at": None, "transport": "", "content": None}
UNCLAIMED: dict[str, Any] = {"claimed_by": "", "claim_expires_at": None}


class IllegalMove(Exception):
    """The code asked for a move that no effect may make."""

    def __init__(self, start: State, target: State) -> None:
        super().__init__(f"An effect cannot go from {start} to {target}.")


class MoveLost(Exception):
    """The effect is no longer where the move starts from: somebody else moved it first."""


def check_legal(start: State, target: State) -> None:
    """Raise IllegalMove for a move that LEGAL_MOVES does not list."""
    if target not in LEGAL_MOVES[start]:
        raise IllegalMove(start, target)


def move_all(effects: QuerySet[Effect], start: State, target: State, **values: Any) -> int:
    """Move those of ``effects`` that are in ``start``, in one statement; how many there were.

    Raises IllegalMove for a move that LEGAL_MOVES does not list.
    """
    check_legal(start, target)
    return effects.filter(state=start).update(state=target, **values)


def move_one(effects: QuerySet[Effect], start: State, target: State, **values: Any) -> None:
    """Move the one effect that ``effects`` describes; raises MoveLost when it is not there any more."""
    if move_all(effects, start, target, **values) != 1:
        raise MoveLost(f"no effect in state {start} is left to become {target}")


def queue_due(now: datetime) -> int:
    """Planned effects whose time has come are queued; how many."""
    return move_all(Effect.objects.filter(not_before__lte=now), State.PLANNED, State.QUEUED)


@transaction.atomic
def cancel_effects(organisation_id: int, keys: Sequence[str], reason: str, now: datetime) -> list[str]:
    """Effects no longer wanted are cancelled while nobody has claimed them; the keys of those that were."""
    own = Effect.objects.filter(organisation_id=organisation_id, key__in=keys)
    return _cancel(own, CANCELLABLE, reason, now)


@transaction.atomic
def expire_drafts(now: datetime) -> list[str]:
    """Drafts that nobody approved for DRAFT_EXPIRES_AFTER are cancelled; their keys."""
    days = DRAFT_EXPIRES_AFTER.days
    stale = Effect.objects.filter(created_at__lte=now - DRAFT_EXPIRES_AFTER)
    return _cancel(stale, (State.WAITING,), f"Nobody approved it within {days} days.", now)


def _cancel(effects: QuerySet[Effect], states: Sequence[State], reason: str, now: datetime) -> list[str]:
    cancelled: list[str] = []
    for start in states:
        locked = effects.filter(state=start).select_for_update(skip_locked=True)
        keys = list(locked.order_by("pk").values_list("key", flat=True))
        if keys:
            move_all(Effect.objects.filter(key__in=keys), start, State.CANCELLED, reason=reason, finished_at=now)
            cancelled += keys
    return cancelled
