"""A payment plan is worked out over several invoices and proposed; it runs once the customer has accepted it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from goodterms.core.instalments import InstalmentDue, lay_out, split_evenly
from goodterms.core.money import Money
from goodterms.core.policy import PolicyNumbers
from goodterms.core.refusal import Refusal
from goodterms.flows.agreed_invoices import Owed, amount_words, choose_invoices, find_owed
from goodterms.flows.approvals import ask_approval, is_above, is_manager
from goodterms.flows.ask_person import close_task
from goodterms.flows.facts import local_day, raise_facts_version, write_timeline
from goodterms.flows.read_agreed import read_gone
from goodterms.followup.models import Instalment, PaymentPlan, PlanInvoice
from goodterms.followup.policy import policy_of
from goodterms.ledger.models import Customer, Invoice
from goodterms.organizations.models import Organisation


class PlanOutOfBounds(Refusal):
    """A plan is longer, or in smaller parts, than the organisation allows; the message names the limit."""


class PlanRunning(Refusal):
    """The customer pays by a plan in this currency already."""

    def __init__(self, plan: PaymentPlan) -> None:
        total = amount_words(Money(plan.total_minor, plan.currency))
        super().__init__(f"A plan over {total} runs since {plan.accepted_date}; change that one, or cancel it first.")


class UnknownRhythm(Refusal):
    """A plan's rhythm is none of ours."""

    def __init__(self, rhythm: str) -> None:
        super().__init__(f"{rhythm!r} is no rhythm; use one of: {', '.join(PaymentPlan.Rhythm.values)}.")


@dataclass(frozen=True, kw_only=True)
class Terms:
    """How a plan is to be paid: so many equal instalments in a rhythm, or (custom) days and sums of one's own.

    Without ``down_date`` the down payment is due on the day of the proposal.
    """

    rhythm: str
    first: date | None = None
    count: int = 0
    custom: Sequence[tuple[date, Money]] = ()
    down_payment: Money | None = None
    down_date: date | None = None


@dataclass(frozen=True)
class PlanOutlook:
    """What a plan on these terms would be, before anybody is asked: a manager's approval included."""

    total: Money
    invoices: tuple[Invoice, ...]
    schedule: tuple[InstalmentDue, ...]
    needs_approval: bool


def foresee_plan(
    organisation: Organisation,
    customer: Customer,
    *,
    terms: Terms,
    invoices: Sequence[Invoice] = (),
    actor: str,
    now: datetime,
) -> PlanOutlook:
    """Work out a plan without proposing it, within the same limits.

    Raises PlanOutOfBounds, UnknownRhythm, ScheduleImpossible, or what choose_invoices refuses.
    """
    today = local_day(organisation, customer, now)
    numbers = policy_of(organisation).numbers
    chosen, total = choose_invoices(customer, invoices, None, today)
    schedule = work_out(total, terms, today)
    _check_bounds(schedule, today, numbers)
    is_own_word = bool(is_manager(organisation, actor))
    needs_approval = is_above(numbers.plan_approval_minor, total) and not is_own_word
    return PlanOutlook(total, tuple(chosen), schedule, needs_approval)


@transaction.atomic
def propose_plan(
    organisation: Organisation,
    customer: Customer,
    *,
    terms: Terms,
    invoices: Sequence[Invoice] = (),
    note: str = "",
    replaces: PaymentPlan | None = None,
    actor: str,
    now: datetime,
) -> PaymentPlan:
    """Work out a plan over all that is owed on the invoices (without: all that is overdue) and propose it.

    An earlier proposal in the same currency is cancelled. Above the organisation's limit a manager must approve it
    before it can be accepted, unless a manager proposes it. Raises PlanOutOfBounds, PlanRunning, UnknownRhythm,
    ScheduleImpossible, or what choose_invoices refuses.
    """
    today = local_day(organisation, customer, now)
    numbers = policy_of(organisation).numbers
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    outlook = foresee_plan(organisation, customer, terms=terms, invoices=invoices, actor=actor, now=now)
    chosen, total, schedule = outlook.invoices, outlook.total, outlook.schedule
    running = PaymentPlan.objects.filter(customer=customer, currency=total.currency, state=PaymentPlan.State.ACTIVE)
    other = running.first()
    if other is not None and other != replaces:
        raise PlanRunning(other)
    _cancel_earlier(customer, total.currency, today, actor, now)
    owed = find_owed(customer, chosen, today)
    plan = _store(organisation, customer, owed, terms, numbers, today, note, replaces, actor)
    gone = read_gone([invoice.pk for invoice in chosen], today)
    PlanInvoice.objects.bulk_create(
        PlanInvoice(
            plan=plan,
            invoice=invoice,
            amount_minor=owed.parts[invoice.pk],
            gone_then_minor=gone.get(invoice.pk, 0),
        )
        for invoice in chosen
    )
    Instalment.objects.bulk_create(
        Instalment(plan=plan, position=one.position, due_date=one.due_date, amount_minor=one.amount.amount_minor)
        for one in schedule
    )
    if outlook.needs_approval:
        ask_approval(customer, approval_key(plan), f"Approve a plan over {amount_words(total)}", note, today, now)
    raise_facts_version(organisation, customer)
    _write_down(plan, schedule, chosen, actor, now)
    return plan


