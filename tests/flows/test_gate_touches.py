"""The gate with the facts of the moment of hand-over: what has changed since planning stops a message."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from goodterms.flows import evidence_queries as queries
from goodterms.flows import gate_touches
from goodterms.flows.collect_evidence import Collected, Scope, collect_evidence
from goodterms.flows.gate_touches import judge_effects
from goodterms.flows.lift_hold import lift_hold
from goodterms.flows.place_hold import place_hold
from goodterms.flows.run_day import run_day
from goodterms.followup.gate_answer import GateAnswer
from goodterms.followup.models import Touch
from goodterms.ledger.models import Contact, Customer, Invoice
from goodterms.organizations.models import Organisation
from goodterms.outbox.models import Effect
from tests.conftest import NOW
from tests.factories import make_customer, make_effect, make_invoice, make_organisation, make_touch
from tests.flows.daily import bill, pay

pytestmark = pytest.mark.django_db(transaction=True)
TODAY = NOW.date()


def plan(count: int = 1, **given: str) -> list[Customer]:
    """Customers with one invoice late each, and a reminder planned for each today."""
    organisation = make_organisation()
    people = [make_customer(organisation, f"C{number}", **given) for number in range(1, count + 1)]
    for customer in people:
        make_invoice(customer, f"R{customer.number}", due=TODAY - timedelta(days=20))
    run_day(organisation, NOW)
    assert Touch.objects.count() == count
    return people


def ask(now: datetime = NOW, on: date | None = None) -> GateAnswer:
    """The gate's answer about the only effect."""
    key = Effect.objects.get().key
    return judge_effects([key], now, on=on)[key]


def test_what_still_holds_may_go() -> None:
    plan()
    answer = ask()
    assert (answer.answer, answer.reason, answer.not_before) == ("go", "", None)


def test_paid_between_plan_and_send_is_withheld_and_needs_nobody() -> None:
    plan()
    pay(Invoice.objects.get(), TODAY)
    answer = ask()
    assert (answer.answer, answer.needs_person) == ("withhold", False)
    assert "overdue any more" in answer.reason


def test_a_part_payment_lets_it_go_for_the_rest() -> None:
    plan()
    pay(Invoice.objects.get(), TODAY, 60_00)
    assert ask().answer == "go"
    pay(Invoice.objects.get(), TODAY, 35_00)
    assert ask().answer == "withhold"


def test_a_credit_note_covers_it() -> None:
    customer = plan()[0]
    bill(customer, "CN1", TODAY, amount_minor=-100_00)
    assert ask().answer == "withhold"


def test_blocked_but_sent_is_neither() -> None:
    customer = plan()[0]
    hold = place_hold(customer.organisation, customer, until=TODAY, reason="illness", actor="Robin", now=NOW)
    answer = ask()
    assert (answer.answer, answer.reason) == ("withhold", "The customer is on hold.")
    lift_hold(customer.organisation, hold, actor="Robin", now=NOW)
    assert ask().answer == "go"


def test_a_hold_on_everyone_holds_this_customer() -> None:
    customer = plan()[0]
    place_hold(customer.organisation, None, until=TODAY, reason="other", actor="Robin", now=NOW)
    assert ask().answer == "withhold"


def test_a_hold_on_the_only_invoice_leaves_nothing_to_ask_for() -> None:
    customer = plan()[0]
    invoice = Invoice.objects.get()
    place_hold(customer.organisation, customer, until=TODAY, reason="dispute", actor="Robin", now=NOW, invoice=invoice)
    assert ask().answer == "withhold"


@pytest.mark.parametrize(
    "changed", [{"email": "other@customer.example"}, {"email": ""}, {"email_failed_at": NOW}], ids=str
)
def test_a_changed_or_failed_address_is_withheld_for_a_person(changed: dict[str, object]) -> None:
    plan()
    Contact.objects.update(**changed)
    answer = ask()
    assert (answer.answer, answer.needs_person) == ("withhold", True)
    assert "address" in answer.reason


