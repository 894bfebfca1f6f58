"""An effect's life: only legal moves, each won by exactly one mover, and nothing on record ever changes."""

from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from goodterms.outbox.models import Attempt, Effect, RowsAreKept, SentMessage
from goodterms.outbox.moves import (
    CANCELLABLE,
    DRAFT_EXPIRES_AFTER,
    LEGAL_MOVES,
    IllegalMove,
    MoveLost,
    State,
    cancel_effects,
    expire_drafts,
    move_all,
    move_one,
    queue_due,
)
from tests.conftest import NOW
from tests.factories import make_customer, make_effect, make_organisation
from tests.outbox.relaying import RememberingChannel, make_queue, relay

pytestmark = pytest.mark.django_db(transaction=True)
LEASED: dict[str, Any] = {"claimed_by": "w", "claim_expires_at": NOW, "finished_at": NOW}


def effect_in(state: State) -> Effect:
    leased = LEASED if state == State.CLAIMED else {}
    return make_effect(make_customer(make_organisation(slug=f"s-{state}")), state=state, **leased)


@pytest.mark.parametrize(("start", "target"), [pair for pair in product(State, State) if pair[0] != pair[1]])
def test_only_legal_moves_are_possible_also_by_query(start: State, target: State) -> None:
    effect = effect_in(start)
    legal = target in LEGAL_MOVES[start]
    values = LEASED | {"state": target}
    if legal:
        assert move_all(Effect.objects.filter(pk=effect.pk), start, target, **LEASED) == 1
        return
    with pytest.raises(IllegalMove):
        move_all(Effect.objects.all(), start, target)
    with pytest.raises(IntegrityError):
        Effect.objects.filter(pk=effect.pk).update(**values)
    with pytest.raises(IntegrityError):
        Effect(**{**{f.attname: getattr(effect, f.attname) for f in Effect._meta.concrete_fields}, **values}).save()
    effect.refresh_from_db()
    assert effect.state == start


def test_a_move_is_won_once() -> None:
    effect = effect_in(State.QUEUED)
    this = Effect.objects.filter(pk=effect.pk)
    move_one(this, State.QUEUED, State.CLAIMED, **LEASED)
    with pytest.raises(MoveLost):
        move_one(this, State.QUEUED, State.CLAIMED, **LEASED)


@pytest.mark.parametrize("column", ["key", "recipient", "channel", "customer_id", "created_at"])
def test_an_effect_is_never_turned_into_another_one(column: str) -> None:
    effect = effect_in(State.QUEUED)
    other = {
        "key": "x",
        "recipient": "x@y.example",
        "channel": "call",
        "customer_id": 1,
        "created_at": NOW - timedelta(1),
    }
    with pytest.raises(IntegrityError, match="never turned into another"):
        Effect.objects.filter(pk=effect.pk).update(**{column: other[column]})


def test_history_deleted_on_rerun_never_what_is_on_record_stays() -> None:
    make_queue(1)
    relay(RememberingChannel())
    changes = [
        "UPDATE outbox_sentmessage SET content_type = 'text/plain'",
        "UPDATE outbox_attempt SET detail = ''",
        "UPDATE outbox_effect SET reason = 'x'",
    ]
    for change in changes:
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)
    for model in (Effect, Attempt, SentMessage):
        with pytest.raises(RowsAreKept):
            model.objects.all().delete()


def test_the_states_documented_are_the_states_that_move() -> None:
    assert set(LEGAL_MOVES) == set(State)
    assert set(CANCELLABLE) == {State.PLANNED, State.WAITING, State.QUEUED}


def test_planned_effects_are_queued_from_their_time_on() -> None:
    customer = make_customer(make_organisation())
    for minutes in (-1, 0, 1):
        make_effect(customer, state="planned", not_before=NOW + timedelta(minutes=minutes))
    assert (queue_due(NOW), queue_due(NOW)) == (2, 0)


def test_only_what_nobody_claimed_is_cancelled() -> None:
    effects = [effect_in(state) for state in State]
    keys = [effect.key for effect in effects]
    cancelled = [key for effect in effects for key in cancel_effects(effect.organisation_id, keys, "Paid.", NOW)]
    assert sorted(cancelled) == sorted(effect.key for effect in effects if effect.state in CANCELLABLE)
    assert set(Effect.objects.filter(key__in=cancelled).values_list("state", "reason")) == {("cancelled", "Paid.")}


def test_effects_of_another_organisation_are_not_cancelled() -> None:
    effect, stranger = effect_in(State.QUEUED), make_organisation(slug="stranger")
    assert cancel_effects(stranger.pk, [effect.key], "Paid.", NOW) == []


def test_drafts_expire_after_four_days() -> None:
    customer = make_customer(make_organisation())
    old = make_effect(customer, state="waiting", created_at=NOW - DRAFT_EXPIRES_AFTER)
    make_effect(customer, state="waiting", created_at=NOW - DRAFT_EXPIRES_AFTER + timedelta(seconds=1))
    assert expire_drafts(NOW) == [old.key]
    assert expire_drafts(NOW) == []
