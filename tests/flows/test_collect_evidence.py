"""What a decision is made from: the ledger as it stands, or as it was known on a day of the past."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import polars as pl
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.storing import store_ledger
from goodterms.core.evidence import Evidence
from goodterms.flows.collect_evidence import collect_evidence
from goodterms.flows.place_hold import place_hold
from goodterms.followup.models import CustomerProfile, HabitSummary, Hold
from goodterms.importers.example import ExampleLedger, generate
from goodterms.importers.example.evidence import as_evidence
from goodterms.ledger.models import Contact, Customer, Invoice
from goodterms.organizations.models import Organisation
from tests.conftest import NOW
from tests.factories import make_customer, make_effect, make_invoice, make_organisation, make_profile, make_touch
from tests.flows.history import FIRST, LAST, Document, History, Paid, Replay, days, histories, make_people, store

pytestmark = pytest.mark.django_db(transaction=True)
TODAY = NOW.date()
properties = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
_slugs = count(1)


def rows(frame: pl.DataFrame, *without: str) -> list[tuple[Any, ...]]:
    """The frame's rows in an order of their own, without these columns."""
    kept = frame.drop(without)
    return sorted(kept.iter_rows(), key=repr)


def same(one: Evidence, other: Evidence) -> None:
    """Both hold the same rows, in whatever order."""
    for part in fields(one):
        left, right = getattr(one, part.name), getattr(other, part.name)
        assert (left is None) == (right is None), part.name
        if isinstance(left, pl.DataFrame):
            assert rows(left) == rows(right), part.name


def fresh_organisation() -> Organisation:
    return make_organisation(slug=f"example-{next(_slugs)}")


# --- a day of the past, against the example ledger's own account of it ---------------------------------------------


@pytest.fixture
def ledger() -> ExampleLedger:
    return generate(7, 60, TODAY, years=1)


def by_number(evidence: Evidence, customers: dict[int, str], invoices: dict[int, str]) -> dict[str, Any]:
    """The evidence's parts with the ledger's own numbers in place of ids."""
    names = {
        "customer_id": pl.col("customer_id").replace_strict(customers, return_dtype=pl.String),
        "invoice_id": pl.col("invoice_id").replace_strict(invoices, return_dtype=pl.String),
    }
    parts = {}
    for part in ("open_items", "settled", "cash", "returned", "contacts"):
        frame: pl.DataFrame = getattr(evidence, part)
        kept = frame.with_columns(names[name] for name in names if name in frame.columns)
        # A mark of dispute has no date in the database, so an earlier day cannot know it: its own test is below.
        undated = ("payment_id", "contact_id", "disputed_amount_minor")
        parts[part] = rows(kept, *(name for name in undated if name in frame.columns))
    return parts


def ours(evidence: Evidence, organisation: Organisation) -> dict[str, Any]:
    customers = dict(Customer.objects.filter(organisation=organisation).values_list("pk", "number"))
    return by_number(evidence, customers, dict(Invoice.objects.values_list("pk", "number")))


def theirs(ledger: ExampleLedger, day: date) -> dict[str, Any]:
    """What the ledger itself says was known, of the customers that had an invoice by then."""
    evidence = as_evidence(ledger, day)
    numbers = dict(enumerate(ledger.customers["number"], start=1))
    issued = dict(enumerate(ledger.invoices.filter(pl.col("issue_date") <= day)["number"], start=1))
    since = ledger.invoices.group_by("customer_number").agg(pl.col("issue_date").min())
    known = set(since.filter(pl.col("issue_date") <= day)["customer_number"])
    if day == ledger.today:
        known = set(numbers.values())
    ids = pl.Series([place for place, number in numbers.items() if number in known], dtype=pl.Int64)
    return by_number(evidence.for_customers(ids), numbers, issued)


def not_in_between(ledger: ExampleLedger, day: date) -> set[str]:
    """The customers without a payment that had come by then and was sent back later: the ledger tells it as never
    paid, the database as paid until the bank's answer.
    """
    between = (pl.col("payment_date") <= day) & (pl.col("returned_date") > day)
    return set(ledger.customers["number"]) - set(ledger.payments.filter(between)["customer_number"])


