"""Postal addresses out of a file: in one cell or in parts, and somebody whom a letter can reach."""

from pathlib import Path

import pytest

from goodterms.ledger.models import Contact, Customer
from tests.conftest import NOW
from tests.factories import make_customer, make_organisation
from tests.importing import run_import, table, write

pytestmark = pytest.mark.django_db


def load(home: Path, header: str, *rows: str) -> None:
    run_import(make_organisation(), write(home, table(header, *rows), "customers.csv"))


def test_the_parts_of_an_address_become_the_lines_of_an_envelope(home: Path) -> None:
    load(
        home,
        "Customer Number,Customer Name,Street,Address Line 2,Postcode,City,State,Country",
        "C1,Example GmbH,Musterstraße 5,,12345,Musterstadt,,Germany",
        "C2,Example Ltd,2 Sample Road,Unit 4,EX2 3AB,Exampleton,,GB",
        "C3,Example Inc,200 Sample St,,62704,Springfield,IL,US",
        "C4,Example BV,,,,,,NL",
    )
    addresses = dict(Customer.objects.values_list("number", "postal_address"))
    assert addresses == {
        "C1": "Musterstraße 5\n12345 Musterstadt",
        "C2": "2 Sample Road\nUnit 4\nExampleton\nEX2 3AB",
        "C3": "200 Sample St\nSpringfield, IL 62704",
        "C4": "",
    }


def test_an_address_in_one_cell_is_cut_into_lines(home: Path) -> None:
    load(
        home,
        "Customer Number,Customer Name,Address",
        'C1,Example Ltd,"2 Sample Road, Exampleton, EX2 3AB"',
        'C2,Example Two Ltd,"Unit 4, Park\n2 Sample Road\nExampleton"',
    )
    addresses = dict(Customer.objects.values_list("number", "postal_address"))
    assert addresses["C1"] == "2 Sample Road\nExampleton\nEX2 3AB"
    assert addresses["C2"].splitlines()[-1] == "Exampleton"


def test_a_customer_with_an_address_and_nobody_gets_a_contact_without_name(home: Path) -> None:
    load(
        home,
        "Customer Number,Customer Name,Street,City,Email",
        "C1,Example Ltd,2 Sample Road,Exampleton,",
        "C2,Example Two Ltd,3 Sample Road,Exampleton,sam@customer.example",
        "C3,Example Three Ltd,,,",
    )
    contacts = set(Contact.objects.values_list("customer__number", "name", "role", "email"))
    assert contacts == {("C1", "", "other", ""), ("C2", "", "accounts_payable", "sam@customer.example")}


def test_a_new_address_forgets_that_letters_to_the_old_one_came_back(home: Path) -> None:
    organisation = make_organisation()
    make_customer(organisation, "C1", postal_address="1 Old Road\nExampleton", post_failed_at=NOW)
    header = "Customer Number,Customer Name,Street,City"
    for street, is_known_bad in (("1 Old Road", True), ("2 New Road", False)):
        run_import(
            organisation, write(home, table(header, f"C1,Example Customer C1 Ltd,{street},Exampleton"), f"{street}.csv")
        )
        customer = Customer.objects.get()
        assert (customer.post_failed_at is not None) == is_known_bad
        assert customer.postal_address == f"{street}\nExampleton"
