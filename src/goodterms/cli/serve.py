"""Serving the pages, with one worker beside them; and the worker alone."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread
from types import FrameType
from typing import Annotated, Any

import typer
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection
from waitress.server import create_server

from goodterms.cli.channels import make_channels_unchecked
from goodterms.cli.context import FormatOption, current_moment, open_installation
from goodterms.cli.incoming import make_incoming
from goodterms.cli.printing import Format, note, print_json, say
from goodterms.cli.trials import try_policies
from goodterms.cli.worker import Worker
from goodterms.core.refusal import Refusal

LOOPBACK = ("127.0.0.1", "localhost", "::1")
SERVER_THREADS = 8
STOP_WITHIN_SECONDS = 60
RELAYS = 2

Host = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="Where to listen; as the settings say: this machine only.")
]
Port = Annotated[
    int | None, typer.Option(metavar="NUMBER", min=0, max=65535, help="As the settings say: 8040; 0 takes a free one.")
]


class NotForOthersYet(Refusal):
    """The pages were to be served beyond this machine without saying under which address."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"Serving on {host} lets others in: name the address they will use in settings.toml, "
            '[server] public_address = "https://terms.example.com", and put a TLS proxy in front.'
        )


class AddressTaken(Refusal):
    """The address cannot be listened on."""

    def __init__(self, host: str, port: int, error: OSError) -> None:
        super().__init__(f"{host}:{port} cannot be used: {error.strerror}. Choose another one with --port.")


def serve(host: Host = None, port: Port = None) -> None:
    """Serve the pages and work in the background, until Ctrl-C."""
    open_installation()
    serve_pages(host, port)


def serve_pages(host: str | None, port: int | None) -> None:
    """Serve on this address (None: as the settings say) with a worker beside, until SIGINT or SIGTERM.

    Raises NotForOthersYet or AddressTaken.
    """
    given = settings.CONFIGURATION.server
    host, port, public = host or given.host, given.port if port is None else port, given.public_address
    if host not in LOOPBACK and not public:
        raise NotForOthersYet(host)
    server = _listen(host, port, given.proxy if public.startswith("https://") else "")
    shown = f"[{host}]" if ":" in host else host
    with stopped_by_signals() as stopping, _working_beside(stopping):
        say(f"goodterms is at http://{shown}:{server.effective_port} (Ctrl-C stops it).")
        sys.stdout.flush()
        server.run()
    say("Stopped.")


def _listen(host: str, port: int, proxy: str) -> Any:
    """The server; behind a TLS proxy it learns from it who calls, so that attempts to sign in are counted apart."""
    behind: dict[str, Any] = {"url_scheme": "http"}
    if proxy:
        headers = {"x-forwarded-for"}
        behind = {"url_scheme": "https", "trusted_proxy": proxy, "trusted_proxy_headers": headers}
    try:
        return create_server(
            get_wsgi_application(), host=host, port=port, threads=SERVER_THREADS, ident="goodterms", **behind
        )
    except OSError as error:
        raise AddressTaken(host, port, error) from None


@contextmanager
def stopped_by_signals() -> Iterator[Event]:
    """Within the block Ctrl-C and SIGTERM interrupt the main thread; the event is set when the block is left.

    The worker is in a thread of its own, so that no signal ever interrupts a hand-over.
    """

    def stop(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    stopping = Event()
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopping
    except KeyboardInterrupt:
        pass
    finally:
        stopping.set()
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _working_beside(stopping: Event) -> Iterator[Thread]:
    """One worker in a thread of its own; at the end it finishes what it has in hand."""
    worker, pause = make_worker(stopping), settings.CONFIGURATION.worker.pause_seconds
    thread = Thread(target=worker.work_on, args=(pause,), name="worker", daemon=True)
    trials = Thread(target=try_policies, args=(stopping, current_moment), name="trials", daemon=True)
    thread.start()
    trials.start()
    try:
        yield thread
    finally:
        stopping.set()
        thread.join(STOP_WITHIN_SECONDS)
        trials.join(STOP_WITHIN_SECONDS)


def make_worker(stopping: Event) -> Worker:
    """A worker as the settings describe it."""
    given = settings.CONFIGURATION.worker
    return Worker(
        home=settings.CONFIGURATION.home,
        channels=make_channels_unchecked(),
        clock=current_moment,
        run_hour=given.run_hour,
        fetch_mail=make_incoming(current_moment),
        fetch_every=timedelta(seconds=settings.CONFIGURATION.inbox.every_seconds),
        batch=given.batch,
        lease=timedelta(seconds=given.lease_seconds),
        beside=[make_channels_unchecked() for _ in range(count_relays(given.relays) - 1)],
        stopping=stopping,
    )


def count_relays(asked: int) -> int:
    """How many relays the worker runs side by side; SQLite, with its one writer, gains nothing by a second."""
    return (asked or RELAYS) if connection.vendor == "postgresql" else 1


def work(
    once: Annotated[bool, typer.Option("--once", help="One round: run the days due, send what is due.")] = False,
    format: FormatOption = Format.TABLE,
) -> None:
    """Work in the background without serving pages, until Ctrl-C."""
    open_installation()
    if once:
        _work_once(format)
        return
    with stopped_by_signals() as stopping, _working_beside(stopping) as thread:
        note("The worker is at work (Ctrl-C stops it).")
        thread.join()
    note("Stopped.")


def _work_once(format: Format) -> None:
    done = make_worker(Event()).work_once()
    if format is Format.JSON:
        print_json(done)
    else:
        say(f"Days run: {', '.join(done.days_run) or 'none due'}. Sent: {done.relayed.sent}.")
    if done.days_failed:
        raise DayFailed(done.days_failed)


class DayFailed(Refusal):
    """A day's run failed; the log says why."""

    def __init__(self, slugs: list[str]) -> None:
        super().__init__(f"The day of {', '.join(slugs)} could not be run; the lines above say why.")
