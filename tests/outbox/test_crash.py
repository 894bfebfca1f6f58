"""Workers killed with SIGKILL at every line of the relay: nothing is lost, nothing leaves twice.

Real databases, a real SMTP server in a process of its own, a real SIGKILL; then a fresh worker takes over.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from goodterms.channels.email import message_id
from goodterms.channels.folder import file_name
from goodterms.followup.models import Task, TimelineEvent
from goodterms.organizations.models import Organisation
from goodterms.outbox.chain import verify_chain
from goodterms.outbox.models import Attempt, Effect, SentMessage
from tests.conftest import NOW
from tests.factories import make_customer, make_organisation
from tests.outbox.crash_worker import Workers, running_workers
from tests.outbox.relaying import LATER, channels_for, queue_touch, relay
from tests.outbox.sink import Sink, running_sink

pytestmark = pytest.mark.django_db(transaction=True)

# The tests' words sign every message with this sender, whose domain the Message-ID carries.
SENDER = "accounts@supplies.example"
Count = Callable[[list[Effect]], list[int]]


@pytest.fixture
def workers() -> Iterator[Workers]:
    with running_workers(str(connection.settings_dict["NAME"])) as running:
        yield running


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[Sink]:
    with running_sink(tmp_path) as running:
        yield running


class Tally:
    """What a sweep over all kill points found."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.counts: Counter[str] = Counter()

    def __str__(self) -> str:
        names = ("kill points", "sent", "uncertain", "of these left", "lost", "double")
        figures = ", ".join(f"{self.counts[name]} {name}" for name in names)
        return f"{self.title} on {connection.vendor}: {figures}"


def order(now: datetime = NOW, **given: Any) -> dict[str, Any]:
    return {"now": now.isoformat(), "batch": 10, **given}


def queue_two(organisation: Organisation, number: int, channel: str = "email") -> list[Effect]:
    customers = [make_customer(organisation, f"C{number}-{part}", email=None) for part in "ab"]
    return [queue_touch(customer, channel=channel).effect for customer in customers]


def mail_counts(sink: Sink, effects: list[Effect]) -> list[int]:
    accepted = sink.accepted()
    return [accepted[message_id(effect.key, SENDER)] for effect in effects]


def judge(tally: Tally, effects: list[Effect], delivered: list[int], stack: list[str] | None, marked: set[int]) -> None:
    """After the recovery: every effect sent once, or uncertain because it was killed in its own hand-over."""
    for effect, count in zip(effects, delivered, strict=True):
        effect.refresh_from_db()
        tally.counts[effect.state] += 1
        tally.counts["double"] += count > 1
        tally.counts["lost"] += effect.state not in ("sent", "uncertain") or (effect.state == "sent" and count == 0)
        if effect.state == "uncertain":
            tally.counts["of these left"] += count
            assert effect.pk in marked, f"uncertain without a mark, killed at {stack}"
            assert any(line.startswith("_send:") for line in stack or []), f"uncertain, killed at {stack}"
            assert Task.objects.filter(kind="uncertain", key=f"uncertain:{effect.key}").exists()
        assert effect.attempts == Attempt.objects.filter(effect=effect).count()
        recorded = [SentMessage.objects.filter(effect=effect).count(), effect.touch.sent_date is not None]
        assert recorded == ([1, True] if effect.state == "sent" else [0, False]), f"half recorded, killed at {stack}"


def sweep(tally: Tally, workers: Workers, channel: str, count: Count, **given: Any) -> None:
    """Kill a fresh worker at the first statement, another at the second, and so on; each time another one recovers."""
    organisation = make_organisation()
    queue_two(organisation, 0, channel)
    [whole] = workers.run(order(kill_at=0, **given))
    assert whole["sent"] == 2
    rescuers = channels_for(given)
    for kill_at in whole["places"]:
        effects = queue_two(organisation, kill_at, channel)
        [ended] = workers.run(order(kill_at=kill_at, **given))
        assert ended["killed"], "every run is the same, line by line"
        tally.counts["kill points"] += 1
        marked = set(Effect.objects.filter(state="claimed", handed_over_at__isnull=False).values_list("pk", flat=True))
        assert len(marked) <= 1, "one hand-over at a time"
        relay(rescuers, LATER, worker="rescuer")
        for rescuer in rescuers.values():
            rescuer.close()
        judge(tally, effects, count(effects), ended["stack"], marked)
    verdict = verify_chain(organisation.pk)
    sent = Effect.objects.filter(state="sent").count()
    assert (verdict.broken, verdict.checked, SentMessage.objects.count()) == (None, sent, sent)
    assert TimelineEvent.objects.filter(kind="sent").count() == sent


def tell(tally: Tally, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        sys.stdout.write(f"\n  {tally}\n")


def test_crash_at_every_statement_sends_each_mail_once(
    workers: Workers, sink: Sink, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tally = Tally("SMTP")
    sweep(tally, workers, "email", lambda effects: mail_counts(sink, effects), port=sink.port, folder=str(tmp_path))
    tell(tally, capsys)
    assert tally.counts["kill points"] > 300
    assert (tally.counts["lost"], tally.counts["double"]) == (0, 0)
    assert 0 < tally.counts["of these left"] < tally.counts["uncertain"] < tally.counts["kill points"]


def test_crash_at_every_statement_writes_each_file_once(
    workers: Workers, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tally = Tally("Folder")

    def files(effects: list[Effect]) -> list[int]:
        return [(tmp_path / file_name(effect.key)).exists() for effect in effects]

    sweep(tally, workers, "email", files, folder=str(tmp_path))
    tell(tally, capsys)
    assert (tally.counts["lost"], tally.counts["double"], tally.counts["uncertain"]) == (0, 0, 0)
    for message in SentMessage.objects.select_related("effect"):
        assert (tmp_path / file_name(message.effect.key)).read_bytes() == bytes(message.content)
    assert len(list(tmp_path.glob("*.eml"))) == tally.counts["sent"] + 2


def test_crash_at_every_statement_makes_each_call_task_once(
    workers: Workers, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tally = Tally("Calls")

    def tasks(effects: list[Effect]) -> list[int]:
        return [Task.objects.filter(key=effect.key).count() for effect in effects]

    sweep(tally, workers, "call", tasks, folder=str(tmp_path))
    tell(tally, capsys)
    assert (tally.counts["lost"], tally.counts["double"], tally.counts["uncertain"]) == (0, 0, 0)


def test_crash_free_two_workers_share_one_queue(workers: Workers, sink: Sink, tmp_path: Path) -> None:
    """two_workers: both take from the same queue at the same time, every mail leaves once."""
    organisation = make_organisation()
    effects = [effect for number in range(30) for effect in queue_two(organisation, number)]
    given = order(port=sink.port, folder=str(tmp_path)) | {"batch": 3}
    ended = workers.run(given, given)
    assert sum(one["sent"] for one in ended) == len(effects)
    assert mail_counts(sink, effects) == [1] * len(effects)
    assert verify_chain(organisation.pk).checked == len(effects)
