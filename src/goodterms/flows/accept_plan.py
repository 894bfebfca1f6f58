"""A customer accepts a plan and it begins to run, or a manager approves that it may be accepted."""

from datetime import date, datetime, timedelta

from django.db import transaction

from goodterms.core.money import Money
from goodterms.core.refusal import Refusal
from goodterms.flows.agreed_invoices import amount_words
from goodterms.flows.approvals import APPROVED, ApprovalMissing, NothingToApprove, is_approved, require_manager
from goodterms.flows.ask_person import close_task
from goodterms.flows.facts import local_day, raise_facts_version, write_timeline
from goodterms.flows.make_promise import UnknownSource
from goodterms.flows.propose_plan import PlanRunning, approval_key
from goodterms.flows.withdraw_promise import end_promise
from goodterms.followup.models import PaymentPlan, Promise, Source, Task
from goodterms.organizations.models import Organisation


class PlanNotProposed(Refusal):
    """A plan to be accepted was accepted, cancelled or replaced before."""

    def __init__(self, plan: PaymentPlan) -> None:
        super().__init__(f"This plan is not open for acceptance: it is {PaymentPlan.State(plan.state).label.lower()}.")


class PlanOutdated(Refusal):
    """The first instalment of a proposal has passed."""

    def __init__(self, first: date) -> None:
        super().__init__(f"The first instalment was to be paid on {first}; propose the plan anew with later days.")


class AcceptedByNobody(Refusal):
    """An agreement was accepted without a name."""

    def __init__(self) -> None:
        super().__init__("Say who accepted it: the name of the person at the customer.")


@transaction.atomic
def accept_plan(
    organisation: Organisation,
    plan: PaymentPlan,
    *,
    accepted_by: str,
    how: str,
    detail: str = "",
    actor: str,
    now: datetime,
) -> None:
    """Let the plan run from today: who at the customer accepted it, how, and the words or address it came with.

    The plan it changes ends as replaced, an open promise in its currency as withdrawn. Raises PlanNotProposed,
    ApprovalMissing, PlanOutdated, PlanRunning, AcceptedByNobody or UnknownSource.
    """
    today = local_day(organisation, plan.customer, now)
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    plan.refresh_from_db()
    _check(organisation, plan, accepted_by, how, today)
    _end_before(plan, today, actor, now)
    plan.state, plan.accepted_date, plan.accepted_by = PaymentPlan.State.ACTIVE, today, accepted_by
    plan.accepted_how, plan.accepted_detail = how, detail
    plan.save(update_fields=["state", "accepted_date", "accepted_by", "accepted_how", "accepted_detail"])
    raise_facts_version(organisation, plan.customer)
    _close_offers(plan, actor, now)
    amount = amount_words(Money(plan.total_minor, plan.currency))
    text = f"Plan over {amount} accepted by {accepted_by} ({Source(how).label.lower()}). {detail}"
    write_timeline(
        plan.customer,
        "plan_accepted",
        text.strip(),
        actor=actor,
        now=now,
        data={"plan_id": plan.pk, "accepted_by": accepted_by, "how": how},
    )


def _close_offers(plan: PaymentPlan, actor: str, now: datetime) -> None:
    """What the customer was to be offered has been offered, and accepted."""
    offers = Task.objects.filter(
        organisation_id=plan.organisation_id, key__startswith=f"fix:cash:{plan.customer_id}:", done_at__isnull=True
    )
    offers.update(done_at=now, done_by=actor, outcome="a plan was accepted")


@transaction.atomic
def approve_plan(organisation: Organisation, plan: PaymentPlan, *, actor: str, now: datetime) -> None:
    """A manager approves the proposal; raises NotYoursToApprove or NothingToApprove."""
    require_manager(organisation, actor)
    plan.refresh_from_db()
    if plan.state != PaymentPlan.State.PROPOSED or is_approved(organisation, approval_key(plan)):
        raise NothingToApprove("This plan")
    close_task(plan.customer, approval_key(plan), outcome=APPROVED, actor=actor, now=now)
    amount = amount_words(Money(plan.total_minor, plan.currency))
    write_timeline(
        plan.customer, "plan_approved", f"Plan over {amount} approved.", actor=actor, now=now, data={"plan_id": plan.pk}
    )


def _check(organisation: Organisation, plan: PaymentPlan, accepted_by: str, how: str, today: date) -> None:
    if not accepted_by.strip():
        raise AcceptedByNobody
    if how not in Source.values:
        raise UnknownSource(how)
    if plan.state != PaymentPlan.State.PROPOSED:
        raise PlanNotProposed(plan)
    if not is_approved(organisation, approval_key(plan)):
        raise ApprovalMissing("This plan")
    first = plan.instalments.order_by("position").values_list("due_date", flat=True)[0]
    if first + timedelta(days=plan.grace_days) < today:
        raise PlanOutdated(first)


def _end_before(plan: PaymentPlan, today: date, actor: str, now: datetime) -> None:
    running = PaymentPlan.objects.filter(
        customer_id=plan.customer_id, currency=plan.currency, state=PaymentPlan.State.ACTIVE
    ).first()
    if running is not None and running.pk != plan.replaces_id:
        raise PlanRunning(running)
    if running is not None:
        running.state, running.ended_date = PaymentPlan.State.REPLACED, today
        running.end_reason = "Changed by agreement."
        running.save(update_fields=["state", "ended_date", "end_reason"])
    for promise in Promise.objects.filter(
        customer_id=plan.customer_id, currency=plan.currency, state=Promise.State.OPEN, promised_date__gte=today
    ):
        end_promise(promise, "Replaced by a payment plan.", today, actor, now)
