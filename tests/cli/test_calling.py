"""``goodterms call`` logs what came of a call and says what recording one needs."""

from datetime import date
from pathlib import Path

import pytest

from goodterms.cli.context import today_of
from goodterms.followup.models import Call, LateReason, Promise, Task
from goodterms.ledger.models import Customer
from tests.cli.conftest import Run
from tests.factories import make_customer, make_effect, make_invoice, make_organisation, make_task, make_touch

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer() -> Customer:
    customer = make_customer(make_organisation(), "C1")
    make_invoice(customer, "R1", due=date(2026, 3, 1))
    return customer


def test_a_call_is_logged_and_its_task_done(run: Run, customer: Customer) -> None:
    effect = make_effect(customer, state="sent", channel="call", recipient="+44 1632 960001")
    make_touch(customer, effect=effect, channel="call")
    make_task(customer, key=effect.key)
    answer = run("call", "log", "C1", "--outcome", "gatekeeper", "--note", "Call after lunch.")
    assert answer.exit_code == 0, answer.errors
    assert "Logged: Example Customer C1 Ltd, gatekeeper." in answer.output
    assert (Call.objects.get().phone, Task.objects.get().outcome) == ("+44 1632 960001", "Somebody else answered")


def test_a_promise_and_a_reason_are_logged_with_the_call(run: Run, customer: Customer) -> None:
    given = ["--promise", "50.00", "--invoice", "R1", "--by", today_of(customer.organisation), "--reason", "cash"]
    answer = run("call", "log", "C1", "--outcome", "reached", "--contact", "sam example", *given, "--format", "json")
    assert answer.exit_code == 0, answer.errors
    assert answer.json["tasks"][0].startswith("Offer Example Customer C1 Ltd a payment plan")
    assert (Promise.objects.get().amount_minor, Promise.objects.get().currency) == (50_00, "GBP")
    assert LateReason.objects.get().call == Call.objects.get()


def test_a_recording_is_kept_only_when_consent_is_confirmed(run: Run, customer: Customer, tmp_path: Path) -> None:
    file = tmp_path / "call.mp3"
    file.write_bytes(b"ID3")
    refused = run("call", "log", "C1", "--outcome", "reached", "--recording", file)
    assert (refused.exit_code, "only when you confirm" in refused.errors) == (1, True)
    assert not Call.objects.exists()
    assert run("call", "log", "C1", "--outcome", "reached", "--recording", file, "--confirm-consent").exit_code == 0
    assert Call.objects.get().recording_type == "audio/mpeg"


def test_the_rule_is_told_with_its_laws(run: Run, customer: Customer) -> None:
    Customer.objects.update(country="DE")
    answer = run("call", "rule", "C1", "--format", "json").json
    assert (answer["needs"], len(answer["laws"])) == ("consent", 2)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--outcome", "shouted"], "use one of: reached"),
        (["--outcome", "call_back"], "Say on which day"),
        (["--outcome", "reached", "--contact", "Kim"], "has no contact 'Kim'; there is: Sam Example"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    run: Run, customer: Customer, arguments: list[str], words: str
) -> None:
    answer = run("call", "log", "C1", *arguments)
    assert (answer.exit_code, words in answer.errors) == (1, True)
