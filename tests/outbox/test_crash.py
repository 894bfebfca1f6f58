"""Workers killed with SIGKILL at every line of the relay: nothing is lost, nothing leaves twice.

Real databases, a real SMTP server in a process of its own, a real SIGKILL; then a fresh worker takes over.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from goodterms.channels.email import message_id
from goodterms.channels.folder import file_name
from goodterms.channels.port import Channel
from goodterms.followup.models import Task, TimelineEvent
from goodterms.organizations.models import Organisation
from goodterms.outbox.chain import verify_chain
from goodterms.outbox.claims import Condition, claim_batch, mark_handed_over
from goodterms.outbox.models import Attempt, Effect, SentMessage
from tests.channels.messages import make_message
from tests.channels.twilio_server import twilio_server
from tests.conftest import NOW
from tests.factories import make_customer, make_organisation
from tests.outbox.crash_worker import Workers, running_workers
from tests.outbox.relaying import LATER, LEASE, channels_for, queue_touch, relay
from tests.outbox.sink import Sink, running_sink

pytestmark = pytest.mark.django_db(transaction=True)

# The tests' words sign every message with this sender, whose domain the Message-ID carries.
SENDER = "accounts@supplies.example"
Count = Callable[[list[Effect]], list[int]]


@pytest.fixture
def workers() -> Iterator[Workers]:
    with running_workers(str(connection.settings_dict["NAME"])) as running:
        yield running


@pytest.fixture(autouse=True)
def _no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in the workers: a kill loses nothing that the kernel has."""
    monkeypatch.setattr("goodterms.flows.relay.durable_commits", nullcontext)


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
    """A message to each of two customers, who get one per kill point."""
    customers = list(organisation.customers.order_by("pk"))
    customers = customers or [make_customer(organisation, name, email=None) for name in ("C1", "C2")]
    cycle = f"cycle-{number}"
    return [queue_touch(customer, channel=channel, cycle=cycle).effect for customer in customers]


def mail_counts(sink: Sink, effects: list[Effect]) -> list[int]:
    accepted = sink.accepted()
    return [accepted[message_id(effect.key, SENDER)] for effect in effects]


def judge(tally: Tally, effects: list[Effect], delivered: list[int], stack: list[str], marked: set[int]) -> None:
    """After the recovery: every effect sent once, or uncertain because it was killed in its own hand-over."""
    ids = [effect.pk for effect in effects]
    attempts = Counter(Attempt.objects.filter(effect__in=ids).values_list("effect_id", flat=True))
    kept = Counter(SentMessage.objects.filter(effect__in=ids).values_list("effect_id", flat=True))
    after = Effect.objects.filter(pk__in=ids).values_list("pk", "state", "attempts", "touch__sent_date")
    for (pk, state, attempted, sent_date), count in zip(after.order_by("pk"), delivered, strict=True):
        tally.counts[state] += 1
        tally.counts["double"] += count > 1
        tally.counts["lost"] += state not in ("sent", "uncertain") or (state == "sent" and count == 0)
        if state == "uncertain":
            tally.counts["of these left"] += count
            assert pk in marked, f"uncertain without a mark, killed at {stack}"
            assert any(line.startswith("_send:") for line in stack), f"uncertain, killed at {stack}"
            assert Task.objects.filter(kind="uncertain", key=f"uncertain:{Effect.objects.get(pk=pk).key}").exists()
        assert attempted == attempts[pk]
        recorded = (kept[pk], sent_date is not None)
        assert recorded == ((1, True) if state == "sent" else (0, False)), f"half recorded, killed at {stack}"


def sweep(tally: Tally, workers: Workers, channel: str, count: Count, inside: set[str], **given: Any) -> None:
    """Kill a fresh worker at the first statement, another at the second, and so on; each time another one recovers.

    ``inside`` are the functions within which statements count; empty: everywhere.
    """
    organisation = make_organisation()
    queue_two(organisation, 0, channel)
    [whole] = workers.run(order(kill_at=0, **given))
    assert whole["sent"] == 2
    rescuers = channels_for(given)
    for kill_at in [at for at, names in whole["places"] if not inside or inside & set(names)]:
        effects = queue_two(organisation, kill_at, channel)
        [ended] = workers.run(order(kill_at=kill_at, **given))
        assert ended["killed"], "every run is the same, line by line"
        tally.counts["kill points"] += 1
        marked = claimed_and_marked()
        assert len(marked) <= 1, "one hand-over at a time"
        rescue(rescuers, LATER)
        judge(tally, effects, count(effects), ended["stack"], marked)
    check_record(organisation)


def claimed_and_marked() -> set[int]:
    return set(Effect.objects.filter(state="claimed", handed_over_at__isnull=False).values_list("pk", flat=True))


def rescue(channels: Mapping[str, Channel], now: datetime) -> None:
    """Another worker, some time later."""
    relay(channels, now, worker="rescuer")
    for channel in channels.values():
        channel.close()


def check_record(organisation: Organisation) -> None:
    """After all these crashes: one message and one line in the timeline for each effect sent, the chain unbroken."""
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
    given = {"port": sink.port, "folder": str(tmp_path)}
    sweep(tally, workers, "email", lambda effects: mail_counts(sink, effects), set(), **given)
    tell(tally, capsys)
    assert tally.counts["kill points"] > 300
    assert (tally.counts["lost"], tally.counts["double"]) == (0, 0)
    assert 0 < tally.counts["of these left"] < tally.counts["uncertain"] < tally.counts["kill points"]


