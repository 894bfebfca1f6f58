"""Open tasks are ranked with the day's run and again when facts change; put off and assigned by people."""

import json
from datetime import date, datetime, timedelta

import pytest

from goodterms.flows import rank_work, refresh_reports
from goodterms.flows.do_in_bulk import (
    MOST_AT_ONCE,
    Deed,
    DeedKind,
    NothingChosen,
    TooManyAtOnce,
    do_in_bulk,
    try_in_bulk,
)
from goodterms.flows.mend_contact import NoContactTask, StillTheSame, mend_contact
from goodterms.flows.one_by_one import Pauses
from goodterms.flows.rank_work import rank_changed
from goodterms.flows.record_call import record_call
from goodterms.flows.repair_contact import mark_email_failed
from goodterms.flows.run_day import run_day
from goodterms.flows.schedule_task import NoSuchColleague, SnoozeOutOfRange, assign_task, snooze_task
from goodterms.flows.take_call import give_back, take_call
from goodterms.flows.write_contact import Particulars
from goodterms.followup.models import Hold, Task, TimelineEvent
from goodterms.ledger.models import Contact
from goodterms.organizations.models import Membership, Organisation
from tests.factories import make_customer, make_effect, make_invoice, make_organisation, make_task, make_user
from tests.flows.daily import pay, tell

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 10)


def test_tasks_are_ranked_by_what_is_at_risk_and_say_why(now: datetime) -> None:
    organisation = make_organisation()
    small, large = make_customer(organisation, "C1"), make_customer(organisation, "C2")
    make_invoice(small, "R1", due=TODAY - timedelta(days=10), amount_minor=100_00)
    make_invoice(large, "R2", due=TODAY - timedelta(days=10), amount_minor=9000_00)
    tasks = [make_task(small), make_task(large, due_date=TODAY - timedelta(days=4))]
    assert rank_changed(now) == 2
    low, high = (Task.objects.get(pk=task.pk) for task in tasks)
    assert low.rank < high.rank
    assert (high.at_risk_minor, high.at_risk_currency, high.channel) == (9000_00, "GBP", "call")
    reasons = {each["reason"]: each for each in json.loads(high.rank_reasons)}
    assert reasons["gain"]["at_risk_minor"] == 9000_00
    assert reasons["waiting"]["days"] == 4


@pytest.mark.parametrize("work", ["rank_customers", "is_small"])
def test_an_organisation_that_fails_leaves_the_others_their_work(
    now: datetime, monkeypatch: pytest.MonkeyPatch, work: str
) -> None:
    broken, sound = make_organisation(), make_organisation(slug="others", name="Other Example Ltd")
    for organisation in (broken, sound):
        make_task(make_customer(organisation, "C1"))
    asked: list[str] = []

    def fail(organisation: Organisation, *given: object) -> bool:
        asked.append(organisation.slug)
        if organisation == broken:
            raise ValueError("No calendar is that long.")
        return True

    monkeypatch.setattr(rank_work if work == "rank_customers" else refresh_reports, work, fail)
    pauses = Pauses()
    run = rank_work.rank_changed if work == "rank_customers" else refresh_reports.refresh_where_stale
    for moment in (now, now + timedelta(minutes=1), now + timedelta(minutes=16)):
        run(moment, pauses)
    assert (asked.count(broken.slug), asked.count(sound.slug)) == (2, 3)


def test_a_rank_is_made_anew_when_facts_change_and_only_then(now: datetime) -> None:
    customer = make_customer(make_organisation())
    invoice = make_invoice(customer, "R1", due=TODAY - timedelta(days=10), amount_minor=100_00)
    task = make_task(customer)
    assert rank_changed(now) == 1
    assert rank_changed(now) == 0
    pay(invoice, TODAY)
    assert rank_changed(now) == 1
    task.refresh_from_db()
    assert task.at_risk_minor == 0


