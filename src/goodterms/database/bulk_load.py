"""A first large load on PostgreSQL: indexes and foreign keys are set aside and built anew at once, not row by row."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection, transaction

FEWEST_ROWS = 50_000
PATIENCE = "2s"
"""How long to wait for those who read the table; after that it is loaded row by row, beside them."""
SORTING = "256MB"

_INDEXES = """
SELECT format('DROP INDEX %%s', i.indexrelid::regclass), pg_get_indexdef(i.indexrelid)
FROM pg_index i
WHERE i.indrelid = %s::regclass AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid)
"""
_FOREIGN_KEYS = """
SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),
       format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname, pg_get_constraintdef(oid))
FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'f'
"""


@contextmanager
def bulk_load(table: str, rows: int) -> Iterator[None]:
    """Around a load of so many rows: do without the table's indexes and foreign keys, and restore them at the end.

    Only where the load is large and the table holds less than it brings; primary key and unique constraints stay.
    All of it is part of the caller's transaction: after a crash, or when a restored foreign key finds a row without
    its counterpart (IntegrityError), everything is as before. Nobody else reads the table meanwhile.
    """
    if connection.vendor != "postgresql" or rows < FEWEST_ROWS or _holds(table, rows):
        yield
        return
    restoring = _set_aside(table)
    yield
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL maintenance_work_mem = '{SORTING}'")
        for statement in restoring:
            cursor.execute(statement)
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def _holds(table: str, rows: int) -> bool:
    """Whether the table has so many rows already."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM (SELECT 1 FROM {table} LIMIT %s) AS first_rows", [rows])
        return bool(cursor.fetchone()[0] >= rows)


def _set_aside(table: str) -> list[str]:
    """Drop what can be built anew; the statements that do so, none where others would not let us."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            # A table with checks still to be made cannot be altered.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(f"SET LOCAL lock_timeout = '{PATIENCE}'")
            pairs = [pair for query in (_FOREIGN_KEYS, _INDEXES) for pair in _found(query, table)]
            for drop, _ in pairs:
                cursor.execute(drop)
            cursor.execute("SET LOCAL lock_timeout = DEFAULT")
    except OperationalError:
        return []
    return [restore for _, restore in reversed(pairs)]


def _found(query: str, table: str) -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(query, [table])
        return [(str(drop), str(restore)) for drop, restore in cursor.fetchall()]