def of(customers: set[str], told: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The rows about these customers alone."""
    return [row for row in told if customers & {value for value in row if isinstance(value, str)}]


def test_a_day_of_the_past_is_as_the_ledger_itself_tells_it(ledger: ExampleLedger) -> None:
    organisation = make_organisation()
    store_ledger(organisation, ledger)

    @properties
    @given(st.dates(TODAY - timedelta(days=370), TODAY))
    def check(day: date) -> None:
        told, found = theirs(ledger, day), ours(collect_evidence(organisation, NOW, on=day).evidence, organisation)
        clear = not_in_between(ledger, day)
        for part in told:
            assert of(clear, found[part]) == of(clear, told[part]), part

    check()


# --- a day of the past, against facts replayed one by one ----------------------------------------------------------


def found(organisation: Organisation, people: list[Customer], day: date | None) -> dict[str, Any]:
    """The collected balances in the words of Replay."""
    evidence = collect_evidence(organisation, NOW, on=day).evidence
    places = {customer.pk: place for place, customer in enumerate(people)}
    numbers = {pk: int(number) for pk, number in Invoice.objects.values_list("pk", "number")}
    return {
        "open": sorted(
            (numbers[row["invoice_id"]], places[row["customer_id"]], row["currency"], row["due_date"],
             row["open_amount_minor"])
            for row in evidence.open_items.iter_rows(named=True)
        ),
        "settled": sorted(
            (numbers[row["invoice_id"]], places[row["customer_id"]], row["settled_date"], row["payment_count"])
            for row in evidence.settled.iter_rows(named=True)
        ),
        "cash": sorted((places[who], currency, rest) for who, currency, rest in evidence.cash.iter_rows()),
    }  # fmt: skip


def told(replay: Replay) -> dict[str, Any]:
    return {"open": replay.open(), "settled": replay.settled(), "cash": replay.on_account()}


@properties
@given(histories(), days)
def test_any_day_is_what_replaying_the_facts_up_to_it_gives(history: History, day: date) -> None:
    organisation = fresh_organisation()
    people = make_people(organisation, 3)
    store(organisation, people, history)
    assert found(organisation, people, day) == told(Replay(history, day))


@properties
@given(histories())
def test_today_looked_back_at_is_today_as_it_stands(history: History) -> None:
    organisation = fresh_organisation()
    people = make_people(organisation, 3)
    store(organisation, people, history)
    live, back = (collect_evidence(organisation, NOW, on=day).evidence for day in (None, LAST))
    assert found(organisation, people, None) == found(organisation, people, LAST) == told(Replay(history))
    assert live.summaries is not None
    same(replace(live, summaries=None), back)


# --- who is read, and how ------------------------------------------------------------------------------------------


@contextmanager
def stored(ledger: ExampleLedger) -> Iterator[tuple[Organisation, list[int]]]:
    """An organisation with the ledger, an organisation-wide hold, a customer's and an invoice's."""
    organisation = fresh_organisation()
    store_ledger(organisation, ledger)
    ids = list(Customer.objects.filter(organisation=organisation).order_by("pk").values_list("pk", flat=True))
    customer = Customer.objects.get(pk=ids[0])
    invoice = Invoice.objects.filter(customer_id=ids[1]).earliest("pk")
    for who, which in ((None, None), (customer, None), (invoice.customer, invoice)):
        place_hold(organisation, who, until=TODAY, reason="goodwill", actor="Robin", now=NOW, invoice=which)
    make_touch(customer, state="sent")
    yield organisation, ids


@pytest.mark.parametrize("day", [None, TODAY - timedelta(days=90)])
def test_some_customers_are_read_as_out_of_all(ledger: ExampleLedger, day: date | None) -> None:
    with stored(ledger) as (organisation, ids):
        everyone = collect_evidence(organisation, NOW, on=day).evidence
        for chosen in (ids[:1], ids[1:7], []):
            some = collect_evidence(organisation, NOW, customer_ids=chosen, on=day).evidence
            same(some, everyone.for_customers(pl.Series(chosen, dtype=pl.Int64)))


@pytest.mark.parametrize("day", [None, TODAY - timedelta(days=90)])
def test_both_ways_into_the_database_read_the_same(ledger: ExampleLedger, day: date | None) -> None:
    with stored(ledger) as (organisation, _):
        by_adbc = collect_evidence(organisation, NOW, on=day)
        with transaction.atomic():
            through_django = collect_evidence(organisation, NOW, on=day)
        same(by_adbc.evidence, through_django.evidence)
        assert rows(by_adbc.versions) == rows(through_django.versions)


def test_another_organisations_facts_stay_with_it(ledger: ExampleLedger) -> None:
    with stored(ledger), stored(ledger) as (organisation, ids):
        evidence = collect_evidence(organisation, NOW).evidence
        assert set(evidence.customers["customer_id"]) == set(ids)
        assert set(evidence.open_items["customer_id"]) <= set(ids)
        assert set(evidence.holds["customer_id"].drop_nulls()) <= set(ids)
        assert set(evidence.touches["customer_id"]) <= set(ids)


def test_one_customer_takes_as_many_queries_as_ten(ledger: ExampleLedger) -> None:
    with stored(ledger) as (organisation, ids):
        counts = set()
        for chosen in (ids[:1], ids[:10]):
            with CaptureQueriesContext(connection) as queries:
                collect_evidence(organisation, NOW, customer_ids=chosen)
            counts.add(len(queries))
        assert counts == {20}


def test_settled_history_is_read_for_customers_with_news_alone() -> None:
    organisation = make_organisation()
    told, untold = make_customer(organisation, "C1"), make_customer(organisation, "C2")
    for customer in (told, untold):
        make_invoice(customer, f"R{customer.number}", due=date(2026, 2, 1), settled=date(2026, 2, 3))
    HabitSummary.objects.create(organisation=organisation, customer=told, facts_version=1, settled_count=7)
    collected = collect_evidence(organisation, NOW)
    assert collected.evidence.summaries is not None
    assert collected.evidence.settled["customer_id"].to_list() == [untold.pk]
    assert collected.evidence.summaries.select("customer_id", "settled_count").rows() == [(told.pk, 7)]
    assert sorted(collected.versions.rows()) == [(told.pk, 1, 1), (untold.pk, 1, None)]
    Customer.objects.filter(pk=told.pk).update(facts_version=2)
    evidence = collect_evidence(organisation, NOW).evidence
    assert evidence.summaries is not None
    assert (evidence.settled.height, evidence.summaries.height) == (2, 0)


# --- single facts --------------------------------------------------------------------------------------------------


def on(customer: Customer, day: date) -> Evidence:
    return collect_evidence(customer.organisation, NOW, on=day).evidence


def test_a_payment_sent_back_counts_until_the_bank_says_so() -> None:
    organisation = make_organisation()
    people = make_people(organisation, 1)
    bill = Document(0, FIRST, 14, "GBP", 100_00)
    first = Paid(0, date(2026, 1, 20), "GBP", 100_00, ((0, 100_00),), returned=date(2026, 1, 25))
    store(organisation, people, History((bill,), (first,), ()))
    told = {day: on(people[0], date(2026, 1, day)) for day in (19, 20, 24, 25)}
    assert [told[day].open_items.height for day in told] == [1, 0, 0, 1]
    assert [told[day].cash.height for day in told] == [0, 0, 0, 0]
    assert [told[day].returned.height for day in told] == [0, 0, 0, 1]


def test_an_invoice_paid_again_after_a_returned_payment_was_settled_once() -> None:
    organisation = make_organisation()
    people = make_people(organisation, 1)
    bill = Document(0, FIRST, 14, "GBP", 100_00)
    back = Paid(0, date(2026, 1, 20), "GBP", 100_00, ((0, 100_00),), returned=date(2026, 1, 25))
    again = Paid(0, date(2026, 2, 9), "GBP", 100_00, ((0, 100_00),))
    store(organisation, people, History((bill,), (back, again), ()))
    settled = on(people[0], LAST).settled
    assert settled.select("settled_date", "payment_count").rows() == [(date(2026, 2, 9), 1)]


def test_a_void_invoice_was_never_owed() -> None:
    organisation = make_organisation()
    people = make_people(organisation, 1)
    store(organisation, people, History((Document(0, FIRST, 14, "GBP", 100_00, is_void=True),), (), ()))
    evidence = on(people[0], LAST)
    assert evidence.open_items.is_empty()
    assert evidence.settled.is_empty()


def test_an_invoice_cancelled_by_a_credit_note_tells_of_no_habit() -> None:
    organisation = make_organisation()
    people = make_people(organisation, 1)
    bill, note = Document(0, FIRST, 14, "GBP", 100_00), Document(0, FIRST, None, "GBP", -100_00)
    store(organisation, people, History((bill, note), (), ((1, 0, 100_00, date(2026, 2, 1)),)))
    for evidence in (on(people[0], LAST), collect_evidence(organisation, NOW).evidence):
        assert evidence.open_items.is_empty()
        assert evidence.settled.is_empty()


@pytest.mark.parametrize("is_open", [True, False])
def test_a_mark_of_dispute_holds_back_what_is_still_open(is_open: bool) -> None:
    customer = make_customer(make_organisation())
    settled = None if is_open else date(2026, 3, 5)
    make_invoice(customer, "R1", due=date(2026, 2, 1), settled=settled, is_disputed=True)
    before = on(customer, date(2026, 3, 1)).open_items
    assert before["disputed_amount_minor"].to_list() == [100_00 if is_open else 0]


def test_a_hold_lifted_early_held_until_the_day_before() -> None:
    customer = make_customer(make_organisation())
    hold = place_hold(
        customer.organisation, customer, until=date(2026, 3, 31), reason="illness", actor="Robin", now=NOW
    )
    ends = {day: on(customer, date(2026, 3, day)).holds["until_date"].to_list() for day in (9, 10, 20, 25)}
    assert ends == {9: [], 10: [date(2026, 3, 31)], 20: [date(2026, 3, 31)], 25: [date(2026, 3, 31)]}
    Hold.objects.filter(pk=hold.pk).update(lifted_date=date(2026, 3, 20))
    ends = {day: on(customer, date(2026, 3, day)).holds["until_date"].to_list() for day in (10, 20, 25)}
    assert ends == {10: [date(2026, 3, 31)], 20: [date(2026, 3, 19)], 25: [date(2026, 3, 19)]}


def test_a_hold_lifted_on_its_first_day_never_held() -> None:
    customer = make_customer(make_organisation())
    hold = place_hold(customer.organisation, customer, until=TODAY, reason="other", actor="Robin", now=NOW)
    Hold.objects.filter(pk=hold.pk).update(lifted_date=TODAY)
    assert collect_evidence(customer.organisation, NOW).evidence.holds.is_empty()


def test_a_persons_word_is_known_from_the_day_it_was_given() -> None:
    customer = make_customer(make_organisation())
    make_profile(customer, override_profile="red_tape", override_reason="portal", override_date=date(2026, 3, 4))
    words = {day: on(customer, date(2026, 3, day)).customers["override_profile"].to_list() for day in (3, 4)}
    assert words == {3: [None], 4: ["red_tape"]}


def test_the_cycle_is_known_from_the_day_it_was_written() -> None:
    customer = make_customer(make_organisation())
    make_profile(customer, cycle="since-2026-02-02", changed_date=date(2026, 3, 4))
    CustomerProfile.objects.update(signal_seen_date=date(2026, 3, 4))
    known = {day: on(customer, date(2026, 3, day)).customers for day in (3, 4)}
    assert [known[day]["cycle"].item() for day in known] == [None, "since-2026-02-02"]
    assert [known[day]["signal_seen_date"].item() for day in known] == [None, date(2026, 3, 4)]


def test_an_address_that_failed_later_still_worked_then() -> None:
    customer = make_customer(make_organisation())
    Contact.objects.update(email_failed_at=datetime(2026, 3, 4, 0, 5, tzinfo=UTC), known_from_date=date(2026, 3, 1))
    known = {day: on(customer, date(2026, 3, day)).contacts["email"].to_list() for day in (3, 4)}
    assert known == {3: ["c1@customer.example"], 4: [None]}
    assert on(customer, date(2026, 2, 28)).contacts.is_empty()


def test_a_touch_was_pending_until_the_day_it_left_or_was_withheld() -> None:
    organisation = make_organisation()
    left, stopped = make_customer(organisation, "C1"), make_customer(organisation, "C2")
    planned = date(2026, 3, 2)
    make_touch(left, state="sent", planned_date=planned, sent_date=date(2026, 3, 4))
    effect = make_effect(stopped, state="withheld", finished_at=datetime(2026, 3, 4, 9, tzinfo=UTC))
    make_touch(stopped, effect=effect, planned_date=planned)
    told = {day: on(left, date(2026, 3, day)).touches.sort("customer_id") for day in (1, 3, 4)}
    assert told[1].is_empty()
    assert told[3].select("sent_date", "is_pending").rows() == [(None, True), (None, True)]
    assert told[4].select("sent_date", "is_pending").rows() == [(date(2026, 3, 4), False), (None, False)]


@pytest.mark.parametrize("zone", ["Mars/Base", "../../etc/passwd", "europe london", ""])
def test_a_time_zone_that_means_nothing_is_the_organisations_own(zone: str) -> None:
    customer = make_customer(make_organisation(timezone="Pacific/Auckland"), timezone=zone)
    people = collect_evidence(customer.organisation, NOW.replace(hour=22)).evidence.customers
    assert people.select("timezone", "local_date").rows() == [("Pacific/Auckland", date(2026, 3, 11))]


def test_utc_day_is_not_the_customers_day() -> None:
    organisation = make_organisation()
    zones = {"Pacific/Auckland": 11, "Europe/London": 10, "America/Los_Angeles": 10}
    for number, zone in enumerate(zones):
        make_customer(organisation, f"C{number}", timezone=zone)
    people = collect_evidence(organisation, datetime(2026, 3, 10, 23, 30, tzinfo=UTC)).evidence.customers
    assert {zone: day.day for zone, day in people.select("timezone", "local_date").iter_rows()} == zones


def test_few_and_many_stale_customers_are_read_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """An invoice that was settled on a day nobody knows is no habit, whichever query reads it."""
    organisation = make_organisation()
    customer = make_customer(organisation)
    make_invoice(customer, "KNOWN", due=date(2026, 1, 10), settled=date(2026, 1, 20))
    unknown = make_invoice(customer, "UNKNOWN", due=date(2026, 1, 10), settled=date(2026, 3, 1))
    Invoice.objects.filter(pk=unknown.pk).update(payment_count=0)
    few = collect_evidence(organisation, NOW).evidence.settled
    monkeypatch.setattr("goodterms.flows.collect_evidence.FEW_STALE", 0)
    many = collect_evidence(organisation, NOW).evidence.settled
    assert few.height == many.height == 1
    assert few.equals(many)


def test_old_touches_are_read_only_where_they_still_matter() -> None:
    organisation = make_organisation()
    long_ago, lately = TODAY - timedelta(days=500), TODAY - timedelta(days=300)
    known = {name: make_customer(organisation, name) for name in ("calm", "stale", "old cycle", "new cycle", "waiting")}
    for name, customer in known.items():
        if name != "stale":
            HabitSummary.objects.create(organisation=organisation, customer=customer, facts_version=1, settled_count=0)
        make_touch(customer, state="sent", planned_date=long_ago, sent_date=long_ago)
        make_touch(customer, state="sent", planned_date=lately, sent_date=lately)
    make_profile(known["calm"])
    make_profile(known["old cycle"], cycle=f"since-{long_ago}")
    make_profile(known["new cycle"], cycle=f"since-{lately}")
    make_touch(known["waiting"], state="uncertain", planned_date=long_ago)
    found = collect_evidence(organisation, NOW).evidence.touches
    names = {customer.pk: name for name, customer in known.items()}
    counts = {names[key]: count for key, count in found.group_by("customer_id").len().iter_rows()}
    assert counts == {"calm": 1, "stale": 2, "old cycle": 2, "new cycle": 1, "waiting": 2}
    assert found["is_pending"].sum() == 1
    assert collect_evidence(organisation, NOW, on=TODAY).evidence.touches.height == 11
    for customer in known.values():
        some = collect_evidence(organisation, NOW, customer_ids=[customer.pk]).evidence.touches
        assert some.height == counts[names[customer.pk]]
