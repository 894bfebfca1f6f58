"""The relay: claims what is due, asks the gate with fresh facts, composes, hands over once, and records."""

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol, TypeVar

from django.db import connection, transaction

from goodterms.channels.headline import headline
from goodterms.channels.port import TEST_MODE, Channel, Parcel, Receipt, Refused, Unavailable
from goodterms.flows.addressees import Addressee, read_addressees
from goodterms.flows.compose_message import Composed, compose_touches
from goodterms.flows.expire_drafts import expire_drafts
from goodterms.flows.gate_touches import judge_effects
from goodterms.flows.record_outcome import record_outcome, record_sent
from goodterms.flows.recover_claims import recover_claims
from goodterms.flows.seal_timeline import seal_recent
from goodterms.followup.gate_answer import GateAnswer
from goodterms.outbox.claims import Condition, Lane, claim_batch, mark_handed_over, release_claims, renew_claims
from goodterms.outbox.durable import durable_commits
from goodterms.outbox.models import Effect
from goodterms.outbox.moves import MoveLost, State, queue_due

GATE_ROUNDS = 3
PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=4)
GATE_PAUSE = timedelta(hours=1)
MAX_TRIES = 20  # with the pauses above, about three days of a mail server that takes everything but this message
MAX_FAULTS = 5
MAX_REPEATS = 20  # the same for the very same bytes again, where a repeat is harmless; then a person must look
FACTS_STAND = """
EXISTS (
    SELECT 1 FROM ledger_customer c JOIN organizations_organisation o ON o.id = c.organisation_id
    WHERE c.id = outbox_effect.customer_id AND c.facts_version = %s AND o.facts_version = %s
)
"""

Result = TypeVar("Result")
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class RelayCounts:
    """What one call did, in effects."""

    sent: int = 0
    postponed: int = 0
    """The gate said later."""
    withheld: int = 0
    failed: int = 0
    uncertain: int = 0
    unavailable: int = 0
    """The channel could not take it now; queued again."""
    lost: int = 0
    """Somebody else moved it first."""
    queued: int = 0
    """Planned effects whose time had come."""
    expired: int = 0
    """Drafts nobody approved."""
    recovered: int = 0
    """Stale claims ended."""


class Gate(Protocol):
    """See ``gate_touches.judge_effects``."""

    def __call__(self, effect_keys: Sequence[str], now: datetime) -> Mapping[str, GateAnswer]: ...


class Compose(Protocol):
    """See ``compose_message.compose_touches``."""

    def __call__(self, touch_ids: Sequence[int], now: datetime) -> Mapping[int, Composed]: ...


def relay_due(
    now: datetime,
    worker: str,
    channels: Mapping[str, Channel],
    batch: int = 200,
    lease: timedelta = timedelta(minutes=5),
    *,
    clock: Callable[[], datetime] | None = None,
    gate: Gate = judge_effects,
    compose: Compose = compose_touches,
    is_stopping: Callable[[], bool] = lambda: False,
    organisation_id: int | None = None,
    beside: Sequence[Mapping[str, Channel]] = (),
) -> RelayCounts:
    """Carry out everything that is due at ``now``, each effect tried once; what became of them.

    ``worker`` names this running worker alone, ``channels`` are its own (channels.wiring). With each further set of
    channels ``beside``, a relay of its own works in a thread: while one waits for the database or a server, another
    composes. All effects of a customer go through the same one. ``lease`` must be longer than a hand-over may take.
    ``clock`` gives the time of each hand-over in a long call; without it that is ``now``. ``is_stopping`` ends it
    after the messages in hand; what else was claimed is given back. With ``organisation_id`` the others' effects are
    left alone: their gate would be asked about another day. Raises RuntimeError inside a transaction: marks and
    outcomes are commits of their own.
    """
    with durable_commits():
        told = (now, worker, lease, clock or (lambda: now), gate, compose, is_stopping, batch, organisation_id)
        sets = [channels, *beside]
        relays = [_Relay(own, Lane(number, len(sets)), *told) for number, own in enumerate(sets)]
        first = relays[0].counts
        with transaction.atomic(durable=True):
            first["queued"] = queue_due(now)
        first["recovered"] = recover_claims(now, channels)
        first["expired"] = expire_drafts(now)
        with ThreadPoolExecutor(len(sets)) as threads:
            working = [threads.submit(relay.work_in_thread) for relay in relays[1:]]
            relays[0].work()
        for thread in working:
            thread.result()
        seal_recent(now)
    counts = sum((relay.counts for relay in relays), Counter[str]())
    return RelayCounts(**{part.name: counts[part.name] for part in fields(RelayCounts)})


