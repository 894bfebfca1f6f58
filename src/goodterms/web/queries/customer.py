"""All that the page of one customer shows."""

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from django.db.models import Q

from goodterms.core.calendar import find_zone
from goodterms.flows.decide_day import decide_for
from goodterms.flows.write_standings import evidence_sentence
from goodterms.followup.models import CustomerProfile, Hold, Task, Touch
from goodterms.followup.policy import policy_of
from goodterms.ledger.models import Contact, Customer, Invoice
from goodterms.organizations.models import Organisation
from goodterms.outbox.models import Effect
from goodterms.web.access import Visit
from goodterms.web.lists import Slice, slice_rows
from goodterms.web.queries.balances import open_items

STILL_COMING = (
    Effect.State.PLANNED,
    Effect.State.WAITING,
    Effect.State.QUEUED,
    Effect.State.CLAIMED,
    Effect.State.UNCERTAIN,
)
ITEM_ORDER = ("due_date", "pk")
ITEM_ROWS = 10


def find_customer(organisation: Organisation, pk: int) -> Customer | None:
    """The customer with its profile, or None where the organisation has no such customer."""
    return Customer.objects.filter(organisation=organisation, pk=pk).select_related("profile").first()


def customer_day(visit: Visit, customer: Customer | None) -> date:
    """The customer's own calendar day."""
    zone = find_zone(customer.timezone if customer else "", visit.zone.key)
    return visit.now.astimezone(zone).date()


def contacts_of(customer: Customer) -> list[Contact]:
    """The customer's people, accounts payable first."""
    return sorted(
        customer.contacts.all(), key=lambda one: (one.role != Contact.Role.ACCOUNTS_PAYABLE, one.role, one.pk)
    )


def slice_items(customer: Customer, organisation: Organisation, cursor: str) -> Slice[Invoice]:
    """A page of open invoices and credit notes, the oldest due date first; those without one are a data problem."""
    dated = open_items(organisation).filter(customer=customer, due_date__isnull=False)
    return slice_rows(dated, ITEM_ORDER, cursor, ITEM_ROWS)


def undated_items(customer: Customer, organisation: Organisation) -> list[Invoice]:
    """Open items that nobody can call overdue, since their due date is missing."""
    return list(open_items(organisation).filter(customer=customer, due_date__isnull=True).order_by("pk")[:ITEM_ROWS])


def holds_in_force(customer: Customer, today: date) -> list[Hold]:
    """Holds of this customer, its invoices, or the whole organisation that pause something today or later."""
    holds = Hold.objects.filter(
        Q(customer=customer) | Q(customer__isnull=True),
        organisation_id=customer.organisation_id,
        lifted_date__isnull=True,
        until_date__gte=today,
    )
    return list(holds.select_related("invoice").order_by("until_date"))


def open_tasks_of(customer: Customer) -> list[Task]:
    """What a person must do about this customer."""
    return list(customer.tasks.filter(done_at__isnull=True).order_by("due_date")[:ITEM_ROWS])


def next_touches(customer: Customer) -> list[Touch]:
    """Touches decided and not yet finished, the next one first."""
    coming = customer.touches.filter(effect__state__in=STILL_COMING)
    return list(coming.select_related("effect").defer("effect__content").order_by("effect__not_before")[:5])


@dataclass(frozen=True)
class Explanation:
    """An answer of the rules in a sentence, with the values it was read from."""

    sentence: str
    values: list[tuple[str, object]]


def explain_profile(organisation: Organisation, standing: CustomerProfile) -> Explanation:
    """Why this profile; where a person decided, what the rules read it from."""
    return _explain(organisation, "profiles", standing.profile_rule, standing.profile_evidence)


def explain_verdict(organisation: Organisation, standing: CustomerProfile) -> Explanation:
    """Why this verdict."""
    return _explain(organisation, "verdicts", standing.verdict_rule, standing.verdict_evidence)


def _explain(
    organisation: Organisation, rules: Literal["profiles", "verdicts"], rule: str, evidence: str
) -> Explanation:
    sentence = ""
    # A rule of today may name a habit that the evidence of yesterday does not hold: then the values speak alone.
    with suppress(KeyError):
        sentence = evidence_sentence(policy_of(organisation), rules, rule, evidence)
    return Explanation(sentence, list(json.loads(evidence or "{}").items()))


@dataclass(frozen=True)
class Outlook:
    """What the next run would do: a touch with its reason, or waiting and why."""

    step: str
    channel: str
    due_reason: str
    wait_reason: str
    until_date: date | None


def foresee_next(organisation: Organisation, customer: Customer, now: datetime) -> Outlook | None:
    """The decision for this customer alone, as of now; None where there is nothing to follow up."""
    decision = decide_for(organisation, now, customer_ids=[customer.pk]).decision
    for row in decision.touches.iter_rows(named=True):
        return Outlook(row["step"], row["channel"], row["due_reason"], "", row["planned_date"])
    for row in decision.waits.iter_rows(named=True):
        return Outlook(row["step"] or "", "", "", row["reason"], row["until_date"])
    return None
