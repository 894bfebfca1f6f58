"""Fees are claims of their own: warned of, charged once, waived once, and they outlive the invoice they came from."""

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from goodterms.core.money import Money
from goodterms.flows.approvals import AT_THE_MACHINE, NotYoursToApprove
from goodterms.flows.charge_fee import FeeChargedAlready, NotWarned, UnknownFeeReason, charge_fee
from goodterms.flows.charge_interest import InterestSwitchedOff, NoLawKnown, charge_interest
from goodterms.flows.claimed_fees import ClaimedFees, read_claimed
from goodterms.flows.compose_message import compose_touches
from goodterms.flows.judge_commitments import judge_commitments
from goodterms.flows.make_promise import make_promise
from goodterms.flows.open_dispute import open_dispute
from goodterms.flows.record_payment import InvoiceUnclear, record_payment
from goodterms.flows.waive_fee import FeeOver, GoodWillSpent, waive_fee
from goodterms.followup.models import AgencyCase, Fee, LegalDecision, TimelineEvent
from goodterms.ledger.models import Customer, Invoice, Payment
from goodterms.messages.facts import ItemInterest
from tests.conftest import NOW
from tests.factories import make_customer, make_invoice, make_organisation, make_touch
from tests.flows.daily import pay
from tests.importing import run_import, write

pytestmark = pytest.mark.django_db
FIXED = {"late_fee": {"kind": "fixed", "amount_minor": {"GBP": 25_00}}}
TODAY = NOW.date()


@pytest.fixture
def customer() -> Customer:
    """With 100.00 overdue (R1) since 1 February, and warned on 1 March; the organisation charges 25.00."""
    customer = make_customer(make_organisation(policy=FIXED))
    make_invoice(customer, "R1", due=date(2026, 2, 1))
    warn(customer)
    return customer


def warn(customer: Customer, *numbers: str, on: date = date(2026, 3, 1)) -> None:
    """A warning that names these invoices, or all there are."""
    named = customer.invoices.filter(number__in=numbers) if numbers else customer.invoices.all()
    items = json.dumps([{"invoice_id": invoice.pk} for invoice in named])
    make_touch(customer, state="sent", template="interest_warning", sent_date=on, items=items)


def judge(customer: Customer, day: date = TODAY) -> Counter[str]:
    return judge_commitments(customer.organisation, day, datetime(day.year, day.month, day.day, 9, tzinfo=UTC))


def fees(customer: Customer) -> list[tuple[str, int]]:
    claims = Invoice.objects.filter(customer=customer, kind="fee").order_by("pk")
    return list(claims.values_list("number", "open_amount_minor"))


def receive(customer: Customer, amount_minor: int, *numbers: str) -> None:
    record_payment(
        customer.organisation_id,
        customer.pk,
        Money(amount_minor, "GBP"),
        on=TODAY,
        today=TODAY,
        now=NOW,
        actor="Robin",
        invoice_numbers=numbers,
    )


def test_nothing_is_charged_unless_it_is_switched_on(customer: Customer) -> None:
    customer.organisation.policy = {}
    assert judge(customer) == {}


def test_a_fee_has_its_own_number_and_leaves_the_invoice_as_it_is(customer: Customer) -> None:
    assert judge(customer) == {"fees_charged": 1}
    assert fees(customer) == [("F-00001", 25_00)]
    invoice = customer.invoices.get(number="R1")
    assert (invoice.amount_minor, invoice.open_amount_minor) == (100_00, 100_00)
    fee = Fee.objects.get()
    assert (fee.for_invoice, fee.reason, fee.claim.due_date) == (invoice, "late_fee", date(2026, 3, 24))
    assert TimelineEvent.objects.latest("pk").text == "Charged 25.00 GBP as F-00001: late fee for invoice R1."


def test_double_fee_a_second_run_charges_nothing_more(customer: Customer) -> None:
    judge(customer)
    assert judge(customer) == {}
    assert judge(customer, TODAY + timedelta(days=60)) == {}
    assert len(fees(customer)) == 1
    with pytest.raises(FeeChargedAlready):
        charge_fee(
            customer.organisation,
            customer,
            reason="late_fee",
            amount=Money(25_00, "GBP"),
            for_invoice=customer.invoices.get(number="R1"),
            actor="Robin",
            now=NOW,
        )


def test_a_monthly_fee_is_charged_once_in_each_month(customer: Customer) -> None:
    customer.organisation.policy = {"late_fee": {**FIXED["late_fee"], "each_month": True}}
    for days in (0, 5, 30, 31):
        judge(customer, TODAY + timedelta(days=days))
    assert list(Fee.objects.order_by("pk").values_list("period", flat=True)) == ["2026-03", "2026-04"]


