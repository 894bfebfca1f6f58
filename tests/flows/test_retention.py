"""After payment: a row per collected cycle, a word for the relationship owner, the next order, referrals."""

from datetime import date, timedelta

import polars as pl
import pytest

from goodterms.flows.follow_retention import NeverCollected, note_referral, retention_of
from goodterms.flows.run_day import run_day
from goodterms.followup.models import Retention, Task
from goodterms.ledger.models import Customer
from tests.conftest import NOW
from tests.factories import make_customer, make_organisation
from tests.flows.daily import bill, pay, send_due

pytestmark = pytest.mark.django_db
TODAY = NOW.date()
DAY = timedelta(days=1)


def collect(**given: str) -> Customer:
    """A customer reminded today and paying tomorrow; the day after is run."""
    customer = make_customer(make_organisation(), **given)
    invoice = bill(customer, "R1", TODAY - timedelta(days=10))
    run_day(customer.organisation, NOW)
    assert send_due(customer.organisation, NOW)
    run_day(customer.organisation, NOW + DAY / 24)
    pay(invoice, TODAY + DAY)
    run_day(customer.organisation, NOW + 2 * DAY)
    return customer


def test_a_collected_cycle_is_one_row() -> None:
    customer = collect()
    run_day(customer.organisation, NOW + 3 * DAY)
    row = Retention.objects.get()
    assert (row.customer, row.collected_date, row.reordered_date) == (customer, TODAY + DAY, None)
    assert row.cycle.startswith("since-")


def test_the_relationship_owner_is_asked_for_a_good_word_once() -> None:
    customer = collect(relationship_owner="Kim Example")
    run_day(customer.organisation, NOW + 3 * DAY)
    task = Task.objects.get(kind="relationship")
    assert (task.owner, task.title) == ("Kim Example", f"A good word for {customer.name}: they have paid")


def test_a_cycle_nobody_was_reminded_in_was_not_collected() -> None:
    customer = make_customer(make_organisation())
    invoice = bill(customer, "R1", TODAY - timedelta(days=2))
    run_day(customer.organisation, NOW)
    pay(invoice, TODAY + DAY)
    run_day(customer.organisation, NOW + 2 * DAY)
    assert not Retention.objects.exists()


def test_the_next_order_and_referrals_are_remembered() -> None:
    customer = collect()
    bill(customer, "R2", date(2026, 5, 1), issued=TODAY + 20 * DAY)
    run_day(customer.organisation, NOW + 21 * DAY)
    note_referral(customer.organisation, customer, referral="Example Mill Ltd", actor="Robin", now=NOW)
    assert retention_of(pl.Series([customer.pk])) == {
        customer.pk: {
            "collected_count": 1,
            "reordered_count": 1,
            "last_collected_date": TODAY + DAY,
            "last_reordered_date": TODAY + 20 * DAY,
            "referrals": ["Example Mill Ltd"],
        }
    }


def test_who_was_never_collected_from_sent_nobody_after_it() -> None:
    customer = make_customer(make_organisation())
    with pytest.raises(NeverCollected):
        note_referral(customer.organisation, customer, referral="Example Mill Ltd", actor="Robin", now=NOW)
