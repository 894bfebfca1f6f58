"""A person adds and corrects contacts."""

from datetime import datetime

import pytest

from goodterms.flows.write_contact import ContactKnown, ContactUnreachable, Particulars, write_contact
from goodterms.followup.models import TimelineEvent
from goodterms.ledger.models import Contact, Customer
from goodterms.organizations.values import UnusableValue
from tests.factories import make_customer, make_organisation

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer() -> Customer:
    return make_customer(make_organisation(), email=None)


def particulars(**given: str) -> Particulars:
    values = {"name": "Kim Example", "role": "accounts_payable", "email": "kim@customer.example", "phone": ""}
    return Particulars(**{**values, **given})


def test_a_contact_is_added_told_and_seen_by_the_gate(customer: Customer, now: datetime) -> None:
    write_contact(customer.organisation, customer, particulars(), actor="Robin", now=now)
    assert Contact.objects.get().email == "kim@customer.example"
    assert TimelineEvent.objects.get().text == "Contact added: Kim Example, kim@customer.example."
    customer.refresh_from_db()
    assert customer.facts_version == 2


def test_a_corrected_address_is_no_longer_one_that_comes_back(customer: Customer, now: datetime) -> None:
    contact = write_contact(customer.organisation, customer, particulars(), actor="Robin", now=now)
    contact.email_failed_at = now
    contact.save()
    corrected = particulars(email="k.example@customer.example")
    write_contact(customer.organisation, customer, corrected, actor="Robin", now=now, contact=contact)
    kept = Contact.objects.get()
    assert (kept.email, kept.email_failed_at) == ("k.example@customer.example", None)


def test_an_address_that_works_again_is_saved_as_it_is(customer: Customer, now: datetime) -> None:
    contact = write_contact(customer.organisation, customer, particulars(), actor="Robin", now=now)
    Contact.objects.update(email_failed_at=now)
    contact.refresh_from_db()
    write_contact(customer.organisation, customer, particulars(), actor="Robin", now=now, contact=contact)
    assert Contact.objects.get().email_failed_at is None


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"email": ""}, ContactUnreachable),
        ({"email": "not an address"}, UnusableValue),
        ({"phone": "12"}, UnusableValue),
    ],
)
def test_what_reaches_nobody_is_refused(
    customer: Customer, given: dict[str, str], refusal: type[Exception], now: datetime
) -> None:
    with pytest.raises(refusal):
        write_contact(customer.organisation, customer, particulars(**given), actor="Robin", now=now)
    assert not Contact.objects.exists()


def test_the_same_contact_twice_is_refused(customer: Customer, now: datetime) -> None:
    write_contact(customer.organisation, customer, particulars(), actor="Robin", now=now)
    with pytest.raises(ContactKnown):
        write_contact(customer.organisation, customer, particulars(), actor="Robin", now=now)


def test_a_mobile_number_that_does_not_show_it_is_given_by_hand(customer: Customer, now: datetime) -> None:
    def written(contact: Contact | None, **given: str) -> str:
        told = particulars(**given)
        return write_contact(customer.organisation, customer, told, actor="Robin", now=now, contact=contact).mobile

    Customer.objects.update(country="US")
    customer.refresh_from_db()
    assert written(None, phone="(212) 555-0100") == ""
    contact = Contact.objects.get()
    assert written(contact, phone="(212) 555-0100", mobile="212 555 0100") == "+12125550100"
    assert written(contact, phone="(212) 555-0100") == "+12125550100"
    assert written(contact, phone="(212) 555-0199", mobile="+12125550100") == "+12125550100"
    assert written(contact, phone="(212) 555-0199", mobile="") == ""
    with pytest.raises(UnusableValue):
        written(contact, mobile="12")
