"""The parts of a policy as plain data: put together, taken apart, and compared so that a person can read it."""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Literal, TypedDict

from pydantic import ValidationError

from goodterms.core.playbook import Step


class Content(TypedDict):
    """A policy in full: numbers (deviations), rules and playbooks as rows of the shipped files."""

    numbers: dict[str, Any]
    profiles: list[dict[str, Any]]
    verdicts: list[dict[str, Any]]
    playbooks: list[dict[str, Any]]


RULE_SETS: tuple[Literal["profiles", "verdicts"], ...] = ("profiles", "verdicts")
BOOK_FIELDS = ("name", "intent", "entry", "entry_level", "ends_with")
BOOK_DEFAULTS: Mapping[str, Any] = {"entry": "first", "entry_level": 2, "ends_with": "agency"}


@dataclass(frozen=True)
class PolicyChange:
    """One difference between two policies.

    ``part`` is numbers, profiles, verdicts or a playbook's id; ``item`` the number's key, the rule's or the step's id
    (empty: the playbook itself). ``field`` is set where a value changed.
    """

    part: str
    item: str
    action: Literal["added", "removed", "moved", "changed"]
    field: str = ""
    before: Any = None
    after: Any = None


def overlay(content: Content, changed: Mapping[str, Any]) -> Content:
    """The policy with the changed parts in place: whole rule sets, playbooks by id, numbers by key (null: none)."""
    numbers = {**content["numbers"], **changed.get("numbers", {})}
    own = changed.get("playbooks", {})
    return Content(
        numbers={key: value for key, value in numbers.items() if value is not None},
        profiles=deepcopy(changed.get("profiles", content["profiles"])),
        verdicts=deepcopy(changed.get("verdicts", content["verdicts"])),
        playbooks=[deepcopy(own.get(book["id"], book)) for book in content["playbooks"]],
    )


def differing_parts(base: Content, wanted: Content) -> dict[str, Any]:
    """What must be laid over ``base`` to get ``wanted``; only parts that say something else."""
    parts: dict[str, Any] = {}
    numbers = {key: value for key, value in wanted["numbers"].items() if base["numbers"].get(key) != value}
    numbers |= {key: None for key in base["numbers"] if key not in wanted["numbers"]}
    if numbers:
        parts["numbers"] = numbers
    for name in RULE_SETS:
        if list(map(plain_rule, base[name])) != list(map(plain_rule, wanted[name])):
            parts[name] = wanted[name]
    books = {book["id"]: book for book in base["playbooks"]}
    own = {book["id"]: book for book in wanted["playbooks"] if not _is_same_book(books.get(book["id"]), book)}
    if own:
        parts["playbooks"] = own
    return parts


def plain_rule(row: Mapping[str, Any]) -> dict[str, str]:
    """A rule's four values, with single spaces."""
    return {name: " ".join(str(row.get(name, "")).split()) for name in ("id", "outcome", "when", "because")}


def plain_step(row: Mapping[str, Any]) -> dict[str, Any]:
    """A step with all its values, defaults included; as it stands where it cannot be read."""
    try:
        return Step.model_validate(row).model_dump(mode="json")
    except ValidationError:
        return dict(row)


def list_changes(before: Content, after: Content) -> list[PolicyChange]:
    """Every difference, in the order in which a person reads a policy."""
    changes = list(_number_changes(before["numbers"], after["numbers"]))
    for name in RULE_SETS:
        changes += _row_changes(name, map(plain_rule, before[name]), map(plain_rule, after[name]))
    old = {book["id"]: book for book in before["playbooks"]}
    for book in after["playbooks"]:
        was = old.get(book["id"], {"steps": []})
        changes += _field_changes(book["id"], "", _plain_head(was), _plain_head(book))
        changes += _row_changes(book["id"], map(plain_step, was["steps"]), map(plain_step, book["steps"]))
    return changes


def _is_same_book(one: Mapping[str, Any] | None, other: Mapping[str, Any]) -> bool:
    return (
        one is not None
        and _plain_head(one) == _plain_head(other)
        and list(map(plain_step, one["steps"])) == list(map(plain_step, other["steps"]))
    )


def _plain_head(book: Mapping[str, Any]) -> dict[str, Any]:
    return {name: book.get(name, BOOK_DEFAULTS.get(name)) for name in BOOK_FIELDS}


def _number_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterable[PolicyChange]:
    for key in sorted({*before, *after}):
        if before.get(key) != after.get(key):
            yield PolicyChange("numbers", key, "changed", key, before.get(key), after.get(key))


def _row_changes(
    part: str, before: Iterable[dict[str, Any]], after: Iterable[dict[str, Any]]
) -> Iterable[PolicyChange]:
    # Steps of one id may stand in a playbook only once, so an id says which row is which.
    was, is_now = {row["id"]: row for row in before}, {row["id"]: row for row in after}
    stayed = [name for name in was if name in is_now]
    moved = _moved(stayed, [name for name in is_now if name in was])
    for name in was:
        if name not in is_now:
            yield PolicyChange(part, name, "removed", before=was[name])
    for place, name in enumerate(is_now, start=1):
        if name not in was:
            yield PolicyChange(part, name, "added", after=is_now[name])
            continue
        if name in moved:
            yield PolicyChange(part, name, "moved", before=list(was).index(name) + 1, after=place)
        yield from _field_changes(part, name, was[name], is_now[name])


def _moved(before: list[str], after: list[str]) -> set[str]:
    """The fewest names, taken one by one, without which both lists have the same order."""
    moved: set[str] = set()
    while before != after:
        candidates = {name: abs(before.index(name) - after.index(name)) for name in before}
        farthest = max(candidates, key=lambda name: candidates[name])
        moved.add(farthest)
        before = [name for name in before if name != farthest]
        after = [name for name in after if name != farthest]
    return moved


def _field_changes(part: str, item: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterable[PolicyChange]:
    for field in {**before, **after}:
        if field != "id" and before.get(field) != after.get(field):
            yield PolicyChange(part, item, "changed", field, before.get(field), after.get(field))
