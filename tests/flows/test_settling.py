"""A person settles what is uncertain or failed: sent, again, or left at that."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from goodterms.channels.agency import pack
from goodterms.channels.letter import print_letter
from goodterms.flows.record_outcome import task_key
from goodterms.flows.settle_effect import CannotBeSent, NothingToSettle, Settlement, settle_effect
from goodterms.followup.models import TimelineEvent
from goodterms.outbox.chain import verify_chain
from goodterms.outbox.models import Attempt, Effect, SentMessage
from goodterms.outbox.moves import State
from tests.channels.messages import letter_facts, make_letter_message
from tests.factories import make_customer, make_effect, make_organisation, make_task, make_touch

pytestmark = pytest.mark.django_db
MAIL = b"Message-ID: <1@supplies.example>\r\nSubject: Reminder\r\n\r\nDear customer\r\n"


def uncertain_effect(now: datetime) -> Effect:
    customer = make_customer(make_organisation(), timezone="Pacific/Auckland")
    effect = make_effect(
        customer,
        state="uncertain",
        handed_over_at=now - timedelta(hours=14),
        transport="smtp",
        content=MAIL,
        claimed_by="worker-1",
    )
    make_touch(customer, effect=effect)
    make_task(customer, kind="uncertain", key=task_key(State.UNCERTAIN, effect))
    return effect


def test_settled_as_sent_keeps_the_bytes_and_counts_from_the_day_it_left(now: datetime) -> None:
    effect = uncertain_effect(now)
    settle_effect(effect.organisation, effect, Settlement.SENT, actor="Robin", now=now, note="They have it.")
    effect.refresh_from_db()
    assert (effect.state, effect.content, effect.receipt) == (
        "sent",
        None,
        "Settled as sent by Robin. They have it.",
    )
    assert bytes(SentMessage.objects.get().content) == MAIL
    assert verify_chain(effect.organisation_id).broken is None
    # It left on the 9th at 19:00 UTC, which was the 10th already where the customer is.
    assert effect.touch.sent_date == now.date()
    assert not effect.touch.customer.tasks.filter(done_at__isnull=True).exists()


@pytest.mark.parametrize(("channel", "kind"), [("sms", "text/plain"), ("call", "text/plain")])
def test_settled_as_sent_keeps_the_kind_of_the_channel(now: datetime, channel: str, kind: str) -> None:
    customer = make_customer(make_organisation())
    marked: dict[str, Any] = {"handed_over_at": now, "transport": "x", "content": b"Please call us.", "claimed_by": "w"}
    effect = make_effect(customer, channel=channel, state="uncertain", **marked)
    settle_effect(effect.organisation, effect, Settlement.SENT, actor="Robin", now=now)
    assert SentMessage.objects.get().content_type == kind


def test_settled_as_sent_a_letter_is_a_pdf_and_a_hand_over_an_archive(now: datetime) -> None:
    customer = make_customer(make_organisation())
    message = make_letter_message(letter_facts(2))
    for channel, content, kind in (
        ("certified", print_letter(message, now), "application/pdf"),
        ("agency", pack(message, now), "application/zip"),
    ):
        marked: dict[str, Any] = {"handed_over_at": now, "transport": "x", "content": content, "claimed_by": "w"}
        effect = make_effect(customer, channel=channel, state="uncertain", **marked)
        settle_effect(effect.organisation, effect, Settlement.SENT, actor="Robin", now=now)
        assert SentMessage.objects.get(effect=effect).content_type == kind


def test_settled_as_not_sent_is_queued_again_without_its_old_bytes(now: datetime) -> None:
    effect = uncertain_effect(now)
    settle_effect(effect.organisation, effect, Settlement.AGAIN, actor="Robin", now=now)
    effect.refresh_from_db()
    assert (effect.state, effect.content, effect.handed_over_at, effect.claimed_by) == ("queued", None, None, "")
    assert effect.not_before == now
    assert effect.touch.sent_date is None
    assert Attempt.objects.get().detail == "Settled as not sent, queued again by Robin."


def test_what_is_left_at_that_stays_failed_and_off_the_worklist(now: datetime) -> None:
    effect = uncertain_effect(now)
    settle_effect(effect.organisation, effect, Settlement.DROP, actor="Robin", now=now)
    effect.refresh_from_db()
    assert effect.state == "failed"
    assert not effect.touch.customer.tasks.filter(done_at__isnull=True).exists()
    assert TimelineEvent.objects.get(kind="effect_settled").actor == "Robin"
    effect.touch.customer.refresh_from_db()
    assert effect.touch.customer.facts_version == 2


def test_a_failed_effect_may_go_again_but_was_never_sent(now: datetime) -> None:
    effect = make_effect(make_customer(make_organisation()), state="failed", finished_at=now)
    with pytest.raises(CannotBeSent):
        settle_effect(effect.organisation, effect, Settlement.SENT, actor="Robin", now=now)
    settle_effect(effect.organisation, effect, Settlement.AGAIN, actor="Robin", now=now)
    effect.refresh_from_db()
    assert (effect.state, effect.finished_at) == ("queued", None)


def test_what_is_settled_already_is_refused(now: datetime) -> None:
    effect = make_effect(make_customer(make_organisation()), state="sent")
    with pytest.raises(NothingToSettle, match="This message is sent"):
        settle_effect(effect.organisation, effect, Settlement.AGAIN, actor="Robin", now=now)
