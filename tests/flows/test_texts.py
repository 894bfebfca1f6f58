"""Texts that come in are read by a person, STOP is honoured for ever, and what did not arrive is looked after."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from goodterms.flows.assign_reply import assign_reply
from goodterms.flows.gate_touches import judge_effects
from goodterms.flows.note_sms_status import note_sms_status
from goodterms.flows.opt_out import opt_out
from goodterms.flows.take_sms import is_opt_out, take_sms
from goodterms.followup.models import OptOut, Reply, Task, TimelineEvent, Touch
from goodterms.ledger.models import Contact, Customer
from tests.factories import make_customer, make_effect, make_invoice, make_organisation, make_touch

pytestmark = pytest.mark.django_db
MOBILE = "+447700900123"


@pytest.fixture
def customer() -> Customer:
    customer = make_customer(make_organisation())
    Contact.objects.update(mobile=MOBILE)
    return customer


def make_text(customer: Customer, state: str = "sent", **given: Any) -> Touch:
    effect = make_effect(customer, channel="sms", recipient=MOBILE, state=state)
    contact = customer.contacts.get().pk
    return make_touch(customer, effect=effect, channel="sms", template="sms_reminder", contact_id=contact, **given)


def test_a_text_that_comes_in_is_a_reply_and_a_task(customer: Customer, now: datetime) -> None:
    touch = make_text(customer)
    (reply,) = take_sms(MOBILE, "We pay on Friday.", "SM1", now=now)
    assert (reply.customer, reply.touch, reply.channel, reply.text) == (customer, touch, "sms", "We pay on Friday.")
    assert (reply.handled_at, reply.from_name) == (None, "Sam Example")
    assert Task.objects.get().title == "Read the answer of Sam Example"
    assert TimelineEvent.objects.get().text == "Sam Example wrote by SMS: “We pay on Friday.”"
    customer.refresh_from_db()
    assert customer.facts_version == 2


def test_the_same_text_told_twice_is_taken_once(customer: Customer, now: datetime) -> None:
    first, again = (take_sms(MOBILE, "Hello", "SM1", now=now) for _ in range(2))
    assert first == again
    assert (Reply.objects.count(), Task.objects.count()) == (1, 1)


def test_a_strangers_text_goes_to_the_only_organisation_and_to_nobody_among_several(now: datetime) -> None:
    make_organisation()
    (reply,) = take_sms("+4915112345678", "Who are you?", "SM1", now=now)
    assert (reply.customer, Task.objects.get().title) == (None, "Find out whose answer this is: +4915112345678")
    make_organisation(slug="others")
    assert take_sms("+4915112345678", "Hello?", "SM2", now=now) == []


def test_a_strangers_text_makes_a_contact_with_a_mobile_number(customer: Customer, now: datetime) -> None:
    for number in ("+447700900456", "+447700900789"):
        (reply,) = take_sms(number, "Who are you?", f"SM{number}", now=now)
        contact = assign_reply(customer.organisation, reply, customer, actor="Robin", now=now, is_contact=True)
        assert contact
        assert (contact.mobile, contact.phone, contact.email) == (number, number, "")
        (again,) = take_sms(number, "Hello?", f"SM{number}-2", now=now)
        assert (again.customer, again.contact) == (customer, contact)


def test_a_contact_known_by_that_number_is_the_one_who_wrote(customer: Customer, now: datetime) -> None:
    Contact.objects.update(mobile="", phone="07700 900456")
    (reply,) = take_sms("+447700900456", "It is me.", "SM1", now=now)
    contact = assign_reply(customer.organisation, reply, customer, actor="Robin", now=now, is_contact=True)
    assert contact == Contact.objects.get()
    assert Contact.objects.get().mobile == "+447700900456"


@pytest.mark.parametrize("words", ["STOP", "stop.", " Stopp! ", "UNSUBSCRIBE", "Abmelden", "Keine SMS mehr", "opt out"])
def test_words_that_end_all_texts(words: str) -> None:
    assert is_opt_out(words)


@pytest.mark.parametrize("words", ["", "Please stop by on Friday", "We stopped the payment", "Ende der Woche"])
def test_words_that_only_look_like_them(words: str) -> None:
    assert not is_opt_out(words)


def test_stop_is_honoured_at_once_and_needs_nobody(customer: Customer, now: datetime) -> None:
    (reply,) = take_sms(MOBILE, "STOP", "SM1", now=now)
    kept = OptOut.objects.get()
    assert (kept.channel, kept.address, kept.customer, kept.words) == ("sms", MOBILE, customer, "STOP")
    assert (reply.handled_by, reply.reading) == ("goodterms", "unsubscribe")
    assert not Task.objects.exists()
    assert TimelineEvent.objects.get().text == f"No more text messages to {MOBILE}. “STOP”"


def test_stop_is_honoured_by_every_organisation_that_has_the_number(customer: Customer, now: datetime) -> None:
    other = make_customer(make_organisation(slug="others"), "X1")
    Contact.objects.filter(customer=other).update(mobile=MOBILE)
    take_sms(MOBILE, "STOP", "SM1", now=now)
    assert OptOut.objects.count() == 2


def test_an_answer_goes_to_the_organisation_that_texted_last_alone(customer: Customer, now: datetime) -> None:
    make_text(customer)
    other = make_customer(make_organisation(slug="others"), "X1")
    Contact.objects.filter(customer=other).update(mobile=MOBILE)
    effect = make_effect(other, channel="sms", recipient=MOBILE, state="sent", finished_at=now + timedelta(hours=1))
    make_touch(other, effect=effect, channel="sms")
    (reply,) = take_sms(MOBILE, "We pay on Friday.", "SM1", now=now)
    assert reply.customer == other


def test_an_answer_nobody_texted_for_goes_to_nobody_among_several_who_know_it(
    customer: Customer, now: datetime
) -> None:
    other = make_customer(make_organisation(slug="others"), "X1")
    Contact.objects.filter(customer=other).update(mobile=MOBILE)
    assert take_sms(MOBILE, "We pay on Friday.", "SM1", now=now) == []


def test_a_text_is_read_as_a_mail_is(customer: Customer, now: datetime) -> None:
    invoice = make_invoice(customer, "RE-2026/17", due=date(2026, 2, 1))
    make_invoice(customer, "RE-2026/18", due=date(2026, 2, 1))
    (reply,) = take_sms(MOBILE, "We pay re-2026/17 on 20 March.", "SM1", now=now)
    (found,) = reply.suggestion["suggestions"]
    assert (found["kind"], found["day"], found["invoices"]) == ("promise", "2026-03-20", [invoice.pk])
    assert reply.language == "en"


def test_asked_twice_it_is_one_row_and_one_line(customer: Customer, now: datetime) -> None:
    for _ in range(2):
        opt_out(customer.organisation, channel="sms", address=MOBILE, customer=customer, now=now)
    assert (OptOut.objects.count(), TimelineEvent.objects.count()) == (1, 1)


def test_every_customer_with_the_number_is_told(customer: Customer, now: datetime) -> None:
    other = make_customer(customer.organisation, "C2")
    Contact.objects.filter(customer=other).update(mobile=MOBILE)
    opt_out(customer.organisation, channel="sms", address=MOBILE, customer=customer, now=now)
    other.refresh_from_db()
    assert (other.facts_version, TimelineEvent.objects.filter(customer=other).count()) == (2, 1)


def test_after_stop_a_text_already_planned_is_withheld(customer: Customer, now: datetime) -> None:
    make_invoice(customer, "R1", due=date(2026, 3, 1))
    touch = make_text(customer, "queued", playbook="forgetful", step="friendly")
    assert judge_effects([touch.effect_id], now)[touch.effect_id].answer == "go"
    opt_out(customer.organisation, channel="sms", address=MOBILE, now=now)
    answer = judge_effects([touch.effect_id], now)[touch.effect_id]
    assert (answer.answer, "address" in answer.reason) == ("withhold", True)


def test_a_text_that_did_not_arrive_is_told_once_and_its_number_looked_at(customer: Customer, now: datetime) -> None:
    touch = make_text(customer)
    assert note_sms_status(touch.effect_id, "undelivered", "30003", now=now)
    assert not note_sms_status(touch.effect_id, "undelivered", "30003", now=now)
    assert TimelineEvent.objects.get().text == f"The text to {MOBILE} did not arrive (code 30003)."
    assert Task.objects.get().title == f"Check the mobile number of Sam Example: {MOBILE}"
    assert Contact.objects.get().mobile == MOBILE


def test_a_number_that_takes_no_texts_gets_none_any_more(customer: Customer, now: datetime) -> None:
    note_sms_status(make_text(customer).effect_id, "undelivered", "30006", now=now)
    assert Contact.objects.get().mobile == ""


def test_an_arrival_is_noted_and_what_lies_between_is_not(customer: Customer, now: datetime) -> None:
    touch = make_text(customer)
    told = [note_sms_status(touch.effect_id, status, "", now=now) for status in ("queued", "sent", "delivered")]
    assert (told, Task.objects.count()) == ([False, False, True], 0)
    assert not note_sms_status("no such effect", "failed", "", now=now)