def approval_key(plan: PaymentPlan) -> str:
    """The key of the task that asks for the plan's approval."""
    return f"plan_approval:{plan.pk}"


def work_out(total: Money, terms: Terms, today: date) -> tuple[InstalmentDue, ...]:
    """The instalments of these terms; raises UnknownRhythm, ScheduleImpossible or PlanOutOfBounds."""
    if terms.rhythm not in PaymentPlan.Rhythm.values:
        raise UnknownRhythm(terms.rhythm)
    if terms.rhythm == PaymentPlan.Rhythm.CUSTOM:
        return lay_out(total, terms.custom)
    if terms.first is None:
        raise PlanOutOfBounds("A plan needs the day of its first instalment.")
    return split_evenly(
        total,
        rhythm=terms.rhythm,
        first=terms.first,
        count=terms.count,
        down_payment=terms.down_payment,
        down_date=terms.down_date or today,
    )


def _check_bounds(schedule: Sequence[InstalmentDue], today: date, numbers: PolicyNumbers) -> None:
    if schedule[0].due_date < today:
        raise PlanOutOfBounds(
            f"The first instalment, on {schedule[0].due_date}, would be over; begin {today} or later."
        )
    latest = today + timedelta(days=numbers.plan_longest_days)
    if schedule[-1].due_date > latest:
        raise PlanOutOfBounds(
            f"The last instalment would be on {schedule[-1].due_date}; plans end by {latest} at the latest. "
            "Make the instalments fewer and larger, or change plan_longest_days in the policy."
        )
    least = numbers.plan_smallest_minor.get(schedule[0].amount.currency, 0)
    smallest = min(one.amount for one in schedule)
    if smallest.amount_minor < least:
        limit = amount_words(Money(least, smallest.currency))
        raise PlanOutOfBounds(
            f"An instalment of {amount_words(smallest)} is smaller than {limit}, the least we accept; make them fewer."
        )


def _cancel_earlier(customer: Customer, currency: str, today: date, actor: str, now: datetime) -> None:
    for plan in PaymentPlan.objects.filter(customer=customer, currency=currency, state=PaymentPlan.State.PROPOSED):
        plan.state, plan.ended_date, plan.end_reason = PaymentPlan.State.CANCELLED, today, "Replaced by a new proposal."
        plan.replaces = None
        plan.save(update_fields=["state", "ended_date", "end_reason", "replaces"])
        close_task(customer, approval_key(plan), outcome="replaced by a new proposal", actor=actor, now=now)


def _store(
    organisation: Organisation,
    customer: Customer,
    owed: Owed,
    terms: Terms,
    numbers: PolicyNumbers,
    today: date,
    note: str,
    replaces: PaymentPlan | None,
    actor: str,
) -> PaymentPlan:
    return PaymentPlan.objects.create(
        organisation=organisation,
        customer=customer,
        currency=owed.total.currency,
        total_minor=owed.total.amount_minor,
        cash_then_minor=owed.cash_minor,
        down_payment_minor=terms.down_payment.amount_minor if terms.down_payment else 0,
        rhythm=terms.rhythm,
        default_after_missed=numbers.plan_default_after,
        grace_days=numbers.plan_grace_days,
        proposed_date=today,
        proposed_by=actor,
        note=note,
        replaces=replaces,
    )


def _write_down(
    plan: PaymentPlan, schedule: Sequence[InstalmentDue], chosen: Sequence[Invoice], actor: str, now: datetime
) -> None:
    total = Money(plan.total_minor, plan.currency)
    parts = "; ".join(f"{one.amount.to_decimal()} on {one.due_date}" for one in schedule)
    changes = " It would replace the running plan." if plan.replaces_id else ""
    text = f"Plan proposed over {amount_words(total)} for {', '.join(one.number for one in chosen)}: {parts}.{changes}"
    write_timeline(
        plan.customer,
        "plan_proposed",
        f"{text} {plan.note}".strip(),
        actor=actor,
        now=now,
        data={"plan_id": plan.pk, "amount": total.to_json(), "replaces": plan.replaces_id},
    )
