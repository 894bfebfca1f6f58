"""A message names what is open and asks only for what may be asked for: the same reckoning as the decision."""

from datetime import date, timedelta

import pytest

from goodterms.core.money import Money
from goodterms.followup.models import Dispute, Instalment, PaymentPlan, PlanInvoice
from goodterms.ledger.models import Customer
from tests.factories import make_customer, make_invoice, make_organisation
from tests.flows.test_compose_message import OVERDUE, TODAY, amounts_in, codes, compose_one, message_of, touch_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer() -> Customer:
    return make_customer(make_organisation(currency="GBP"))


def dispute(customer: Customer, number: str, amount_minor: int | None) -> None:
    Dispute.objects.create(
        organisation=customer.organisation,
        customer=customer,
        invoice=make_invoice(customer, number, due=OVERDUE, amount_minor=120_00),
        reason="faulty",
        amount_minor=amount_minor,
        opened_date=TODAY,
        opened_by="Robin Example",
        due_date=TODAY + timedelta(days=14),
    )


def test_the_undisputed_part_is_asked_for(customer: Customer) -> None:
    dispute(customer, "A-1", 50_00)
    message = message_of(customer)
    assert Money(70_00, "GBP") in amounts_in(message)
    assert "£50.00" in message.text


def test_nothing_is_asked_for_when_all_of_it_is_disputed(customer: Customer) -> None:
    dispute(customer, "A-1", None)
    assert "nothing_to_ask" in codes(compose_one(touch_for(customer)))


def test_of_a_plan_only_the_missed_instalment_is_asked_for(customer: Customer) -> None:
    invoice = make_invoice(customer, "A-1", due=OVERDUE, amount_minor=120_00)
    plan = PaymentPlan.objects.create(
        organisation=customer.organisation, customer=customer, currency="GBP", total_minor=120_00, rhythm="monthly",
        state="active", proposed_date=date(2026, 2, 15), proposed_by="Robin Example",
        accepted_date=date(2026, 2, 16), accepted_by="Sam Example",
    )  # fmt: skip
    PlanInvoice.objects.create(plan=plan, invoice=invoice, amount_minor=120_00)
    for position, days in enumerate((-10, 20, 50), 1):
        Instalment.objects.create(
            plan=plan, position=position, due_date=TODAY + timedelta(days=days), amount_minor=40_00
        )
    message = message_of(customer)
    assert Money(40_00, "GBP") in amounts_in(message)
    assert Money(80_00, "GBP") in amounts_in(message)
