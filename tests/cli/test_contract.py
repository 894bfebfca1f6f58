"""The JSON of the day's commands: stable names, amounts with currency, ISO dates, and all of it in the guide."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from goodterms.ledger.models import Allocation, Customer
from tests.cli.conftest import Run
from tests.factories import make_customer, make_invoice, make_organisation

pytestmark = pytest.mark.django_db(transaction=True)

GUIDE = (Path(__file__).parents[2] / "docs" / "guide" / "commands.md").read_text("utf-8")
DAY = "2026-03-10"
TOUCH = {
    "customer", "planned_date", "channel", "recipient", "playbook", "step", "occurrence", "level", "tone", "template",
    "language", "sender", "needs_approval", "deadline_date", "cycle", "invoices", "due_reason", "profile", "rules",
    "evidence", "because", "policy",
}  # fmt: skip
CUSTOMER = {"claimable_interest", "customer", "balances", "profile", "verdict", "signal", "habits"}


@pytest.fixture
def late_customer() -> Customer:
    """Twelve invoices settled about two weeks late, and one twenty days overdue."""
    customer = make_customer(make_organisation(), "C1")
    for number in range(12):
        due = date(2025, 2, 10) + timedelta(days=30 * number)
        settled = due + timedelta(days=14 + number % 3)
        invoice = make_invoice(customer, f"S{number}", due=due, settled=settled)
        Allocation.objects.create(
            organisation=customer.organisation,
            customer=customer,
            invoice=invoice,
            source=Allocation.Source.REPORTED,
            allocated_date=settled,
            amount_minor=invoice.amount_minor,
        )
    make_invoice(customer, "R1", due=date(2026, 2, 18), amount_minor=123_45)
    return customer


def walk(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Every named value in the answer."""
    yield name, value
    if isinstance(value, dict):
        for key, part in value.items():
            yield from walk(part, key)
    if isinstance(value, list):
        for part in value:
            yield from walk(part, name)


def check_shapes(answer: Any) -> None:
    """Amounts are exactly the two fields, dates are ISO, and no float is money."""
    for name, value in walk(answer):
        if isinstance(value, dict) and "amount_minor" in value:
            assert set(value) == {"amount_minor", "currency"}
            assert type(value["amount_minor"]) is int
            assert re.fullmatch("[A-Z]{3}", value["currency"])
        if name.endswith("date") and value is not None and not isinstance(value, dict):
            assert date.fromisoformat(value)


def test_a_run_tells_each_touch_with_its_invoices_and_its_reasons(run: Run, late_customer: Customer) -> None:
    answer = run("run", "--dry-run", "--on", DAY, "--format", "json")
    assert answer.exit_code == 0, answer.errors
    check_shapes(answer.json)
    [touch] = answer.json["touches"]
    assert set(touch) == TOUCH
    assert touch["customer"] == {"number": "C1", "name": late_customer.name}
    assert touch["invoices"] == [
        {"number": "R1", "due_date": "2026-02-18", "open_amount": {"amount_minor": 12345, "currency": "GBP"}}
    ]
    assert touch["due_reason"]
    assert touch["because"]
    assert touch["evidence"]


def test_a_preview_tells_touches_by_the_same_names(run: Run, late_customer: Customer) -> None:
    answer = run("preview", "--days", "30", "--on", DAY, "--format", "json")
    assert answer.exit_code == 0, answer.errors
    check_shapes(answer.json)
    assert answer.json["touches"]
    assert all(set(touch) == TOUCH for touch in answer.json["touches"])


def test_customers_come_with_habits_and_both_answers(run: Run, late_customer: Customer) -> None:
    answer = run("customers", "--on", DAY, "--format", "json")
    assert answer.exit_code == 0, answer.errors
    check_shapes(answer.json)
    [row] = answer.json["customers"]
    assert set(row) == CUSTOMER
    assert set(row["profile"]) == set(row["verdict"]) == {"is", "rule", "because", "evidence"}
    assert row["balances"][0]["overdue"] == {"amount_minor": 12345, "currency": "GBP"}


def test_a_dry_run_writes_nothing(run: Run, late_customer: Customer) -> None:
    first = run("run", "--dry-run", "--on", DAY, "--format", "json").json
    second = run("run", "--dry-run", "--on", DAY, "--format", "json").json
    assert first == second
    assert not late_customer.touches.exists()


@pytest.mark.parametrize("name", sorted(TOUCH | CUSTOMER))
def test_the_guide_names_every_field(name: str) -> None:
    assert f"`{name}`" in GUIDE


def test_tables_are_for_people(run: Run, late_customer: Customer) -> None:
    for command in (("run", "--dry-run"), ("preview", "--days", "9"), ("customers",)):
        answer = run(*command, "--on", DAY)
        assert answer.exit_code == 0, answer.errors
        assert late_customer.name in answer.output
