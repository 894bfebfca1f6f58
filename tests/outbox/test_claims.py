"""Claims: leased, fenced, recovered, and never held by two."""

from datetime import timedelta

import pytest

from goodterms.flows.recover_claims import recover_claims
from goodterms.followup.models import Task
from goodterms.outbox.claims import Condition, claim_batch, end_claim, mark_handed_over, release_claims, stale_claims
from goodterms.outbox.models import Attempt, Effect, SentMessage
from goodterms.outbox.moves import MoveLost, State
from tests.conftest import NOW
from tests.outbox.relaying import LATER, LEASE, RememberingChannel, make_queue, relay

pytestmark = pytest.mark.django_db(transaction=True)


def claim(worker: str = "worker-1", limit: int = 10, now=NOW) -> list[Effect]:  # type: ignore[no-untyped-def]
    return claim_batch(["email"], now, worker, LEASE, limit)


def test_two_workers_never_claim_the_same() -> None:
    make_queue(5)
    first, second, third = claim("one", 3), claim("two", 3), claim("three", 3)
    assert (len(first), len(second), third) == (3, 2, [])
    assert not {effect.pk for effect in first} & {effect.pk for effect in second}


def test_the_longest_waiting_is_claimed_first() -> None:
    make_queue(3)
    for minutes, effect in zip((1, 3, 2), Effect.objects.order_by("pk"), strict=True):
        Effect.objects.filter(pk=effect.pk).update(not_before=NOW - timedelta(minutes=minutes))
    assert [(NOW - effect.not_before).seconds // 60 for effect in claim(limit=2)] == [3, 2]


def test_only_the_channels_asked_for_are_claimed() -> None:
    make_queue(1)
    assert claim_batch(["call"], NOW, "worker-1", LEASE, 10) == []
    assert claim_batch([], NOW, "worker-1", LEASE, 10) == []


def test_a_mark_needs_the_facts_the_gate_saw() -> None:
    make_queue(1)
    effect = claim()[0]
    assert not mark_handed_over(effect, b"x", "smtp", NOW, LEASE, Condition("recipient = %s", ("other",)))
    assert mark_handed_over(effect, b"x", "smtp", NOW, LEASE, Condition("recipient = %s", (effect.recipient,)))
    effect.refresh_from_db()
    assert (effect.handed_over_at, bytes(effect.content or b""), effect.transport) == (NOW, b"x", "smtp")


def test_a_mark_is_set_once_and_by_the_holder_only() -> None:
    make_queue(1)
    effect = claim()[0]
    mark_handed_over(effect, b"x", "smtp", NOW, LEASE, Condition())
    with pytest.raises(MoveLost):
        mark_handed_over(effect, b"x", "smtp", NOW, LEASE, Condition())


def test_a_worker_whose_lease_was_taken_over_can_do_nothing_more() -> None:
    """A hanging worker wakes up: its claim was recovered and another one has the effect."""
    make_queue(1)
    slow = claim("slow")[0]
    recover_claims(LATER, {})
    assert len(claim("quick", now=LATER)) == 1
    with pytest.raises(MoveLost):
        mark_handed_over(slow, b"x", "smtp", LATER, LEASE, Condition())
    with pytest.raises(MoveLost):
        end_claim(slow, State.WITHHELD, LATER, reason="late")
    assert release_claims([slow], LATER, "late") == 0


def test_an_unmarked_stale_claim_is_queued_again_with_an_attempt_on_record() -> None:
    make_queue(1)
    claim("dead")
    assert (stale_claims(NOW), recover_claims(NOW, {})) == ([], 0)
    assert recover_claims(LATER, {}) == 1
    effect, attempt = Effect.objects.get(), Attempt.objects.get()
    assert (effect.state, effect.claimed_by, effect.attempts) == ("queued", "", 1)
    assert (attempt.worker, attempt.outcome) == ("dead", "queued")


def test_an_effect_that_kills_its_workers_goes_to_a_person() -> None:
    make_queue(1)
    for number in range(5):
        now = NOW + number * timedelta(hours=1)
        assert len(claim("dying", now=now)) == 1
        recover_claims(now + LEASE, {})
    assert (Effect.objects.get().state, Task.objects.get().kind) == ("failed", "failed")


def test_mark_then_send() -> None:
    """A crash after marking: it may never have left, so it is neither called sent nor forgotten."""
    make_queue(1)
    mark_handed_over(claim()[0], b"the bytes", "smtp", NOW, LEASE, Condition())
    channel = RememberingChannel("smtp")
    counts = relay(channel, LATER)
    effect = Effect.objects.get()
    assert (counts.recovered, effect.state, bytes(effect.content or b"")) == (1, "uncertain", b"the bytes")
    assert (Task.objects.get().kind, channel.keys) == ("uncertain", [])


def test_send_then_mark() -> None:
    """A crash after sending: it is not sent again blindly."""
    make_queue(1)

    class PowerCut(BaseException):
        """Ends the process at once."""

    class Cut(RememberingChannel):
        def hand_over(self, *given: object):  # type: ignore[no-untyped-def]
            super().hand_over(*given)  # type: ignore[arg-type]
            raise PowerCut

    channel = Cut("smtp")
    with pytest.raises(PowerCut):
        relay(channel)
    relay(channel, LATER)
    assert (len(channel.keys), Effect.objects.get().state) == (1, "uncertain")


def test_where_repeating_is_harmless_the_same_bytes_are_handed_over_again() -> None:
    make_queue(1)
    mark_handed_over(claim()[0], b"the first bytes", "folder", NOW, LEASE, Condition())
    channel = RememberingChannel("folder", retry_is_safe=True)
    assert relay(channel, LATER).sent == 1
    assert channel.accepted[0][1].content == b"the first bytes"
    assert [attempt.outcome for attempt in Attempt.objects.order_by("pk")] == ["queued", "sent"]


def test_a_repeat_by_a_channel_that_is_gone_is_uncertain() -> None:
    make_queue(1)
    mark_handed_over(claim()[0], b"the first bytes", "folder", NOW, LEASE, Condition())
    recover_claims(LATER, {"email": RememberingChannel("folder", retry_is_safe=True)})
    counts = relay(RememberingChannel("smtp"), LATER)
    assert (counts.uncertain, counts.sent) == (1, 0)


def test_a_hand_over_that_outlives_its_lease_still_settles_its_own_effect() -> None:
    """The lease ends during the hand-over, the effect is called uncertain, then the server says yes after all."""
    make_queue(1)

    class Slow(RememberingChannel):
        def hand_over(self, *given: object):  # type: ignore[no-untyped-def]
            recover_claims(LATER, {})
            assert Effect.objects.get().state == "uncertain"
            return super().hand_over(*given)  # type: ignore[arg-type]

    counts = relay(Slow("smtp"))
    assert (counts.sent, Effect.objects.get().state) == (1, "sent")
    assert Task.objects.get().outcome == "sent"


def test_a_slow_server_does_not_cost_the_batch_its_claims() -> None:
    """Each hand-over takes two minutes, the lease is five, and another worker looks for stale claims all the time."""
    make_queue(6)
    clock = [NOW]

    class Slow(RememberingChannel):
        def hand_over(self, *given: object):  # type: ignore[no-untyped-def]
            clock[0] += timedelta(minutes=2)
            assert recover_claims(clock[0], {}) == 0
            return super().hand_over(*given)  # type: ignore[arg-type]

    channel = Slow("smtp")
    assert relay(channel, clock=lambda: clock[0]).sent == 6
    assert len(set(channel.keys)) == 6


def test_a_hand_over_that_another_worker_has_repeated_meanwhile_is_recorded_once() -> None:
    """By a folder, where a repeat is harmless: the slow worker finds its effect sent when it comes to record it."""
    make_queue(1)
    quick = RememberingChannel("folder", retry_is_safe=True)

    class Slow(RememberingChannel):
        def hand_over(self, *given: object):  # type: ignore[no-untyped-def]
            assert relay(quick, LATER, worker="quick").sent == 1
            return super().hand_over(*given)  # type: ignore[arg-type]

    counts = relay(Slow("folder", retry_is_safe=True), worker="slow")
    assert (counts.sent, counts.lost, Effect.objects.get().state) == (0, 1, "sent")
    assert [attempt.worker for attempt in Attempt.objects.order_by("pk")] == ["slow", "quick"]
    assert SentMessage.objects.count() == 1