def test_crash_at_every_statement_of_the_hand_over_writes_each_file_once(
    workers: Workers, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tally = Tally("Folder")
    sweep(tally, workers, "email", lambda effects: file_counts(tmp_path, effects), {"_send"}, folder=str(tmp_path))
    tell(tally, capsys)
    assert (tally.counts["lost"], tally.counts["double"], tally.counts["uncertain"]) == (0, 0, 0)
    check_files(tmp_path)


def test_crash_at_every_statement_of_the_hand_over_makes_each_call_task_once(
    workers: Workers, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tally = Tally("Calls")

    def tasks(effects: list[Effect]) -> list[int]:
        return [Task.objects.filter(key=effect.key).count() for effect in effects]

    sweep(tally, workers, "call", tasks, {"_send"}, folder=str(tmp_path))
    tell(tally, capsys)
    assert (tally.counts["lost"], tally.counts["double"], tally.counts["uncertain"]) == (0, 0, 0)


@pytest.mark.parametrize("channel", ["letter", "certified", "agency"])
def test_crash_at_every_statement_of_the_hand_over_writes_each_letter_once(
    channel: str, workers: Workers, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tally = Tally(channel.capitalize())
    folder = tmp_path / {"letter": "letters"}.get(channel, channel)
    ending = ".zip" if channel == "agency" else ".pdf"

    def letters(effects: list[Effect]) -> list[int]:
        return [(folder / file_name(effect.key, ending)).exists() for effect in effects]

    sweep(tally, workers, channel, letters, {"hand_over"}, folder=str(tmp_path))
    tell(tally, capsys)
    assert (tally.counts["lost"], tally.counts["double"], tally.counts["uncertain"]) == (0, 0, 0)
    for message in SentMessage.objects.select_related("effect"):
        assert (folder / file_name(message.effect.key, ending)).read_bytes() == bytes(message.content)


def test_crash_at_every_statement_of_the_hand_over_writes_each_text_once(
    workers: Workers, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tally = Tally("SMS folder")

    def files(effects: list[Effect]) -> list[int]:
        return [(tmp_path / "sms" / file_name(effect.key, ".txt")).exists() for effect in effects]

    sweep(tally, workers, "sms", files, {"_send"}, folder=str(tmp_path))
    tell(tally, capsys)
    assert (tally.counts["lost"], tally.counts["double"], tally.counts["uncertain"]) == (0, 0, 0)


def test_crash_at_every_statement_of_the_hand_over_sends_each_text_once(
    workers: Workers, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tally = Tally("Twilio")
    with twilio_server() as server:

        def texts(effects: list[Effect]) -> list[int]:
            taken = server.by_effect()
            return [taken[effect.key] for effect in effects]

        sweep(tally, workers, "sms", texts, {"_send"}, folder=str(tmp_path), twilio=server.port)
    tell(tally, capsys)
    assert (tally.counts["lost"], tally.counts["double"]) == (0, 0)
    assert 0 < tally.counts["of these left"] < tally.counts["uncertain"] < tally.counts["kill points"]


def test_crash_at_every_statement_of_the_recovery_itself(
    workers: Workers, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One worker dies while handing over, the next one while it recovers and repeats that; the third one ends it."""
    tally = Tally("Recovery")
    organisation, given = make_organisation(), {"folder": str(tmp_path)}
    channels, much_later = channels_for(given), LATER + LEASE + timedelta(hours=1)

    def die_while_handing_over(number: int) -> list[Effect]:
        effects = queue_two(organisation, number)
        claimed = claim_batch(["email"], NOW, f"first-{number}", LEASE, 2)
        content = channels["email"].prepare(effects[0].key, make_message(effects[0].recipient), NOW).content
        mark_handed_over(claimed[0], content, "folder", NOW, LEASE, Condition())
        return effects

    die_while_handing_over(0)
    [whole] = workers.run(order(LATER, kill_at=0, **given))
    assert whole["sent"] == 2
    for kill_at in [at for at, names in whole["places"] if {"recover_claims", "_repeat"} & set(names)]:
        effects = die_while_handing_over(kill_at)
        [ended] = workers.run(order(LATER, kill_at=kill_at, **given))
        assert ended["killed"]
        tally.counts["kill points"] += 1
        rescue(channels, much_later)
        judge(tally, effects, file_counts(tmp_path, effects), ended["stack"], set())
    tell(tally, capsys)
    assert (tally.counts["lost"], tally.counts["double"], tally.counts["uncertain"]) == (0, 0, 0)
    check_record(organisation)
    check_files(tmp_path)


def file_counts(folder: Path, effects: list[Effect]) -> list[int]:
    return [(folder / file_name(effect.key)).exists() for effect in effects]


def check_files(folder: Path) -> None:
    """The files are the messages on record, byte for byte."""
    for message in SentMessage.objects.select_related("effect"):
        assert (folder / file_name(message.effect.key)).read_bytes() == bytes(message.content)
    assert len(list(folder.glob("*.eml"))) == SentMessage.objects.count()


def test_crash_free_two_workers_share_one_queue(workers: Workers, sink: Sink, tmp_path: Path) -> None:
    """two_workers: both take from the same queue at the same time, every mail leaves once."""
    organisation = make_organisation()
    effects = [effect for number in range(30) for effect in queue_two(organisation, number)]
    given = order(port=sink.port, folder=str(tmp_path)) | {"batch": 3}
    ended = workers.run(given, given)
    assert sum(one["sent"] for one in ended) == len(effects)
    assert mail_counts(sink, effects) == [1] * len(effects)
    assert verify_chain(organisation.pk).checked == len(effects)
