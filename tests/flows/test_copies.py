"""Who was to be in copy gets the message only while mail still reaches them there."""

import json
from datetime import date, datetime

import pytest

from goodterms.flows.compose_message import compose_touches
from goodterms.flows.opt_out import opt_out
from goodterms.flows.run_day import run_day
from goodterms.followup.models import Touch
from goodterms.followup.policy import policy_of
from goodterms.ledger.models import Contact, Customer
from tests.factories import make_customer, make_invoice, make_organisation, make_profile, make_touch

pytestmark = pytest.mark.django_db
CHIEF = "chief@customer.example"


@pytest.fixture
def customer() -> Customer:
    customer = make_customer(make_organisation())
    make_invoice(customer, "R1", due=date(2026, 2, 18))
    for role, email in (("executive", CHIEF), ("owner", "owner@customer.example")):
        Contact.objects.create(
            organisation=customer.organisation,
            customer=customer,
            name=role,
            role=role,
            email=email,
            known_from_date=date(2020, 1, 1),
        )
    return customer


def copied(customer: Customer, now: datetime, addresses: list[str]) -> tuple[str, ...]:
    contact = customer.contacts.get(role="accounts_payable")
    touch = make_touch(customer, contact_id=contact.pk, cc=json.dumps(addresses))
    message = compose_touches([touch.pk], now)[touch.pk].message
    assert message is not None
    return message.cc


def test_leadership_reads_along_as_decided(customer: Customer, now: datetime) -> None:
    assert copied(customer, now, [CHIEF]) == (CHIEF,)
    assert copied(customer, now, []) == ()


def test_an_address_that_failed_meanwhile_is_left_out(customer: Customer, now: datetime) -> None:
    Contact.objects.filter(role="executive").update(email_failed_at=now)
    assert copied(customer, now, [CHIEF, "owner@customer.example"]) == ("owner@customer.example",)


def test_an_address_whose_owner_wants_no_more_mails_is_left_out(customer: Customer, now: datetime) -> None:
    opt_out(customer.organisation, channel="email", address=CHIEF, now=now)
    assert copied(customer, now, [CHIEF, "owner@customer.example"]) == ("owner@customer.example",)


def test_an_address_that_is_no_longer_theirs_is_left_out(customer: Customer, now: datetime) -> None:
    Contact.objects.filter(role="executive").update(email="else@customer.example")
    assert copied(customer, now, [CHIEF]) == ()


def test_the_days_run_keeps_who_reads_along_and_whether_we_asked_why(customer: Customer, now: datetime) -> None:
    make_profile(customer, "avoiding", override_profile="avoiding", override_reason="Hung up twice.")
    run_day(customer.organisation, now)
    touch = Touch.objects.get()
    assert (touch.playbook, touch.step, touch.asks_why) == ("avoiding", "call", False)
    assert touch.read_copies() == []
    step = policy_of(customer.organisation).playbooks.step("avoiding", "senior")
    assert step.cc_roles == ("executive", "owner")


def test_a_first_reminder_that_asks_why_is_remembered_as_such(customer: Customer, now: datetime) -> None:
    customer.invoices.update(due_date=date(2026, 3, 5))
    make_profile(customer, "avoiding", override_profile="avoiding", override_reason="Hung up twice.")
    run_day(customer.organisation, now)
    touch = Touch.objects.get()
    assert (touch.step, touch.asks_why) == ("clear", True)
