"""Court or forget: the figures of a customer's case, and what a person decides on them."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import polars as pl
from django.db import connection, transaction

from goodterms.core.ageing import age_items
from goodterms.core.court_costs import CourtFee, CourtFeeUnknown, court_fee
from goodterms.core.evidence import HOLDS, Evidence, empty
from goodterms.core.last_resort import HISTORY, CaseFigures, estimate_chance
from goodterms.core.money import Money
from goodterms.core.refusal import Refusal
from goodterms.database.reading import read_frame
from goodterms.flows.approvals import AT_THE_MACHINE, require_manager
from goodterms.flows.balances import restate_invoices
from goodterms.flows.claimable_interest import claimable_interest, sum_claimable
from goodterms.flows.collect_evidence import collect_evidence
from goodterms.flows.facts import local_day, raise_facts_version, write_timeline
from goodterms.followup.models import CustomerProfile, LegalDecision, Task
from goodterms.followup.policy import policy_of
from goodterms.followup.statutory import shipped_court_tables
from goodterms.ledger.models import Allocation, Customer
from goodterms.organizations.models import Organisation

CHOICES = LegalDecision.Choice
CLOSED_BY_IT = (Task.Kind.LEGAL, Task.Kind.NO_STEP_LEFT, Task.Kind.AGENCY_READY)
SAID = {
    CHOICES.FILED: "Taken to court",
    CHOICES.WRITTEN_OFF: "Written off",
    CHOICES.DROPPED: "No court: the case is dropped",
    CHOICES.ENDED: "The court case has ended",
}
AS_OLD = """
SELECT i.currency, COALESCE(NULLIF(f.override_profile, ''), f.profile), i.amount_minor,
       CAST({open_days} AS bigint), i.open_amount_minor = 0,
       i.open_amount_minor = 0 AND i.payment_count > 0 AND NOT EXISTS (
           SELECT 1 FROM ledger_allocation a
           WHERE a.invoice_id = i.id AND a.source IN ('forgiven', 'written_off'))
FROM ledger_invoice i LEFT JOIN followup_customerprofile f ON f.customer_id = i.customer_id
WHERE i.organisation_id = {organisation} AND i.kind = 'invoice' AND i.status = 'posted'
  AND i.due_date IS NOT NULL AND i.customer_id <> {customer} AND {open_days} >= {age}
