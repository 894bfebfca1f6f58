"""``goodterms promise``, ``plan``, ``settle``, ``dispute`` and ``fee`` record, list and refuse in one sentence."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from goodterms.cli.context import today_of
from goodterms.ledger.models import Customer
from tests.cli.conftest import Run
from tests.factories import make_customer, make_invoice, make_organisation

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer() -> Customer:
    """With 100.00 GBP (R1) ten days overdue."""
    customer = make_customer(make_organisation(currency="GBP"), "C1")
    make_invoice(customer, "R1", due=today_of(customer.organisation) - timedelta(days=10))
    return customer


@pytest.fixture
def in_days(customer: Customer) -> Callable[[int], str]:
    today = today_of(customer.organisation)
    return lambda days: (today + timedelta(days=days)).isoformat()


def test_a_promise_is_made_listed_and_withdrawn(run: Run, customer: Customer, in_days: Callable[[int], str]) -> None:
    made = run("promise", "make", "C1", "--amount", "60", "--by", in_days(4))
    assert made.output.startswith(f"{customer.name} promised 60.00 GBP by {in_days(4)}; chasing waits for it"), (
        made.errors
    )
    (row,) = run("promise", "list", "--open", "--format", "json").json
    assert (row["amount"], row["state"], row["invoices"]) == (
        {"amount_minor": 60_00, "currency": "GBP"},
        "open",
        ["R1"],
    )
    assert run("promise", "withdraw", str(row["id"]), "--reason", "by mistake").exit_code == 0
    assert "withdrawn" in run("promise", "list").output
    late = run("promise", "make", "C1", "--by", in_days(-1))
    assert (late.exit_code, "would be over already" in late.errors) == (1, True)


def test_a_plan_is_proposed_accepted_changed_and_cancelled(
    run: Run, customer: Customer, in_days: Callable[[int], str]
) -> None:
    plan = run("plan", "propose", "C1", "--first", in_days(10), "--count", "2", "--format", "json").json
    assert [part["amount"]["amount_minor"] for part in plan["instalments"]] == [50_00, 50_00]
    accepted = run("plan", "accept", str(plan["id"]), "--by", "Sam Example", "--how", "call")
    assert accepted.exit_code == 0, accepted.errors
    parts = ["--part", f"{in_days(5)}=30", "--part", f"{in_days(9)}=70"]
    changed = run("plan", "change", str(plan["id"]), *parts, "--format", "json").json
    assert changed["replaces"] == plan["id"]
    assert run("plan", "cancel", str(plan["id"]), "--reason", "no more").exit_code == 0
    assert [row["state"] for row in run("plan", "list", "--format", "json").json] == ["proposed", "cancelled"]
    odd = run("plan", "propose", "C1", "--part", "tomorrow=5")
    assert (odd.exit_code, "no day with a sum" in odd.errors) == (1, True)


def test_a_settlement_is_proposed_accepted_and_called_off(
    run: Run, customer: Customer, in_days: Callable[[int], str]
) -> None:
    made = run("settle", "propose", "C1", "60", "GBP", "--by", in_days(5), "--reason", "closing")
    assert f"60.00 of 100.00 GBP by {in_days(5)}" in made.output, made.errors
    (row,) = run("settle", "list", "--format", "json").json
    assert run("settle", "accept", str(row["id"]), "--by", "Sam").exit_code == 0
    assert run("settle", "cancel", str(row["id"]), "--reason", "no").exit_code == 0
    unknown = run("settle", "approve", "999")
    assert (unknown.exit_code, "goodterms settle list" in unknown.errors) == (1, True)


def test_a_dispute_is_opened_and_resolved(run: Run, customer: Customer) -> None:
    made = run("dispute", "open", "C1", "R1", "--reason", "wrong_price", "--amount", "20", "--owner", "Alex")
    assert made.output.startswith("Held back: 20.00 GBP of invoice R1"), made.errors
    (row,) = run("dispute", "list", "--open", "--format", "json").json
    assert (row["owner"], row["amount"]["amount_minor"]) == ("Alex", 20_00)
    assert run("dispute", "resolve", str(row["id"]), "--as", "unjustified").exit_code == 0
    assert run("dispute", "list", "--open").output.strip() == "Nothing is disputed."
    unknown = run("dispute", "open", "C1", "R9")
    assert (unknown.exit_code, "no invoice or fee 'R9'" in unknown.errors) == (1, True)


def test_a_fee_is_charged_listed_and_taken_back(run: Run, customer: Customer) -> None:
    unwarned = run("fee", "charge", "C1", "25", "GBP", "--invoice", "R1")
    assert (unwarned.exit_code, "send a warning first" in unwarned.errors) == (1, True)
    made = run("fee", "charge", "C1", "25", "GBP", "--invoice", "R1", "--as", "costs")
    assert made.output.startswith("F-00001: 25.00 GBP, due "), made.errors
    (row,) = run("fee", "list", "--format", "json").json
    assert (row["number"], row["invoice"], row["open"]["amount_minor"]) == ("F-00001", "R1", 25_00)
    assert run("fee", "waive", "F-00001", "--reason", "a good customer").exit_code == 0
    off = run("fee", "interest", "C1")
    assert (off.exit_code, "switch it on first" in off.errors) == (1, True)
