"""The day's run: what it writes, that it writes it once, and that it goes on whatever a single record holds."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps

from goodterms.flows.make_promise import make_promise
from goodterms.flows.open_dispute import open_dispute
from goodterms.flows.override_profile import override_profile, remove_override
from goodterms.flows.resolve_dispute import resolve_dispute
from goodterms.flows.run_day import LaterDayWasRun, run_day
from goodterms.followup.models import CustomerProfile, DayRun, Task, TimelineEvent, Touch
from goodterms.ledger.models import Contact, Customer, DataProblem, Invoice
from goodterms.organizations.models import Organisation
from goodterms.outbox.models import Effect
from tests.conftest import NOW
from tests.factories import make_customer, make_invoice, make_organisation
from tests.flows.daily import bill, pay, send_due, tell

pytestmark = pytest.mark.django_db(transaction=True)
TODAY = NOW.date()


def at(day: int, hour: int = 10, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, 0, tzinfo=UTC)


def late_customer(organisation: Organisation | None = None, number: str = "C1", **given: Any) -> Customer:
    """A customer with one invoice twenty days overdue, and nothing known about its habits."""
    customer = make_customer(organisation or make_organisation(), number, **given)
    make_invoice(customer, f"R{number}", due=TODAY - timedelta(days=20))
    return customer


def row_counts() -> dict[str, int]:
    """How many rows every table has."""
    return {model._meta.db_table: model._default_manager.count() for model in apps.get_models()}


def grown(before: dict[str, int]) -> dict[str, int]:
    return {table: count - before[table] for table, count in row_counts().items() if count != before[table]}


# --- what is written -----------------------------------------------------------------------------------------------


def test_a_late_customer_gets_one_touch_with_its_effect() -> None:
    customer = late_customer()
    report = run_day(customer.organisation, NOW)
    touch, effect = Touch.objects.get(), Effect.objects.get()
    assert report.counts["touches_new"] == 1
    assert (effect.state, effect.channel, effect.recipient) == ("queued", "email", "c1@customer.example")
    assert (touch.effect_id, touch.cycle, touch.occurrence, touch.sent_date) == (
        effect.key, "since-2026-02-19", 1, None,
    )  # fmt: skip
    assert (touch.planned_date, touch.profile, touch.policy_hash) == (TODAY, "new", report.decided.policy.hash)
    assert touch.due_reason.startswith("The oldest unpaid invoice is 20 days overdue")


def test_a_run_is_on_record_with_its_counts() -> None:
    customer = late_customer()
    make_customer(customer.organisation, "C2")
    run_day(customer.organisation, NOW)
    run = DayRun.objects.get()
    assert (run.run_date, run.started_at) == (TODAY, NOW)
    assert run.counts["customers"] == 2
    assert run.counts["touches"] == {"email": 1}
    assert run.counts["summaries_renewed"] == 2


def test_processed_twice_adds_nothing() -> None:
    organisation = make_organisation()
    for number in range(5):
        late_customer(organisation, f"C{number}")
    make_invoice(make_customer(organisation, "N1", email=None), "RN1", due=TODAY - timedelta(days=30))
    run_day(organisation, NOW)
    before = row_counts()
    report = run_day(organisation, NOW + timedelta(hours=1))
    assert grown(before) == {"followup_dayrun": 1}
    assert [report.counts[name] for name in ("touches_new", "profiles_changed", "tasks_new")] == [0, 0, 0]
    assert report.counts["summaries_renewed"] == 0


def test_history_deleted_on_rerun_is_never_so() -> None:
    customer = late_customer()
    run_day(customer.organisation, NOW)
    send_due(customer.organisation, NOW)
    kept = list(Touch.objects.values()), list(Effect.objects.values())
    for hours in (1, 24, 48):
        run_day(customer.organisation, NOW + timedelta(hours=hours))
    assert (list(Touch.objects.values())[:1], list(Effect.objects.values())[:1]) == kept


def test_a_failure_at_the_last_write_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    customer = late_customer()
    make_invoice(make_customer(customer.organisation, "C2", email=None), "R2", due=TODAY - timedelta(days=30))
    before = row_counts()

    def fail(**_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(DayRun.objects, "create", fail)
    with pytest.raises(OSError, match="the disk is full"):
        run_day(customer.organisation, NOW)
    assert grown(before) == {}
    monkeypatch.undo()
    assert run_day(customer.organisation, NOW).counts["touches_new"] == 1


def test_original_not_open_amount_is_what_no_touch_asks_for() -> None:
    customer = make_customer(make_organisation())
    part_paid = make_invoice(customer, "R1", due=date(2026, 2, 18), amount_minor=500_00, open_minor=120_00)
    make_invoice(customer, "R2", due=date(2026, 2, 25), amount_minor=80_00)
    make_invoice(customer, "CN1", due=date(2026, 2, 25), amount_minor=-30_00)
    run_day(customer.organisation, NOW)
    touch = Touch.objects.get()
    asked = {item["invoice_id"]: item["open_amount_minor"] for item in touch.read_items()}
    assert touch.carrying_invoice_id == part_paid.pk
    assert asked == {part_paid.pk: 90_00, Invoice.objects.get(number="R2").pk: 80_00}


def test_a_customer_with_two_currencies_gets_one_touch_over_both() -> None:
    customer = make_customer(make_organisation())
    for currency in ("GBP", "EUR"):
        make_invoice(customer, f"R{currency}", due=date(2026, 2, 18), currency=currency)
    run_day(customer.organisation, NOW)
    items = Touch.objects.get().read_items()
    assert sorted((item["currency"], item["open_amount_minor"]) for item in items) == [("EUR", 100_00), ("GBP", 100_00)]


def test_what_needs_approval_waits_for_it() -> None:
    customer = late_customer(is_protected=True)
    run_day(customer.organisation, NOW)
    effect = Effect.objects.get()
    assert (effect.state, effect.reason) == ("waiting", "Waits for approval.")
    run_day(customer.organisation, NOW + timedelta(days=1))
    assert Effect.objects.count() == 1


def test_a_customer_that_nobody_can_reach_is_a_task_once_per_cycle() -> None:
    customer = late_customer(email=None)
    for day in range(4):
        run_day(customer.organisation, NOW + timedelta(days=day))
    task = Task.objects.get()
    assert (task.kind, task.customer_id, task.due_date) == ("contact_missing", customer.pk, TODAY)
    pay(Invoice.objects.get(), date(2026, 3, 16))
    run_day(customer.organisation, at(16))
    bill(customer, "R9", date(2026, 3, 17))
    run_day(customer.organisation, at(30))
    assert Task.objects.count() == 2


def test_all_blank_address_stops_nobody_else() -> None:
    organisation = make_organisation()
    late_customer(organisation, "C1", email="")
    Contact.objects.update(phone="")
    late_customer(organisation, "C2")
    run_day(organisation, NOW)
    assert Touch.objects.get().customer.number == "C2"
    assert Task.objects.get().customer is not None


def test_days_are_run_in_their_order() -> None:
    customer = late_customer()
    run_day(customer.organisation, NOW, on=date(2026, 3, 5))
    run_day(customer.organisation, NOW, on=date(2026, 3, 5))
    run_day(customer.organisation, NOW, on=date(2026, 3, 6))
    before = row_counts()
    with pytest.raises(LaterDayWasRun, match="2026-03-06 has been run already, so 2026-03-05 can only be looked at"):
        run_day(customer.organisation, NOW, on=date(2026, 3, 5))
    assert grown(before) == {}


# --- times of day --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "now", "opens"),
    [
        ("Europe/London", datetime(2026, 3, 27, 6, tzinfo=UTC), datetime(2026, 3, 27, 9, tzinfo=UTC)),
        ("Europe/London", datetime(2026, 3, 30, 6, tzinfo=UTC), datetime(2026, 3, 30, 8, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 3, 9, 6, tzinfo=UTC), datetime(2026, 3, 9, 13, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 3, 6, 6, tzinfo=UTC), datetime(2026, 3, 6, 14, tzinfo=UTC)),
        ("Pacific/Auckland", datetime(2026, 4, 7, 6, tzinfo=UTC), datetime(2026, 4, 6, 21, tzinfo=UTC)),
        ("Asia/Kolkata", datetime(2026, 3, 10, 1, tzinfo=UTC), datetime(2026, 3, 10, 3, 30, tzinfo=UTC)),
    ],
)
def test_a_touch_may_leave_when_the_customers_own_window_opens(zone: str, now: datetime, opens: datetime) -> None:
    customer = make_customer(make_organisation(), timezone=zone, country="XX")
    make_invoice(customer, "R1", due=now.date() - timedelta(days=20))
    run_day(customer.organisation, now)
    assert Effect.objects.get().not_before == opens


def test_utc_day_is_not_the_day_of_a_touch() -> None:
    organisation = make_organisation()
    zones = {"Pacific/Auckland": 11, "Europe/London": 10, "America/Los_Angeles": 10}
    for number, zone in enumerate(zones):
        late_customer(organisation, f"C{number}", timezone=zone)
    run_day(organisation, datetime(2026, 3, 10, 23, 30, tzinfo=UTC))
    planned = Touch.objects.values_list("customer__timezone", "planned_date", "due_reason")
    assert {zone: day.day for zone, day, _ in planned} == zones
    assert {zone: " 21 days overdue" in why for zone, _, why in planned} == {
        "Pacific/Auckland": True, "Europe/London": False, "America/Los_Angeles": False,
    }  # fmt: skip


# --- day after day -------------------------------------------------------------------------------------------------


def run_and_send(organisation: Organisation, now: datetime) -> list[str]:
    """A day of the worker; the steps that left."""
    run_day(organisation, now)
    return [touch.step for touch in send_due(organisation, now)]


def test_three_levels_in_a_day_never_leave() -> None:
    customer = make_customer(make_organisation())
    make_invoice(customer, "R1", due=TODAY - timedelta(days=90))
    today = [len(run_and_send(customer.organisation, NOW + timedelta(hours=hour))) for hour in range(5)]
    assert today == [1, 0, 0, 0, 0]
    later = [len(run_and_send(customer.organisation, NOW + timedelta(days=day))) for day in (1, 2)]
    assert later == [0, 0]


def test_burst_after_downtime_is_one_touch() -> None:
    customer = late_customer()
    assert run_and_send(customer.organisation, NOW) == ["friendly"]
    back = NOW + timedelta(days=59)
    assert [len(run_and_send(customer.organisation, back + timedelta(hours=hour))) for hour in range(4)] == [1, 0, 0, 0]
    assert run_and_send(customer.organisation, back + timedelta(days=3)) == []


def test_an_unsent_touch_is_not_planned_again() -> None:
    customer = late_customer()
    for day in range(10):
        run_day(customer.organisation, NOW + timedelta(days=day))
    assert Touch.objects.count() == 1


def test_a_cycle_is_kept_while_anything_is_overdue_and_closed_when_nothing_is() -> None:
    customer = late_customer()
    run_and_send(customer.organisation, NOW)
    bill(customer, "R2", date(2026, 3, 1))
    pay(Invoice.objects.get(number="RC1"), date(2026, 3, 11))
    run_day(customer.organisation, at(12))
    assert CustomerProfile.objects.get().cycle == "since-2026-02-19"
    pay(Invoice.objects.get(number="R2"), date(2026, 3, 13))
    run_day(customer.organisation, at(16))
    assert CustomerProfile.objects.get().cycle == ""


def test_thanks_follow_a_cycle_in_which_something_was_asked() -> None:
    asked, unasked = late_customer(), make_customer(Organisation.objects.get(), "C2")
    make_invoice(unasked, "R2", due=date(2026, 3, 9))
    assert run_and_send(asked.organisation, NOW) == ["friendly"]
    for invoice in Invoice.objects.all():
        pay(invoice, date(2026, 3, 16))
    left = [step for day in range(17, 24) for step in run_and_send(asked.organisation, at(day))]
    assert left == ["thanks"]
    assert Touch.objects.get(step="thanks").customer == asked


def test_resend_all_on_blank_field_does_not_happen() -> None:
    organisation = make_organisation(policy={"gap_days": 5})
    people = [late_customer(organisation, f"C{number}") for number in range(3)]
    assert len(run_and_send(organisation, NOW)) == 3
    Customer.objects.update(language="", timezone="", country="")
    Organisation.objects.update(policy={}, sender_phone="")
    organisation.refresh_from_db()
    for customer in people:
        tell(customer)
    assert [run_and_send(organisation, NOW + timedelta(hours=hour)) for hour in (1, 2, 24, 48)] == [[], [], [], []]


# --- standings -----------------------------------------------------------------------------------------------------


def with_habit(customer: Customer, lateness: list[int]) -> Customer:
    """A customer that paid one invoice a month, so many days late."""
    first = TODAY - timedelta(days=30 * len(lateness) + 20)
    for number, days in enumerate(lateness):
        due = first + timedelta(days=30 * number)
        make_invoice(customer, f"H{number}", due=due, settled=due + timedelta(days=days))
    return customer


def test_the_first_standing_of_a_customer_is_no_news() -> None:
    customer = with_habit(make_customer(make_organisation()), [0, 1, 0, 2, 1, 0, 1, 2])
    run_day(customer.organisation, NOW)
    assert CustomerProfile.objects.get().profile == "good"
    assert not TimelineEvent.objects.exists()


def test_a_changed_profile_and_a_new_signal_are_told_once_on_the_timeline() -> None:
    customer = with_habit(make_customer(make_organisation()), [0, 1, 0, 2, 1, 0, 1, 2] * 2)
    run_day(customer.organisation, NOW)
    bill(customer, "R1", date(2026, 3, 1))
    bill(customer, "R2", date(2026, 3, 10))
    for day in range(11, 32):
        run_day(customer.organisation, at(day))
    told = list(TimelineEvent.objects.order_by("pk").values_list("kind", flat=True))
    assert Counter(told) == {"profile_changed": 1} or Counter(told) == {"profile_changed": 1, "signal_seen": 1}
    event = TimelineEvent.objects.get(kind="profile_changed")
    assert event.text.startswith("Profile good → bad patch. ") or event.text.startswith("Profile good → bad_patch. ")
    assert (event.actor, event.customer) == ("goodterms", customer)


def test_standings_are_written_only_where_they_changed() -> None:
    organisation = make_organisation()
    steady = with_habit(make_customer(organisation, "C1"), [0, 1, 0, 2, 1])
    late = late_customer(organisation, "C2")
    run_day(organisation, NOW)
    assert run_day(organisation, at(11)).counts["profiles_changed"] == 0
    pay(Invoice.objects.get(number="RC2"), date(2026, 3, 12))
    assert run_day(organisation, at(12)).counts["profiles_changed"] == 1
    changed = dict(CustomerProfile.objects.values_list("customer_id", "changed_date"))
    assert changed == {steady.pk: TODAY, late.pk: date(2026, 3, 12)}


def test_a_persons_word_survives_runs_and_drives_the_playbook() -> None:
    customer = late_customer()
    override_profile(customer.organisation, customer, "red_tape", reason="They use a portal", actor="Kim", now=NOW)
    for hour in range(2):
        run_day(customer.organisation, NOW + timedelta(hours=hour))
    kept = CustomerProfile.objects.get()
    assert (kept.profile, kept.override_profile, kept.override_reason) == ("red_tape", "red_tape", "They use a portal")
    assert (Touch.objects.get().playbook, Touch.objects.get().step) == ("red_tape", "process")
    remove_override(customer.organisation, customer, actor="Kim", now=NOW)
    run_day(customer.organisation, NOW + timedelta(days=1))
    assert CustomerProfile.objects.get().profile == "new"


# --- one bad record ------------------------------------------------------------------------------------------------

BAD = {"timezone": "Mars/Olympus", "country": "Q1", "language": "xx"}


def test_one_bad_record_stops_nobody_and_is_a_data_problem() -> None:
    organisation = make_organisation()
    bad, good = late_customer(organisation, "C1", **BAD), late_customer(organisation, "C2")
    assert run_day(organisation, NOW).counts["data_problems_new"] == 3
    assert set(Touch.objects.values_list("customer_id", flat=True)) == {bad.pk, good.pk}
    problems = {problem.column: problem for problem in DataProblem.objects.filter(customer=bad)}
    assert {column: problem.value for column, problem in problems.items()} == BAD
    assert problems["timezone"].message == (
        "'Mars/Olympus' is not a time zone; use a name such as Europe/London or America/New_York."
    )
    assert "customer C1" in problems["timezone"].remedy
    assert Effect.objects.get(customer_id=bad.pk).not_before == NOW


def test_a_particular_that_was_mended_is_no_problem_any_more() -> None:
    organisation = make_organisation()
    bad = late_customer(organisation, "C1", **BAD)
    run_day(organisation, NOW)
    Customer.objects.filter(pk=bad.pk).update(timezone="Asia/Tokyo", country="JP", language="ja")
    assert run_day(organisation, at(11)).counts["data_problems_new"] == 0
    assert not DataProblem.objects.filter(resolved_at__isnull=True).exists()
    Customer.objects.filter(pk=bad.pk).update(**BAD)
    run_day(organisation, at(12))
    assert DataProblem.objects.filter(resolved_at__isnull=True).count() == 3


def test_no_due_date_is_never_chased() -> None:
    customer = make_customer(make_organisation())
    make_invoice(customer, "R1", due=None, issued=date(2025, 1, 1))
    run_day(customer.organisation, NOW)
    assert not Touch.objects.filter(cycle__startswith="since").exists()


def test_a_run_of_an_earlier_day_judges_nothing_by_what_came_later() -> None:
    customer = late_customer()
    made = make_promise(
        customer.organisation, customer, by=date(2026, 3, 12), source="call", actor="Robin", now=NOW, tolerance_days=0
    )
    later = NOW + timedelta(days=9)
    invoice = customer.invoices.get()
    pay(invoice, date(2026, 3, 11), invoice.open_amount_minor // 2)
    dispute = open_dispute(customer.organisation, customer, invoice, reason="faulty", actor="Robin", now=later)
    resolve_dispute(customer.organisation, dispute, resolution="adjusted", actor="Robin", now=later)
    assert run_day(customer.organisation, later, on=date(2026, 3, 11)).counts["judged"] == {}
    made.refresh_from_db()
    assert made.state == "open"
    assert run_day(customer.organisation, later).counts["judged"] == {"promises_kept": 1}
