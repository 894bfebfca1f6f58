"""Runs beside each other and beside the news: no double effect, one measure for one customer and for all."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from benchmarks.storing import store_ledger
from goodterms.flows import run_day as running
from goodterms.flows.decide_day import Decided, decide_for
from goodterms.flows.run_day import RunReport, run_day
from goodterms.followup.models import CustomerProfile, HabitSummary, Task, TimelineEvent, Touch
from goodterms.importers.example import generate
from goodterms.ledger.models import Customer, Invoice
from goodterms.outbox.models import Effect
from tests.conftest import NOW
from tests.factories import make_customer, make_invoice, make_organisation
from tests.flows.daily import bill, pay, tell
from tests.flows.test_run_day import at, late_customer, with_habit

pytestmark = pytest.mark.django_db(transaction=True)
TODAY = NOW.date()


def at_once(work: Callable[[], Any], times: int = 2) -> list[Any]:
    """The same work in threads that start together; what each returned or raised."""
    ready, answers = threading.Barrier(times), []

    def go() -> None:
        ready.wait()
        try:
            answers.append(work())
        except Exception as error:  # noqa: BLE001
            answers.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=go) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_two_runs_at_once_have_the_effect_of_one() -> None:
    organisation = make_organisation()
    for number in range(20):
        late_customer(organisation, f"C{number}", email=f"c{number}@customer.example" if number % 5 else None)
    answers = at_once(lambda: run_day(organisation, NOW), 3)
    assert [type(answer) for answer in answers] == [RunReport] * 3
    assert sorted(answer.counts["touches_new"] for answer in answers) == [0, 0, 16]
    assert (Touch.objects.count(), Effect.objects.count(), Task.objects.count()) == (16, 16, 4)
    assert CustomerProfile.objects.count() == 20


def test_two_runs_at_once_tell_a_change_once() -> None:
    customer = with_habit(make_customer(make_organisation()), [0, 1, 0, 2, 1, 0, 1, 2] * 2)
    run_day(customer.organisation, NOW)
    Customer.objects.update(is_protected=True)
    tell(customer)
    answers = at_once(lambda: run_day(customer.organisation, at(11)), 3)
    assert [type(answer) for answer in answers] == [RunReport] * 3
    assert TimelineEvent.objects.filter(kind="profile_changed").count() == 1


def test_a_payment_between_reading_and_writing_is_seen_by_the_next_run(monkeypatch: pytest.MonkeyPatch) -> None:
    customer = late_customer()

    def decide_then_pay(*arguments: Any, **named: Any) -> Decided:
        decided = decide_for(*arguments, **named)
        pay(Invoice.objects.get(), TODAY)
        return decided

    monkeypatch.setattr(running, "decide_for", decide_then_pay)
    run_day(customer.organisation, NOW)
    monkeypatch.undo()
    assert HabitSummary.objects.get().facts_version == 1
    run_day(customer.organisation, NOW + timedelta(hours=1))
    assert (HabitSummary.objects.get().facts_version, HabitSummary.objects.get().settled_count) == (2, 1)


def test_one_customer_decided_again_is_judged_as_among_all() -> None:
    organisation = make_organisation()
    store_ledger(organisation, generate(3, 80, TODAY, years=2))
    whole = run_day(organisation, NOW).decided.decision
    for customer_id in Customer.objects.order_by("pk").values_list("pk", flat=True)[:60:4]:
        alone = decide_for(organisation, NOW, customer_ids=[customer_id]).decision
        assert alone.habits.equals(whole.habits.filter(customer_id=customer_id))
        assert alone.standings.equals(whole.standings.filter(customer_id=customer_id))


def test_a_ledger_taken_over_with_its_open_items_alone_calls_nobody_a_bad_payer() -> None:
    organisation = make_organisation()
    people = [make_customer(organisation, f"C{number}") for number in range(9)]
    for number, customer in enumerate(people):
        make_invoice(
            customer, f"R{number}", due=TODAY - timedelta(days=40 + number), amount_minor=100_00 * (number + 1)
        )
    assert run_day(organisation, NOW).counts["profiles"] == {"new": 9}
    pay(Invoice.objects.get(number="R0"), TODAY)
    bill(people[0], "R9", TODAY + timedelta(days=30), issued=TODAY + timedelta(days=1))
    newcomer = make_customer(organisation, "C9")
    bill(newcomer, "R10", TODAY + timedelta(days=15), issued=TODAY + timedelta(days=1), amount_minor=9_000_00)
    counts = run_day(organisation, NOW + timedelta(days=60)).counts["profiles"]
    assert counts == {"new": 9, "cannot_pay": 1}
    assert CustomerProfile.objects.get(profile="cannot_pay").customer == newcomer
    alone = decide_for(organisation, NOW + timedelta(days=60), customer_ids=[people[5].pk]).decision
    assert alone.standings["profile"].to_list() == ["new"]
