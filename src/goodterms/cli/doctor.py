"""The doctor: what is wrong with the installation and its data, and how to mend it."""

import shutil
import smtplib
import ssl
import stat
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from django.conf import settings
from django.db import connection
from django.db.utils import DatabaseError
from rich.markup import escape

from goodterms.cli.context import FormatOption, current_moment, database_name, pending_migrations
from goodterms.cli.heartbeat import last_heartbeat
from goodterms.cli.mailbox import imap_server
from goodterms.cli.printing import Format, console, print_json
from goodterms.database.copying import is_empty_database
from goodterms.flows.backup_installation import read_pause
from goodterms.flows.examine_organisation import Finding, Severity, examine_organisation
from goodterms.inbox.imap import InboxUnavailable, count_set_aside
from goodterms.organizations.models import Organisation

LEAST_FREE_BYTES = 1_000_000_000
ALMOST_NO_FREE_BYTES = 100_000_000
SILENT_WORKER_AFTER = timedelta(minutes=10)
SMTP_TIMEOUT_SECONDS = 10
SIGNS = {
    Severity.ERROR: "[bold red]✗[/]",
    Severity.WARNING: "[yellow]![/]",
    Severity.INFO: "[blue]i[/]",
    Severity.GOOD: "[green]✓[/]",
}


def doctor(
    skip_network: Annotated[bool, typer.Option("--skip-network", help="Do not try to reach the mail server.")] = False,
    format: FormatOption = Format.TABLE,
) -> None:
    """Say what is wrong with set-up and data, and how to mend it; exit code 0 if nothing is worse than a warning."""
    findings = list(examine(current_moment(), is_network_tried=not skip_network))
    if format is Format.JSON:
        print_json({"findings": findings})
    else:
        _print(findings)
    if any(finding.severity is Severity.ERROR for finding in findings):
        raise typer.Exit(1)


def examine(now: datetime, *, is_network_tried: bool) -> Iterator[Finding]:
    """Everything about the installation, then each organisation in turn."""
    yield from _folder(settings.CONFIGURATION.home)
    database = list(_database())
    yield from database
    yield from _mail(is_network_tried)
    if is_network_tried and settings.CONFIGURATION.inbox.mode == "imap":
        yield from _inbox()
    if any(finding.severity is Severity.ERROR for finding in database):
        return
    yield from _background(settings.CONFIGURATION.home, now)
    organisations = [] if is_empty_database() else list(Organisation.objects.order_by("slug"))
    if not organisations:
        yield Finding(
            "organisation_missing",
            Severity.ERROR,
            "There is no organisation yet.",
            'goodterms import my.csv, or goodterms organisation set --name "…", or goodterms demo to look around',
        )
    for organisation in organisations:
        yield from examine_organisation(organisation, now)


def _folder(home: Path) -> Iterator[Finding]:
    mode = stat.S_IMODE(home.stat().st_mode)
    if mode & 0o077:
        yield Finding(
            "home_open_to_others",
            Severity.WARNING,
            f"Other users of this machine may look into {home} (mode {mode:03o}).",
            f"chmod 700 {home}",
        )
    free = shutil.disk_usage(home).free
    if free < LEAST_FREE_BYTES:
        yield Finding(
            "disk_almost_full",
            Severity.ERROR if free < ALMOST_NO_FREE_BYTES else Severity.WARNING,
            f"Only {free / 1e6:,.0f} MB are free where {home} is.",
            "Make room, or move the folder to a larger disk.",
        )
    yield Finding("home", Severity.GOOD, f"The folder is {home}, {free / 1e9:,.1f} GB free.")


def _database() -> Iterator[Finding]:
    try:
        pending = [] if is_empty_database() else pending_migrations()
        journal = _journal_mode()
    except DatabaseError as error:
        yield Finding(
            "database_unreachable",
            Severity.ERROR,
            f"The database {database_name()} does not answer: {str(error).strip()}",
            "Check that it runs and that DATABASE_URL is right.",
        )
        return
    if pending:
        yield Finding(
            "migrations_pending",
            Severity.ERROR,
            f"The database {database_name()} is not up to date ({len(pending)} steps).",
            "Any other command, such as goodterms organisation list, brings it up to date.",
        )
    if journal not in ("", "wal"):
        yield Finding(
            "database_not_wal",
            Severity.WARNING,
            f"SQLite's journal is {journal!r} and not WAL: readers and the worker wait for each other.",
            "Keep the folder on a local disk, not on a network share.",
        )
    if not pending:
        yield Finding("database", Severity.GOOD, f"The database is {database_name()} ({connection.vendor}).")


