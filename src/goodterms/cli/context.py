"""Opening the installation for a command: its folder, its database, the current organisation, the clock."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import DatabaseError

from goodterms.cli.printing import Format, note
from goodterms.core.refusal import Refusal
from goodterms.flows.set_up_organisation import create_organisation
from goodterms.organizations.models import Organisation

OrganisationOption = Annotated[
    str,
    typer.Option(
        "--organisation",
        envvar="GOODTERMS_ORGANISATION",
        metavar="SLUG",
        help="Which organisation; needed only where there are several.",
    ),
]
DayOption = Annotated[
    datetime | None,
    typer.Option("--on", formats=["%Y-%m-%d"], metavar="DATE", help="As known on that day, e.g. 2026-03-31."),
]
FormatOption = Annotated[Format, typer.Option("--format", help="A table to read, or JSON for a program.")]

# A day named by --on is looked at from this hour, inside every ordinary send window.
HOUR_ON_A_NAMED_DAY = time(10, 0)
MIGRATION_LOCK = 7_260_401
LOCK_WAIT_SECONDS = 120


class DatabaseOutOfReach(Refusal):
    """The database cannot be opened."""


class NoOrganisation(Refusal):
    """A command needs an organisation and there is none."""

    def __init__(self) -> None:
        super().__init__(
            "There is no organisation yet. Import a file (goodterms import my.csv), set one up "
            '(goodterms organisation set --name "My company") or look around first with goodterms demo.'
        )


class SeveralOrganisations(Refusal):
    """A command needs to know which organisation is meant."""

    def __init__(self, slugs: list[str]) -> None:
        super().__init__(
            f"There are several organisations ({', '.join(slugs)}): say which with --organisation SLUG "
            "or GOODTERMS_ORGANISATION."
        )


class UnknownOrganisation(Refusal):
    """The organisation named is not in this installation."""

    def __init__(self, slug: str, slugs: list[str]) -> None:
        known = f"There is: {', '.join(slugs)}." if slugs else "There is none yet."
        super().__init__(f"There is no organisation called {slug!r} in {settings.CONFIGURATION.home}. {known}")


def open_installation() -> None:
    """Make the folder and bring the database up to date; two commands that start at once do it once.

    Raises DatabaseOutOfReach when the database does not answer.
    """
    try:
        if not pending_migrations():
            return
        with _alone(settings.CONFIGURATION.home):
            if pending_migrations():
                call_command("migrate", interactive=False, verbosity=0)
    except (DatabaseError, OSError, sqlite3.Error) as error:
        raise DatabaseOutOfReach(
            f"The database {database_name()} cannot be opened: {str(error).strip()} "
            "Check that it runs, that DATABASE_URL is right, and that the folder may be written."
        ) from error


def pending_migrations() -> list[str]:
    """The names of the migrations that the database has not seen."""
    executor = MigrationExecutor(connection)
    return [f"{step.app_label}.{step.name}" for step, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())]


def database_name() -> str:
    """The database as a person knows it: a file, or server and name (never the password)."""
    given = connection.settings_dict
    if connection.vendor == "sqlite":
        return str(given["NAME"])
    return f"{given['NAME']} on {given['HOST'] or 'this machine'}"


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Hold the installation's migration lock: an SQLite lock file works on every system, without left-overs."""
    home.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(home / "migrate.lock", timeout=LOCK_WAIT_SECONDS, isolation_level=None)) as lock:
        lock.execute("BEGIN EXCLUSIVE")
        if connection.vendor != "postgresql":
            yield
            return
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
            try:
                yield
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATION_LOCK])


def open_organisation(slug: str = "") -> Organisation:
    """Open the installation and find the organisation meant: the named one, or the only one.

    Raises NoOrganisation, SeveralOrganisations or UnknownOrganisation.
    """
    open_installation()
    slugs = list(Organisation.objects.order_by("slug").values_list("slug", flat=True))
    if slug:
        if slug not in slugs:
            raise UnknownOrganisation(slug, slugs)
        return Organisation.objects.get(slug=slug)
    if not slugs:
        raise NoOrganisation
    if len(slugs) > 1:
        raise SeveralOrganisations(slugs)
    return Organisation.objects.get()


def open_or_make_organisation(slug: str = "", values: Mapping[str, str] | None = None) -> Organisation:
    """The organisation meant; in an empty installation a new one, and the person is told how to change it.

    What a new one is like stands in settings.toml under [new_organisation], overridden by ``values`` (particulars by
    field name, such as ``{"currency": "GBP"}``).
    """
    open_installation()
    if slug or Organisation.objects.exists():
        return open_organisation(slug)
    made = create_organisation(
        {**settings.CONFIGURATION.new_organisation.model_dump(), **(values or {})}, current_moment()
    )
    note(
        f"Made the organisation {made.name} ({made.country}, {made.currency}, {made.timezone}); "
        "goodterms organisation set changes it."
    )
    return made


def current_moment() -> datetime:
    """Now, in UTC; with ``today_of`` the only clock of the command line."""
    return datetime.now(UTC)


def today_of(organisation: Organisation) -> date:
    """The organisation's own calendar day."""
    return current_moment().astimezone(ZoneInfo(organisation.timezone)).date()


def moment_of(organisation: Organisation, on: datetime | None) -> datetime:
    """The moment a command works at: now, or ten in the morning (organisation-local) of the day given by --on."""
    zone = ZoneInfo(organisation.timezone)
    if on is None or on.date() == today_of(organisation):
        return current_moment()
    return datetime.combine(on.date(), HOUR_ON_A_NAMED_DAY, zone).astimezone(UTC)
