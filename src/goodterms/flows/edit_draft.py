"""Somebody changes steps, rules or numbers of the policy: into the draft, where nothing follows them yet."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Literal

from django.db import transaction
from django.utils.text import slugify

from goodterms.core.habits import HABITS
from goodterms.core.playbook import Step
from goodterms.core.policy import VERDICTS
from goodterms.core.policy_parts import Content, differing_parts, overlay
from goodterms.core.refusal import Refusal
from goodterms.core.rules import RuleFault, compile_rules
from goodterms.flows.check_step import FieldFaults, check_step
from goodterms.followup.models import PolicyDraft
from goodterms.followup.policy import compile_content, content_of, read_numbers
from goodterms.organizations.models import Organisation

RuleKind = Literal["profiles", "verdicts"]
Edit = Callable[[Content], None]
LONGEST_ID = 40


class NotThere(Refusal):
    """The step, rule or playbook to be changed is not in the draft."""

    def __init__(self, what: str, name: str) -> None:
        super().__init__(f"There is no {what} called {name!r}; perhaps somebody has just removed it.")


def read_draft(organisation: Organisation) -> tuple[Content, PolicyDraft | None]:
    """The policy as the draft would have it, and the draft; the policy in force where there is none."""
    draft = PolicyDraft.objects.filter(organisation=organisation).first()
    content = content_of(organisation)
    return (overlay(content, draft.content), draft) if draft else (content, None)


@transaction.atomic
def save_step(
    organisation: Organisation, book_id: str, step_id: str, row: Mapping[str, Any], *, actor: str, now: datetime
) -> None:
    """Put the step (as in a shipped file) into its playbook, in place of ``step_id`` where that is given.

    It stands among the steps of its anchor by its first day. A new step without id gets one from its tone and day.
    Raises FieldFaults, and changes nothing, when it cannot be used.
    """

    def edit(content: Content) -> None:
        book = find_book(content, book_id)
        others = [step for step in book["steps"] if step["id"] != step_id]
        if step_id and len(others) == len(book["steps"]):
            raise NotThere("step", step_id)
        named = {**row, "id": slugify(str(row.get("id") or step_id))[:LONGEST_ID] or _free_id(row, others)}
        steps = _placed(named, others)
        step = check_step(named, steps, read_numbers(content["numbers"]))
        plain = step.model_dump(mode="json", exclude_defaults=True)
        book["steps"] = [plain if one is named else one for one in steps]

    _change(organisation, edit, actor, now)


@transaction.atomic
def remove_step(organisation: Organisation, book_id: str, step_id: str, *, actor: str, now: datetime) -> None:
    """Take a step out; raises NotThere."""

    def edit(content: Content) -> None:
        book = find_book(content, book_id)
        left = [step for step in book["steps"] if step["id"] != step_id]
        if len(left) == len(book["steps"]):
            raise NotThere("step", step_id)
        book["steps"] = left

    _change(organisation, edit, actor, now)


@transaction.atomic
def save_book(
    organisation: Organisation, book_id: str, values: Mapping[str, Any], *, actor: str, now: datetime
) -> None:
    """Change a playbook's intent, how it is entered and what comes when it ends; what is not said stays as it is."""

    def edit(content: Content) -> None:
        book = find_book(content, book_id)
        names = ("intent", "entry", "entry_level", "ends_with")
        book.update({name: values[name] for name in names if values.get(name) not in (None, "")})

    _change(organisation, edit, actor, now)


@transaction.atomic
def save_rule(
    organisation: Organisation, kind: RuleKind, rule_id: str, row: Mapping[str, str], *, actor: str, now: datetime
) -> None:
    """Put a rule in place of ``rule_id``, or before the last one, which matches everybody. Raises FieldFaults."""

    def edit(content: Content) -> None:
        rules, named = content[kind], dict(row)
        if rule_id:
            place = _place_of(rules, rule_id)
            rules[place] = {**named, "id": rule_id}
        else:
            named["id"] = slugify(named.get("id", ""))[:80]
            if not named["id"]:
                raise FieldFaults({"id": ["Give the rule a name of a few words, such as pays-on-fridays."]})
            rules.insert(len(rules) - 1, named)
        check_rules(content, kind)

    _change(organisation, edit, actor, now)


