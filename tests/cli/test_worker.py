"""The worker runs each organisation's day once, at its own hour, and never lets one failure stop the rest."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
from django.conf import settings

from goodterms.channels.wiring import channels_from
from goodterms.cli.heartbeat import last_heartbeat
from goodterms.cli.worker import Worker
from goodterms.flows.backup_installation import PAUSE_FILE, resume
from goodterms.followup.models import DayRun
from goodterms.project.configuration import MailSettings
from tests.factories import make_organisation

pytestmark = pytest.mark.django_db(transaction=True)

SIX = datetime(2026, 3, 10, 6, 0, tzinfo=UTC)


class Clock:
    """A clock that stands where it is put."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock(SIX)


@pytest.fixture
def worker(home: Path, clock: Clock) -> Worker:
    return Worker(home=home, channels=channels_from(home / "outbox", None), clock=clock, run_hour=6)


def at(worker: Worker, clock: Clock, moment: datetime) -> list[str]:
    """The organisations whose day a round at this moment runs."""
    clock.now = moment
    return worker.work_once().days_run


def test_a_day_is_run_once_when_its_hour_has_come(worker: Worker, clock: Clock) -> None:
    make_organisation()
    assert at(worker, clock, SIX - timedelta(seconds=1)) == []
    assert at(worker, clock, SIX) == ["example-supplies"]
    assert at(worker, clock, SIX + timedelta(seconds=5)) == []
    assert at(worker, clock, SIX + timedelta(hours=17, minutes=59)) == []
    assert at(worker, clock, SIX + timedelta(days=1)) == ["example-supplies"]


def test_after_downtime_only_today_is_run(worker: Worker, clock: Clock) -> None:
    make_organisation()
    at(worker, clock, SIX)
    assert at(worker, clock, SIX + timedelta(days=4, hours=9)) == ["example-supplies"]
    assert [run.run_date.day for run in DayRun.objects.order_by("run_date")] == [10, 14]


def test_a_look_at_another_day_does_not_count_as_todays(worker: Worker, clock: Clock) -> None:
    organisation = make_organisation()
    for day in (9, 11):
        moment = datetime(2026, 3, day, 10, 0, tzinfo=UTC)
        DayRun.objects.create(
            organisation=organisation, run_date=moment.date(), started_at=moment, finished_at=moment, policy_hash="0"
        )
    assert at(worker, clock, SIX) == ["example-supplies"]


def test_each_organisation_has_its_own_hour(worker: Worker, clock: Clock) -> None:
    make_organisation(slug="auckland", timezone="Pacific/Auckland")
    make_organisation(slug="london")
    make_organisation(slug="chicago", timezone="America/Chicago")
    assert at(worker, clock, datetime(2026, 3, 9, 17, 0, tzinfo=UTC)) == ["auckland", "london", "chicago"]
    assert at(worker, clock, datetime(2026, 3, 10, 6, 0, tzinfo=UTC)) == ["london"]
    assert at(worker, clock, datetime(2026, 3, 10, 11, 0, tzinfo=UTC)) == ["chicago"]
    assert at(worker, clock, datetime(2026, 3, 10, 17, 0, tzinfo=UTC)) == ["auckland"]


def test_one_organisation_that_fails_leaves_the_others_alone(
    worker: Worker, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    make_organisation(slug="broken", policy={"gap_dayz": 1})
    make_organisation(slug="sound")
    done = worker.work_once()
    assert (done.days_run, done.days_failed) == (["sound"], ["broken"])
    assert "The day of broken failed" in caplog.text


def test_a_failed_day_is_tried_again_later_and_not_at_once(worker: Worker, clock: Clock) -> None:
    make_organisation(policy={"gap_dayz": 1})
    assert worker.work_once().days_failed
    clock.now += timedelta(minutes=14)
    assert not worker.work_once().days_failed
    clock.now += timedelta(minutes=1)
    assert worker.work_once().days_failed


def test_after_a_restore_nothing_is_handed_to_a_mail_server(
    worker: Worker, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = MailSettings(mode="smtp", host="mail.example.com")
    changed = settings.CONFIGURATION.model_copy(update={"mail": mail, "home": worker.home})
    monkeypatch.setattr(settings, "CONFIGURATION", changed)
    (worker.home / PAUSE_FILE).write_text('{"backup_made_at": "2026-03-09T00:00:00+00:00"}')
    relayed: list[datetime] = []
    monkeypatch.setattr("goodterms.cli.worker.relay_due", lambda now, *_, **__: relayed.append(now))
    for _ in range(2):
        worker._relay()
    assert not relayed
    assert caplog.text.count("2026-03-09") == 1
    resume(worker.home)
    with pytest.raises(TypeError):
        worker._relay()
    assert relayed == [SIX]


def test_a_fault_ends_a_round_and_never_the_worker(
    worker: Worker, clock: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    rounds: list[int] = []

    def fail_then_stop() -> None:
        rounds.append(len(rounds))
        if len(rounds) == 3:
            worker.stopping.set()
        raise OSError("the disk is gone")

    monkeypatch.setattr(worker, "work_once", fail_then_stop)
    caplog.set_level(logging.ERROR)
    worker.work_on(0.01)
    assert rounds == [0, 1, 2]
    assert "the disk is gone" in caplog.text


def test_a_worker_that_is_told_to_stop_stops_at_once(worker: Worker) -> None:
    thread = Thread(target=worker.work_on, args=(600,))
    thread.start()
    worker.stopping.set()
    thread.join(20)
    assert not thread.is_alive()


def test_a_worker_gives_signs_of_life(worker: Worker, clock: Clock) -> None:
    worker.work_once()
    assert last_heartbeat(worker.home) == SIX
    clock.now = SIX + timedelta(seconds=5)
    worker.work_once()
    assert last_heartbeat(worker.home) == SIX
    clock.now = SIX + timedelta(seconds=30)
    worker.work_once()
    assert last_heartbeat(worker.home) == clock.now


def test_no_two_workers_have_the_same_name(home: Path, clock: Callable[[], datetime]) -> None:
    names = {Worker(home=home, channels={}, clock=clock, run_hour=6).name for _ in range(20)}
    assert len(names) == 20
    assert max(map(len, names)) <= 100
