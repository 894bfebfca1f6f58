"""Pay a part by a day, and the rest is forgiven: proposed within the organisation's limits, or after approval."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db import transaction

from goodterms.core.money import Money
from goodterms.core.policy import PolicyNumbers
from goodterms.core.refusal import Refusal
from goodterms.flows.agreed_invoices import amount_words, choose_invoices, find_owed
from goodterms.flows.approvals import APPROVED, NothingToApprove, ask_approval, is_above, is_manager, require_manager
from goodterms.flows.ask_person import close_task
from goodterms.flows.facts import local_day, raise_facts_version, write_timeline
from goodterms.flows.read_agreed import read_gone
from goodterms.flows.withdraw_promise import ReasonMissing
from goodterms.followup.models import SettledInvoice, Settlement
from goodterms.followup.policy import policy_of
from goodterms.ledger.models import Customer, Invoice
from goodterms.organizations.models import Organisation


class NothingForgiven(Refusal):
    """A settlement over all that is owed."""

    def __init__(self, owed: Money) -> None:
        super().__init__(f"{amount_words(owed)} is all that is owed: a promise says so, nothing has to be forgiven.")


class SettlementDayImpossible(Refusal):
    """A settlement is to be paid on a day that is over, or too far away; the message says which."""


class SettlementRunning(Refusal):
    """The customer has accepted a settlement in this currency, and it still runs."""

    def __init__(self, settlement: Settlement) -> None:
        pay = amount_words(Money(settlement.pay_minor, settlement.currency))
        super().__init__(
            f"A settlement ({pay} by {settlement.pay_by_date}) is accepted and still runs; cancel that one first."
        )


@transaction.atomic
def propose_settlement(
    organisation: Organisation,
    customer: Customer,
    *,
    pay: Money,
    by: date,
    reason: str,
    invoices: Sequence[Invoice] = (),
    tolerance_days: int | None = None,
    actor: str,
    now: datetime,
) -> Settlement:
    """Propose that ``pay`` by the day ``by`` settles the invoices (without: all that is overdue in its currency).

    To forgive more than the organisation's limit it waits as a draft until a manager approves it, unless a manager
    proposes it. An earlier proposal in the currency is cancelled. Raises NothingForgiven, SettlementDayImpossible,
    SettlementRunning, ReasonMissing, or what choose_invoices refuses.
    """
    today = local_day(organisation, customer, now)
    numbers = policy_of(organisation).numbers
    if not reason.strip():
        raise ReasonMissing("a part is to be forgiven")
    _check_day(by, today, numbers)
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    chosen, _ = choose_invoices(customer, invoices, pay, today)
    found = find_owed(customer, chosen, today)
    owed = found.total
    if pay >= owed:
        raise NothingForgiven(owed)
    _cancel_earlier(customer, pay.currency, today, actor, now)
    is_own_word = bool(is_manager(organisation, actor))
    needs_approval = is_above(numbers.settlement_approval_minor, owed - pay) and not is_own_word
    settlement = Settlement.objects.create(
        organisation=organisation,
        customer=customer,
        currency=pay.currency,
        owed_minor=owed.amount_minor,
        pay_minor=pay.amount_minor,
        pay_by_date=by,
        tolerance_days=numbers.settlement_tolerance_days if tolerance_days is None else tolerance_days,
        state=Settlement.State.DRAFT if needs_approval else Settlement.State.PROPOSED,
        reason=reason,
        proposed_date=today,
        proposed_by=actor,
        approved_date=today if is_own_word else None,
        approved_by=actor if is_own_word else "",
        cash_then_minor=found.cash_minor,
    )
    gone = read_gone([invoice.pk for invoice in chosen], today)
    SettledInvoice.objects.bulk_create(
        SettledInvoice(
            settlement=settlement,
            invoice=invoice,
            open_amount_minor=invoice.open_amount_minor,
            gone_then_minor=gone.get(invoice.pk, 0),
        )
        for invoice in chosen
    )
    if needs_approval:
        title = f"Approve a settlement: {amount_words(pay)} of {amount_words(owed)}"
        ask_approval(customer, approval_key(settlement), title, reason, today, now)
    raise_facts_version(organisation, customer)
    _write_down(settlement, chosen, actor, now)
    return settlement


@transaction.atomic
def approve_settlement(organisation: Organisation, settlement: Settlement, *, actor: str, now: datetime) -> None:
    """A manager approves the draft, which may then be accepted; raises NotYoursToApprove or NothingToApprove."""
    require_manager(organisation, actor)
    today = local_day(organisation, settlement.customer, now)
    drafts = Settlement.objects.filter(pk=settlement.pk, organisation=organisation, state=Settlement.State.DRAFT)
    if not drafts.update(state=Settlement.State.PROPOSED, approved_date=today, approved_by=actor):
        raise NothingToApprove("This settlement")
    close_task(settlement.customer, approval_key(settlement), outcome=APPROVED, actor=actor, now=now)
    raise_facts_version(organisation, settlement.customer)
    text = f"Settlement approved: {settlement_words(settlement)}."
    write_timeline(
        settlement.customer,
        "settlement_approved",
        text,
        actor=actor,
        now=now,
        data={"settlement_id": settlement.pk},
    )


def approval_key(settlement: Settlement) -> str:
    """The key of the task that asks for the settlement's approval."""
    return f"settlement_approval:{settlement.pk}"


def settlement_words(settlement: Settlement) -> str:
    """The settlement in words: 60.00 of 100.00 EUR by 2026-03-31."""
    pay = Money(settlement.pay_minor, settlement.currency).to_decimal()
    owed = amount_words(Money(settlement.owed_minor, settlement.currency))
    return f"{pay} of {owed} by {settlement.pay_by_date}"


def _check_day(by: date, today: date, numbers: PolicyNumbers) -> None:
    if by < today:
        raise SettlementDayImpossible(f"{by} would be over already; name today ({today}) or a later day.")
    latest = today + timedelta(days=numbers.promise_longest_days)
    if by > latest:
        raise SettlementDayImpossible(f"{by} is too far away for a settlement; the latest day is {latest}.")


def _cancel_earlier(customer: Customer, currency: str, today: date, actor: str, now: datetime) -> None:
    running = Settlement.objects.filter(customer=customer, currency=currency)
    accepted = running.filter(state=Settlement.State.ACCEPTED).first()
    if accepted is not None:
        raise SettlementRunning(accepted)
    for earlier in running.filter(state__in=[Settlement.State.DRAFT, Settlement.State.PROPOSED]):
        earlier.state, earlier.ended_date = Settlement.State.CANCELLED, today
        earlier.save(update_fields=["state", "ended_date"])
        close_task(customer, approval_key(earlier), outcome="replaced by a new proposal", actor=actor, now=now)


def _write_down(settlement: Settlement, chosen: Sequence[Invoice], actor: str, now: datetime) -> None:
    waits = " It waits for approval." if settlement.state == Settlement.State.DRAFT else ""
    numbers = ", ".join(invoice.number for invoice in chosen)
    text = f"Settlement proposed: {settlement_words(settlement)} for {numbers}. {settlement.reason}{waits}"
    write_timeline(
        settlement.customer,
        "settlement_proposed",
        text,
        actor=actor,
        now=now,
        data={"settlement_id": settlement.pk, "pay_minor": settlement.pay_minor, "owed_minor": settlement.owed_minor},
    )
