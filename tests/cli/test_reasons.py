"""``goodterms reason`` notes why a customer is late and lists what is known of it."""

from datetime import date

import pytest

from goodterms.followup.models import Task
from goodterms.ledger.models import Customer
from tests.cli.conftest import Run
from tests.factories import make_customer, make_invoice, make_organisation

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer() -> Customer:
    customer = make_customer(make_organisation(), "C1")
    make_invoice(customer, "R1", due=date(2026, 3, 1))
    return customer


def test_a_reason_is_noted_and_its_fix_named(run: Run, customer: Customer) -> None:
    answer = run("reason", "C1", "missing_po", "--invoice", "R1", "--quote", "No PO, no money.")
    assert answer.exit_code == 0, answer.errors
    assert "Get the purchase order number for invoice R1" in answer.errors
    assert Task.objects.get().kind == "fix"
    (row,) = run("reason", "C1", "--format", "json").json
    assert (row["invoice"], row["reason"], row["quote"]) == ("R1", "missing_po", "No PO, no money.")


def test_without_any_reason_so_far_it_says_so(run: Run, customer: Customer) -> None:
    assert "Nobody has said why yet." in run("reason", "C1").output


def test_an_unknown_reason_is_refused_in_a_sentence(run: Run, customer: Customer) -> None:
    answer = run("reason", "C1", "laziness")
    assert (answer.exit_code, "use one of: oversight" in answer.errors) == (1, True)
