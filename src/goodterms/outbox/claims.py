"""A worker's claim on effects: taken with a lease, marked just before the hand-over, ended by exactly one outcome."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from goodterms.outbox.models import Effect
from goodterms.outbox.moves import UNCLAIMED, UNMARKED, MoveLost, State, check_legal, move_all
from goodterms.outbox.statements import Change, execute_together, fetch_one, insertion

# PostgreSQL may run a bare sub-select more than once and then claims more than asked for: hence MATERIALIZED.
CLAIM_POSTGRESQL = """
WITH picked AS MATERIALIZED (
    SELECT id FROM outbox_effect
    WHERE state = 'queued' AND channel = ANY(%s) AND not_before <= %s {whose}
    ORDER BY not_before, id LIMIT %s FOR UPDATE SKIP LOCKED
)
UPDATE outbox_effect SET state = 'claimed', claimed_by = %s, claim_expires_at = %s
WHERE id IN (SELECT id FROM picked) AND state = 'queued' RETURNING id
"""
CLAIM_SQLITE = """
UPDATE outbox_effect SET state = 'claimed', claimed_by = %s, claim_expires_at = %s
WHERE state = 'queued' AND id IN (
    SELECT id FROM outbox_effect
    WHERE state = 'queued' AND channel IN ({channels}) AND not_before <= %s {whose}
    ORDER BY not_before, id LIMIT %s
) RETURNING id
"""

HELD = "id = %s AND state = 'claimed' AND claimed_by = %s AND claim_expires_at = %s"
MARK = (
    "UPDATE outbox_effect SET handed_over_at = %s, transport = %s, content = %s, claim_expires_at = %s "
    f"WHERE {HELD} AND handed_over_at IS NULL"
)
GIVEN_UP = "id = %s AND state = 'uncertain' AND claimed_by = %s AND handed_over_at = %s"


@dataclass(frozen=True, slots=True)
class Lane:
    """One of several relays that work side by side; a customer belongs to one of them alone."""

    number: int
    of: int

    def __str__(self) -> str:
        """Whose effects these are, in SQL (without a remainder: not every SQLite has the word)."""
        return f"AND customer_id - customer_id / {int(self.of)} * {int(self.of)} = {int(self.number)}"


def claim_batch(
    channels: Sequence[str],
    now: datetime,
    worker: str,
    lease: timedelta,
    limit: int,
    organisation_id: int | None = None,
    lane: Lane | None = None,
) -> list[Effect]:
    """Claim up to ``limit`` queued effects of these channels whose time has come, the longest waiting first.

    Those of every organisation, or of one; of every customer, or of a lane's. Committed when it returns.
    ``worker`` must name one running worker alone. Two workers never get the same effect:
    PostgreSQL's second one skips what the first has locked, SQLite's waits for the first one's commit.
    """
    # As the database writes moments: SQLite keeps text, which must compare with what the models wrote.
    whose = "" if organisation_id is None else f"AND organisation_id = {int(organisation_id)}"
    whose += "" if lane is None else f" {lane}"
    due, expires = (connection.ops.adapt_datetimefield_value(moment) for moment in (now, now + lease))
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(CLAIM_POSTGRESQL.format(whose=whose), [list(channels), due, limit, worker, expires])
        else:
            statement = CLAIM_SQLITE.format(channels=", ".join(["%s"] * len(channels)), whose=whose)
            cursor.execute(statement, [worker, expires, *channels, due, limit])
        ids = [row[0] for row in cursor.fetchall()]
        return list(Effect.objects.filter(pk__in=ids).order_by("not_before", "pk")) if ids else []


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on the effect's row in SQL, with its parameters."""

    sql: str = "1 = 1"
    parameters: tuple[object, ...] = ()


