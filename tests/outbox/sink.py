"""A real SMTP server in a process of its own, that writes down each message it has accepted.

Run as ``python -m tests.outbox.sink LOG``: prints its port, then appends to LOG one line per connection opened or
closed, and one per message: its Message-ID, before the client hears of the acceptance.
"""

import asyncio
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from pathlib import Path
from subprocess import PIPE, Popen
from time import monotonic, sleep
from typing import Any, TextIO

from aiosmtpd.smtp import SMTP, Envelope, Session


class Journal:
    """aiosmtpd's handler: keeps nothing but a line per message."""

    def __init__(self, log: TextIO) -> None:
        self.log = log

    async def handle_DATA(  # noqa: N802 (aiosmtpd looks for this name)
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        self.write(f"mail {message_from_bytes(content)['Message-ID']}")
        return "250 2.0.0 taken"

    def write(self, line: str) -> None:
        self.log.write(line + "\n")
        self.log.flush()


class Watched(SMTP):
    """An SMTP server's connection that says when it begins and when it is over."""

    def connection_made(self, transport: Any) -> None:
        self.event_handler.write("open")
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self.event_handler.write("close")


async def serve(log: TextIO) -> None:
    journal = Journal(log)
    server = await asyncio.get_running_loop().create_server(
        lambda: Watched(journal, hostname="localhost"), "127.0.0.1", 0
    )
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


class Sink:
    """The server as a test sees it."""

    def __init__(self, log: Path, port: int) -> None:
        self.log = log
        self.port = port
        self._read = 0
        self._seen: Counter[str] = Counter()

    def accepted(self) -> Counter[str]:
        """How often each Message-ID was accepted so far; waits until every connection has come to its end."""
        until = monotonic() + 10
        while monotonic() < until:
            with self.log.open() as log:
                log.seek(self._read)
                lines = log.read()
            complete = lines[: lines.rfind("\n") + 1]
            self._read += len(complete)
            self._seen.update(complete.splitlines())
            if self._seen["open"] == self._seen["close"]:
                return Counter({line[5:]: count for line, count in self._seen.items() if line.startswith("mail ")})
            sleep(0.001)
        raise TimeoutError("the sink still has open connections")


@contextmanager
def running_sink(folder: Path) -> Iterator[Sink]:
    """A sink that lives as long as the block."""
    log = folder / "sink.log"
    log.touch()
    with Popen([sys.executable, "-m", "tests.outbox.sink", str(log)], stdout=PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Sink(log, int(process.stdout.readline()))
        finally:
            process.kill()


if __name__ == "__main__":
    with Path(sys.argv[1]).open("a") as journal_file:
        asyncio.run(serve(journal_file))