def test_a_percentage_is_of_what_is_open_and_has_a_cap(customer: Customer) -> None:
    customer.organisation.policy = {"late_fee": {"kind": "percent", "percent": "1.5", "most_minor": {"GBP": 1_00}}}
    judge(customer)
    assert fees(customer) == [("F-00001", 1_00)]


def test_principal_paid_fee_lost_the_fee_outlives_the_invoice(customer: Customer) -> None:
    judge(customer)
    pay(customer.invoices.get(number="R1"), TODAY)
    judge(customer, TODAY + timedelta(days=30))
    assert fees(customer) == [("F-00001", 25_00)]


def test_nobody_is_charged_without_a_warning_or_soon_after_it(customer: Customer) -> None:
    other = make_customer(customer.organisation, "C2")
    make_invoice(other, "R2", due=date(2026, 2, 1))
    warn(other, on=TODAY - timedelta(days=2))
    judge(customer)
    assert fees(other) == []
    with pytest.raises(NotWarned):
        charge_fee(
            other.organisation,
            make_customer(other.organisation, "C3"),
            reason="late_fee",
            amount=Money(1, "GBP"),
            actor="Robin",
            now=NOW,
        )


def test_nobody_is_charged_who_has_promised(customer: Customer) -> None:
    make_promise(customer.organisation, customer, source="call", actor="Robin", now=NOW)
    assert judge(customer) == {}


def test_only_the_invoice_that_the_warning_named_is_charged(customer: Customer) -> None:
    make_invoice(customer, "R2", due=date(2026, 2, 2), amount_minor=50_00)
    judge(customer)
    assert list(Fee.objects.values_list("for_invoice__number", flat=True)) == ["R1"]
    with pytest.raises(NotWarned):
        charge_fee(
            customer.organisation, customer, reason="late_fee", amount=Money(1_00, "GBP"),
            for_invoice=customer.invoices.get(number="R2"), actor="Robin", now=NOW,
        )  # fmt: skip


def test_a_fee_is_on_what_cash_and_disputes_leave(customer: Customer) -> None:
    customer.organisation.policy = {"late_fee": {"kind": "percent", "percent": "10"}}
    receive(customer, 40_00)
    open_dispute(
        customer.organisation, customer, customer.invoices.get(number="R1"), reason="wrong_price",
        amount=Money(35_00, "GBP"), actor="Robin", now=NOW,
    )  # fmt: skip
    judge(customer)
    assert fees(customer) == [("F-00001", 2_50)]


def test_nothing_is_charged_on_what_cash_on_account_covers(customer: Customer) -> None:
    receive(customer, 100_00)
    assert judge(customer) == {}


@pytest.mark.parametrize("whose", ["agency", "court"])
def test_nobody_is_charged_while_an_agency_or_a_court_has_the_case(customer: Customer, whose: str) -> None:
    own = {"organisation": customer.organisation, "customer": customer}
    if whose == "agency":
        AgencyCase.objects.create(
            **own, state="handed_over", ready_date=TODAY, ready_reason="It is time.", approved_by="Kim",
            handed_over_date=TODAY - timedelta(days=1),
        )  # fmt: skip
    else:
        LegalDecision.objects.create(
            **own, choice="filed", reason="It is time.", figures=[], decided_date=TODAY, decided_by="Kim"
        )
    assert judge(customer) == {}


def test_cash_on_account_bears_no_interest_from_its_day_on(customer: Customer) -> None:
    customer.organisation.policy = {"interest": {"enabled": True}}
    twin = make_customer(customer.organisation, "C8")
    make_invoice(twin, "R8", due=date(2026, 2, 1))
    pay(twin.invoices.get(), date(2026, 2, 20), 60_00)
    Payment.objects.create(
        organisation=customer.organisation, customer=customer, key="p", paid_date=date(2026, 2, 20), currency="GBP",
        amount_minor=60_00, unallocated_minor=60_00,
    )  # fmt: skip
    for each in (customer, twin):
        charge_interest(customer.organisation, each, actor="Robin", now=NOW)
    sums = [Fee.objects.get(customer=each, reason="interest").claim.amount_minor for each in (customer, twin)]
    assert sums[0] == sums[1]
    covered = make_customer(customer.organisation, "C7")
    make_invoice(covered, "R7", due=date(2026, 2, 1))
    make_invoice(covered, "CN7", due=date(2026, 2, 10), amount_minor=-100_00)
    assert charge_interest(customer.organisation, covered, actor="Robin", now=NOW) == []