def test_the_days_run_ranks_what_it_leaves_to_people(now: datetime) -> None:
    organisation = make_organisation()
    customer = make_customer(organisation, email=None)
    make_invoice(customer, "R1", due=TODAY - timedelta(days=40), amount_minor=700_00)
    run_day(organisation, now)
    task = Task.objects.get(kind="contact_missing")
    assert (task.at_risk_minor, task.ranked_date) == (700_00, TODAY)
    assert task.rank > 0


def test_a_task_about_nobody_and_one_about_an_effect_are_ranked_too(now: datetime) -> None:
    customer = make_customer(make_organisation())
    effect = make_effect(customer, state="failed", channel="sms", finished_at=now)
    make_task(customer, kind="failed", key=f"failed:{effect.key}")
    make_task(customer, kind="print", key="print:1")
    Task.objects.filter(kind="print").update(customer=None)
    assert rank_changed(now) == 2
    assert dict(Task.objects.values_list("kind", "channel")) == {"failed": "sms", "print": "letter"}


def test_a_task_put_off_comes_back_on_its_day_and_says_so(now: datetime) -> None:
    task = make_task(make_customer(make_organisation()))
    until = TODAY + timedelta(days=7)
    snooze_task(task.organisation, task, until=until, actor="Kim", now=now)
    task.refresh_from_db()
    assert task.due_date == until
    event = TimelineEvent.objects.get()
    assert (event.kind, event.data["before"], event.data["after"]) == ("task_snoozed", "2026-03-10", "2026-03-17")
    for day in (TODAY, TODAY + timedelta(days=91)):
        with pytest.raises(SnoozeOutOfRange, match="Name a day from 2026-03-11"):
            snooze_task(task.organisation, task, until=day, actor="Kim", now=now)


def test_a_task_is_given_to_a_member_who_may_act(now: datetime) -> None:
    organisation = make_organisation()
    make_user(organisation, first_name="Kim", last_name="Example")
    make_user(organisation, Membership.Role.VIEWER, first_name="Lou", last_name="Example")
    task = make_task(make_customer(organisation))
    assign_task(organisation, task, owner="Kim Example", actor="Robin", now=now)
    task.refresh_from_db()
    assert task.owner == "Kim Example"
    assert TimelineEvent.objects.get().text.endswith("given to Kim Example.")
    for nobody in ("Lou Example", "Somebody Else"):
        with pytest.raises(NoSuchColleague):
            assign_task(organisation, task, owner=nobody, actor="Robin", now=now)


def test_a_call_is_taken_by_one_caller_alone() -> None:
    task = make_task(make_customer(make_organisation()))
    assert take_call(task.organisation, task, caller="Kim")
    assert take_call(task.organisation, task, caller="Kim")
    assert not take_call(task.organisation, task, caller="Robin")
    give_back(task.organisation, [task.pk], caller="Robin")
    assert not take_call(task.organisation, task, caller="Robin")
    give_back(task.organisation, [task.pk], caller="Kim")
    assert take_call(task.organisation, task, caller="Robin")


def test_a_failed_address_is_mended_in_one_go(now: datetime) -> None:
    customer = make_customer(make_organisation())
    contact = Contact.objects.get()
    mark_email_failed(customer.organisation, contact.email, detail="550", now=now)
    task = Task.objects.get(kind="contact_repair")
    given = Particulars("Sam", "accounts_payable", contact.email, "")
    with pytest.raises(StillTheSame, match="is what failed"):
        mend_contact(customer.organisation, task, given, actor="Kim", now=now, contact=Contact.objects.get())
    better = Particulars("Sam", "accounts_payable", "ap@customer.example", "")
    mend_contact(customer.organisation, task, better, actor="Kim", now=now, contact=Contact.objects.get())
    mended = Contact.objects.get()
    assert (mended.email, mended.email_failed_at) == ("ap@customer.example", None)
    task.refresh_from_db()
    assert (task.outcome, task.done_by) == ("Contact corrected", "Kim")
    with pytest.raises(NoContactTask):
        mend_contact(customer.organisation, make_task(customer), better, actor="Kim", now=now)


