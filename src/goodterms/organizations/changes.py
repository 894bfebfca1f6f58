"""The record of changes: one helper by which every flow writes down who changed what, before and after."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from goodterms.organizations.models import Change, Organisation

LONGEST_TEXT = 20_000


def write_change(
    organisation: Organisation,
    kind: Change.Kind,
    subject: str,
    *,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    actor: str,
    now: datetime,
    key: object = "",
    customer_id: int | None = None,
) -> Change | None:
    """Write one change down; call it in the transaction that makes it.

    ``subject`` is what a person calls the thing ("Playbook chronic", "Sam Example"), ``key`` its id or name in the
    program. ``before`` and ``after`` are the thing's fields by name, whole or only those touched: fields that are the
    same in both are left out. Empty ``before``: the thing is new; empty ``after``: it is gone. Values may be texts,
    numbers, dates, lists and mappings; of bytes only the size is kept. Secrets must not be handed in.

    Nothing is written, and None returned, when nothing differs.
    """
    was, is_now = _plain_fields(before), _plain_fields(after)
    if was and is_now:
        changed = [name for name in {**was, **is_now} if was.get(name) != is_now.get(name)]
        was = {name: was.get(name) for name in changed}
        is_now = {name: is_now.get(name) for name in changed}
    if not was and not is_now:
        return None
    return Change.objects.create(
        organisation_id=organisation.pk,
        at=now,
        actor=actor[:200],
        kind=kind,
        subject=subject[:200],
        subject_key=str(key)[:100],
        customer_id=customer_id,
        before=was,
        after=is_now,
    )


def fields_of(row: Any, *names: str) -> dict[str, Any]:
    """These fields of a model's row, as ``before`` or ``after`` of a change."""
    return {name: getattr(row, name) for name in names}


def _plain_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _plain(value) for name, value in fields.items()}


def _plain(value: Any) -> Any:
    """The value as JSON can hold it."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return str(value)[:LONGEST_TEXT]
    if isinstance(value, bytes | memoryview):
        return f"{len(value)} bytes"
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(inner) for inner in value]
    return str(value)[:LONGEST_TEXT]
