"""An organisation changes the numbers by which it is followed up."""

import json
from collections.abc import Mapping
from copy import deepcopy
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from goodterms.flows.policy_versions import catch_up, write_version
from goodterms.followup.policy import read_numbers
from goodterms.organizations.changes import write_change
from goodterms.organizations.models import Change, Organisation


@transaction.atomic
def change_policy(organisation_id: int, changes: Mapping[str, str], *, actor: str, now: datetime) -> Organisation:
    """Set the organisation's own policy values by dotted key: ``gap_days`` -> "5", ``interest.enabled`` -> "true".

    A value is read as JSON where it is JSON and as text otherwise; an empty one takes the deviation back, so that
    the shipped value holds again. Raises PolicyInvalid, and changes nothing, when a key or value cannot be used.
    The change is a version of the policy.
    """
    organisation = Organisation.objects.select_for_update().get(pk=organisation_id)
    catch_up(organisation, now)
    policy = deepcopy(organisation.policy)
    for key, text in changes.items():
        _put(policy, key.split("."), text)
    read_numbers(policy)
    rows = Organisation.objects.filter(pk=organisation_id)
    rows.update(policy=policy, facts_version=F("facts_version") + 1)
    before = organisation.policy or dict.fromkeys(policy)
    after = policy or dict.fromkeys(before)
    write_change(organisation, Change.Kind.POLICY, "Policy", before=before, after=after, actor=actor, now=now)
    changed = rows.get()
    if before != after:
        write_version(changed, actor=actor, now=now, reason=f"Changed {', '.join(changes)}.")
    return changed


def _put(policy: dict[str, Any], path: list[str], text: str) -> None:
    """Set or remove one value in nested tables; a table left empty goes with it."""
    first, *rest = path
    if not rest:
        if text:
            policy[first] = _value(text)
        else:
            policy.pop(first, None)
        return
    inner = policy.setdefault(first, {})
    if not isinstance(inner, dict):
        inner = policy[first] = {}
    _put(inner, rest, text)
    if not inner:
        del policy[first]


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def described_policy(organisation: Organisation) -> list[dict[str, Any]]:
    """Every number in force: ``key``, ``value`` (as in JSON), ``is_own`` and what it means."""
    numbers = read_numbers(organisation.policy)
    values = numbers.model_dump(mode="json")
    return [
        {
            "key": key,
            "value": values[key],
            "is_own": key in organisation.policy,
            "meaning": field.description or "",
        }
        for key, field in type(numbers).model_fields.items()
    ]
