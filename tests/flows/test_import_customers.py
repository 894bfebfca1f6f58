"""Customers and their people: found again under every name a file gives them, brought up to date, never lost."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from goodterms.ledger.models import Contact, Customer, Invoice
from goodterms.organizations.models import Organisation
from tests.factories import make_customer, make_organisation
from tests.importing import problems_of, run_import, table, versions_of, write

pytestmark = pytest.mark.django_db
HEADER = (
    "Customer Number,Customer Name,Country,Language,Payment Terms (days),Contact Name,Contact Role,Email,Phone,"
    "Protected,Account Owner"
)
INVOICES = "Invoice Number,{},Invoice Date,Due Date,Total"


def load(organisation: Organisation, folder: Path, *rows: str, as_of: date = date(2026, 6, 30)) -> dict[str, int]:
    return dict(run_import(organisation, write(folder, table(HEADER, *rows), "customers.csv"), as_of=as_of).counts)


def bill(organisation: Organisation, folder: Path, heading: str, customer: str, number: str = "1") -> None:
    text = table(INVOICES.format(heading), f"{number},{customer},2026-05-01,2026-06-01,5.00")
    run_import(organisation, write(folder, text))


def test_a_customer_comes_with_everything_the_file_says(home: Path) -> None:
    organisation = make_organisation()
    load(
        organisation,
        home,
        "C1,Example Ltd,Germany,Deutsch,Net 30,Sam Example,Accounts payable,SAM@Customer.Example,089 123456,Yes,"
        "Robin Example <robin@supplies.example>",
    )
    customer = Customer.objects.get()
    assert (customer.country, customer.language, customer.terms_days, customer.is_protected) == ("DE", "de", 30, True)
    assert (customer.relationship_owner, customer.relationship_owner_email) == (
        "Robin Example",
        "robin@supplies.example",
    )
    contact = Contact.objects.get()
    assert (contact.name, contact.role, contact.email) == ("Sam Example", "accounts_payable", "sam@customer.example")
    assert contact.phone == "+49 89 123456"
    assert contact.known_from_date == customer.known_from_date == date(2026, 6, 30)


def test_several_rows_of_a_customer_are_several_people(home: Path) -> None:
    organisation = make_organisation()
    load(
        organisation,
        home,
        "C1,Example Ltd,GB,en,30,Sam,Accounts payable,sam@c.example,,,",
        "C1,Example Ltd,GB,en,30,Kim,Owner,kim@c.example; office@c.example,,,",
    )
    assert Customer.objects.count() == 1
    assert set(Contact.objects.values_list("role", "email")) == {
        ("accounts_payable", "sam@c.example"),
        ("owner", "kim@c.example"),
        ("owner", "office@c.example"),
    }


def test_a_bad_address_is_a_problem_and_the_person_is_kept(home: Path) -> None:
    organisation = make_organisation()
    load(organisation, home, "C1,Example Ltd,GB,en,30,Sam,Owner,sam at c.example,,,")
    assert Contact.objects.get().email == ""
    assert problems_of(organisation) == [("not_an_address", 2)]
    load(organisation, home, "C1,Example Ltd,GB,en,30,Sam,Owner,sam@c.example,,,")
    assert Contact.objects.get().email == "sam@c.example"
    assert problems_of(organisation) == []


def test_a_new_address_replaces_the_old_one_and_its_bounce(home: Path) -> None:
    organisation = make_organisation()
    load(organisation, home, "C1,Example Ltd,GB,en,30,Sam,Owner,old@c.example,,,")
    Contact.objects.update(email_failed_at=datetime(2026, 6, 1, tzinfo=UTC))
    counts = load(organisation, home, "C1,Example Ltd,GB,en,30,Sam,Owner,new@c.example,,,", as_of=date(2026, 7, 1))
    contact = Contact.objects.get()
    assert (contact.email, contact.email_failed_at) == ("new@c.example", None)
    assert counts["contacts_changed"] == 1


def test_empty_cells_take_nothing_away(home: Path) -> None:
    organisation = make_organisation()
    load(organisation, home, "C1,Example Ltd,GB,en,30,Sam,Owner,sam@c.example,,Yes,robin@s.example")
    before = (Customer.objects.values().get(), Contact.objects.values().get())
    load(organisation, home, "C1,Example Ltd,,,,Sam,Owner,,,,", as_of=date(2026, 7, 1))
    assert (Customer.objects.values().get(), Contact.objects.values().get()) == before


def test_the_same_file_twice_changes_nothing(home: Path) -> None:
    organisation = make_organisation()
    rows = ("C1,Example Ltd,GB,en,30,Sam,Owner,sam@c.example,,Yes,r@s.example", "C2,Other Ltd,DE,de,,,,,,,")
    load(organisation, home, *rows)
    before = versions_of(organisation)
    assert load(organisation, home, *rows) == {"rows_read": 2, "problems_found": 1}
    assert versions_of(organisation) == before


def test_a_change_raises_the_facts_version_of_that_customer_alone(home: Path) -> None:
    organisation = make_organisation()
    load(organisation, home, "C1,Example Ltd,GB,en,30,,,,,,", "C2,Other Ltd,GB,en,30,,,,,,")
    before = versions_of(organisation)
    load(organisation, home, "C1,Example Ltd,IE,en,30,,,,,,", "C2,Other Ltd,GB,en,30,,,,,,", as_of=date(2026, 7, 1))
    assert versions_of(organisation) == {"C1": before["C1"] + 1, "C2": before["C2"]}


def test_an_invoice_by_name_finds_the_customer_by_name(home: Path) -> None:
    organisation = make_organisation()
    make_customer(organisation, "C1", name="Example Ltd")
    bill(organisation, home, "Customer", "EXAMPLE  ltd")
    assert Invoice.objects.get().customer.number == "C1"


def test_a_customer_known_by_name_only_takes_the_number_when_it_comes(home: Path) -> None:
    organisation = make_organisation()
    bill(organisation, home, "Customer", "Example Ltd")
    load(organisation, home, "C1,Example Ltd,GB,en,30,,,,,,", as_of=date(2026, 7, 6))
    assert list(Customer.objects.values_list("number", "name")) == [("C1", "Example Ltd")]


def test_a_name_that_two_customers_bear_is_a_problem_not_a_guess(home: Path) -> None:
    organisation = make_organisation()
    make_customer(organisation, "C1", name="Example Ltd")
    make_customer(organisation, "C2", name="Example Ltd")
    bill(organisation, home, "Customer", "Example Ltd")
    assert not Invoice.objects.exists()
    assert problems_of(organisation) == [("customer_ambiguous", 2)]


def test_the_number_decides_where_names_differ(home: Path) -> None:
    organisation = make_organisation()
    make_customer(organisation, "C1", name="Old Name Ltd")
    bill(organisation, home, "Customer Number,Customer Name", "C1,New Name Ltd")
    assert list(Customer.objects.values_list("number", "name")) == [("C1", "New Name Ltd")]


def test_customers_are_known_from_their_first_fact(home: Path) -> None:
    organisation = make_organisation()
    load(organisation, home, "C1,Example Ltd,GB,en,30,Sam,Owner,sam@c.example,,,")
    bill(organisation, home, "Customer Number", "C1")
    assert Customer.objects.get().known_from_date == date(2026, 5, 1)
    assert Contact.objects.get().known_from_date == date(2026, 5, 1)


def test_a_contact_that_joins_later_is_known_from_then(home: Path) -> None:
    organisation = make_organisation()
    bill(organisation, home, "Customer Number,Customer Name", "C1,Example Ltd")
    load(organisation, home, "C1,Example Ltd,GB,en,30,Sam,Owner,sam@c.example,,,", as_of=date(2026, 7, 6))
    assert Contact.objects.get().known_from_date == date(2026, 7, 6)


def test_nobody_is_unprotected_by_a_file(home: Path) -> None:
    organisation = make_organisation()
    make_customer(organisation, "C1", name="Example Ltd", is_protected=True)
    load(organisation, home, "C1,Example Ltd,GB,en,30,,,,,No,")
    assert Customer.objects.get().is_protected


def test_an_unknown_country_stays_empty_and_is_said_so(home: Path) -> None:
    organisation = make_organisation()
    load(
        organisation,
        home,
        "C1,Example Ltd,391,en,30,Sam,Owner,s@c.example,,,",
        "C2,Other Ltd,818,en,30,K,Owner,k@c.example,,,",
    )
    assert list(Customer.objects.order_by("number").values_list("country", flat=True)) == ["", "EG"]
    assert problems_of(organisation) == [("unknown_country", 2)]


def test_a_mobile_number_of_the_customers_country_takes_texts_and_a_new_one_works_again(home: Path) -> None:
    organisation = make_organisation()
    row = "C1,Example Ltd,Germany,de,30,Sam,Accounts payable,sam@customer.example,{},No,"
    load(organisation, home, row.format("0151 23456789"))
    assert Contact.objects.get().mobile == "+4915123456789"
    Contact.objects.update(phone_failed_at=datetime(2026, 6, 1, tzinfo=UTC))
    load(organisation, home, row.format("089 123456"), as_of=date(2026, 7, 31))
    contact = Contact.objects.get()
    assert (contact.mobile, contact.phone_failed_at) == ("", None)
