"""A person writes by hand: looked at, warned, sent once through the outbox, judged again at the last moment."""

from datetime import timedelta
from pathlib import Path

import pytest

from goodterms.channels.wiring import channels_from
from goodterms.core.refusal import Refusal
from goodterms.flows.addressees import read_addressees
from goodterms.flows.cautions import cautions_for
from goodterms.flows.gate_touches import judge_effects
from goodterms.flows.place_hold import place_hold
from goodterms.flows.relay import relay_due
from goodterms.flows.send_message import (
    Draft,
    NotToBeSent,
    OverruleWithoutReason,
    preview_message,
    send_message,
    templates_for,
)
from goodterms.followup.models import OptOut, PersonalTouch, Reply, TimelineEvent, Touch
from goodterms.ledger.models import Customer
from goodterms.organizations.models import Organisation
from goodterms.outbox.models import Effect
from tests.conftest import NOW
from tests.factories import make_customer, make_invoice, make_organisation
from tests.web.world import make_reply

pytestmark = pytest.mark.django_db
KEY = "0123456789abcdef"


@pytest.fixture
def ours() -> Organisation:
    return make_organisation(postal_address="1 Example Street\nExampletown", inbox_address="inbox@supplies.example")


@pytest.fixture
def customer(ours: Organisation) -> Customer:
    customer = make_customer(ours, postal_address="2 Example Street\nExampletown")
    make_invoice(customer, "R1", due=NOW.date() - timedelta(days=12), amount_minor=1234_50)
    return customer


def draft(customer: Customer, **given: object) -> Draft:
    values: dict[str, object] = {"template": "own_words", "contact": customer.contacts.get(), "subject": "About R1"}
    return Draft(**{**values, "words": "Dear Sam,\nplease look at it.\nKind regards,", **given})  # type: ignore[arg-type]


def send(customer: Customer, form_key: str = KEY, reason: str = "", **given: object) -> Effect:
    return send_message(
        customer.organisation,
        customer,
        draft(customer, **given),
        form_key=form_key,
        actor="Robin Example",
        now=NOW,
        overrule_reason=reason,
    )


def test_own_words_leave_as_they_were_seen(customer: Customer) -> None:
    seen = preview_message(customer, draft(customer, shows_invoices=True), NOW)
    assert seen.message is not None
    assert "please look at it.\n\n" in seen.message.text
    assert "R1" in seen.message.text.partition("Kind regards")[0]
    effect = send(customer, shows_invoices=True)
    assert (effect.state, effect.recipient, effect.channel) == ("queued", "c1@customer.example", "email")
    touch = Touch.objects.get(effect=effect)
    assert (touch.playbook, touch.template) == ("by-hand", "own_words")
    line = TimelineEvent.objects.get(kind="message_written")
    assert (line.actor, line.effect_key) == ("Robin Example", effect.key)


def test_the_same_form_sends_once(customer: Customer) -> None:
    first = send(customer)
    assert send(customer) == first
    assert send(customer, subject="Another subject") == first
    assert Effect.objects.count() == 1
    assert PersonalTouch.objects.count() == 1


def test_braces_are_words_and_an_unfilled_placeholder_does_not_leave(customer: Customer) -> None:
    seen = preview_message(customer, draft(customer, words="Dear {{ name }},\nhello."), NOW)
    assert seen.message is None
    assert seen.draft is not None
    assert "{{ name }}" in seen.draft.text
    with pytest.raises(NotToBeSent, match="unfinished"):
        send(customer, words="Dear {{ name }},\nhello.")


def test_a_foreign_amount_in_own_words_is_doubted_and_not_refused(customer: Customer) -> None:
    seen = preview_message(customer, draft(customer, words="We agreed on £17.00 by 1 June 2026."), NOW)
    assert seen.message is not None
    assert {doubt.code for doubt in seen.doubts} == {"amount_wrong", "date_wrong"}


def test_another_bank_account_does_not_leave(customer: Customer) -> None:
    with pytest.raises(NotToBeSent, match="bank account"):
        send(customer, words="Pay to DE89 3704 0044 0532 0130 00.")


def test_a_hold_warns_and_goes_with_a_reason(customer: Customer) -> None:
    place_hold(customer.organisation, customer, until=NOW.date() + timedelta(days=9), reason="illness", note="",
               invoice=None, actor="Robin Example", now=NOW)  # fmt: skip
    with pytest.raises(OverruleWithoutReason, match="paused until 2026-03-19"):
        send(customer)
    effect = send(customer, reason="They asked for it.")
    kept = PersonalTouch.objects.get()
    assert (kept.overruled, kept.overrule_reason) == ("hold", "They asked for it.")
    assert "Because: They asked for it." in TimelineEvent.objects.get(kind="message_written").text
    assert judge_effects([effect.key], NOW)[effect.key].answer == "go"


