"""The demo: an example ledger, imported, decided, written as messages into a folder, and served to look at."""

from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from django.conf import settings

from goodterms.cli.channels import make_channels
from goodterms.cli.context import DayOption, current_moment, open_installation
from goodterms.cli.demo_story import tell_customers, tell_decisions, tell_ledger, tell_message, tell_touches
from goodterms.cli.printing import note, progress, say
from goodterms.cli.serve import AddressTaken, serve_pages
from goodterms.cli.worker import worker_name
from goodterms.flows.import_ledger import import_path
from goodterms.flows.prepare_demo import (
    LOGIN,
    PASSWORD,
    DemoWouldSend,
    demo_moment,
    find_demo_organisation,
    make_demo_organisation,
)
from goodterms.flows.relay import relay_due
from goodterms.flows.run_day import run_day
from goodterms.importers.example import write_example
from goodterms.importers.reading import Wishes
from goodterms.organizations.models import Organisation

FOLDER = "example"

NoServe = Annotated[bool, typer.Option("--no-serve", help="Do everything but serve the pages.")]
Customers = Annotated[int, typer.Option("--customers", min=10, max=100_000, help="How many to invent.")]
Seed = Annotated[int, typer.Option("--seed", help="The same seed invents the same ledger.")]


def demo(no_serve: NoServe = False, customers: Customers = 400, seed: Seed = 2026, on: DayOption = None) -> None:
    """Invent a ledger, run a day on it, tell what was decided and why, and serve the pages. Nothing leaves."""
    if settings.CONFIGURATION.mail.mode != "folder":
        raise DemoWouldSend
    open_installation()
    now = demo_moment(current_moment(), on.date() if on else None)
    organisation = find_demo_organisation()
    if organisation is None:
        organisation = _begin(settings.CONFIGURATION.home / FOLDER, now, customers, seed)
    else:
        note(f"Going on with the demo in {settings.CONFIGURATION.home}; remove that folder to begin anew.")
    report = run_day(organisation, now)
    relay_due(now, worker_name(), make_channels())
    tell_ledger(organisation)
    tell_decisions(report)
    tell_touches(organisation, report.run_date)
    tell_customers(organisation, report.run_date)
    tell_message(organisation, report.run_date)
    say()
    say(f"Every message is in {settings.CONFIGURATION.outbox_folder}; nothing left this machine.")
    if not no_serve:
        _serve()


def _begin(folder: Path, now: datetime, customers: int, seed: int) -> Organisation:
    """Invent the ledger's files as of that day, and import them as anybody's would be."""
    organisation = make_demo_organisation(now)
    today = now.astimezone(ZoneInfo(organisation.timezone)).date()
    say(f"Inventing a ledger of {customers:,} customers as of {today} in {folder}.")
    write_example(folder, today=today, seed=seed, customers=customers)
    with progress("Importing") as advance:
        import_path(organisation.pk, folder, Wishes(as_of=today), now=now, today=today, progress=advance)
    return organisation


def _serve() -> None:
    """Serve at the usual address, or at a free one where that is taken (by an earlier demo, say)."""
    say(f"Sign in with {LOGIN} and the password {PASSWORD}.", style="bold")
    try:
        serve_pages(None, None)
    except AddressTaken:
        serve_pages(None, 0)