@transaction.atomic
def move_rule(organisation: Organisation, kind: RuleKind, rule_id: str, by: int, *, actor: str, now: datetime) -> None:
    """Ask a rule earlier (-1) or later (1). Raises FieldFaults where a rule could not be reached any more."""

    def edit(content: Content) -> None:
        rules = content[kind]
        place = _place_of(rules, rule_id)
        to = max(0, min(len(rules) - 1, place + by))
        rules.insert(to, rules.pop(place))
        check_rules(content, kind)

    _change(organisation, edit, actor, now)


@transaction.atomic
def remove_rule(organisation: Organisation, kind: RuleKind, rule_id: str, *, actor: str, now: datetime) -> None:
    """Take a rule out; whoever it matched is judged by the ones after it. Raises NotThere or FieldFaults."""

    def edit(content: Content) -> None:
        del content[kind][_place_of(content[kind], rule_id)]
        check_rules(content, kind)

    _change(organisation, edit, actor, now)


@transaction.atomic
def save_numbers(organisation: Organisation, values: Mapping[str, Any], *, actor: str, now: datetime) -> None:
    """Set numbers of the policy by key (None: as shipped). Raises PolicyInvalid."""

    def edit(content: Content) -> None:
        content["numbers"] = {
            key: value for key, value in {**content["numbers"], **values}.items() if value is not None
        }
        read_numbers(content["numbers"])

    _change(organisation, edit, actor, now)


def discard_draft(organisation: Organisation) -> None:
    """Forget the draft; what is in force stays as it is."""
    PolicyDraft.objects.filter(organisation=organisation).delete()


def find_book(content: Content, book_id: str) -> dict[str, Any]:
    """The playbook of that id; raises NotThere."""
    for book in content["playbooks"]:
        if book["id"] == book_id:
            return book
    raise NotThere("playbook", book_id)


def check_rules(content: Content, kind: RuleKind) -> None:
    """Raises FieldFaults when a set of rules cannot be used."""
    outcomes = {book["id"] for book in content["playbooks"]} if kind == "profiles" else VERDICTS
    try:
        compile_rules(kind, content[kind], HABITS, outcomes)
    except RuleFault as fault:
        raise FieldFaults({fault.field: [str(fault)]}) from fault


def _change(organisation: Organisation, edit: Edit, actor: str, now: datetime) -> None:
    """Edit what the draft says so far, check the whole, and keep only what differs from the policy in force."""
    locked = Organisation.objects.select_for_update().get(pk=organisation.pk)
    content, _ = read_draft(locked)
    edit(content)
    compile_content(content, locked)
    parts = differing_parts(content_of(locked), content)
    if not parts:
        discard_draft(locked)
        return
    PolicyDraft.objects.update_or_create(
        organisation=locked, defaults={"content": parts, "changed_by": actor[:200], "changed_at": now}
    )


def _place_of(rules: list[dict[str, Any]], rule_id: str) -> int:
    for place, rule in enumerate(rules):
        if rule["id"] == rule_id:
            return place
    raise NotThere("rule", rule_id)


def _placed(row: dict[str, Any], others: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The steps with this one among those of its anchor, by its first day and after those of the same day."""
    anchor, day = row.get("anchor", "overdue"), row.get("from_day")
    kin = [place for place, step in enumerate(others) if step.get("anchor", "overdue") == anchor]
    later = [place for place in kin if day is not None and others[place]["from_day"] > day]
    place = later[0] if later else kin[-1] + 1 if kin else len(others)
    return [*others[:place], row, *others[place:]]


def _free_id(row: Mapping[str, Any], others: list[dict[str, Any]]) -> str:
    taken = {step["id"] for step in others}
    wanted = slugify(f"{row.get('tone', 'step')}-{row.get('from_day', '')}")[:LONGEST_ID] or "step"
    return next(name for name in (wanted, *(f"{wanted}-{number}" for number in range(2, 99))) if name not in taken)


DEFAULT_STEP = Step(id="new", from_day=7, channels={"email": "reminder_friendly"}, level=1, tone="friendly")
"""What the form of a new step begins with."""