def bulk(kind: DeedKind, **given: object) -> Deed:
    return Deed(kind, **given)  # type: ignore[arg-type]  # as the test says


def test_a_trial_changes_nothing_and_foresees_exactly(now: datetime) -> None:
    organisation = make_organisation()
    tasks = [make_task(make_customer(organisation, f"C{number}")) for number in range(3)]
    Task.objects.filter(pk=tasks[1].pk).update(done_at=now, done_by="Kim", outcome="Reached")
    deed = bulk(DeedKind.SNOOZE, until=TODAY + timedelta(days=2))
    tried = try_in_bulk(organisation, deed, tasks, actor="Robin", now=now)
    assert [bool(each.refusal) for each in tried] == [False, True, False]
    assert set(Task.objects.values_list("due_date", flat=True)) == {TODAY}
    assert not TimelineEvent.objects.exists()
    done = do_in_bulk(organisation, deed, tasks, actor="Robin", now=now)
    assert [each.refusal for each in done] == [each.refusal for each in tried]
    assert Task.objects.filter(due_date=TODAY + timedelta(days=2)).count() == 2


def test_two_tasks_of_one_customer_pause_it_once(now: datetime) -> None:
    customer = make_customer(make_organisation())
    tasks = [make_task(customer), make_task(customer)]
    deed = bulk(DeedKind.HOLD, until=TODAY + timedelta(days=5), reason="goodwill")
    done = do_in_bulk(customer.organisation, deed, tasks, actor="Robin", now=now)
    assert [each.is_repeated for each in done] == [False, True]
    assert Hold.objects.count() == 1


def test_a_bulk_deed_has_bounds(now: datetime) -> None:
    customer = make_customer(make_organisation())
    task = make_task(customer)
    with pytest.raises(NothingChosen):
        do_in_bulk(customer.organisation, bulk(DeedKind.ASSIGN), [], actor="Robin", now=now)
    with pytest.raises(TooManyAtOnce, match="201 were chosen"):
        do_in_bulk(customer.organisation, bulk(DeedKind.ASSIGN), [task] * (MOST_AT_ONCE + 1), actor="Robin", now=now)


def test_effects_are_approved_and_refused_in_bulk(now: datetime) -> None:
    customer = make_customer(make_organisation())
    effects = [make_effect(customer, state="waiting"), make_effect(customer, state="queued")]
    done = do_in_bulk(customer.organisation, bulk(DeedKind.APPROVE), effects, actor="Robin", now=now)
    assert [bool(each.refusal) for each in done] == [False, True]
    waiting = make_effect(customer, state="waiting")
    refuse = bulk(DeedKind.REFUSE, reason="Not now.")
    do_in_bulk(customer.organisation, refuse, [waiting], actor="Robin", now=now)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.reason) == ("cancelled", "Refused by Robin: Not now.")


def test_a_promise_due_today_lifts_its_task(now: datetime) -> None:
    organisation = make_organisation()
    customers = [make_customer(organisation, f"C{number}") for number in (1, 2)]
    for customer in customers:
        make_invoice(customer, "R1", due=TODAY - timedelta(days=10), amount_minor=500_00)
        make_task(customer)
    record_call(organisation, customers[0], outcome="reached", actor="Kim", now=now, contact=None)
    customers[0].promises.create(
        organisation=organisation, currency="GBP", amount_minor=500_00, made_date=TODAY, promised_date=TODAY,
        source="call", made_at=now, recorded_by="Kim",
    )  # fmt: skip
    tell(customers[0])
    rank_changed(now)
    promised, other = (Task.objects.get(customer=customer, kind="call") for customer in customers)
    assert promised.rank > other.rank
    assert {"reason": "promise_due", "date": "2026-03-10"} in json.loads(promised.rank_reasons)
