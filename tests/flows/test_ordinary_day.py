"""An ordinary day, decided with what was summarised before, is the same day decided from scratch."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import count

import pytest
from django.db import transaction
from django.db.models import QuerySet
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from goodterms.flows.decide_day import Decided, decide_for
from goodterms.flows.override_profile import override_profile
from goodterms.flows.place_hold import place_hold
from goodterms.flows.run_day import run_day
from goodterms.followup.models import HabitSummary
from goodterms.ledger.models import Customer, Invoice
from goodterms.organizations.models import Organisation
from tests.conftest import NOW
from tests.factories import make_customer, make_invoice, make_organisation
from tests.flows.daily import approve_all, bill, pay, send_due

pytestmark = pytest.mark.django_db(transaction=True)
_numbers = count(1)
_slugs = count(1)
News = Callable[[Customer, datetime, int], None]


def new_invoice(customer: Customer, now: datetime, amount: int) -> None:
    issued = now.date() - timedelta(days=amount % 40)
    bill(customer, f"N{next(_numbers)}", issued + timedelta(days=14), issued=issued, amount_minor=amount)


def credit_note(customer: Customer, now: datetime, amount: int) -> None:
    bill(customer, f"N{next(_numbers)}", now.date(), issued=now.date(), amount_minor=-amount)


def payment(customer: Customer, now: datetime, amount: int) -> None:
    """Of the oldest invoice, today or some days ago."""
    oldest = open_invoices(customer).first()
    if oldest:
        pay(oldest, max(oldest.issue_date, now.date() - timedelta(days=amount % 5)))


def part_payment(customer: Customer, now: datetime, amount: int) -> None:
    oldest = open_invoices(customer).first()
    if oldest:
        pay(oldest, now.date(), min(amount, oldest.open_amount_minor))


def hold(customer: Customer, now: datetime, amount: int) -> None:
    until = now.date() + timedelta(days=amount % 9)
    place_hold(customer.organisation, customer, until=until, reason="goodwill", actor="Robin", now=now)


def word(customer: Customer, now: datetime, amount: int) -> None:
    profile = ("red_tape", "failing", "avoiding")[amount % 3]
    override_profile(customer.organisation, customer, profile, reason="We know better", actor="Robin", now=now)


def protection(customer: Customer, now: datetime, amount: int) -> None:
    Customer.objects.filter(pk=customer.pk).update(is_protected=True, facts_version=customer.facts_version + 1)


def open_invoices(customer: Customer) -> "QuerySet[Invoice]":
    return Invoice.objects.filter(customer=customer, open_amount_minor__gt=0).order_by("due_date", "pk")


news = st.tuples(
    st.integers(0, 2),
    st.sampled_from([new_invoice, credit_note, payment, payment, part_payment, hold, word, protection]),
    st.integers(1, 90_000),
)
days = st.lists(st.tuples(st.integers(1, 9), st.lists(news, max_size=3), st.booleans()), min_size=1, max_size=6)
lateness = st.lists(st.integers(-5, 40), max_size=14)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(days, st.lists(lateness, min_size=3, max_size=3))
def test_an_ordinary_day_is_the_same_day_from_scratch(
    story: list[tuple[int, list[tuple[int, News, int]], bool]], habits: list[list[int]]
) -> None:
    organisation = make_organisation(slug=f"example-{next(_slugs)}")
    people = [customer_with(organisation, f"C{number}", habit) for number, habit in enumerate(habits)]
    now = NOW
    for pause, facts, is_sent in story:
        for who, happens, amount in facts:
            people[who].refresh_from_db()
            happens(people[who], now, amount)
        run_day(organisation, now)
        compare(organisation, now)
        if is_sent:
            approve_all(organisation)
            send_due(organisation, now)
            compare(organisation, now)
        now += timedelta(days=pause, hours=1)


def customer_with(organisation: Organisation, number: str, habit: list[int]) -> Customer:
    """A customer that paid an invoice a month, so many days late each, and owes one."""
    customer = make_customer(organisation, number)
    for place, late in enumerate(habit):
        due = date(2025, 1, 5) + timedelta(days=30 * place)
        make_invoice(customer, f"{number}/{place}", due=due, settled=due + timedelta(days=late))
    make_invoice(customer, f"{number}/open", due=date(2026, 2, 25))
    return customer


def compare(organisation: Organisation, now: datetime) -> None:
    """Decide twice: with the summaries kept, and without any."""
    kept = decide_for(organisation, now)
    with transaction.atomic():
        HabitSummary.objects.filter(organisation=organisation).delete()
        scratch = decide_for(organisation, now)
        transaction.set_rollback(True)
    for part in ("habits", "standings", "balances", "touches", "waits", "problems", "cycles"):
        assert rows(kept, part) == rows(scratch, part), part


def rows(decided: Decided, part: str) -> list[str]:
    return sorted(map(repr, getattr(decided.decision, part).iter_rows()))
