"""``goodterms hold`` pauses, lifts and lists."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from goodterms.cli.context import today_of
from goodterms.followup.models import Hold
from goodterms.ledger.models import Customer
from tests.cli.conftest import Run
from tests.factories import make_customer, make_invoice, make_organisation

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer() -> Customer:
    return make_customer(make_organisation(), "C1")


@pytest.fixture
def in_days(customer: Customer) -> Callable[[int], str]:
    """A day from today on, as the command line takes it."""
    today = today_of(customer.organisation)
    return lambda days: (today + timedelta(days=days)).isoformat()


def test_a_customer_is_paused_by_number_and_by_name(
    run: Run, customer: Customer, in_days: Callable[[int], str]
) -> None:
    first = run("hold", "C1", "--until", in_days(7), "--reason", "illness", "--note", "flu")
    assert first.exit_code == 0, first.errors
    assert f"Paused: {customer.name}" in first.output
    assert run("hold", customer.name, "--until", in_days(9)).exit_code == 0
    assert [hold.reason for hold in Hold.objects.order_by("pk")] == ["illness", "other"]


def test_one_invoice_is_paused_alone_and_lifted_again(
    run: Run, customer: Customer, in_days: Callable[[int], str]
) -> None:
    make_invoice(customer, "R1", due=today_of(customer.organisation))
    assert run("hold", "C1", "--invoice", "R1", "--until", in_days(7), "--reason", "dispute").exit_code == 0
    assert run("hold", "C1", "--invoice", "R1", "--lift").output.startswith("Lifted: invoice R1")
    assert Hold.objects.get().lifted_date is not None
    nothing = run("hold", "C1", "--lift")
    assert (nothing.exit_code, "nothing to lift" in nothing.errors) == (1, True)


def test_everyone_is_paused_only_when_said_so(run: Run, customer: Customer, in_days: Callable[[int], str]) -> None:
    vague = run("hold", "--until", in_days(3))
    assert (vague.exit_code, "say --everyone" in vague.errors) == (1, True)
    assert run("hold", "--everyone", "--until", in_days(3)).exit_code == 0
    assert Hold.objects.get().customer is None


def test_what_is_on_hold_is_listed_as_json(run: Run, customer: Customer, in_days: Callable[[int], str]) -> None:
    run("hold", "C1", "--until", in_days(7), "--reason", "goodwill")
    (row,) = run("hold", "--format", "json").json
    assert (row["number"], row["reason"], row["until_date"]) == ("C1", "goodwill", in_days(7))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["C-1", "--until", "2099-01-01"], "There is no customer 'C-1'. Did you mean C1?"),
        (["C1", "--until", "2020-01-01"], "would be over already"),
        (["C1", "--until", "2099-01-01"], "longer than 366 days"),
        (["C1", "--invoice", "R9", "--until", "2099-01-01"], "has no invoice 'R9'"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    run: Run, customer: Customer, arguments: list[str], words: str
) -> None:
    answer = run("hold", *arguments)
    assert answer.exit_code == 1
    assert words in answer.errors
    assert not Hold.objects.exists()
