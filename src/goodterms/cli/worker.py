"""The worker: runs each organisation's day when it is due, and relays what is due, until it is told to stop."""

import logging
import os
import socket
import sys
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event

from django.db import close_old_connections, connection

from goodterms.channels.port import Channel
from goodterms.cli.channels import SendingPaused, sending_paused_since
from goodterms.cli.heartbeat import write_heartbeat
from goodterms.core.refusal import Refusal
from goodterms.flows.due_days import organisations_due
from goodterms.flows.one_by_one import Pauses
from goodterms.flows.rank_work import rank_changed
from goodterms.flows.refresh_reports import refresh_where_stale
from goodterms.flows.relay import RelayCounts, relay_due
from goodterms.flows.run_day import run_day
from goodterms.organizations.models import Organisation

HEARTBEAT_EVERY = timedelta(seconds=20)
RANK_EVERY = timedelta(seconds=15)
REPORT_EVERY = timedelta(minutes=1)
RETRY_FAILED_RUN_AFTER = timedelta(minutes=15)
TURN_SECONDS = 0.0005

logger = logging.getLogger(__name__)


def worker_name() -> str:
    """A name that no other running worker has."""
    return f"{socket.gethostname()[:60]}-{os.getpid()}-{uuid.uuid4().hex[:8]}"


def take_short_turns() -> None:
    """Let a relay that has its answer go on at once, rather than after the 5 ms that another may compose."""
    sys.setswitchinterval(TURN_SECONDS)


@dataclass(frozen=True)
class WorkDone:
    """What one round did: organisations whose day was run, those whose run failed, and what was relayed."""

    days_run: list[str]
    days_failed: list[str]
    relayed: RelayCounts


@dataclass
class Worker:
    """One worker; ``channels`` and those of the relays ``beside`` are its own, ``clock`` is its only source of time."""

    home: Path
    channels: Mapping[str, Channel]
    clock: Callable[[], datetime]
    run_hour: int
    fetch_mail: Callable[[], object] | None = None
    fetch_every: timedelta = timedelta(minutes=1)
    batch: int = 200
    lease: timedelta = timedelta(minutes=5)
    beside: Sequence[Mapping[str, Channel]] = ()
    stopping: Event = field(default_factory=Event)
    name: str = field(default_factory=worker_name)

    def __post_init__(self) -> None:
        self._retry_at: dict[int, datetime] = {}
        self._beaten_at: datetime | None = None
        self._fetched_at: datetime | None = None
        self._reported_at: datetime | None = None
        self._ranked_at: datetime | None = None
        self._rank_pauses, self._report_pauses = Pauses(), Pauses()
        self._is_pause_told = False

    def work_on(self, pause_seconds: float) -> None:
        """Round after round until ``stopping`` is set; a fault ends a round, never the worker."""
        take_short_turns()
        while not self.stopping.is_set():
            try:
                self.work_once()
            except Exception:
                logger.exception("A round of the worker failed; it goes on in %s seconds.", pause_seconds)
                connection.close()
            close_old_connections()
            self.stopping.wait(pause_seconds)
        for own in (self.channels, *self.beside):
            for channel in own.values():
                channel.close()
        connection.close()

    def work_once(self) -> WorkDone:
        """Take in what came by mail, run the days that are due, relay what is due, then rank what is left to people."""
        self._beat()
        self._fetch()
        ran, failed = self._run_days()
        done = WorkDone(ran, failed, self._relay())
        self._rank()
        self._refresh_reports()
        return done

    def _refresh_reports(self) -> None:
        """The sums of large ledgers, which no page makes while somebody waits, follow the facts."""
        now = self.clock()
        if self._reported_at is None or now - self._reported_at >= REPORT_EVERY:
            self._reported_at = now
            refresh_where_stale(now, self._report_pauses)

    def _rank(self) -> None:
        """Work that came up between two days' runs takes its place in the worklist."""
        now = self.clock()
        if self._ranked_at is None or now - self._ranked_at >= RANK_EVERY:
            self._ranked_at = now
            rank_changed(now, self._rank_pauses)

    def _fetch(self) -> None:
        """Answers come first, so that they are known to the decisions; a mailbox out of reach holds nothing up."""
        now = self.clock()
        if self.fetch_mail is None or (self._fetched_at and now - self._fetched_at < self.fetch_every):
            return
        self._fetched_at = now
        try:
            self.fetch_mail()
        except Refusal as refusal:
            logger.warning("%s", refusal)

    def _run_days(self) -> tuple[list[str], list[str]]:
        ran: list[str] = []
        failed: list[str] = []
        for organisation in organisations_due(self.clock(), self.run_hour):
            if self.stopping.is_set():
                break
            if self.clock() < self._retry_at.get(organisation.pk, self.clock()):
                continue
            (ran if self._run_day(organisation) else failed).append(organisation.slug)
        return ran, failed

    def _run_day(self, organisation: Organisation) -> bool:
        """One organisation's day; its failure is logged and leaves the others alone."""
        try:
            report = run_day(organisation, self.clock())
        except Exception:
            self._retry_at[organisation.pk] = self.clock() + RETRY_FAILED_RUN_AFTER
            logger.exception("The day of %s failed; it is tried again in 15 minutes.", organisation.slug)
            return False
        logger.info(
            "The day %s of %s was run: %s new touches.",
            report.run_date,
            organisation.slug,
            report.counts["touches_new"],
        )
        return True

    def _relay(self) -> RelayCounts:
        if self._is_paused():
            return RelayCounts()
        done = relay_due(
            self.clock(),
            self.name,
            self.channels,
            self.batch,
            self.lease,
            clock=self.clock,
            is_stopping=self.stopping.is_set,
            beside=self.beside,
        )
        if any(asdict(done).values()):
            told = ", ".join(f"{count} {name}" for name, count in asdict(done).items() if count)
            logger.info("Relayed: %s.", told)
        return done

    def _is_paused(self) -> bool:
        """After a restore nothing leaves the machine until a person says so; the log tells it once."""
        made_at = sending_paused_since()
        if made_at and not self._is_pause_told:
            logger.warning("%s", SendingPaused(made_at))
        self._is_pause_told = bool(made_at)
        return bool(made_at)

    def _beat(self) -> None:
        """Leave a sign of life that goodterms doctor reads."""
        now = self.clock()
        if self._beaten_at and now - self._beaten_at < HEARTBEAT_EVERY:
            return
        write_heartbeat(self.home, self.name, now)
        self._beaten_at = now