"""
OPEN_DAYS = {
    "sqlite": "julianday(COALESCE(i.settled_date, '{today}')) - julianday(i.due_date)",
    "postgresql": "COALESCE(i.settled_date, DATE '{today}') - i.due_date",
}


class NothingToDecide(Refusal):
    """A customer owes nothing that is overdue."""

    def __init__(self, customer: Customer) -> None:
        super().__init__(f"Nothing that {customer.name} owes is overdue; there is nothing to decide.")


class UnknownChoice(Refusal):
    """A decision that there is not."""

    def __init__(self, choice: str) -> None:
        super().__init__(f"{choice!r} is no decision; choose one of: {', '.join(CHOICES.values)}.")


class DecisionIncomplete(Refusal):
    """A decision without its reason, or a write-off without approval."""

    def __init__(self, what: str) -> None:
        super().__init__(f"Say {what}; it stands in the customer's timeline for whoever asks later.")


class NotInCourt(Refusal):
    """A court case was to be ended that there is not."""

    def __init__(self, customer: Customer) -> None:
        super().__init__(f"{customer.name} is not in court; there is no case to end.")


class CourtDecidedAlready(Refusal):
    """The customer is in court already."""

    def __init__(self, decision: LegalDecision) -> None:
        super().__init__(
            f"{decision.customer.name} was taken to court on {decision.decided_date}; nothing more can be filed."
        )


def figure_case(organisation: Organisation, customer: Customer, now: datetime) -> list[CaseFigures]:
    """The figures per currency in which something is overdue, the largest claim first; none where nothing is.

    Claim: overdue invoices net of credits and cash, disputed parts included. Interest: statutory, not charged so far.
    """
    today = local_day(organisation, customer, now)
    evidence, items = _read_overdue(organisation, customer, now)
    interest = _interest(evidence, organisation, today)
    figures = [_figure(organisation, customer, own, interest, today) for own in items.partition_by("currency")]
    return sorted(figures, key=lambda each: -each.total.amount_minor)


def _read_overdue(organisation: Organisation, customer: Customer, now: datetime) -> tuple[Evidence, pl.DataFrame]:
    """The evidence without holds, and what is overdue (columns: ageing.CHASEABLE and kind), net of credits and cash."""
    evidence = collect_evidence(organisation, now, customer_ids=[customer.pk]).evidence
    # A case on hold is looked at all the same, and its interest runs on.
    evidence = replace(evidence, holds=empty(HOLDS))
    items = age_items(evidence).filter((pl.col("days_overdue") > 0) & (pl.col("owed_minor") > 0))
    return evidence, items.join(evidence.open_items.select("invoice_id", "kind"), on="invoice_id")


def _figure(
    organisation: Organisation, customer: Customer, items: pl.DataFrame, interest: dict[str, int], today: date
) -> CaseFigures:
    currency = str(items["currency"][0])
    is_fee = pl.col("kind") == "fee"
    claim = Money(int(items.filter(~is_fee)["owed_minor"].sum()), currency)
    fees = Money(int(items.filter(is_fee)["owed_minor"].sum()), currency)
    due = Money(interest.get(currency, 0), currency)
    cost, problem = _cost(organisation, claim + fees + due, today)
    age = int(items.select(pl.col("days_overdue").max()).item())
    profile = CustomerProfile.objects.filter(customer=customer).first()
    name = (profile.override_profile or profile.profile) if profile else ""
    largest = int(items.select(pl.col("amount_minor").max()).item())
    history = _history(organisation, customer, age, today)
    chance = estimate_chance(history, currency=currency, amount_minor=largest, age_days=age, profile=name)
    return CaseFigures(claim, fees, due, cost, problem, chance, age)


def _interest(evidence: Evidence, organisation: Organisation, today: date) -> dict[str, int]:
    claimable = sum_claimable(claimable_interest(evidence, policy_of(organisation), today))
    return {currency: int(minor) for _, currency, minor in claimable.iter_rows()}


def _cost(organisation: Organisation, claim: Money, today: date) -> tuple[CourtFee | None, str]:
    try:
        return court_fee(shipped_court_tables(), organisation.country, claim, today), ""
    except CourtFeeUnknown as problem:
        return None, str(problem)


def _history(organisation: Organisation, customer: Customer, age: int, today: date) -> pl.DataFrame:
    """Every other customer's invoice that was once as late as this (columns: last_resort.HISTORY)."""
    open_days = OPEN_DAYS[connection.vendor].format(today=today.isoformat())
    query = AS_OLD.format(open_days=open_days, organisation=organisation.pk, customer=customer.pk, age=age)
    return read_frame(query, [], HISTORY)


@transaction.atomic
def decide_case(
    organisation: Organisation,
    customer: Customer,
    *,
    choice: str,
    reason: str,
    actor: str,
    now: datetime,
    approved_by: str = "",
) -> LegalDecision:
    """Take it to court, write it off or drop it, with the figures as they stand now; or say that the court has done.

    filed: nothing else goes out until the next decision. written_off: what is overdue beyond credits and cash on
    account is booked out, which takes a manager's word. dropped: the claim stays, nobody sues. ended: the court's case
    is over, and chasing goes on for what is owed still. Raises NothingToDecide, UnknownChoice, DecisionIncomplete,
    CourtDecidedAlready, NotInCourt or NotYoursToApprove.
    """
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    _check(organisation, customer, choice, reason, approved_by, actor)
    figures = figure_case(organisation, customer, now)
    if not figures and choice != CHOICES.ENDED:
        raise NothingToDecide(customer)
    today = local_day(organisation, customer, now)
    decision = LegalDecision.objects.create(
        organisation=organisation,
        customer=customer,
        choice=choice,
        reason=reason.strip(),
        figures=[figures_json(each) for each in figures],
        decided_date=today,
        decided_by=actor,
        approved_by=approved_by.strip(),
    )
    if choice == CHOICES.WRITTEN_OFF:
        _write_off(organisation, customer, today, now)
    raise_facts_version(organisation, customer)
    approved = f" Approved by {decision.approved_by}." if decision.approved_by else ""
    text = f"{SAID[CHOICES(choice)]}{_sums(choice, figures)}: {decision.reason}{approved}"
    data = {"decision_id": decision.pk, "choice": choice, "figures": decision.figures}
    write_timeline(customer, f"case_{choice}", text, actor=actor, now=now, data=data)
    open_tasks = Task.objects.filter(customer=customer, kind__in=CLOSED_BY_IT, done_at__isnull=True)
    open_tasks.update(done_at=now, done_by=actor, outcome=SAID[CHOICES(choice)])
    return decision


