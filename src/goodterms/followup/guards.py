"""The database itself refuses to change or remove what stands in the timeline: no query can get round the rules."""

from typing import Any

from django.db import connections, transaction

KEPT = {
    "followup_timelineevent": "what stands in the timeline never changes",
    "followup_timelinelink": "a link of the timeline never changes",
}


def install_guards(using: str = "default", **_: Any) -> None:
    """Set up the triggers anew; safe to repeat. Runs after every migration (see apps)."""
    connection = connections[using]
    present = set(connection.introspection.table_names())
    with transaction.atomic(using=using), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(REFUSE_FUNCTION)
        for table, message in KEPT.items():
            for deed in ("update", "delete"):
                if table in present:
                    for statement in _statements(connection.vendor, guard_name(table, deed), table, deed, message):
                        cursor.execute(statement)


def guard_name(table: str, deed: str) -> str:
    """The trigger's name."""
    return f"{table.removeprefix('followup_')}_{deed}_refused"


REFUSE_FUNCTION = """
CREATE OR REPLACE FUNCTION followup_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = TG_ARGV[0];
END $$
"""


def _statements(vendor: str, name: str, table: str, deed: str, message: str) -> tuple[str, str]:
    when = f"BEFORE {deed.upper()} ON {table} FOR EACH ROW"
    if vendor == "postgresql":
        return (
            f"DROP TRIGGER IF EXISTS {name} ON {table}",
            f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION followup_refuse('{message}')",
        )
    return (
        f"DROP TRIGGER IF EXISTS {name}",
        f"CREATE TRIGGER {name} {when} BEGIN SELECT RAISE(ABORT, '{message}'); END",
    )
