"""A hold pauses with a reason until its date, is written down, and can be lifted."""

from datetime import date, datetime

import pytest

from goodterms.flows.lift_hold import HoldAlreadyOver, lift_hold
from goodterms.flows.place_hold import (
    HoldEndsInThePast,
    HoldTooLong,
    InvoiceOfSomeoneElse,
    KindnessSpent,
    UnknownHoldReason,
    place_hold,
)
from goodterms.followup.models import Hold, TimelineEvent
from tests.factories import make_customer, make_invoice, make_organisation

pytestmark = pytest.mark.django_db


def test_a_hold_begins_on_the_customers_own_day_and_is_written_down(now: datetime) -> None:
    customer = make_customer(make_organisation(), timezone="Pacific/Auckland")
    late = now.replace(hour=22)
    hold = place_hold(
        customer.organisation, customer, until=date(2026, 3, 31), reason="illness", actor="Robin", now=late, note="flu"
    )
    assert hold.from_date == date(2026, 3, 11)
    event = TimelineEvent.objects.get()
    assert event.text == "Chasing paused until 2026-03-31: illness. flu"
    assert (event.actor, event.kind) == ("Robin", "hold_placed")


def test_a_hold_and_its_end_raise_the_customers_facts_version(now: datetime) -> None:
    customer = make_customer(make_organisation())
    hold = place_hold(
        customer.organisation, customer, until=date(2026, 3, 31), reason="goodwill", actor="Robin", now=now
    )
    lift_hold(customer.organisation, hold, actor="Kim", now=now)
    customer.refresh_from_db()
    hold.refresh_from_db()
    assert customer.facts_version == 3
    assert hold.lifted_date == now.date()


def test_a_hold_on_everyone_raises_the_organisations_facts_version(now: datetime) -> None:
    organisation = make_organisation()
    place_hold(organisation, None, until=date(2026, 3, 31), reason="other", actor="Robin", now=now)
    organisation.refresh_from_db()
    assert organisation.facts_version == 1


def test_a_hold_may_pause_one_invoice_alone(now: datetime) -> None:
    customer = make_customer(make_organisation())
    invoice = make_invoice(customer, "R1", due=date(2026, 3, 1))
    place_hold(
        customer.organisation,
        customer,
        until=date(2026, 3, 31),
        reason="dispute",
        actor="Robin",
        now=now,
        invoice=invoice,
    )
    assert Hold.objects.get().invoice == invoice
    assert TimelineEvent.objects.get().text.startswith("Invoice R1 paused until 2026-03-31")


def test_a_hold_on_another_customers_invoice_is_refused(now: datetime) -> None:
    organisation = make_organisation()
    customer, other = make_customer(organisation), make_customer(organisation, "C2")
    invoice = make_invoice(other, "R1", due=date(2026, 3, 1))
    with pytest.raises(InvoiceOfSomeoneElse):
        place_hold(organisation, customer, until=date(2026, 3, 31), reason="other", actor="R", now=now, invoice=invoice)
    assert not Hold.objects.exists()


@pytest.mark.parametrize(
    ("until", "reason", "refusal"),
    [
        (date(2026, 3, 9), "illness", HoldEndsInThePast),
        (date(2062, 3, 9), "illness", HoldTooLong),
        (date(2026, 3, 31), "laziness", UnknownHoldReason),
    ],
)
def test_a_hold_that_makes_no_sense_is_refused(
    until: date, reason: str, refusal: type[Exception], now: datetime
) -> None:
    customer = make_customer(make_organisation())
    with pytest.raises(refusal):
        place_hold(customer.organisation, customer, until=until, reason=reason, actor="Robin", now=now)
    assert not Hold.objects.exists()


def test_a_hold_is_lifted_once(now: datetime) -> None:
    customer = make_customer(make_organisation())
    hold = place_hold(customer.organisation, customer, until=date(2026, 3, 31), reason="legal", actor="R", now=now)
    lift_hold(customer.organisation, hold, actor="Robin", now=now)
    with pytest.raises(HoldAlreadyOver):
        lift_hold(customer.organisation, hold, actor="Robin", now=now)
    assert TimelineEvent.objects.filter(kind="hold_lifted").count() == 1


def test_repeated_kindness_is_counted_and_has_an_end(now: datetime) -> None:
    customer = make_customer(make_organisation(policy={"holds_per_year": 2}))

    def grant(reason: str = "goodwill") -> None:
        place_hold(customer.organisation, customer, until=date(2026, 3, 31), reason=reason, actor="Robin", now=now)

    grant()
    grant()
    assert (
        TimelineEvent.objects.latest("pk").text == "Chasing paused until 2026-03-31: goodwill. Within a year, 1 before."
    )
    with pytest.raises(KindnessSpent):
        grant()
    grant("payment_run")


def test_the_organisation_says_how_long_a_hold_may_last(now: datetime) -> None:
    customer = make_customer(make_organisation(policy={"hold_longest_days": 14}))
    with pytest.raises(HoldTooLong):
        place_hold(customer.organisation, customer, until=date(2026, 3, 31), reason="other", actor="Robin", now=now)
