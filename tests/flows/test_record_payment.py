"""A payment that a person records goes where they say, and nowhere else."""

from datetime import date, timedelta

import pytest

from goodterms.core.money import Money
from goodterms.core.refusal import Refusal
from goodterms.flows.record_payment import (
    CustomerUnclear,
    CustomerUnknown,
    InvoiceInOtherCurrency,
    InvoiceUnknown,
    PaymentInFuture,
    PaymentNotPositive,
    PaymentRecorded,
    PaymentRecordedBefore,
    find_customer,
    record_payment,
)
from goodterms.followup.models import TimelineEvent
from goodterms.ledger.models import Allocation, Customer, Invoice, Payment
from goodterms.organizations.models import Organisation
from tests.conftest import NOW
from tests.factories import make_customer, make_invoice, make_organisation
from tests.importing import assert_ledger_holds_together, invoices_of

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 10)
DUE = date(2026, 2, 1)


@pytest.fixture
def organisation() -> Organisation:
    organisation = make_organisation()
    customer = make_customer(organisation, "C1")
    make_invoice(customer, "1", due=DUE, amount_minor=10000)
    make_invoice(customer, "2", due=DUE + timedelta(days=1), amount_minor=5000)
    return organisation


def pay(
    organisation: Organisation, minor: int, *numbers: str, currency: str = "GBP", **given: object
) -> PaymentRecorded:
    values = {"on": TODAY, "today": TODAY, "now": NOW, "actor": "Robin", **given}
    customer = Customer.objects.get(organisation=organisation, number="C1")
    recorded = record_payment(
        organisation.pk,
        customer.pk,
        Money(minor, currency),
        invoice_numbers=numbers,
        **values,  # type: ignore[arg-type]
    )
    assert_ledger_holds_together(organisation)
    return recorded


def test_a_named_invoice_is_paid(organisation: Organisation) -> None:
    recorded = pay(organisation, 4000, "1")
    assert recorded.allocations == (("1", Money(4000, "GBP")),)
    assert not recorded.on_account
    assert invoices_of(organisation) == {"1": (10000, 6000), "2": (5000, 5000)}


def test_named_invoices_are_paid_in_their_order_and_the_rest_is_kept(organisation: Organisation) -> None:
    recorded = pay(organisation, 16000, "2", "1")
    assert recorded.allocations == (("2", Money(5000, "GBP")), ("1", Money(10000, "GBP")))
    assert recorded.on_account == Money(1000, "GBP")
    assert set(Invoice.objects.values_list("settled_date", "payment_count")) == {(TODAY, 1)}


def test_without_invoice_nothing_is_assumed_and_all_stays_on_account(organisation: Organisation) -> None:
    recorded = pay(organisation, 10000)
    assert recorded.on_account == Money(10000, "GBP")
    assert not Allocation.objects.exists()
    assert Payment.objects.get().unallocated_minor == 10000


def test_it_counts_from_the_day_it_came(organisation: Organisation) -> None:
    pay(organisation, 10000, "1", on=date(2026, 3, 2))
    assert Invoice.objects.get(number="1").settled_date == date(2026, 3, 2)


def test_it_is_a_new_fact_and_stands_in_the_timeline(organisation: Organisation) -> None:
    before = Customer.objects.get().facts_version
    pay(organisation, 12000, "1", reference="Bank 7")
    assert Customer.objects.get().facts_version == before + 1
    event = TimelineEvent.objects.get()
    assert event.text == (
        "Payment of 120.00 GBP received on 2026-03-10 (reference Bank 7): 100.00 for invoice 1; 20.00 kept on account."
    )
    assert (event.kind, event.actor, event.invoice) == ("payment", "Robin", Invoice.objects.get(number="1"))
    assert event.data["amount"] == {"amount_minor": 12000, "currency": "GBP"}


def test_the_same_payment_twice_is_refused_unless_it_has_another_reference(organisation: Organisation) -> None:
    pay(organisation, 1000, "1")
    with pytest.raises(PaymentRecordedBefore, match="--reference"):
        pay(organisation, 1000, "1")
    pay(organisation, 1000, "1", reference="second")
    assert invoices_of(organisation)["1"] == (10000, 8000)


@pytest.mark.parametrize(
    ("minor", "numbers", "given", "refusal", "says"),
    [
        (0, (), {}, PaymentNotPositive, "more than nothing"),
        (-5, (), {}, PaymentNotPositive, "more than nothing"),
        (5, (), {"on": date(2026, 3, 11)}, PaymentInFuture, "today is 2026-03-10"),
        (5, ("77",), {}, InvoiceUnknown, "Open are: 1, 2."),
        (5, ("1",), {"currency": "EUR"}, InvoiceInOtherCurrency, "without --invoice"),
    ],
)
def test_a_payment_that_cannot_be_is_refused_and_changes_nothing(
    organisation: Organisation,
    minor: int,
    numbers: tuple[str, ...],
    given: dict[str, object],
    refusal: type[Refusal],
    says: str,
) -> None:
    with pytest.raises(refusal) as refused:
        pay(organisation, minor, *numbers, **given)  # type: ignore[arg-type]
    assert says in str(refused.value)
    assert not Payment.objects.exists()
    assert not TimelineEvent.objects.exists()


def test_a_settled_invoice_takes_no_payment(organisation: Organisation) -> None:
    pay(organisation, 10000, "1")
    with pytest.raises(InvoiceUnknown, match="no open invoice '1'"):
        pay(organisation, 500, "1")


def test_a_customer_is_found_by_number_or_name(organisation: Organisation) -> None:
    assert find_customer(organisation, "C1").number == "C1"
    assert find_customer(organisation, "example customer c1 LTD").number == "C1"
    make_customer(organisation, "C2", name="Example Customer C1 Ltd")
    with pytest.raises(CustomerUnclear, match="C1, C2"):
        find_customer(organisation, "Example Customer C1 Ltd")
    with pytest.raises(CustomerUnknown, match="Did you mean Example Customer C1 Ltd"):
        find_customer(organisation, "customer c1")


def test_customers_of_another_organisation_are_not_found(organisation: Organisation) -> None:
    other = make_organisation(slug="other")
    with pytest.raises(CustomerUnknown):
        find_customer(other, "C1")