def test_good_will_is_granted_once(customer: Customer) -> None:
    judge(customer)
    first = Fee.objects.get()
    waive_fee(first.organisation, first, reason="A good customer.", actor="Kim", now=NOW)
    assert fees(customer) == [("F-00001", 0)]
    assert TimelineEvent.objects.latest("pk").text == "F-00001 taken back (25.00 GBP). Good will: A good customer."
    with pytest.raises(FeeOver):
        waive_fee(first.organisation, first, reason="Again.", actor="Kim", now=NOW)
    second = charge_fee(
        customer.organisation, customer, reason="costs", amount=Money(5_00, "GBP"), actor="Robin", now=NOW
    )
    with pytest.raises(GoodWillSpent):
        waive_fee(second.organisation, second, reason="Again.", actor="Kim", now=NOW)
    waive_fee(second.organisation, second, reason="Ours.", is_error=True, actor="Kim", now=NOW)
    assert judge(customer, TODAY + timedelta(days=40)) == {}


def test_a_wrong_fee_that_was_paid_goes_back_on_account(customer: Customer) -> None:
    judge(customer)
    receive(customer, 25_00, "F-00001")
    fee = Fee.objects.get()
    waive_fee(fee.organisation, fee, reason="Charged to the wrong one.", is_error=True, actor="Kim", now=NOW)
    assert Payment.objects.get().unallocated_minor == 25_00
    assert fees(customer) == [("F-00001", 0)]


def test_a_large_fee_is_taken_back_as_wrong_by_a_manager_alone(customer: Customer) -> None:
    organisation, much = customer.organisation, Money(5_000_00, "GBP")
    fee = charge_fee(organisation, customer, reason="costs", amount=much, actor="Robin", now=NOW)
    receive(customer, 5_000_00, "F-00001")
    with pytest.raises(NotYoursToApprove):
        waive_fee(organisation, fee, reason="Wrong.", is_error=True, actor="Kim", now=NOW)
    assert Payment.objects.get().unallocated_minor == 0
    waive_fee(organisation, fee, reason="Wrong.", is_error=True, actor=AT_THE_MACHINE, now=NOW)
    assert Payment.objects.get().unallocated_minor == 5_000_00


def test_by_german_law_money_goes_to_costs_then_interest_then_principal(customer: Customer) -> None:
    customer.organisation.country = "DE"
    customer.organisation.save()
    judge(customer)
    receive(customer, 60_00, "R1", "F-00001")
    assert fees(customer) == [("F-00001", 0)]
    assert customer.invoices.get(number="R1").open_amount_minor == 65_00


def test_elsewhere_money_goes_to_the_invoice_first(customer: Customer) -> None:
    judge(customer)
    receive(customer, 110_00, "F-00001", "R1")
    assert fees(customer) == [("F-00001", 15_00)]
    assert customer.invoices.get(number="R1").open_amount_minor == 0


def test_a_fee_is_never_numbered_like_an_invoice(customer: Customer) -> None:
    judge(customer)
    make_invoice(customer, "F-00001", due=date(2026, 4, 1))
    with pytest.raises(InvoiceUnclear):
        receive(customer, 25_00, "F-00001")
    charge_fee(customer.organisation, customer, reason="costs", amount=Money(1_00, "GBP"), actor="Robin", now=NOW)
    assert fees(customer) == [("F-00001", 25_00), ("FEE-00001", 1_00)]


def test_interest_is_claimed_for_each_day_once(customer: Customer) -> None:
    customer.organisation.policy = {"interest": {"enabled": True}}
    organisation = customer.organisation
    charge_interest(organisation, customer, actor="Robin", now=NOW)
    # Section 5A(2)(a) of the 1998 Act: 40.00 for a debt under 1,000.00.
    spans = list(Fee.objects.order_by("pk").values_list("reason", "period", "claim__amount_minor"))
    assert [row[:2] for row in spans] == [("interest", "2026-02-02/2026-03-09"), ("compensation", "once")]
    assert spans[1][2] == 40_00
    assert charge_interest(organisation, customer, actor="Robin", now=NOW) == []
    pay(customer.invoices.get(number="R1"), date(2026, 3, 12), 60_00)
    later = NOW + timedelta(days=20)
    again = charge_interest(organisation, customer, actor="Robin", now=later)
    assert [fee.period for fee in again] == ["2026-03-10/2026-03-29"]
    whole = sum(Fee.objects.filter(reason="interest").values_list("claim__amount_minor", flat=True))
    once = make_customer(organisation, "C9")
    make_invoice(once, "R9", due=date(2026, 2, 1))
    pay(once.invoices.get(number="R9"), date(2026, 3, 12), 60_00)
    charge_interest(organisation, once, actor="Robin", now=later)
    assert whole == Fee.objects.get(customer=once, reason="interest").claim.amount_minor