@dataclass(frozen=True)
class _Errand:
    """A claimed effect with all that was just found out about it."""

    effect: Effect
    answer: GateAnswer
    addressee: Addressee
    composed: Composed | None


@dataclass
class _Relay:
    """One call of relay_due, or one lane of it."""

    channels: Mapping[str, Channel]
    lane: Lane
    now: datetime
    worker: str
    lease: timedelta
    clock: Callable[[], datetime]
    gate: Gate
    compose: Compose
    is_stopping: Callable[[], bool]
    batch: int
    organisation_id: int | None

    def __post_init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.closed: dict[str, Unavailable] = {}
        self.reached: set[int] = set()

    def work_in_thread(self) -> None:
        """The same in a thread of its own, with its own connection to the database."""
        try:
            with durable_commits():
                self.work()
        finally:
            connection.close()

    def work(self) -> None:
        """Batch after batch, until nothing is due that this lane may claim."""
        while not self.is_stopping() and (effects := self._claim()):
            self.relay_batch(effects)

    def _claim(self) -> list[Effect]:
        lane = self.lane if self.lane.of > 1 else None
        return claim_batch(
            self.open_channels(), self.now, self.worker, self.lease, self.batch, self.organisation_id, lane
        )

    def open_channels(self) -> list[str]:
        """The channels to claim for: those not found out of reach during this call."""
        names = (name for name in self.channels if not name.endswith(TEST_MODE))
        return [name for name in names if self.channels[name].name not in self.closed]

    def relay_batch(self, effects: Sequence[Effect]) -> None:
        """Each effect by itself: one bad record never stops the others."""
        judged = _caught(partial(self._judge, [effect for effect in effects if not effect.handed_over_at]), "a batch")
        for place, effect in enumerate(effects):
            if self.is_stopping():
                release_claims(effects[place:], self.now, "Its worker was told to stop.")
                return
            self._hold_on(effects[place:])
            errand = judged.get(effect.pk) if isinstance(judged, dict) else None
            work = partial(self._repeat, effect) if effect.handed_over_at else partial(self._relay_one, effect, errand)
            self._isolate(effect, work)

    def _hold_on(self, remaining: Sequence[Effect]) -> None:
        """Renew the claims still to be worked on when half of their lease is over: a slow server holds a batch up."""
        now, first = self.clock(), remaining[0]
        if first.claim_expires_at and first.claim_expires_at - now < self.lease / 2:
            renew_claims(remaining, now, self.lease)

    def _isolate(self, effect: Effect, work: Callable[[], None]) -> None:
        fault = _caught(work, effect.key)
        if isinstance(fault, MoveLost):
            self.counts["lost"] += 1
        elif isinstance(fault, Exception):
            self._set_aside(effect, fault)

    def _judge(self, effects: Sequence[Effect]) -> dict[int, _Errand]:
        """Ask the gate, then compose what may go: all of them in the same few queries.

        The order matters: the gate reads the facts' versions first, so that whatever changes after that, also while
        customers are read and messages composed, makes the mark fail.
        """
        answers = self.gate([effect.key for effect in effects], self.now)
        addressees = read_addressees(effects)
        going = [effect for effect in effects if answers[effect.key].answer == "go"]
        touches = {addressees[effect.pk].touch_id: effect.pk for effect in going}
        composed = self.compose([touch for touch in touches if touch is not None], self.now)
        by_effect = {touches[touch]: found for touch, found in composed.items()}
        return {
            effect.pk: _Errand(effect, answers[effect.key], addressees[effect.pk], by_effect.get(effect.pk))
            for effect in effects
        }

    def _relay_one(self, effect: Effect, errand: _Errand | None) -> None:
        """See one claimed effect through; when facts change under it, ask gate and words again."""
        if effect.customer_id in self.reached:
            errand = None  # this customer just got something: the gate must know
        for _ in range(GATE_ROUNDS):
            errand = errand or self._judge([effect])[effect.pk]
            if errand.answer.answer != "go":
                return self._turn_away(errand)
            if faults := _faults(errand):
                return self._end(errand, State.WITHHELD, faults)
            if self._send(errand):
                return None
            errand = None
        return self._put_back(effect, self.now + PAUSE, "The customer's facts are being changed just now.")

    def _send(self, errand: _Errand) -> bool:
        """Mark, hand over, record; False when the facts changed since the gate looked (then nothing happened)."""
        effect, channel, composed = errand.effect, self._channel_for(errand), errand.composed
        if composed is None or composed.message is None:
            raise LookupError(f"no message was composed for {effect.key}")
        if outage := self.closed.get(channel.name):
            self._put_back(effect, self.now + PAUSE, str(outage))
            return True
        try:
            first = errand.addressee.first_message_id
            parcel = channel.prepare(effect.key, composed.message, self.clock(), replies_to=first)
            channel.open()
            if not self._mark(errand, channel, parcel):
                return False
            receipt = channel.hand_over(effect.key, parcel)
        except Refused as refusal:
            self._end(errand, State.FAILED, str(refusal))
        except Unavailable as outage:
            self._retry_later(errand, channel, outage)
        else:
            self._record(errand, channel, receipt, parcel.content, composed.message.summary)
        return True

    def _mark(self, errand: _Errand, channel: Channel, parcel: Parcel) -> bool:
        answer = errand.answer
        still = Condition(FACTS_STAND, (answer.facts_version, answer.organisation_version))
        return mark_handed_over(errand.effect, parcel.content, channel.name, self.clock(), self.lease, still)

    def _repeat(self, effect: Effect) -> None:
        """A hand-over that was cut off, by a transport whose repeat is harmless: the very same bytes again."""
        addressee = read_addressees([effect])[effect.pk]
        channel = self._repeatable(effect)
        if channel is None:
            reason = f"It was cut off while being handed over by {effect.transport}, which is no longer set up."
            record_outcome(effect, addressee, State.UNCERTAIN, reason, self.clock())
            self.counts["uncertain"] += 1
            return
        content = bytes(effect.content or b"")
        try:
            receipt = channel.hand_over(effect.key, Parcel(content, (effect.recipient,)))
        except Refused as refusal:
            record_outcome(effect, addressee, State.FAILED, str(refusal), self.clock())
            self.counts["failed"] += 1
            return
        summary = headline(channel.content_type, content)
        record_sent(effect, addressee, receipt, content, channel.content_type, summary, self.clock())
        self.counts["sent"] += 1

    def _turn_away(self, errand: _Errand) -> None:
        answer = errand.answer
        if answer.answer == "withhold":
            return self._end(errand, State.WITHHELD, answer.reason, needs_person=answer.needs_person)
        earliest = self.now + PAUSE
        self.counts["postponed"] += 1
        release_claims([errand.effect], max(answer.not_before or self.now + GATE_PAUSE, earliest), answer.reason)
        return None

    def _record(self, errand: _Errand, channel: Channel, receipt: Receipt, content: bytes, summary: str) -> None:
        text = f"{summary} (test mode: nothing left)" if errand.addressee.is_test_mode else summary
        kind = channel.content_type
        record_sent(errand.effect, errand.addressee, receipt, content, kind, text, self.clock())
        self.reached.add(errand.effect.customer_id)
        self.counts["sent"] += 1

    def _end(self, errand: _Errand, target: State, reason: str, *, needs_person: bool = True) -> None:
        record_outcome(errand.effect, errand.addressee, target, reason, self.clock(), needs_person=needs_person)
        self.counts[target.value] += 1

    def _retry_later(self, errand: _Errand, channel: Channel, outage: Unavailable) -> None:
        """Queue it again with a growing pause; a message that is never taken while others are goes to a person."""
        effect = errand.effect
        if outage.is_whole:
            self.closed[channel.name] = outage
        elif effect.attempts + 1 >= MAX_TRIES:
            return self._end(errand, State.FAILED, f"{MAX_TRIES} times it was not taken. {outage}")
        self.counts["unavailable"] += 1
        later = self.now + _pause(effect.attempts)
        return record_outcome(effect, errand.addressee, State.QUEUED, str(outage), self.clock(), not_before=later)

    def _put_back(self, effect: Effect, not_before: datetime, reason: str) -> None:
        self.counts["unavailable"] += release_claims([effect], not_before, reason)

    def _channel_for(self, errand: _Errand) -> Channel:
        """The effect's channel; in test mode the one that stands in for it, and never one that leaves the machine."""
        name = errand.effect.channel
        if not errand.addressee.is_test_mode:
            return self.channels[name]
        channel = self.channels.get(name + TEST_MODE, self.channels[name])
        if channel.leaves_machine:
            raise LookupError(f"The organisation is in test mode, and nothing stands in for the channel {name}.")
        return channel

    def _set_aside(self, effect: Effect, fault: Exception) -> None:
        """An unforeseen fault: with a mark nobody knows what left; without one try again, then ask a person."""
        addressee = read_addressees([effect]).get(effect.pk)
        is_marked = effect.handed_over_at is not None
        reason = f"{type(fault).__name__}: {fault}"
        try:
            if is_marked and (self._repeatable(effect) is None or effect.attempts + 1 >= MAX_REPEATS):
                record_outcome(effect, addressee, State.UNCERTAIN, reason, self.clock())
                self.counts["uncertain"] += 1
            elif not is_marked and effect.attempts + 1 >= MAX_FAULTS:
                record_outcome(effect, addressee, State.FAILED, reason, self.clock())
                self.counts["failed"] += 1
            else:
                later = self.now + _pause(effect.attempts)
                record_outcome(
                    effect, addressee, State.QUEUED, reason, self.clock(), keeps_mark=is_marked, not_before=later
                )
                self.counts["unavailable"] += 1
        except MoveLost:
            self.counts["lost"] += 1

    def _repeatable(self, effect: Effect) -> Channel | None:
        """The channel that this effect was marked for, where handing over again is harmless."""
        marked = (one for one in self.channels.values() if one.name == effect.transport)
        return next((one for one in marked if one.retry_is_safe), None)


def _faults(errand: _Errand) -> str:
    """Why the composed message must not leave, in sentences; empty when it may."""
    if errand.composed is None:
        return ""
    found = [str(fault) for fault in errand.composed.faults]
    message = errand.composed.message
    if message and errand.effect.channel == "email" and not _is_same(message.recipient_email, errand.effect.recipient):
        found.append(f"It was decided for {errand.effect.recipient}, but composed for {message.recipient_email}.")
    return " ".join(found)


def _is_same(address: str, other: str) -> bool:
    return address.strip().casefold() == other.strip().casefold()


def _pause(attempts: int) -> timedelta:
    """How long to wait after this many attempts: one minute, doubling."""
    return min(PAUSE * (1 << min(attempts, 10)), LONGEST_PAUSE)


def _caught(work: Callable[[], Result], what: str) -> Result | Exception:
    """The work's result, or the exception that it ended with. The one place where any exception is caught, so that
    one bad record stops nobody else.
    """
    try:
        return work()
    except MoveLost as lost:
        return lost
    except Exception as fault:
        logger.exception("The relay could not carry out %s", what)
        return fault