def _sums(choice: str, figures: list[CaseFigures]) -> str:
    """The sums it is about in brackets; interest that was never charged cannot be written off."""
    is_booked = choice == CHOICES.WRITTEN_OFF
    sums = [each.claim + each.fees if is_booked else each.total for each in figures]
    return f" ({', '.join(each.to_text() for each in sums)})" if sums else ""


def _check(
    organisation: Organisation, customer: Customer, choice: str, reason: str, approved_by: str, actor: str
) -> None:
    if choice not in CHOICES.values:
        raise UnknownChoice(choice)
    if not reason.strip():
        raise DecisionIncomplete("why")
    if choice == CHOICES.WRITTEN_OFF:
        if not approved_by.strip():
            raise DecisionIncomplete("who approved the write-off")
        if actor != AT_THE_MACHINE:
            require_manager(organisation, approved_by.strip())
    last = LegalDecision.objects.filter(customer=customer).select_related("customer").order_by("-pk").first()
    filed = last if last is not None and last.choice == CHOICES.FILED else None
    if filed is not None and choice == CHOICES.FILED:
        raise CourtDecidedAlready(filed)
    if filed is None and choice == CHOICES.ENDED:
        raise NotInCourt(customer)


def _write_off(organisation: Organisation, customer: Customer, today: date, now: datetime) -> None:
    """Book out what the figures name: what is not due yet stays owed, and what credits and cash cover stays theirs."""
    _, items = _read_overdue(organisation, customer, now)
    Allocation.objects.bulk_create(
        Allocation(
            organisation=organisation,
            customer=customer,
            invoice_id=invoice_id,
            source=Allocation.Source.WRITTEN_OFF,
            allocated_date=today,
            amount_minor=owed,
        )
        for invoice_id, owed in items.sort("invoice_id").select("invoice_id", "owed_minor").iter_rows()
    )
    restate_invoices(items["invoice_id"])


def figures_json(figures: CaseFigures) -> dict[str, Any]:
    """The figures as they are kept and shown: amounts in minor units with their currency, the chance with its basis."""
    chance, net, cost = figures.chance, figures.expected_net, figures.cost
    return {
        "claim": figures.claim.to_json(),
        "fees": figures.fees.to_json(),
        "interest": figures.interest.to_json(),
        "total": figures.total.to_json(),
        "age_days": figures.age_days,
        "cost": cost.amount.to_json() if cost else None,
        "cost_procedure": cost.procedure if cost else "",
        "cost_source": cost.source if cost else figures.cost_problem,
        "chance": None if chance is None else {
            "paid": chance.paid, "cases": chance.cases, "share": round(chance.share, 4),
            "low": round(chance.low, 4), "high": round(chance.high, 4), "basis": chance.basis,
        },
        "expected_net": None if net is None else [money.to_json() for money in net],
        "sentence": explain(figures),
    }  # fmt: skip


def explain(figures: CaseFigures) -> str:
    """The evidence in a sentence."""
    chance, net = figures.chance, figures.expected_net
    if chance is None:
        return "This ledger has too few comparable cases to name a chance; judge by what you know of the customer."
    share = f"{chance.paid} of {chance.cases} {chance.basis} were paid in the end"
    interval = f"{chance.share:.0%}, between {chance.low:.0%} and {chance.high:.0%} with 95 % certainty"
    if net is None:
        return f"{share} ({interval}). {figures.cost_problem}"
    low, middle, high = (money.to_text() for money in net)
    return f"{share} ({interval}); after the court's fee {middle} remain on average, {low} to {high}."
