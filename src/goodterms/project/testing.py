"""A pytest plugin that gives a test session a throw-away folder before Django reads the settings.

Named by ``-p`` in pyproject.toml: pytest-django reads the settings before any conftest is loaded.
"""

import os
import tempfile
from collections.abc import Iterator

import pytest

_HOME = tempfile.TemporaryDirectory(prefix="goodterms-tests-")

os.environ["GOODTERMS_HOME"] = _HOME.name
for name in ("GOODTERMS_SMTP_PASSWORD", "GOODTERMS_SECRET_KEY", "GOODTERMS_ORGANISATION", "GOODTERMS_DEBUG"):
    os.environ.pop(name, None)

# Frames in tests are small: several threads would only wait for each other, the more so beside other test processes.
os.environ.setdefault("POLARS_MAX_THREADS", "1")


@pytest.fixture(autouse=True)
def timeline_may_be_emptied(request: pytest.FixtureRequest, _django_db_marker: None) -> Iterator[None]:
    """After a test with transactions of its own every table is emptied, which the timeline's guards would refuse.

    PostgreSQL truncates, past any row's trigger; SQLite deletes. The migration signal sets the guards up again.
    """
    yield
    marker = request.node.get_closest_marker("django_db")
    given = {"transactional_db", "live_server"} & set(request.fixturenames)
    if not (given or (marker and (marker.kwargs.get("transaction") or marker.args))):
        return
    from django.db import connection

    from goodterms.followup.guards import KEPT, guard_name
    from goodterms.organizations.guards import DELETE_GUARD

    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for table in KEPT:
                cursor.execute(f"DROP TRIGGER IF EXISTS {guard_name(table, 'delete')}")
            cursor.execute(f"DROP TRIGGER IF EXISTS {DELETE_GUARD}")
