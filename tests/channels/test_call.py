"""A prepared call becomes one task, with its sheet."""

from datetime import timedelta

import pytest

from goodterms.channels.call import CallChannel
from goodterms.followup.models import Task, TimelineEvent, Touch
from goodterms.outbox.models import SentMessage
from tests.channels.messages import make_message
from tests.conftest import NOW
from tests.outbox.relaying import RememberingChannel, make_queue, relay

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_call_is_a_task_with_its_sheet_due_on_its_day() -> None:
    effect = make_queue(1, channel="call", recipient="+44 1632 960001")[0]
    counts = relay({"call": CallChannel(), "email": RememberingChannel()})
    task, touch = Task.objects.get(), Touch.objects.get()
    assert (counts.sent, task.kind, task.key) == (1, "call", effect.key)
    assert (task.title, task.due_date, task.created_at) == ("Invoice 1 is 5 days overdue", touch.planned_date, NOW)
    assert task.detail.startswith("Dear Sam,")
    assert bytes(SentMessage.objects.get().content).decode() == f"{task.title}\n\n{task.detail}"
    assert (touch.sent_date, TimelineEvent.objects.get().kind) == (NOW.date(), "sent")


def test_a_call_handed_over_again_keeps_what_the_caller_did_with_it() -> None:
    effect = make_queue(1, channel="call", recipient="+44 1632 960001")[0]
    channel = CallChannel()
    relay({"call": channel})
    Task.objects.update(done_at=NOW, done_by="Kim", outcome="Reached")
    parcel = channel.prepare(effect.key, make_message(), NOW + timedelta(days=1))
    channel.hand_over(effect.key, parcel)
    assert Task.objects.get().outcome == "Reached"
