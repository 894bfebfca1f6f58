"""The relay: what leaves, what does not, and what is on record afterwards."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from email import message_from_bytes
from pathlib import Path

import pytest
from django.db import connection, transaction

from goodterms.channels.folder import FolderChannel
from goodterms.channels.port import Refused, Unavailable
from goodterms.cli.serve import count_relays
from goodterms.flows.compose_message import Composed
from goodterms.followup.gate_answer import GateAnswer
from goodterms.followup.models import Task, TimelineEvent, Touch
from goodterms.ledger.models import Customer
from goodterms.messages.message import Fault
from goodterms.organizations.models import Organisation
from goodterms.outbox.chain import verify_chain
from goodterms.outbox.models import Attempt, Effect, SentMessage
from tests.channels.messages import make_message
from tests.conftest import NOW
from tests.factories import make_customer, make_effect, make_organisation
from tests.outbox.relaying import (
    RememberingChannel,
    compose,
    gate_saying,
    make_queue,
    open_gate,
    queue_touch,
    raising,
    relay,
)

pytestmark = pytest.mark.django_db(transaction=True)


def states() -> list[str]:
    return list(Effect.objects.order_by("pk").values_list("state", flat=True))


def test_what_is_due_is_sent_once_and_recorded() -> None:
    effect = make_queue(1)[0]
    channel = RememberingChannel()
    counts = relay(channel)
    effect.refresh_from_db()
    message, touch, attempt, event = (
        SentMessage.objects.get(), Touch.objects.get(), Attempt.objects.get(), TimelineEvent.objects.get()
    )  # fmt: skip
    assert (counts.sent, channel.keys) == (1, [effect.key])
    assert (effect.state, effect.attempts, effect.receipt, effect.content) == ("sent", 1, "250 taken", None)
    assert (bytes(message.content), message.sent_at) == (channel.accepted[0][1].content, NOW)
    assert (touch.sent_date, attempt.outcome, attempt.worker) == (date(2026, 3, 10), "sent", "worker-1")
    assert (event.kind, event.text, event.effect_key) == ("sent", "Friendly reminder about 100.00 GBP", effect.key)


def test_processed_twice_is_sent_once() -> None:
    make_queue(3)
    channel = RememberingChannel()
    assert [relay(channel).sent, relay(channel).sent] == [3, 0]
    assert len(channel.keys) == 3


def test_what_is_not_yet_due_stays() -> None:
    make_queue(1, not_before=NOW + timedelta(seconds=1))
    assert relay(RememberingChannel()).sent == 0
    assert states() == ["queued"]


def test_a_planned_effect_is_queued_and_sent_when_its_time_comes() -> None:
    make_queue(1, state="planned", not_before=NOW + timedelta(hours=1))
    channel = RememberingChannel()
    assert relay(channel).sent == 0
    counts = relay(channel, NOW + timedelta(hours=1))
    assert (counts.queued, counts.sent) == (1, 1)


def test_the_day_of_sending_is_the_customers_own() -> None:
    customer = make_customer(make_organisation(), timezone="Pacific/Auckland")
    touch = queue_touch(customer)
    relay(RememberingChannel(), datetime.fromisoformat("2026-03-10T20:00:00+00:00"))
    touch.refresh_from_db()
    assert touch.sent_date == date(2026, 3, 11)


def test_blocked_but_sent() -> None:
    """A hold stops the message itself, not only a state."""
    make_queue(1)
    channel = RememberingChannel()
    counts = relay(channel, gate=gate_saying(answer="withhold", reason="The customer is on hold."))
    assert (counts.withheld, channel.keys, states()) == (1, [], ["withheld"])
    assert Task.objects.get().detail.startswith("The customer is on hold.")


def test_what_needs_nobody_leaves_no_task() -> None:
    make_queue(1)
    relay(RememberingChannel(), gate=gate_saying(answer="withhold", reason="It was paid.", needs_person=False))
    assert (Task.objects.count(), TimelineEvent.objects.get().text) == (0, "It was paid.")


def test_the_gate_may_say_later() -> None:
    make_queue(1)
    later = NOW + timedelta(hours=3)
    channel = RememberingChannel()
    counts = relay(channel, gate=gate_saying(answer="wait", reason="Outside the send window.", not_before=later))
    effect = Effect.objects.get()
    assert (counts.postponed, effect.state, effect.not_before, effect.attempts) == (1, "queued", later, 0)
    assert relay(channel, later).sent == 1


def test_paid_between_plan_and_send() -> None:
    """A payment recorded after the gate looked, at the last moment before the mark, is seen."""
    effect = make_queue(1)[0]
    channel = RememberingChannel()
    looks: list[str] = []

    def gate(effect_keys: Sequence[str], now: datetime) -> dict[str, GateAnswer]:
        looks.append("look")
        answers = open_gate(effect_keys, now)
        if len(looks) > 1:
            return {key: GateAnswer("withhold", "It was paid.", 2, 0) for key in effect_keys}
        return answers

    def compose_while_paying(touch_ids: Sequence[int], now: datetime) -> dict[int, Composed]:
        composed = compose(touch_ids, now)
        Customer.objects.filter(pk=effect.customer_id).update(facts_version=2)
        return composed

    counts = relay(channel, gate=gate, compose=compose_while_paying)
    assert (counts.withheld, channel.keys, len(looks)) == (1, [], 2)


def test_a_change_of_the_organisation_makes_the_gate_look_again() -> None:
    make_queue(1)
    channel = RememberingChannel()
    changed: list[int] = []

    def compose_while_changing(touch_ids: Sequence[int], now: datetime) -> dict[int, Composed]:
        if not changed:
            changed.append(Organisation.objects.update(facts_version=7, is_test_mode=True))
        return compose(touch_ids, now)

    folder = RememberingChannel("test folder", leaves_machine=False)
    counts = relay({"email": channel, "email:test": folder}, compose=compose_while_changing)
    assert (counts.sent, channel.keys, len(folder.keys)) == (1, [], 1)


def test_facts_that_never_stand_still_are_tried_later() -> None:
    make_queue(1)

    def gate(effect_keys: Sequence[str], now: datetime) -> dict[str, GateAnswer]:
        answers = open_gate(effect_keys, now)
        Customer.objects.update(facts_version=answers[effect_keys[0]].facts_version + 1)
        return answers

    channel = RememberingChannel()
    counts = relay(channel, gate=gate)
    assert (counts.unavailable, channel.keys, states()) == (1, [], ["queued"])


def test_two_touches_of_one_customer_are_gated_one_after_the_other() -> None:
    customer = make_customer(make_organisation())
    queue_touch(customer, "reminder_friendly")
    queue_touch(customer, "reminder_clear")

    def one_a_day(effect_keys: Sequence[str], now: datetime) -> dict[str, GateAnswer]:
        if Touch.objects.filter(sent_date__isnull=False).exists():
            return gate_saying(answer="wait", reason="One a day.")(effect_keys, now)
        return open_gate(effect_keys, now)

    channel = RememberingChannel()
    counts = relay(channel, gate=one_a_day)
    assert (counts.sent, counts.postponed, len(channel.keys)) == (1, 1, 1)


def test_smtp_down_counts_as_sent() -> None:
    """A channel out of reach leaves everything queued, and is tried once, not for each message."""
    make_queue(3)
    tried: list[int] = []

    def out_of_reach() -> None:
        tried.append(1)
        raise Unavailable("The mail server is down.", is_whole=True)

    channel = RememberingChannel(is_reachable=out_of_reach)
    counts = relay(channel)
    assert (counts.sent, counts.unavailable, len(tried), states()) == (0, 3, 1, ["queued"] * 3)
    assert sorted(Effect.objects.values_list("attempts", flat=True)) == [0, 0, 1]
    assert Attempt.objects.get().detail == "The mail server is down."
    channel.is_reachable = None
    assert relay(channel, NOW + timedelta(minutes=5)).sent == 3


def test_a_message_not_taken_now_is_tried_later_and_later() -> None:
    make_queue(1)
    channel = RememberingChannel(answers=[raising(Unavailable("450 mailbox busy"))] * 3)
    now, pauses = NOW, []
    for _ in range(3):
        relay(channel, now)
        effect = Effect.objects.get()
        pauses.append((effect.not_before - now).total_seconds() / 60)
        now = effect.not_before
    assert (pauses, effect.attempts, Attempt.objects.count()) == ([1, 2, 4], 3, 3)
    assert relay(channel, now).sent == 1


def test_a_message_that_is_never_taken_goes_to_a_person() -> None:
    make_queue(1, attempts=19)
    counts = relay(RememberingChannel(answers=[raising(Unavailable("450 mailbox busy"))]))
    assert (counts.failed, states(), Task.objects.get().kind) == (1, ["failed"], "failed")


def test_failed_counts_as_reached() -> None:
    """A refused message fails: no sent date, no message on record, a task for a person."""
    make_queue(2)
    channel = RememberingChannel(answers=[raising(Refused("550 no such user"))])
    counts = relay(channel)
    assert (counts.failed, counts.sent, states()) == (1, 1, ["failed", "sent"])
    failed = Touch.objects.get(effect__state="failed")
    assert (failed.sent_date, failed.effect.handed_over_at) == (None, None)
    assert (SentMessage.objects.count(), Task.objects.get().kind) == (1, "failed")


def test_one_bad_record() -> None:
    """An exception on one customer stops nobody else; after a few tries a person is asked."""
    bad, *_ = make_queue(3)

    def stumbling(touch_ids: Sequence[int], now: datetime) -> dict[int, Composed]:
        if Touch.objects.get(effect=bad).pk in touch_ids:
            raise ZeroDivisionError("a bad record")
        return compose(touch_ids, now)

    channel = RememberingChannel()
    counts = relay(channel, compose=stumbling)
    assert (counts.sent, counts.unavailable, states()) == (2, 1, ["queued", "sent", "sent"])
    for round_ in range(1, 5):
        counts = relay(channel, NOW + timedelta(hours=round_), compose=stumbling)
    assert counts.failed == 1
    assert Task.objects.get().detail.startswith("ZeroDivisionError: a bad record")


def test_all_blank_address() -> None:
    """A composed message that fails the check is withheld with its faults; the others go on."""
    bad, *_ = make_queue(2)

    def faulty(touch_ids: Sequence[int], now: datetime) -> dict[int, Composed]:
        composed = compose(touch_ids, now)
        composed[Touch.objects.get(effect=bad).pk] = Composed(
            None, (Fault("no_address", "There is no address to send it to."),)
        )
        return composed

    counts = relay(RememberingChannel(), compose=faulty)
    assert (counts.withheld, counts.sent) == (1, 1)
    assert "There is no address to send it to." in Task.objects.get().detail


def test_a_message_composed_for_somebody_else_is_withheld() -> None:
    make_queue(1)

    def astray(touch_ids: Sequence[int], now: datetime) -> dict[int, Composed]:
        return {touch: Composed(make_message("stranger@elsewhere.example")) for touch in touch_ids}

    channel = RememberingChannel()
    assert (relay(channel, compose=astray).withheld, channel.keys) == (1, [])


def test_a_connection_lost_after_the_message_is_uncertain_and_not_repeated() -> None:
    effect = make_queue(1)[0]
    channel = RememberingChannel(answers=[raising(ConnectionResetError("gone"))])
    counts = relay(channel)
    effect.refresh_from_db()
    assert (counts.uncertain, effect.state) == (1, "uncertain")
    assert effect.content is not None, "the exact bytes are kept for whoever settles it"
    assert Task.objects.get().kind == "uncertain"
    assert (relay(channel, NOW + timedelta(days=1)).sent, channel.keys) == (0, [])


def test_an_organisation_in_test_mode_never_uses_a_channel_that_leaves_the_machine() -> None:
    make_queue(1, organisation=make_organisation(is_test_mode=True))
    outside, inside = RememberingChannel("smtp"), RememberingChannel("test folder", leaves_machine=False)
    assert relay({"email": outside}).sent == 0
    assert relay({"email": outside, "email:test": inside}, NOW + timedelta(hours=1)).sent == 1
    assert (outside.keys, len(inside.keys)) == ([], 1)
    assert TimelineEvent.objects.get().text.endswith("(test mode: nothing left)")


def test_a_draft_that_nobody_approved_expires_with_its_reason() -> None:
    make_queue(2, state="waiting")
    Effect.objects.filter(pk=Effect.objects.latest("pk").pk).update(not_before=NOW)
    counts = relay(RememberingChannel(), NOW + timedelta(days=4))
    assert (counts.expired, states()) == (2, ["cancelled", "cancelled"])
    assert TimelineEvent.objects.filter(kind="cancelled", text="Nobody approved it within 4 days.").count() == 2


def test_attempt_counted_before_queued() -> None:
    """An attempt is on record exactly when its outcome is: count and rows never part."""
    make_queue(3)
    channel = RememberingChannel(
        answers=[raising(Refused("no")), raising(Unavailable("later")), raising(OSError("unclear"))]
    )
    relay(channel)
    for effect in Effect.objects.all():
        rows = Attempt.objects.filter(effect=effect).order_by("pk")
        assert [row.outcome for row in rows] == [effect.state]
        assert effect.attempts == len(rows) == 1


def test_a_cycle_is_one_thread(home: Path) -> None:
    """The later mails of a cycle answer its first one, by the very Message-ID that it had."""
    customer = make_customer(make_organisation())
    for step in ("reminder_friendly", "reminder_clear", "reminder_firm"):
        queue_touch(customer, step)
        relay(FolderChannel(home))
    mails = [message_from_bytes(bytes(kept.content)) for kept in SentMessage.objects.order_by("position")]
    assert [mail["In-Reply-To"] for mail in mails] == [None, mails[0]["Message-ID"], mails[0]["Message-ID"]]
    assert len({mail["Message-ID"] for mail in mails}) == 3


def test_the_chain_holds_over_several_organisations() -> None:
    for slug in ("one", "two"):
        make_queue(3, organisation=make_organisation(slug=slug))
    relay(RememberingChannel())
    for organisation in Organisation.objects.all():
        verdict = verify_chain(organisation.pk)
        assert (verdict.checked, verdict.broken) == (3, None)


def test_an_effect_without_touch_is_isolated() -> None:
    make_queue(1)
    make_effect(Customer.objects.get(), "stray")
    channel = RememberingChannel()
    counts = relay(channel)
    assert (counts.sent, counts.unavailable, len(channel.keys)) == (1, 1, 1)


def test_inside_a_transaction_nothing_is_sent_at_all() -> None:
    """The mark would not be committed before the hand-over, and a rollback would forget what was sent."""
    make_queue(1)
    channel = RememberingChannel()
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        relay(channel)
    assert (channel.keys, states()) == ([], ["queued"])


def test_a_worker_told_to_stop_ends_after_the_message_in_hand_and_gives_the_rest_back() -> None:
    make_queue(5)
    channel = RememberingChannel()
    counts = relay(channel, is_stopping=lambda: len(channel.keys) == 2)
    assert (counts.sent, states()) == (2, ["sent", "sent", "queued", "queued", "queued"])
    assert relay(channel).sent == 3, "at once, without waiting for a lease"
    assert Attempt.objects.count() == 5


def test_the_effects_of_another_organisation_can_be_left_alone() -> None:
    make_queue(2)
    [own] = Effect.objects.values_list("organisation_id", flat=True).distinct()
    assert relay(RememberingChannel(), organisation_id=own + 1).sent == 0
    assert relay(RememberingChannel(), organisation_id=own).sent == 2


def test_relays_side_by_side_send_everything_once_and_a_customers_own_by_one_of_them() -> None:
    organisation = make_organisation()
    customers = [make_customer(organisation, f"C{number}") for number in range(20)]
    for customer in customers:
        queue_touch(customer)
        queue_touch(customer, step="reminder_second")
    one, other = RememberingChannel(), RememberingChannel()
    if connection.vendor == "sqlite":  # one writer, and a database in memory: one relay, as the worker is set up
        assert count_relays(3) == 1
        return
    counts = relay(one, batch=7, beside=[{"email": other}])
    assert counts.sent == 40
    assert set(one.keys) | set(other.keys) == set(Effect.objects.values_list("key", flat=True))
    assert len(one.keys) + len(other.keys) == 40
    whose = [
        set(Effect.objects.filter(key__in=each.keys).values_list("customer_id", flat=True)) for each in (one, other)
    ]
    assert all(whose)
    assert not whose[0] & whose[1]
    assert verify_chain(organisation.pk).broken is None
    assert count_relays(0) > 1


def test_a_repeat_that_is_refused_goes_to_a_person() -> None:
    channel = RememberingChannel(retry_is_safe=True, answers=[raising(Refused("422 no such address"))])
    effect = make_queue(1)[0]
    Effect.objects.filter(pk=effect.pk).update(handed_over_at=NOW, transport=channel.name, content=b"the bytes")
    counts = relay(channel)
    effect.refresh_from_db()
    assert (counts.failed, effect.state, effect.reason) == (1, "failed", "422 no such address")
    assert Task.objects.get().kind == "failed"
    assert relay(channel, NOW + timedelta(days=1)).failed == 0


def test_a_repeat_that_is_never_taken_goes_to_a_person() -> None:
    channel = RememberingChannel(retry_is_safe=True)
    effect = make_queue(1)[0]
    Effect.objects.filter(pk=effect.pk).update(handed_over_at=NOW, transport=channel.name, content=b"the bytes")
    moment = NOW
    for _ in range(30):
        channel.answers.append(raising(Unavailable("no answer")))
        relay(channel, moment)
        moment += timedelta(hours=5)
    effect.refresh_from_db()
    assert (effect.state, Task.objects.get().kind, bytes(effect.content or b"")) == (
        "uncertain",
        "uncertain",
        b"the bytes",
    )
    assert channel.accepted == []
