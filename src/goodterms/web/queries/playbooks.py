"""Playbooks and rules as the pages show them: in force or as a draft, with how many customers each concerns."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Count, QuerySet

from goodterms.core.playbook import Playbook, Step
from goodterms.core.policy_parts import Content, PolicyChange, list_changes, overlay, plain_step
from goodterms.core.rules import Rule, explain
from goodterms.flows.edit_draft import RuleKind, find_book
from goodterms.followup.models import CustomerProfile, DayRun, PolicyDraft, PolicyVersion
from goodterms.followup.policy import compile_content, content_of
from goodterms.ledger.models import Customer
from goodterms.messages.catalog import template_catalog
from goodterms.organizations.models import Organisation
from goodterms.web.policy_words import ANCHORS

SAMPLES = 3
LOOKED_AT = 40


@dataclass(frozen=True)
class PolicyView:
    """The policy a page shows: the draft's where there is one (unless the one in force is asked for)."""

    content: Content
    in_force: Content
    draft: PolicyDraft | None
    is_draft: bool


@dataclass(frozen=True)
class LastCounts:
    """What the last run counted; empty mappings before the first one."""

    run_date: date | None = None
    profiles: Mapping[str, int] = field(default_factory=dict)
    rules: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    next_steps: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Choice:
    """One channel of a step with its words."""

    channel: str
    template: str
    purpose: str


@dataclass(frozen=True)
class StepView:
    """A step in its playbook; ``change`` is "", "added" or "changed" against what is in force."""

    step: Step
    choices: list[Choice]
    customers: int | None
    is_active: bool
    change: str


@dataclass(frozen=True)
class BookView:
    """A playbook; ``groups``: the anchor and its steps, in the order in which a customer lives through them."""

    book: Playbook
    groups: list[tuple[str, list[StepView]]]
    removed: list[str]
    customers: int | None
    is_own: bool
    is_changed: bool

    @property
    def step_count(self) -> int:
        return sum(len(steps) for _, steps in self.groups)


@dataclass(frozen=True)
class RuleView:
    """A rule in its place, with how many customers it spoke for at the last run and what it said of some."""

    rule: Rule
    place: int
    is_last: bool
    customers: int | None
    samples: list[tuple[Customer, str]]
    change: str


def read_policy(organisation: Organisation, *, in_force: bool = False) -> PolicyView:
    """The policy to show."""
    present = content_of(organisation)
    draft = PolicyDraft.objects.filter(organisation=organisation).first()
    if draft is None or in_force:
        return PolicyView(present, present, draft, is_draft=False)
    return PolicyView(overlay(present, draft.content), present, draft, is_draft=True)


def last_counts(organisation: Organisation) -> LastCounts:
    """The counts of the last run; what an older program did not count is counted now."""
    run = DayRun.objects.filter(organisation=organisation).order_by("-run_date", "-pk").first()
    if run is None:
        return LastCounts()
    counts = run.counts
    rules = {
        "profiles": counts.get("profile_rules") or _count_by(organisation, "profile_rule"),
        "verdicts": counts.get("verdict_rules") or _count_by(organisation, "verdict_rule"),
    }
    return LastCounts(run.run_date, counts.get("profiles", {}), rules, counts.get("next_steps", {}))


def _count_by(organisation: Organisation, column: str) -> dict[str, int]:
    rows = CustomerProfile.objects.filter(organisation=organisation).values(column).annotate(count=Count("pk"))
    return dict(rows.values_list(column, "count"))


def list_books(view: PolicyView, counts: LastCounts, organisation: Organisation) -> list[BookView]:
    """Every playbook."""
    own = set(organisation.own_rules.get("playbooks", {}))
    changed = set(view.draft.content.get("playbooks", {})) if view.draft and view.is_draft else set()
    needs = _needs_in_force(view.content, organisation)
    return [_book_view(book, view, counts, own, changed, needs) for book in view.content["playbooks"]]


def read_book(view: PolicyView, book_id: str, counts: LastCounts, organisation: Organisation) -> BookView:
    """One playbook; raises NotThere."""
    find_book(view.content, book_id)
    return next(book for book in list_books(view, counts, organisation) if book.book.id == book_id)


def _needs_in_force(content: Content, organisation: Organisation) -> str | None:
    """What steps may depend on: interest, late_fee, or nothing."""
    numbers = compile_content(content, organisation).numbers
    return "interest" if numbers.interest.enabled else "late_fee" if numbers.late_fee.kind != "none" else None