def _journal_mode() -> str:
    """SQLite's journal mode; empty on another database."""
    if connection.vendor != "sqlite":
        return ""
    with connection.cursor() as cursor:
        return str(cursor.execute("PRAGMA journal_mode").fetchone()[0])


def _mail(is_network_tried: bool) -> Iterator[Finding]:
    mail = settings.CONFIGURATION.mail
    if mail.mode == "folder":
        yield Finding(
            "mail_into_folder",
            Severity.INFO,
            f"E-mail is written into {settings.CONFIGURATION.outbox_folder}; nothing leaves this machine.",
            'To send: settings.toml, [mail] mode = "smtp" (docs/guide/settings.md)',
        )
        return
    if mail.security == "none" and mail.host not in ("localhost", "127.0.0.1", "::1"):
        yield Finding(
            "mail_not_encrypted",
            Severity.WARNING,
            f"Mail goes to {mail.host} without encryption.",
            'settings.toml, [mail] security = "starttls" or "tls"',
        )
    if not is_network_tried:
        return
    if trouble := _smtp_trouble():
        yield Finding(
            "mail_server_unreachable",
            Severity.ERROR,
            f"The mail server {mail.host}:{mail.port} cannot be used: {trouble}",
            "Check [mail] in settings.toml; messages wait until it answers (docs/runbooks/mail-server-down.md).",
        )
    else:
        yield Finding("mail_server", Severity.GOOD, f"The mail server {mail.host}:{mail.port} answers.")


def _smtp_trouble() -> str:
    """Log in and out again without sending anything; what went wrong, or nothing."""
    mail = settings.CONFIGURATION.mail
    context = ssl.create_default_context()
    try:
        if mail.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(mail.host, mail.port, timeout=SMTP_TIMEOUT_SECONDS, context=context)
        else:
            server = smtplib.SMTP(mail.host, mail.port, timeout=SMTP_TIMEOUT_SECONDS)
        with server:
            if mail.security == "starttls":
                server.starttls(context=context)
            if mail.username:
                server.login(mail.username, mail.password)
    except (OSError, smtplib.SMTPException) as error:
        return f"{error}."
    return ""


def _inbox() -> Iterator[Finding]:
    """Whether the mailbox can be read, and what lies in it that could not be taken in."""
    try:
        count = count_set_aside(imap_server())
    except InboxUnavailable as trouble:
        yield Finding("mailbox_unreachable", Severity.ERROR, str(trouble), "Check [inbox] in settings.toml.")
        return
    if count:
        yield Finding(
            "mail_set_aside",
            Severity.WARNING,
            f"{count} mail{' is' if count == 1 else 's are'} flagged in the mailbox: too large, or for nobody here.",
            "Read them there; to have one tried again, take its flag off and leave it unread.",
        )
    else:
        yield Finding("mailbox", Severity.GOOD, "The mailbox can be read, and nothing in it was set aside.")


def _background(home: Path, now: datetime) -> Iterator[Finding]:
    if made_at := read_pause(home):
        yield Finding(
            "paused_after_restore",
            Severity.WARNING,
            f"Sending waits: this was restored from a backup of {made_at}, and what was sent since is not known here.",
            "docs/runbooks/restore-a-backup.md, then goodterms resume",
        )
    beat = last_heartbeat(home)
    if beat is None or now - beat > SILENT_WORKER_AFTER:
        since = f"since {beat:%Y-%m-%d %H:%M} UTC" if beat else "yet"
        yield Finding(
            "worker_silent",
            Severity.WARNING,
            f"No worker of this folder has given a sign of life {since}.",
            "Leave goodterms serve (or goodterms worker) running: it runs the days and sends.",
        )
    else:
        yield Finding("worker", Severity.GOOD, f"The worker is at work (last seen {beat:%H:%M:%S} UTC).")


def _print(findings: list[Finding]) -> None:
    out = console()
    for finding in findings:
        where = f"[dim]{escape(finding.organisation)}:[/] " if finding.organisation else ""
        out.print(f"{SIGNS[finding.severity]} {where}{escape(finding.message)}", soft_wrap=True)
        if finding.remedy:
            out.print(f"    [dim]→[/] {escape(finding.remedy)}", soft_wrap=True)
    counts = {severity: sum(finding.severity is severity for finding in findings) for severity in Severity}
    out.print(f"\n{counts[Severity.ERROR]} to mend, {counts[Severity.WARNING]} to look at.", soft_wrap=True)
