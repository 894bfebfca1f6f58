"""A settlement forgives the rest exactly, and only when the agreed money is in by its day."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from goodterms.core.money import Money
from goodterms.flows.accept_settlement import SettlementOver, accept_settlement, cancel_settlement
from goodterms.flows.approvals import ApprovalMissing, NothingToApprove, NotYoursToApprove
from goodterms.flows.judge_commitments import judge_commitments
from goodterms.flows.propose_settlement import (
    NothingForgiven,
    SettlementDayImpossible,
    SettlementRunning,
    approve_settlement,
    propose_settlement,
)
from goodterms.flows.put_to_claims import restate
from goodterms.flows.withdraw_promise import ReasonMissing
from goodterms.followup.models import Settlement, Task, TimelineEvent
from goodterms.ledger.models import Allocation, Customer, Invoice, Payment
from goodterms.organizations.models import Membership
from tests.conftest import NOW
from tests.factories import make_customer, make_invoice, make_organisation, make_user
from tests.flows.daily import pay

pytestmark = pytest.mark.django_db
BY = date(2026, 3, 31)


@pytest.fixture
def customer() -> Customer:
    """With 100.00 (R1) and 50.01 (R2) overdue."""
    customer = make_customer(make_organisation())
    make_invoice(customer, "R1", due=date(2026, 2, 1))
    make_invoice(customer, "R2", due=date(2026, 3, 1), amount_minor=50_01)
    return customer


def propose(customer: Customer, pay_minor: int = 90_00, **given: object) -> Settlement:
    values: dict[str, object] = {"by": BY, "reason": "They are closing down.", "actor": "Robin", "now": NOW}
    organisation, money = customer.organisation, Money(pay_minor, "GBP")
    return propose_settlement(organisation, customer, pay=money, **{**values, **given})  # type: ignore[arg-type]


def accept(settlement: Settlement) -> Settlement:
    accept_settlement(
        settlement.organisation, settlement, accepted_by="Sam Example", how="letter", actor="Robin", now=NOW
    )
    return settlement


def judge(customer: Customer, day: date) -> Counter[str]:
    return judge_commitments(customer.organisation, day, datetime(day.year, day.month, day.day, 9, tzinfo=UTC))


def owed(customer: Customer) -> list[int]:
    return list(customer.invoices.order_by("number").values_list("open_amount_minor", flat=True))


def test_the_rest_is_forgiven_once_the_agreed_money_is_in(customer: Customer) -> None:
    settlement = accept(propose(customer))
    pay(customer.invoices.get(number="R1"), date(2026, 3, 20), 89_99)
    assert judge(customer, date(2026, 3, 20)) == {}
    assert owed(customer) == [10_01, 50_01]
    pay(customer.invoices.get(number="R2"), date(2026, 3, 21), 1)
    assert judge(customer, date(2026, 3, 21)) == {"settlements_fulfilled": 1}
    assert judge(customer, date(2026, 3, 22)) == {}
    settlement.refresh_from_db()
    assert (settlement.state, settlement.paid_minor, settlement.forgiven_minor) == ("fulfilled", 90_00, 60_01)
    assert owed(customer) == [0, 0]
    forgiven = Allocation.objects.filter(source="forgiven").order_by("invoice__number")
    assert list(forgiven.values_list("amount_minor", flat=True)) == [10_01, 50_00]


def test_money_on_account_is_put_to_the_invoices_first_and_too_much_stays_there(customer: Customer) -> None:
    accept(propose(customer))
    payment = Payment.objects.create(
        organisation=customer.organisation,
        customer=customer,
        key="p",
        paid_date=BY,
        currency="GBP",
        amount_minor=95_00,
        unallocated_minor=95_00,
    )
    judge(customer, BY)
    payment.refresh_from_db()
    assert payment.unallocated_minor == 5_00
    assert owed(customer) == [0, 0]
    assert sum(row.amount_minor for row in Allocation.objects.filter(source="forgiven")) == 60_01


def test_a_credit_note_lowers_what_is_forgiven_not_what_was_agreed(customer: Customer) -> None:
    settlement = accept(propose(customer))
    credit(customer.invoices.get(number="R1"), 20_00)
    payment = Payment.objects.create(
        organisation=customer.organisation,
        customer=customer,
        key="p",
        paid_date=BY,
        currency="GBP",
        amount_minor=90_00,
        unallocated_minor=90_00,
    )
    judge(customer, BY)
    payment.refresh_from_db()
    settlement.refresh_from_db()
    assert (payment.unallocated_minor, settlement.forgiven_minor, owed(customer)) == (0, 40_01, [0, 0])


def test_it_lapses_when_the_day_and_its_tolerance_are_over(customer: Customer) -> None:
    settlement = accept(propose(customer))
    pay(customer.invoices.get(number="R1"), BY, 50_00)
    assert judge(customer, BY + timedelta(days=3)) == {}
    assert judge(customer, BY + timedelta(days=4)) == {"settlements_lapsed": 1}
    settlement.refresh_from_db()
    assert (settlement.state, settlement.paid_minor, settlement.forgiven_minor) == ("lapsed", 50_00, 0)
    assert owed(customer) == [50_00, 50_01]
    assert Task.objects.get().key == f"settlement_lapsed:{settlement.pk}"


@pytest.mark.parametrize("is_accepted", [True, False])
def test_without_anything_left_to_pay_it_is_void_and_nobody_is_asked_why(customer: Customer, is_accepted: bool) -> None:
    settlement = propose(customer)
    if is_accepted:
        accept(settlement)
    for invoice in customer.invoices.all():
        credit(invoice, invoice.open_amount_minor)
    assert judge(customer, NOW.date()) == {"settlements_cancelled": 1}
    settlement.refresh_from_db()
    assert (settlement.state, settlement.ended_date) == ("cancelled", NOW.date())
    assert TimelineEvent.objects.latest("pk").text.endswith("nothing is left to pay.")
    assert not Task.objects.exists()


def test_a_draft_whose_day_is_over_is_not_to_be_approved_any_more(customer: Customer) -> None:
    customer.organisation.policy = {"settlement_approval_minor": {"GBP": 10_00}}
    propose(customer)
    judge(customer, BY + timedelta(days=4))
    assert Task.objects.get().outcome == "lapsed"


def test_what_credits_and_cash_cover_is_neither_settled_nor_forgiven(customer: Customer) -> None:
    """150.01 are open, 30.00 covered by a credit note and 20.00 by cash: 100.01 are owed, of which 90.00 settle all."""
    make_invoice(customer, "CN", due=date(2026, 2, 20), amount_minor=-30_00)
    Payment.objects.create(
        organisation=customer.organisation, customer=customer, key="p", paid_date=NOW.date(), currency="GBP",
        amount_minor=20_00, unallocated_minor=20_00,
    )  # fmt: skip
    settlement = accept(propose(customer))
    assert (settlement.owed_minor, settlement.cash_then_minor) == (100_01, 20_00)
    assert judge(customer, BY) == {}
    pay(customer.invoices.get(number="R1"), BY, 90_00)
    assert judge(customer, BY) == {"settlements_fulfilled": 1}
    settlement.refresh_from_db()
    assert (settlement.paid_minor, settlement.forgiven_minor) == (90_00, 10_01)
    assert sum(owed(customer)) == 0


def test_money_that_comes_late_forgives_nothing(customer: Customer) -> None:
    accept(propose(customer))
    pay(customer.invoices.get(number="R1"), BY + timedelta(days=4), 100_00)
    assert judge(customer, BY + timedelta(days=5)) == {"settlements_lapsed": 1}
    assert owed(customer) == [0, 50_01]


def test_paying_what_was_proposed_accepts_it(customer: Customer) -> None:
    settlement = propose(customer)
    pay(customer.invoices.get(number="R1"), BY, 90_00)
    judge(customer, BY)
    settlement.refresh_from_db()
    assert (settlement.state, settlement.accepted_detail) == ("fulfilled", "By paying the agreed amount.")


def test_above_the_limit_a_manager_approves_first(customer: Customer) -> None:
    make_user(customer.organisation, Membership.Role.COLLECTOR, email="col@supplies.example")
    customer.organisation.policy = {"settlement_approval_minor": {"GBP": 10_00}}
    settlement = propose(customer)
    assert settlement.state == "draft"
    with pytest.raises(ApprovalMissing):
        accept(settlement)
    with pytest.raises(NotYoursToApprove):
        approve_settlement(customer.organisation, settlement, actor="col@supplies.example", now=NOW)
    approve_settlement(customer.organisation, settlement, actor="command line", now=NOW)
    assert accept(settlement).state == "accepted"
    assert Task.objects.get().outcome == "approved"
    with pytest.raises(NothingToApprove):
        approve_settlement(customer.organisation, settlement, actor="command line", now=NOW)


def test_a_draft_is_not_fulfilled_by_payment(customer: Customer) -> None:
    customer.organisation.policy = {"settlement_approval_minor": {"GBP": 10_00}}
    propose(customer)
    pay(customer.invoices.get(number="R1"), BY, 90_00)
    assert judge(customer, BY) == {}
    assert owed(customer) == [10_00, 50_01]


def test_a_managers_own_proposal_needs_no_second_word(customer: Customer) -> None:
    make_user(customer.organisation, Membership.Role.MANAGER, email="boss@supplies.example")
    customer.organisation.policy = {"settlement_approval_minor": {"GBP": 10_00}}
    settlement = propose(customer, actor="boss@supplies.example")
    assert (settlement.state, settlement.approved_by) == ("proposed", "boss@supplies.example")


def test_one_accepted_settlement_runs_and_may_be_called_off(customer: Customer) -> None:
    first = propose(customer)
    second = accept(propose(customer, 80_00))
    first.refresh_from_db()
    assert first.state == "cancelled"
    with pytest.raises(SettlementRunning):
        propose(customer)
    with pytest.raises(ReasonMissing):
        cancel_settlement(customer.organisation, second, reason="", actor="Kim", now=NOW)
    cancel_settlement(customer.organisation, second, reason="They found the money.", actor="Kim", now=NOW)
    assert TimelineEvent.objects.latest("pk").text.endswith("They found the money.")
    with pytest.raises(SettlementOver):
        accept(second)


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"pay_minor": 150_01}, NothingForgiven),
        ({"by": date(2026, 3, 9)}, SettlementDayImpossible),
        ({"by": date(2027, 3, 9)}, SettlementDayImpossible),
        ({"reason": " "}, ReasonMissing),
    ],
)
def test_what_cannot_be_settled_is_refused(
    customer: Customer, given: dict[str, object], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        propose(customer, **given)  # type: ignore[arg-type]


def credit(invoice: Invoice, amount_minor: int) -> None:
    """A credit note is put to the invoice."""
    Allocation.objects.create(
        organisation=invoice.organisation,
        customer=invoice.customer,
        invoice=invoice,
        source="credit_note",
        allocated_date=NOW.date(),
        amount_minor=amount_minor,
    )
    restate([invoice])
