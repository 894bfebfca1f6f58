"""The database itself refuses an illegal move, and any change of what was sent: no query can get round the rules."""

from typing import Any

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from goodterms.outbox.moves import FINAL, LEGAL_MOVES

LASTING = ("key", "organisation_id", "customer_id", "channel", "recipient", "created_at")


def install_guards(using: str = "default", **_: Any) -> None:
    """Set up the triggers anew; safe to repeat. Runs after every migration (see apps)."""
    connection = connections[using]
    if "outbox_effect" not in connection.introspection.table_names():
        return
    with transaction.atomic(using=using), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(REFUSE_FUNCTION)
        for name, table, condition, message in _guards():
            for statement in _statements(connection, name, table, condition, message):
                cursor.execute(statement)


REFUSE_FUNCTION = """
CREATE OR REPLACE FUNCTION outbox_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = TG_ARGV[0];
END $$
"""


def _guards() -> list[tuple[str, str, str, str]]:
    """Each guard: its name, its table, when it refuses an update, and what it says."""
    moves = ", ".join(f"'{start}>{target}'" for start, targets in LEGAL_MOVES.items() for target in sorted(targets))
    final = ", ".join(f"'{state}'" for state in FINAL)
    changed = " OR ".join(f"OLD.{column} <> NEW.{column}" for column in LASTING)
    illegal = f"OLD.state <> NEW.state AND (OLD.state || '>' || NEW.state) NOT IN ({moves})"
    return [
        ("effect_moves_legally", "outbox_effect", illegal, "an effect cannot move from this state to that one"),
        ("effect_final_stays", "outbox_effect", f"OLD.state IN ({final})", "a finished effect never changes"),
        ("effect_stays_itself", "outbox_effect", changed, "an effect is never turned into another one"),
        ("sent_message_stays", "outbox_sentmessage", "TRUE", "what was sent never changes"),
        ("attempt_stays", "outbox_attempt", "TRUE", "an attempt on record never changes"),
    ]


def _statements(
    connection: BaseDatabaseWrapper, name: str, table: str, condition: str, message: str
) -> tuple[str, str]:
    if connection.vendor == "postgresql":
        return (
            f"DROP TRIGGER IF EXISTS {name} ON {table}",
            f"CREATE TRIGGER {name} BEFORE UPDATE ON {table} FOR EACH ROW WHEN ({condition}) "
            f"EXECUTE FUNCTION outbox_refuse('{message}')",
        )
    return (
        f"DROP TRIGGER IF EXISTS {name}",
        f"CREATE TRIGGER {name} BEFORE UPDATE ON {table} FOR EACH ROW WHEN {condition} "
        f"BEGIN SELECT RAISE(ABORT, '{message}'); END",
    )