def test_the_run_charges_the_interest_that_a_message_claimed_and_no_other(customer: Customer) -> None:
    customer.organisation.policy = {"interest": {"enabled": True}}
    make_invoice(customer, "R2", due=date(2026, 2, 20))
    claimed = json.dumps([{"invoice_id": customer.invoices.get(number="R1").pk}])
    make_touch(customer, state="sent", template="interest_notice", sent_date=TODAY, items=claimed, step="interest")
    assert judge(customer) == {}
    assert judge(customer, TODAY + timedelta(days=3)) == {"interest_charged": 2}
    found = Fee.objects.order_by("pk").values_list("for_invoice__number", "reason", "period", "charged_by")
    assert list(found) == [
        ("R1", "interest", "2026-02-02/2026-03-10", "goodterms"),
        ("R1", "compensation", "once", "goodterms"),
    ]
    assert judge(customer, TODAY + timedelta(days=4)) == {}


def test_a_mere_warning_of_interest_charges_none(customer: Customer) -> None:
    customer.organisation.policy = {"interest": {"enabled": True}}
    assert judge(customer) == {}


def test_interest_is_off_unless_it_is_switched_on_and_a_law_is_known(customer: Customer) -> None:
    with pytest.raises(InterestSwitchedOff):
        charge_interest(customer.organisation, customer, actor="Robin", now=NOW)
    customer.organisation.policy = {"interest": {"enabled": True, "country": "XX"}}
    with pytest.raises(NoLawKnown):
        charge_interest(customer.organisation, customer, actor="Robin", now=NOW)
    with pytest.raises(UnknownFeeReason):
        charge_fee(customer.organisation, customer, reason="anger", amount=Money(1, "GBP"), actor="Robin", now=NOW)


def test_what_was_claimed_as_a_fee_is_not_claimed_again_by_a_message(customer: Customer) -> None:
    claimed = ClaimedFees({"R1": 3_00}, {"R1"})
    line = ItemInterest("R1", Money(5_00, "GBP"), Money(40_00, "GBP"))
    assert claimed.leave_out(line) == ItemInterest("R1", Money(2_00, "GBP"), Money(0, "GBP"))
    customer.organisation.policy = {"interest": {"enabled": True}}
    charge_interest(customer.organisation, customer, actor="Robin", now=NOW)
    read = read_claimed([customer.pk])[customer.pk]
    assert set(read.interest) == read.compensated == {"R1"}


def test_an_invoice_numbered_like_a_fee_bears_interest_and_the_fee_does_not(customer: Customer) -> None:
    """It was imported after the fee had got its number."""
    organisation = customer.organisation
    organisation.policy = {"interest": {"enabled": True}}
    organisation.save()
    charge_fee(organisation, customer, reason="costs", amount=Money(5_00, "GBP"), actor="Robin", now=NOW)
    customer.invoices.filter(kind="fee").update(due_date=date(2026, 2, 2))
    make_invoice(customer, "F-00001", due=date(2026, 2, 3), amount_minor=70_00)
    touch = make_touch(customer, template="interest_notice")
    message = compose_touches([touch.pk], NOW)[touch.pk]
    assert message.message is not None, message
    # 100.00, 70.00 and the fee of 5.00; compensation of 40.00 and interest for the two invoices alone.
    assert "Please pay £256.98." in message.message.text


def test_a_complete_list_of_the_accounting_program_does_not_settle_our_fees(customer: Customer, home: Path) -> None:
    charge_fee(customer.organisation, customer, reason="costs", amount=Money(5_00, "GBP"), actor="Robin", now=NOW)
    text = "Customer number,Customer,Invoice,Date,Due,Amount,Open,Currency\n"
    text += "C1,Example Customer C1 Ltd,X1,2026-03-01,2026-03-31,10.00,10.00,GBP\n"
    run_import(customer.organisation, write(home, text), as_of=TODAY, complete=True)
    assert fees(customer) == [("F-00001", 5_00)]
    assert customer.invoices.get(number="R1").open_amount_minor == 0
