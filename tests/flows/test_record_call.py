"""What came of a call is kept, its task is done, and what follows from it happens."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from goodterms.core.money import Money
from goodterms.flows.finish_task import TaskAlreadyDone
from goodterms.flows.keep_recording import Recording, RecordingNotConfirmed, UnusableRecording, rule_for
from goodterms.flows.make_promise import PromiseInThePast
from goodterms.flows.record_call import (
    CallBackDayMissing,
    ContactOfSomeoneElse,
    PromiseGiven,
    ReasonGiven,
    UnknownOutcome,
    record_call,
)
from goodterms.followup.models import Call, LateReason, Promise, Task, TimelineEvent, Touch
from goodterms.ledger.models import Contact, Customer
from tests.factories import make_customer, make_effect, make_invoice, make_organisation, make_task, make_touch

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer() -> Customer:
    return make_customer(make_organisation())


def record(customer: Customer, now: datetime, outcome: str = "reached", **given: Any) -> Call:
    return record_call(customer.organisation, customer, outcome=outcome, actor="Robin", now=now, **given)


def prepared_call(customer: Customer) -> Touch:
    """A call as the channel left it: its effect, its touch, its task."""
    effect = make_effect(customer, state="sent", channel="call", recipient="+44 1632 960001")
    make_task(customer, key=effect.key)
    return make_touch(customer, effect=effect, channel="call", step="call", contact_id=customer.contacts.get().pk)


def test_a_call_finishes_the_task_of_its_touch_and_stands_in_the_timeline(customer: Customer, now: datetime) -> None:
    touch = prepared_call(customer)
    call = record(customer, now, touch=touch, note="They will look into it.")
    assert (call.contact, call.phone, call.made_by) == (customer.contacts.get(), "+44 1632 960001", "Robin")
    task = Task.objects.get()
    assert (task.outcome, task.done_by, task.done_at) == ("Reached", "Robin", now)
    event = TimelineEvent.objects.get()
    assert event.text == "Called Sam Example (+44 1632 960001): reached. They will look into it."
    assert event.effect_key == touch.effect_id
    customer.refresh_from_db()
    assert customer.facts_version == 2


def test_a_call_logged_twice_for_its_task_is_one_call(customer: Customer, now: datetime) -> None:
    touch = prepared_call(customer)
    asked = Task.objects.get()
    record(customer, now, touch=touch, task=asked)
    with pytest.raises(TaskAlreadyDone, match="by Robin already"):
        record(customer, now, touch=touch, task=asked, promise=PromiseGiven(Money(50_00, "GBP"), date(2026, 3, 20)))
    assert (Call.objects.count(), Promise.objects.count()) == (1, 0)


def test_a_call_has_the_customers_own_date(now: datetime) -> None:
    customer = make_customer(make_organisation(), timezone="Pacific/Auckland")
    assert record(customer, now.replace(hour=22)).called_date == date(2026, 3, 11)


@pytest.mark.parametrize("outcome", ["gatekeeper", "voicemail", "no_answer", "hung_up"])
def test_a_call_that_reached_nobody_is_kept_and_asks_for_nothing(
    customer: Customer, now: datetime, outcome: str
) -> None:
    record(customer, now, outcome)
    assert Call.objects.get().outcome == outcome
    assert not Task.objects.exists()


def test_a_wrong_number_is_marked_and_to_be_mended(customer: Customer, now: datetime) -> None:
    record(customer, now, "wrong_number", touch=prepared_call(customer))
    assert Contact.objects.get().phone_failed_at == now
    repair = Task.objects.get(kind="contact_repair")
    assert repair.title == "Find the right telephone number of Sam Example: +44 1632 960001 is wrong"
    assert repair.due_date == date(2026, 3, 11)


def test_a_number_corrected_meanwhile_is_not_marked(customer: Customer, now: datetime) -> None:
    touch = prepared_call(customer)
    Contact.objects.update(phone="+44 1632 960009")
    record(customer, now, "wrong_number", touch=touch)
    assert Contact.objects.get().phone_failed_at is None


def test_a_call_back_becomes_a_task_of_its_day_that_the_next_call_finishes(customer: Customer, now: datetime) -> None:
    day = date(2026, 3, 13)
    record(customer, now, "call_back", contact=customer.contacts.get(), call_back=day, note="After 2 pm.")
    task = Task.objects.get()
    assert (task.kind, task.due_date) == ("call_back", day)
    assert task.title == "Call Sam Example again (Example Customer C1 Ltd)"
    assert task.detail == "+44 1632 960001 After 2 pm."
    record(customer, now + timedelta(days=3))
    task.refresh_from_db()
    assert task.outcome == "Reached"


def test_a_wrong_number_found_when_calling_back_is_marked(customer: Customer, now: datetime) -> None:
    contact = customer.contacts.get()
    record(customer, now, "call_back", contact=contact, call_back=date(2026, 3, 13))
    asked = Task.objects.get(kind="call_back")
    call = record(customer, now + timedelta(days=3), "wrong_number", task=asked)
    assert (call.contact, call.phone) == (contact, contact.phone)
    assert Contact.objects.get().phone_failed_at == now + timedelta(days=3)


def test_calling_back_later_once_more_is_the_same_task(customer: Customer, now: datetime) -> None:
    record(customer, now, "call_back", call_back=date(2026, 3, 13))
    record(customer, now + timedelta(days=3), "call_back", call_back=date(2026, 3, 16))
    task = Task.objects.get()
    assert (task.done_at, task.due_date) == (None, date(2026, 3, 16))


def test_a_promise_and_a_reason_given_in_the_call_are_recorded_with_it(customer: Customer, now: datetime) -> None:
    invoice = make_invoice(customer, "R1", due=date(2026, 3, 1))
    promise = PromiseGiven(Money(50_00, "GBP"), date(2026, 3, 20), [invoice])
    call = record(customer, now, promise=promise, reason=ReasonGiven("cash", invoice, "Money is tight."))
    promised, stated = Promise.objects.get(), LateReason.objects.get()
    assert (promised.call, promised.amount_minor, promised.promised_date) == (call, 50_00, date(2026, 3, 20))
    assert (stated.call, stated.invoice, stated.quote) == (call, invoice, "Money is tight.")


def test_a_promise_that_cannot_be_leaves_no_call_behind(customer: Customer, now: datetime) -> None:
    make_invoice(customer, "R1", due=date(2026, 3, 1))
    with pytest.raises(PromiseInThePast):
        record(customer, now, promise=PromiseGiven(Money(50_00, "GBP"), date(2026, 3, 1)))
    assert not Call.objects.exists()


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"outcome": "shouted"}, UnknownOutcome),
        ({"outcome": "call_back"}, CallBackDayMissing),
        ({"outcome": "call_back", "call_back": date(2026, 3, 9)}, CallBackDayMissing),
    ],
)
def test_what_makes_no_sense_is_refused(
    customer: Customer, now: datetime, given: dict[str, Any], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        record(customer, now, **given)
    assert not Call.objects.exists()


def test_a_call_to_another_customers_contact_is_refused(customer: Customer, now: datetime) -> None:
    stranger = make_customer(customer.organisation, "C2")
    with pytest.raises(ContactOfSomeoneElse):
        record(customer, now, contact=stranger.contacts.get())


def recording(customer: Customer, now: datetime, **given: Any) -> Recording:
    rule = rule_for(customer.organisation, customer, now.date())
    return Recording(**{"content": b"RIFF", "media_type": "audio/wav", "confirmed_rule": rule.text, **given})


def test_a_recording_is_kept_with_the_rule_and_who_confirmed_it(customer: Customer, now: datetime) -> None:
    call = record(customer, now, recording=recording(customer, now))
    call.refresh_from_db()
    assert bytes(call.recording or b"") == b"RIFF"
    assert call.consent_rule.startswith("Say at the beginning that the call is recorded")
    assert (call.consent_by, len(call.recording_sha256)) == ("Robin", 64)
    assert TimelineEvent.objects.get().text.endswith("The call was recorded.")


def test_a_recording_needs_the_stricter_countrys_rule_confirmed(now: datetime) -> None:
    customer = make_customer(make_organisation(), country="DE")
    british = rule_for(customer.organisation, make_customer(customer.organisation, "C2"), now.date())
    with pytest.raises(RecordingNotConfirmed, match="each has said yes"):
        record(customer, now, recording=Recording(b"RIFF", "audio/wav", british.text))
    assert not Call.objects.exists()


@pytest.mark.parametrize("given", [{"media_type": "text/html"}, {"content": b""}])
def test_what_is_no_sound_file_is_refused(customer: Customer, now: datetime, given: dict[str, Any]) -> None:
    with pytest.raises(UnusableRecording):
        record(customer, now, recording=recording(customer, now, **given))