def mark_handed_over(
    effect: Effect, content: bytes, transport: str, now: datetime, lease: timedelta, still: Condition
) -> bool:
    """Commit that the hand-over of these bytes begins; False when ``still`` does not hold any more.

    From this commit until the outcome's, nobody can tell whether the message left. The lease starts anew. Raises
    MoveLost when the claim is no longer this worker's.
    """
    expires = now + lease
    values = [now, transport, content, expires, *_held_values(effect), *still.parameters]
    if fetch_one(f"{MARK} AND ({still.sql}) RETURNING 1", values):
        effect.handed_over_at, effect.transport, effect.content = now, transport, content
        effect.claim_expires_at = expires
        return True
    if not _held(effect).filter(handed_over_at__isnull=True).exists():
        raise MoveLost(f"{effect.key} is no longer claimed by {effect.claimed_by}")
    return False


def end_claim(
    effect: Effect,
    target: State,
    now: datetime,
    *,
    start: State = State.CLAIMED,
    keeps_mark: bool = False,
    along: Sequence[Change] = (),
    **values: Any,
) -> None:
    """The claim's one outcome, in the caller's transaction: the move, its Attempt, and ``along``, what follows from it.

    ``values`` are further columns of the effect (reason, receipt, not_before). A sent effect keeps its mark's time;
    an uncertain one keeps mark, bytes and worker, for whoever settles it; any other forgets them, unless
    ``keeps_mark`` (to repeat the very same hand-over). Raises MoveLost when the claim is no longer this worker's.
    With ``start`` uncertain: the effect was called so during its own hand-over, and now its worker knows better.
    """
    check_legal(start, target)
    end = _outcome_values(target, now, keeps_mark) | values
    sets = ", ".join(f"{column} = %s" for column in end)
    still, still_values = (HELD, _held_values(effect)) if start == State.CLAIMED else (GIVEN_UP, _mark_values(effect))
    move = f"UPDATE outbox_effect SET state = %s, attempts = attempts + 1, {sets} WHERE {still}"
    detail = values.get("receipt") or values.get("reason") or ""
    attempt = {"effect_id": effect.pk, "worker": effect.claimed_by, "at": now, "outcome": target, "detail": detail}
    changes = [insertion("outbox_attempt", attempt), *along]
    if not execute_together(Change(move, [target, *end.values(), *still_values]), changes):
        raise MoveLost(f"{effect.key} is no longer claimed by {effect.claimed_by}")


def release_claims(effects: Sequence[Effect], not_before: datetime, reason: str) -> int:
    """Put claims back that nothing was tried with (the gate said later, the channel is down); no Attempt."""
    values = UNCLAIMED | {"not_before": not_before, "reason": reason}
    return sum(move_all(_held(effect), State.CLAIMED, State.QUEUED, **values) for effect in effects)


def renew_claims(effects: Sequence[Effect], now: datetime, lease: timedelta) -> None:
    """Hold on to claims that are still to be worked on, when the ones before them took long."""
    for effect in effects:
        if _held(effect).update(claim_expires_at=now + lease) == 1:
            effect.claim_expires_at = now + lease


def stale_claims(now: datetime, limit: int = 500) -> list[Effect]:
    """Claims whose lease is over: their worker died, or hangs."""
    expired = Effect.objects.filter(state=State.CLAIMED, claim_expires_at__lte=now)
    return list(expired.order_by("claim_expires_at", "pk")[:limit])


def _held(effect: Effect) -> QuerySet[Effect]:
    """The effect as long as this very claim on it stands."""
    return Effect.objects.filter(
        pk=effect.pk,
        state=State.CLAIMED,
        claimed_by=effect.claimed_by,
        claim_expires_at=effect.claim_expires_at,
    )


def _held_values(effect: Effect) -> tuple[object, ...]:
    """The parameters of HELD, the same as SQL."""
    return effect.pk, effect.claimed_by, effect.claim_expires_at


def _mark_values(effect: Effect) -> tuple[object, ...]:
    """The parameters of GIVEN_UP."""
    return effect.pk, effect.claimed_by, effect.handed_over_at


def _outcome_values(target: State, now: datetime, keeps_mark: bool) -> dict[str, Any]:
    if target == State.SENT:
        return UNCLAIMED | {"content": None, "finished_at": now, "reason": ""}
    if target == State.UNCERTAIN:
        return {"claim_expires_at": None}
    if target == State.QUEUED:
        return UNCLAIMED | ({} if keeps_mark else UNMARKED)
    return UNCLAIMED | UNMARKED | {"finished_at": now}