def test_a_contact_that_is_gone_is_withheld_for_a_person() -> None:
    plan()
    Contact.objects.all().delete()
    assert ask().needs_person


def test_another_contact_the_same_day_is_enough() -> None:
    customer = plan()[0]
    key = Effect.objects.get().key
    make_touch(customer, effect=make_effect(customer, state="sent"), sent_date=TODAY)
    assert judge_effects([key], NOW)[key].answer == "withhold"


@pytest.mark.parametrize(
    ("zone", "now", "opens"),
    [
        ("Europe/London", datetime(2026, 3, 10, 17, 0, tzinfo=UTC), datetime(2026, 3, 11, 9, 0, tzinfo=UTC)),
        ("Europe/London", datetime(2026, 3, 10, 8, 59, tzinfo=UTC), datetime(2026, 3, 10, 9, 0, tzinfo=UTC)),
        ("America/Los_Angeles", datetime(2026, 3, 10, 9, 0, tzinfo=UTC), datetime(2026, 3, 10, 16, 0, tzinfo=UTC)),
        ("Pacific/Auckland", datetime(2026, 3, 10, 9, 0, tzinfo=UTC), datetime(2026, 3, 10, 20, 0, tzinfo=UTC)),
        ("Europe/London", datetime(2026, 3, 13, 18, 0, tzinfo=UTC), datetime(2026, 3, 16, 9, 0, tzinfo=UTC)),
    ],
)
def test_outside_the_customers_hours_it_waits_for_them(zone: str, now: datetime, opens: datetime) -> None:
    plan(timezone=zone)
    answer = ask(now)
    assert (answer.answer, answer.not_before) == ("wait", opens)


def test_yesterdays_news_is_left_to_the_next_run() -> None:
    plan()
    assert ask(NOW + timedelta(days=3)).answer == "go"
    answer = ask(NOW + timedelta(days=6))
    assert (answer.answer, answer.needs_person) == ("withhold", False)


def test_an_effect_without_a_touch_is_withheld() -> None:
    effect = make_effect(make_customer(make_organisation()), key="somewhere/else")
    assert ask().answer == "withhold"
    assert judge_effects([effect.key, "no/such"], NOW)["no/such"].answer == "withhold"
    assert judge_effects([], NOW) == {}


def test_on_a_day_of_the_past_it_knows_no_more_than_that_day() -> None:
    plan()
    pay(Invoice.objects.get(), TODAY + timedelta(days=2))
    later = NOW + timedelta(days=2)
    assert ask(later).answer == "withhold"
    assert ask(NOW, on=TODAY).answer == "go"


def test_the_customers_version_is_read_before_its_facts(monkeypatch: pytest.MonkeyPatch) -> None:
    plan()
    before = Customer.objects.get().facts_version
    read = Scope.read

    def read_and_pay(scope: Scope, query: str, schema: pl.Schema) -> pl.DataFrame:
        found = read(scope, query, schema)
        if query == queries.CUSTOMERS:
            pay(Invoice.objects.get(), TODAY)
        return found

    monkeypatch.setattr(Scope, "read", read_and_pay)
    answer = ask()
    assert (answer.answer, answer.facts_version) == ("withhold", before)
    assert Customer.objects.get().facts_version == before + 1


def test_the_organisations_version_is_read_before_the_facts(monkeypatch: pytest.MonkeyPatch) -> None:
    plan()

    def change_and_collect(*arguments: Any, **named: Any) -> Collected:
        Organisation.objects.update(facts_version=7)
        return collect_evidence(*arguments, **named)

    monkeypatch.setattr(gate_touches, "collect_evidence", change_and_collect)
    assert ask().organisation_version == 0


def test_sixty_effects_take_as_many_queries_as_one() -> None:
    plan(60)
    keys = list(Effect.objects.values_list("key", flat=True))
    counts = []
    for asked in (keys[:1], keys):
        with CaptureQueriesContext(connection) as captured:
            answers = judge_effects(asked, NOW)
        assert {answer.answer for answer in answers.values()} == {"go"}
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 21
