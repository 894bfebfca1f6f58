"""While the relay works, SQLite waits for the disk at each commit; before and after it does not."""

import pytest
from django.db import connection

from goodterms.outbox.durable import durable_commits
from tests.outbox.relaying import RememberingChannel, make_queue, relay

pytestmark = pytest.mark.django_db(transaction=True)
FULL, NORMAL = 2, 1


def level() -> int:
    with connection.cursor() as cursor:
        if connection.vendor != "sqlite":
            cursor.execute("SHOW synchronous_commit")
            return FULL if cursor.fetchone()[0] == "on" else NORMAL
        cursor.execute("PRAGMA synchronous")
        return int(cursor.fetchone()[0])


def test_marks_and_outcomes_are_on_the_disk_before_the_relay_goes_on() -> None:
    make_queue(1)
    levels: list[int] = []

    class Looking(RememberingChannel):
        def open(self) -> None:
            levels.append(level())

    assert relay(Looking()).sent == 1
    assert levels == [FULL]


def test_the_connection_is_afterwards_as_it_was() -> None:
    before = level()
    with pytest.raises(ZeroDivisionError), durable_commits():
        raise ZeroDivisionError
    assert level() == before
