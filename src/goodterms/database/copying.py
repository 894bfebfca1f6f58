"""The whole database into one file and back, consistent while others write."""

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from goodterms.core.refusal import Refusal

QUIET = {"PGCONNECT_TIMEOUT": "10"}


class ToolMissing(Refusal):
    """A PostgreSQL program is not on this machine."""

    def __init__(self, program: str) -> None:
        super().__init__(
            f"{program} is not on this machine; it copies PostgreSQL databases. Install PostgreSQL's client programs "
            "(Debian: apt-get install postgresql-client), at least as new as the server."
        )


class CopyRefused(Refusal):
    """The database could not be copied out or in."""


def dump_database(target: Path) -> None:
    """Write the database, as it is at one moment, into ``target``: an SQLite file, or pg_dump's custom format.

    Raises ToolMissing or CopyRefused.
    """
    if connection.vendor == "sqlite":
        _copy_sqlite(Path(str(connection.settings_dict["NAME"])), target)
    else:
        _postgresql_tool("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={target}")


def load_database(source: Path) -> None:
    """Fill the empty database from a file of ``dump_database``. Raises ToolMissing or CopyRefused."""
    if connection.vendor == "sqlite":
        check_sqlite(source)
        connection.close()
        _copy_sqlite(source, Path(str(connection.settings_dict["NAME"])))
    else:
        name = _postgresql_environment()["PGDATABASE"]
        _postgresql_tool(
            "pg_restore",
            "--no-owner",
            "--no-privileges",
            "--exit-on-error",
            "--single-transaction",
            f"--dbname={name}",
            str(source),
        )


def is_empty_database() -> bool:
    """Whether the database has no table yet (asking makes no file where there is none)."""
    if connection.vendor == "sqlite" and not Path(str(connection.settings_dict["NAME"])).exists():
        return True
    return not connection.introspection.table_names()


def applied_migrations() -> list[str]:
    """The database's version: the names of the migrations it has seen, sorted."""
    return sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations())


def unknown_migrations(names: list[str]) -> list[str]:
    """Those of the migrations that this version of goodterms does not know: the database is newer."""
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations or {}}
    return sorted(set(names) - known)


def check_sqlite(file: Path) -> None:
    """Raise CopyRefused when the file is not a sound SQLite database."""
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
            found = [row[0] for row in database.execute("PRAGMA quick_check(3)")]
    except sqlite3.DatabaseError as error:
        found = [str(error)]
    if found != ["ok"]:
        raise CopyRefused(f"{file.name} is damaged: {'; '.join(found)}. Use another backup.")


def _copy_sqlite(source: Path, target: Path) -> None:
    """SQLite's online backup in one step: one read transaction, so a writer neither waits nor is half seen."""
    try:
        with (
            closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True, timeout=60)) as reader,
            closing(sqlite3.connect(target)) as writer,
        ):
            reader.backup(writer, pages=-1)
    except sqlite3.Error as error:
        raise CopyRefused(f"{source} could not be copied to {target}: {error}.") from error


def _postgresql_tool(program: str, *arguments: str) -> None:
    found = shutil.which(program)
    if found is None:
        raise ToolMissing(program)
    done = subprocess.run(
        [found, "--no-password", *arguments],
        env={**os.environ, **QUIET, **_postgresql_environment()},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CopyRefused(f"{program} could not copy the database: {done.stderr.strip() or 'it gave no reason.'}")


def _postgresql_environment() -> dict[str, str]:
    """The connection as environment variables, so that the password is in no process list."""
    given = connection.settings_dict
    named = {"PGDATABASE": "NAME", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGHOST": "HOST", "PGPORT": "PORT"}
    environment = {variable: str(given[key]) for variable, key in named.items() if given[key]}
    if "sslmode" in given["OPTIONS"]:
        environment["PGSSLMODE"] = str(given["OPTIONS"]["sslmode"])
    return environment
