"""A plan is proposed within limits, accepted by somebody, filled by payments, and ends as it deserves."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from goodterms.core.instalments import ScheduleImpossible
from goodterms.core.money import Money
from goodterms.flows.accept_plan import AcceptedByNobody, PlanNotProposed, PlanOutdated, accept_plan, approve_plan
from goodterms.flows.approvals import ApprovalMissing, NothingToApprove, NotYoursToApprove
from goodterms.flows.change_plan import PlanOver, PlanPaid, cancel_plan, change_plan
from goodterms.flows.judge_commitments import judge_commitments
from goodterms.flows.make_promise import make_promise
from goodterms.flows.open_dispute import open_dispute
from goodterms.flows.propose_plan import PlanOutOfBounds, PlanRunning, Terms, UnknownRhythm, propose_plan
from goodterms.flows.resolve_dispute import resolve_dispute
from goodterms.flows.state_reason import state_reason
from goodterms.followup.models import PaymentPlan, Promise, Task, TimelineEvent
from goodterms.ledger.models import Customer
from goodterms.organizations.models import Membership
from tests.conftest import NOW
from tests.factories import make_customer, make_invoice, make_organisation, make_user
from tests.flows.daily import pay
from tests.flows.test_promises import give_back

pytestmark = pytest.mark.django_db
FIRST = date(2026, 3, 31)
MONTHLY = Terms(rhythm="monthly", first=FIRST, count=3)


@pytest.fixture
def customer() -> Customer:
    """With 100.00 (R1) and 50.00 (R2) overdue."""
    customer = make_customer(make_organisation())
    make_invoice(customer, "R1", due=date(2026, 2, 1))
    make_invoice(customer, "R2", due=date(2026, 3, 1), amount_minor=50_00)
    return customer


def propose(customer: Customer, terms: Terms = MONTHLY, **given: object) -> PaymentPlan:
    values: dict[str, object] = {"actor": "Robin", "now": NOW}
    return propose_plan(customer.organisation, customer, terms=terms, **{**values, **given})  # type: ignore[arg-type]


def accept(plan: PaymentPlan, now: datetime = NOW) -> PaymentPlan:
    accept_plan(plan.organisation, plan, accepted_by="Sam Example", how="email", actor="Robin", now=now)
    return plan


def judge(customer: Customer, day: date) -> Counter[str]:
    return judge_commitments(customer.organisation, day, datetime(day.year, day.month, day.day, 9, tzinfo=UTC))


def state_of(plan: PaymentPlan) -> tuple[str, list[int]]:
    plan.refresh_from_db()
    return plan.state, list(plan.instalments.order_by("position").values_list("paid_minor", flat=True))


def test_a_plan_covers_what_is_overdue_in_equal_parts(customer: Customer) -> None:
    plan = propose(customer)
    assert list(plan.instalments.values_list("due_date", "amount_minor")) == [
        (FIRST, 50_00),
        (date(2026, 4, 30), 50_00),
        (date(2026, 5, 31), 50_00),
    ]
    assert plan.invoices.count() == 2
    assert TimelineEvent.objects.get().text == (
        "Plan proposed over 150.00 GBP for R1, R2: 50.00 on 2026-03-31; 50.00 on 2026-04-30; 50.00 on 2026-05-31."
    )


def test_it_runs_once_it_is_accepted_and_says_by_whom_and_how(customer: Customer) -> None:
    plan = accept(propose(customer))
    assert (plan.state, plan.accepted_date, plan.accepted_by, plan.accepted_how) == (
        "active",
        NOW.date(),
        "Sam Example",
        "email",
    )
    with pytest.raises(PlanNotProposed):
        accept(plan)


def test_payments_fill_the_oldest_instalment_first(customer: Customer) -> None:
    plan = accept(propose(customer))
    pay(customer.invoices.get(number="R2"), FIRST, 50_00)
    pay(customer.invoices.get(number="R1"), FIRST, 20_00)
    judge(customer, FIRST)
    assert state_of(plan) == ("active", [50_00, 20_00, 0])
    assert plan.instalments.get(position=1).paid_date == FIRST


def test_a_payment_sent_back_empties_it_again(customer: Customer) -> None:
    plan = accept(propose(customer))
    payment = pay(customer.invoices.get(number="R1"), FIRST, 50_00)
    judge(customer, FIRST)
    give_back(payment, FIRST + timedelta(days=1))
    judge(customer, FIRST + timedelta(days=1))
    assert state_of(plan) == ("active", [0, 0, 0])


def test_a_missed_instalment_ends_it_after_its_grace_with_one_task(customer: Customer) -> None:
    plan = accept(propose(customer))
    judge(customer, FIRST + timedelta(days=3))
    assert state_of(plan)[0] == "active"
    assert judge(customer, FIRST + timedelta(days=4)) == {"plans_defaulted": 1}
    assert judge(customer, FIRST + timedelta(days=5)) == {}
    assert state_of(plan)[0] == "defaulted"
    assert plan.end_reason == "Missed: 1, the first on 2026-03-31."
    assert Task.objects.get().key == f"plan_defaulted:{plan.pk}"


def test_the_organisation_may_forgive_the_first_miss(customer: Customer) -> None:
    customer.organisation.policy = {"plan_default_after": 2}
    plan = accept(propose(customer))
    judge(customer, FIRST + timedelta(days=10))
    assert state_of(plan)[0] == "active"
    judge(customer, date(2026, 5, 4))
    assert state_of(plan)[0] == "defaulted"


def test_paying_early_completes_it(customer: Customer) -> None:
    plan = accept(propose(customer))
    for invoice in customer.invoices.all():
        pay(invoice, date(2026, 3, 12))
    judge(customer, date(2026, 3, 12))
    assert state_of(plan) == ("completed", [50_00, 50_00, 50_00])


def test_a_change_by_agreement_keeps_the_history(customer: Customer) -> None:
    plan = accept(propose(customer))
    pay(customer.invoices.get(number="R1"), FIRST, 50_00)
    later = datetime(2026, 4, 2, 9, tzinfo=UTC)
    judge(customer, later.date())
    new = change_plan(
        customer.organisation,
        plan,
        terms=Terms(rhythm="monthly", first=date(2026, 6, 1), count=2),
        actor="Robin",
        now=later,
    )
    assert state_of(plan)[0] == "active"
    accept(new, later)
    assert state_of(plan) == ("replaced", [50_00, 0, 0])
    assert (new.total_minor, new.replaces) == (100_00, plan)
    with pytest.raises(PlanOver):
        cancel_plan(customer.organisation, plan, reason="No.", actor="Robin", now=later)


def test_a_plan_that_is_paid_has_nothing_to_change_and_takes_in_nothing_else(customer: Customer) -> None:
    plan = accept(propose(customer))
    for invoice in customer.invoices.all():
        pay(invoice, date(2026, 3, 12))
    make_invoice(customer, "R3", due=date(2026, 3, 5), amount_minor=80_00)
    with pytest.raises(PlanPaid):
        change_plan(customer.organisation, plan, terms=MONTHLY, actor="Robin", now=NOW)
    assert PaymentPlan.objects.count() == 1


def test_a_plan_whose_invoices_were_credited_ends_without_calling_it_paid(customer: Customer) -> None:
    plan = accept(propose(customer))
    for invoice in customer.invoices.all():
        dispute = open_dispute(customer.organisation, customer, invoice, reason="faulty", actor="Robin", now=NOW)
        resolve_dispute(customer.organisation, dispute, resolution="adjusted", actor="Robin", now=NOW)
    judge(customer, NOW.date())
    assert state_of(plan) == ("completed", [0, 0, 0])
    assert plan.end_reason == "Nothing is left to pay."


def test_an_accepted_plan_was_offered(customer: Customer) -> None:
    state_reason(customer.organisation, customer, reason="cash", quote="Short of cash.", actor="Robin", now=NOW)
    assert Task.objects.get().title == "Offer Example Customer C1 Ltd a payment plan for what is overdue"
    accept(propose(customer))
    assert Task.objects.get().outcome == "a plan was accepted"


def test_a_cancelled_plan_says_why(customer: Customer) -> None:
    plan = accept(propose(customer))
    cancel_plan(customer.organisation, plan, reason="They sold the company.", actor="Kim", now=NOW)
    assert state_of(plan)[0] == "cancelled"
    assert TimelineEvent.objects.latest("pk").text == "Plan over 150.00 GBP cancelled. They sold the company."


def test_only_one_plan_runs_and_one_is_proposed(customer: Customer) -> None:
    first = propose(customer)
    second = propose(customer)
    assert state_of(first)[0] == "cancelled"
    accept(second)
    with pytest.raises(PlanRunning):
        propose(customer)


def test_a_plan_takes_the_place_of_an_open_promise(customer: Customer) -> None:
    make_promise(customer.organisation, customer, source="call", actor="Robin", now=NOW)
    accept(propose(customer))
    assert Promise.objects.get().state == "withdrawn"


def test_above_the_limit_a_manager_approves_first(customer: Customer) -> None:
    customer.organisation.policy = {"plan_approval_minor": {"GBP": 100_00}}
    make_user(customer.organisation, Membership.Role.COLLECTOR, email="col@supplies.example")
    plan = propose(customer)
    with pytest.raises(ApprovalMissing):
        accept(plan)
    with pytest.raises(NotYoursToApprove):
        approve_plan(customer.organisation, plan, actor="col@supplies.example", now=NOW)
    approve_plan(customer.organisation, plan, actor="command line", now=NOW)
    assert accept(plan).state == "active"
    with pytest.raises(NothingToApprove):
        approve_plan(customer.organisation, plan, actor="command line", now=NOW)


def test_what_a_manager_proposes_needs_no_second_word(customer: Customer) -> None:
    customer.organisation.policy = {"plan_approval_minor": {"GBP": 100_00}}
    make_user(customer.organisation, Membership.Role.MANAGER, email="boss@supplies.example")
    accept(propose(customer, actor="boss@supplies.example"))
    assert not Task.objects.exists()


@pytest.mark.parametrize(
    ("terms", "refusal"),
    [
        (Terms(rhythm="monthly", first=date(2026, 3, 9), count=3), PlanOutOfBounds),
        (Terms(rhythm="monthly", first=FIRST, count=24), PlanOutOfBounds),
        (Terms(rhythm="weekly", first=FIRST, count=20), PlanOutOfBounds),
        (Terms(rhythm="monthly", first=FIRST, count=0), ScheduleImpossible),
        (Terms(rhythm="daily", first=FIRST, count=3), UnknownRhythm),
        (Terms(rhythm="custom", custom=[(FIRST, Money(1_00, "GBP"))]), ScheduleImpossible),
    ],
    ids=["past", "too long", "too small", "none", "rhythm", "sums"],
)
def test_what_cannot_be_planned_is_refused(customer: Customer, terms: Terms, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        propose(customer, terms)


def test_an_old_proposal_or_one_accepted_by_nobody_does_not_run(customer: Customer) -> None:
    plan = propose(customer)
    with pytest.raises(AcceptedByNobody):
        accept_plan(plan.organisation, plan, accepted_by=" ", how="email", actor="Robin", now=NOW)
    with pytest.raises(PlanOutdated):
        accept(plan, NOW + timedelta(days=40))
