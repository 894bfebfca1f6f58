"""The database itself refuses to change or remove what stands in the record of changes."""

from typing import Any

from django.db import connections, transaction

TABLE = "organizations_change"
UPDATE_GUARD, DELETE_GUARD = "change_update_refused", "change_delete_refused"
MESSAGE = "what stands in the record of changes never changes"


def install_guards(using: str = "default", **_: Any) -> None:
    """Set up the triggers anew; safe to repeat. Runs after every migration (see apps)."""
    connection = connections[using]
    if TABLE not in connection.introspection.table_names():
        return
    with transaction.atomic(using=using), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(REFUSE_FUNCTION)
        for name, deed in ((UPDATE_GUARD, "update"), (DELETE_GUARD, "delete")):
            for statement in _statements(connection.vendor, name, deed):
                cursor.execute(statement)


REFUSE_FUNCTION = """
CREATE OR REPLACE FUNCTION organizations_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = TG_ARGV[0];
END $$
"""


def _statements(vendor: str, name: str, deed: str) -> tuple[str, str]:
    when = f"BEFORE {deed.upper()} ON {TABLE} FOR EACH ROW"
    if vendor == "postgresql":
        return (
            f"DROP TRIGGER IF EXISTS {name} ON {TABLE}",
            f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION organizations_refuse('{MESSAGE}')",
        )
    return (
        f"DROP TRIGGER IF EXISTS {name}",
        f"CREATE TRIGGER {name} {when} BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END",
    )
