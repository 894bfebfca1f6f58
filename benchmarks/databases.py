"""A throw-away installation for a benchmark: a folder for SQLite, or the server that DATABASE_URL names."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


def start_django() -> str:
    """Set Django up on the installation that the environment names; the database's name for the table."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "goodterms.project.settings")
    import django

    django.setup()
    from django.db import connection

    return "SQLite" if connection.vendor == "sqlite" else "PostgreSQL"


@contextmanager
def installation() -> Iterator[str]:
    """An empty, migrated installation, named by GOODTERMS_HOME within the block; yields the database's name."""
    with tempfile.TemporaryDirectory(prefix="goodterms-bench-") as folder:
        os.environ["GOODTERMS_HOME"] = folder
        name = start_django()
        from django.core.management import call_command
        from django.db import connection

        if name == "PostgreSQL":
            with connection.cursor() as cursor:
                cursor.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        call_command("migrate", verbosity=0)
        connection.close()
        yield name


def run_phase(module: str, phase: str, *arguments: str) -> list[list[object]]:
    """Run a phase of a benchmark in a process of its own, so that its peak memory is its own; the rows it printed."""
    command = [sys.executable, "-m", module, "--phase", phase, *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    rows: list[list[object]] = json.loads(done.stdout.splitlines()[-1])
    return rows