def _book_view(
    row: dict[str, Any], view: PolicyView, counts: LastCounts, own: set[str], changed: set[str], needs: str | None
) -> BookView:
    book = Playbook.model_validate(row)
    before = {step["id"]: plain_step(step) for step in find_book(view.in_force, book.id)["steps"]}
    groups: list[tuple[str, list[StepView]]] = []
    for anchor in ANCHORS:
        steps = [_step_view(step, book.id, before, counts, needs) for step in book.steps if step.anchor == anchor]
        if steps:
            groups.append((anchor, sorted(steps, key=lambda one: one.step.from_day)))
    return BookView(
        book=book,
        groups=groups,
        removed=[name for name in before if name not in {step.id for step in book.steps}],
        customers=counts.profiles.get(book.id, 0) if counts.run_date else None,
        is_own=book.id in own,
        is_changed=book.id in changed,
    )


def _step_view(
    step: Step, book: str, before: Mapping[str, dict[str, Any]], counts: LastCounts, needs: str | None
) -> StepView:
    was = before.get(step.id)
    change = "added" if was is None else "changed" if was != step.model_dump(mode="json") else ""
    is_chain = step.anchor == "overdue"
    return StepView(
        step=step,
        choices=[Choice(channel, name, _purpose(name)) for channel, name in step.channels.items()],
        customers=counts.next_steps.get(f"{book}/{step.id}", 0) if counts.run_date and is_chain else None,
        is_active=step.needs in (None, needs),
        change=change,
    )


def _purpose(name: str) -> str:
    template = template_catalog().get(name)
    return template.purpose if template else ""


def list_rules(
    view: PolicyView,
    kind: RuleKind,
    counts: LastCounts,
    organisation: Organisation,
    customers: QuerySet[Customer] | None,
) -> list[RuleView]:
    """The rules in order; samples come from ``customers`` (None: all), in one query for each answer."""
    policy = compile_content(view.content, organisation)
    rules = (policy.profiles if kind == "profiles" else policy.verdicts).rules
    before = {row["id"]: row for row in view.in_force[kind]}
    samples = _samples(organisation, kind, rules, customers)
    matched = counts.rules.get(kind, {})
    return [
        RuleView(
            rule=rule,
            place=place,
            is_last=place == len(rules),
            customers=matched.get(rule.id, 0) if counts.run_date else None,
            samples=samples.get(rule.id, []),
            change=_rule_change(before.get(rule.id), rule),
        )
        for place, rule in enumerate(rules, start=1)
    ]


def _rule_change(before: Mapping[str, Any] | None, rule: Rule) -> str:
    if before is None:
        return "added"
    was = [" ".join(str(before[name]).split()) for name in ("outcome", "when", "because")]
    return "" if was == [rule.outcome, rule.when, " ".join(rule.because.split())] else "changed"


def _samples(
    organisation: Organisation, kind: RuleKind, rules: tuple[Rule, ...], customers: QuerySet[Customer] | None
) -> dict[str, list[tuple[Customer, str]]]:
    """Some customers that each rule spoke for at the last run, with its sentence of then.

    Of each answer the first customers are read by index: enough for most rules, and no search for the rare ones.
    """
    column = kind.removesuffix("s")
    rows = CustomerProfile.objects.filter(organisation=organisation).order_by()
    rows = rows if customers is None else rows.filter(customer__in=customers)
    if kind == "profiles":
        outcomes = dict.fromkeys(rule.outcome for rule in rules)
        found = [standing for outcome in outcomes for standing in rows.filter(profile=outcome)[:LOOKED_AT]]
    else:
        found = list(rows[: LOOKED_AT * len(rules)])
    chosen: dict[str, list[CustomerProfile]] = {}
    for standing in found:
        kept = chosen.setdefault(getattr(standing, f"{column}_rule"), [])
        if len(kept) < SAMPLES:
            kept.append(standing)
    names = Customer.objects.in_bulk([standing.pk for kept in chosen.values() for standing in kept])
    known = {rule.id: rule for rule in rules}
    return {
        rule: [
            (names[standing.pk], _sentence(known.get(rule), getattr(standing, f"{column}_evidence")))
            for standing in kept
        ]
        for rule, kept in chosen.items()
    }


def _sentence(rule: Rule | None, evidence: str) -> str:
    """The rule's sentence of this evidence; empty where the rule names by now what was not written down then."""
    if rule is None:
        return ""
    try:
        return explain(rule, json.loads(evidence or "{}"))
    except (KeyError, ValueError):
        return ""


def draft_changes(view: PolicyView) -> list[PolicyChange]:
    """What the draft would change."""
    return list_changes(view.in_force, view.content)


def list_versions(organisation: Organisation) -> "QuerySet[PolicyVersion]":
    """The versions, newest first, without their content."""
    return PolicyVersion.objects.filter(organisation=organisation).order_by("-number").defer("content")
