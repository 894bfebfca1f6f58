"""A plan is changed by agreement (a new plan that replaces it once accepted), or cancelled."""

from datetime import datetime

from django.db import transaction

from goodterms.core.money import Money
from goodterms.core.refusal import Refusal
from goodterms.flows.agreed_invoices import amount_words
from goodterms.flows.ask_person import close_task
from goodterms.flows.facts import local_day, raise_facts_version, write_timeline
from goodterms.flows.propose_plan import Terms, approval_key, propose_plan
from goodterms.flows.withdraw_promise import ReasonMissing
from goodterms.followup.models import PaymentPlan
from goodterms.ledger.models import Invoice
from goodterms.organizations.models import Organisation


class PlanOver(Refusal):
    """A plan to be changed or cancelled has ended."""

    def __init__(self, plan: PaymentPlan) -> None:
        state = PaymentPlan.State(plan.state).label.lower()
        super().__init__(f"This plan is {state} since {plan.ended_date or plan.proposed_date}; propose a new one.")


class PlanPaid(Refusal):
    """Nothing is left of a plan that other terms could be about."""

    def __init__(self) -> None:
        super().__init__("Nothing of this plan is open any more: the next run completes it. Propose a new one.")


@transaction.atomic
def change_plan(
    organisation: Organisation, plan: PaymentPlan, *, terms: Terms, note: str = "", actor: str, now: datetime
) -> PaymentPlan:
    """Propose other terms for what is still open of a running plan; it goes on until the new one is accepted.

    Raises PlanOver, PlanPaid, or what propose_plan refuses.
    """
    plan.refresh_from_db()
    if plan.state != PaymentPlan.State.ACTIVE:
        raise PlanOver(plan)
    left = still_open_of(plan)
    if not left:
        raise PlanPaid
    return propose_plan(
        organisation,
        plan.customer,
        terms=terms,
        invoices=left,
        note=note,
        replaces=plan,
        actor=actor,
        now=now,
    )


def still_open_of(plan: PaymentPlan) -> list[Invoice]:
    """The plan's invoices on which something is still open: what other terms would be about."""
    return [link.invoice for link in plan.invoices.select_related("invoice") if link.invoice.open_amount_minor]


@transaction.atomic
def cancel_plan(organisation: Organisation, plan: PaymentPlan, *, reason: str, actor: str, now: datetime) -> None:
    """End a proposed or running plan, with the reason; chasing goes on. Raises PlanOver or ReasonMissing."""
    if not reason.strip():
        raise ReasonMissing("the plan is cancelled")
    today = local_day(organisation, plan.customer, now)
    running = PaymentPlan.objects.filter(
        pk=plan.pk, organisation=organisation, state__in=[PaymentPlan.State.PROPOSED, PaymentPlan.State.ACTIVE]
    )
    if not running.update(state=PaymentPlan.State.CANCELLED, ended_date=today, end_reason=reason):
        plan.refresh_from_db()
        raise PlanOver(plan)
    close_task(plan.customer, approval_key(plan), outcome="cancelled", actor=actor, now=now)
    raise_facts_version(organisation, plan.customer)
    amount = amount_words(Money(plan.total_minor, plan.currency))
    write_timeline(
        plan.customer,
        "plan_cancelled",
        f"Plan over {amount} cancelled. {reason}",
        actor=actor,
        now=now,
        data={"plan_id": plan.pk},
    )
