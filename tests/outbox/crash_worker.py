"""A worker that is killed, with SIGKILL, at any line of the relay one likes.

Run as ``python -m tests.outbox.crash_worker DATABASE``. Reads one JSON order per line, forks a child for it, and
answers with one JSON line: how the child ended, which places it ran through, and where it was killed. Forking a process
that has everything loaded (and has run nothing of it) makes a fresh worker in a few milliseconds.
"""

import gc
import json
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from subprocess import PIPE, Popen
from types import FrameType
from typing import Any
from unittest.mock import patch

WATCHED = (
    "goodterms/flows/relay.py",
    "goodterms/flows/recover_claims.py",
    "goodterms/flows/record_outcome.py",
    "goodterms/flows/expire_drafts.py",
    "goodterms/outbox/",
    "goodterms/channels/",
    "django/db/transaction.py",
    "/smtplib.py",
)


Place = tuple[tuple[str, int], ...]


class LineCounter:
    """Counts the lines run in the modules that matter, and kills this process at the n-th.

    ``places`` are the counts at which a line was run for the first time from where it was called: the statements of
    the relay, each in each of its contexts, without the turns of loops.
    """

    def __init__(self, kill_at: int, report: int) -> None:
        self.kill_at = kill_at
        self.report = report
        self.lines = 0
        self.places: dict[Place, int] = {}
        self._watched: dict[str, bool] = {}

    def trace(self, frame: FrameType, event: str, argument: Any) -> Any:
        if not self._is_watched(frame.f_code.co_filename):
            return None
        if event == "line":
            self.lines += 1
            if self.lines == self.kill_at:
                os.write(self.report, json.dumps(_stack(frame)).encode())
                os.kill(os.getpid(), signal.SIGKILL)
            elif not self.kill_at:
                self.places.setdefault(self._place(frame), self.lines)
        return self.trace

    def _is_watched(self, file: str) -> bool:
        watched = self._watched.get(file)
        if watched is None:
            watched = self._watched[file] = any(part in file for part in WATCHED)
        return watched

    def _place(self, frame: FrameType | None) -> Place:
        lines = []
        while frame is not None:
            if self._is_watched(frame.f_code.co_filename):
                lines.append((frame.f_code.co_name, frame.f_lineno))
            frame = frame.f_back
        return tuple(lines)


def _stack(frame: FrameType | None) -> list[str]:
    names = []
    while frame is not None:
        names.append(f"{frame.f_code.co_name}:{frame.f_lineno}")
        frame = frame.f_back
    return names


def _work(order: Mapping[str, Any], report: int) -> None:
    """In the child: one call of the relay; traced, when it is to be killed or mapped (``kill_at`` 0)."""
    from tests.outbox.relaying import channels_for, relay

    channels = channels_for(order)
    counter = LineCounter(order.get("kill_at", 0), report)
    if "kill_at" in order:
        sys.settrace(counter.trace)
    counts = relay(channels, datetime.fromisoformat(order["now"]), worker=f"worker-{os.getpid()}", batch=order["batch"])
    sys.settrace(None)
    for channel in channels.values():
        channel.close()
    places = [[at, sorted({name for name, _ in place})] for place, at in counter.places.items()]
    with os.fdopen(report, "w") as pipe:
        json.dump({"places": places, "sent": counts.sent}, pipe)


def _warm_up() -> None:
    """Load what is loaded at first use, here and not in every child: a call of the relay that finds nothing due."""
    from django.db import connections

    from tests.outbox.relaying import RememberingChannel, compose, open_gate, relay

    relay(RememberingChannel())
    open_gate([], datetime.now(UTC))
    compose([], datetime.now(UTC))
    connections.close_all()


def _start(order: Mapping[str, Any]) -> tuple[int, int]:
    """Fork a worker for this order; its process id, and where it reports."""
    reads, writes = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writes)
        return pid, reads
    status = 1
    try:
        os.close(reads)
        _work(order, writes)
        status = 0
    finally:
        os._exit(status)


def _finish(pid: int, reads: int) -> dict[str, Any]:
    with os.fdopen(reads, "rb") as pipe:
        said = json.loads(pipe.read() or b"null")
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        return {"killed": True, "stack": said}
    return {"killed": False, "failed": os.waitstatus_to_exitcode(status) != 0, **(said or {})}


def main() -> None:
    import django
    from django.conf import settings

    settings.DATABASES["default"]["NAME"] = sys.argv[1]
    django.setup()
    # A kill loses nothing that the kernel has; waiting for the disk each time would take most of the test's time.
    patch("goodterms.flows.relay.durable_commits", nullcontext).start()
    _warm_up()
    gc.freeze()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        started = [_start(order) for order in json.loads(line)]
        sys.stdout.write(json.dumps([_finish(*one) for one in started]) + "\n")
        sys.stdout.flush()


class Workers:
    """The process above, as a test sees it."""

    def __init__(self, process: "Popen[str]") -> None:
        self._process = process

    def run(self, *orders: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Run these orders at the same time, each in a worker of its own; how each ended."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(orders) + "\n")
        self._process.stdin.flush()
        answers: list[dict[str, Any]] = json.loads(self._process.stdout.readline())
        assert not any(answer.get("failed") for answer in answers), "a worker ended with an exception"
        return answers


@contextmanager
def running_workers(database: str) -> Iterator[Workers]:
    """Workers on this database, as long as the block lasts."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "goodterms.project.settings"}
    command = [sys.executable, "-m", "tests.outbox.crash_worker", database]
    with Popen(command, stdin=PIPE, stdout=PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield Workers(process)
        finally:
            process.kill()


if __name__ == "__main__":
    main()