def test_blocked_but_sent_not_by_hand_either(customer: Customer) -> None:
    """A hold placed after the message was written keeps it back."""
    effect = send(customer)
    assert judge_effects([effect.key], NOW)[effect.key].answer == "go"
    place_hold(customer.organisation, customer, until=NOW.date() + timedelta(days=9), reason="legal", note="",
               invoice=None, actor="Alex Example", now=NOW)  # fmt: skip
    answer = judge_effects([effect.key], NOW)[effect.key]
    assert (answer.answer, answer.needs_person) == ("withhold", True)
    assert "paused" in answer.reason


def test_an_address_that_changed_meanwhile_is_not_written_to(customer: Customer) -> None:
    effect = send(customer)
    customer.contacts.update(email="other@customer.example")
    assert judge_effects([effect.key], NOW)[effect.key].answer == "withhold"


def test_paid_between_plan_and_send_by_hand(customer: Customer) -> None:
    effect = send(customer, template="reminder_friendly", words="")
    assert effect.state == "queued"
    customer.invoices.update(open_amount_minor=0, settled_date=NOW.date())
    seen = preview_message(customer, draft(customer, template="reminder_friendly"), NOW)
    assert [fault.code for fault in seen.faults] == ["nothing_to_ask"]


def test_a_text_waits_for_working_hours_and_an_opt_out_holds_for_ever(customer: Customer) -> None:
    customer.contacts.update(mobile="+447700900123")
    words = "Example Supplies Ltd: please call us back."
    effect = send(customer, template="own_sms", channel="sms", words=words)
    late = NOW.replace(hour=21)
    answer = judge_effects([effect.key], late)[effect.key]
    assert answer.answer == "wait"
    assert answer.not_before is not None
    OptOut.objects.create(organisation=customer.organisation, channel="sms", address="+447700900123", asked_at=NOW)
    with pytest.raises(NotToBeSent, match="for ever"):
        send(customer, "f" * 16, template="own_sms", channel="sms", words=words)
    assert judge_effects([effect.key], NOW)[effect.key].answer == "withhold"


def test_an_opt_out_that_came_after_an_email_was_queued_keeps_it_back(customer: Customer) -> None:
    queued = send(customer)
    OptOut.objects.create(
        organisation=customer.organisation, channel="email", address="c1@customer.example", asked_at=NOW
    )
    answer = judge_effects([queued.key], NOW)[queued.key]
    assert (answer.answer, answer.reason) == ("withhold", "They asked not to be written to at this address.")
    overruled = send(customer, "f" * 16, reason="They rang and asked for it.")
    assert judge_effects([overruled.key], NOW)[overruled.key].answer == "go"


def test_an_answer_is_answered_in_its_thread_and_dealt_with(customer: Customer) -> None:
    reply = make_reply(customer)
    assert {one.code for one in cautions_for(customer.organisation, customer, NOW)} == {"reply", "gap"}
    effect = send_message(
        customer.organisation,
        customer,
        draft(customer, reply=reply),
        form_key=KEY,
        actor="Robin Example",
        now=NOW,
        closes_reply=True,
    )
    reply.refresh_from_db()
    assert (reply.handled_by, reply.outcome) == ("Robin Example", "Answered.")
    assert read_addressees([effect])[effect.pk].first_message_id == f"<{reply.message_key}>"
    assert judge_effects([effect.key], NOW)[effect.key].answer == "go"


def test_an_unread_answer_that_came_later_keeps_it_back(customer: Customer) -> None:
    effect = send(customer)
    make_reply(customer, "Wait, we have paid.")
    Reply.objects.update(received_at=NOW + timedelta(minutes=1))
    assert judge_effects([effect.key], NOW)[effect.key].answer == "withhold"


def test_the_statement_is_enclosed(customer: Customer) -> None:
    seen = preview_message(customer, draft(customer, encloses_statement=True), NOW)
    assert seen.message is not None
    (file,) = seen.message.attachments
    assert (file.media_type, file.content[:5]) == ("application/pdf", b"%PDF-")


def test_a_letter_needs_an_address(customer: Customer) -> None:
    assert send(customer, template="own_letter", channel="letter").recipient == "2 Example Street, Exampletown"
    customer.postal_address = ""
    customer.save()
    with pytest.raises(Refusal, match="no address"):
        send(customer, "e" * 16, template="own_letter", channel="letter")


def test_templates_of_the_run_are_not_offered() -> None:
    assert templates_for("email")[0] == "own_words"
    assert not {"upcoming", "promise_reminder"} & set(templates_for("email"))
    assert "certified_notice" not in templates_for("letter")
    assert "certified_notice" in templates_for("certified")


@pytest.mark.django_db(transaction=True)
def test_the_relay_sends_what_was_written_and_keeps_its_bytes(customer: Customer, home: Path) -> None:
    effect = send(customer, encloses_statement=True)
    counts = relay_due(NOW + timedelta(seconds=1), "worker", channels_from(home, None))
    assert (counts.sent, counts.withheld) == (1, 0)
    effect.refresh_from_db()
    assert effect.state == "sent"
    content = bytes(effect.message.content)
    assert b"Subject: About R1" in content
    assert b"application/pdf" in content
    assert Touch.objects.get(effect=effect).sent_date == NOW.date()
    assert {one.code for one in cautions_for(customer.organisation, customer, NOW)} == {"gap"}
