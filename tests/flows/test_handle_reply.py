"""A person accepts, changes or refuses what was read in an answer; nothing is done by itself."""

from datetime import date, datetime, timedelta

import pytest

from goodterms.core.money import Money
from goodterms.flows.gate_touches import judge_effects
from goodterms.flows.handle_reply import (
    NothingSuggested,
    ReplyHandledAlready,
    ReplyOfStranger,
    UnknownReading,
    handle_reply,
    open_suggestions,
    refuse_suggestion,
)
from goodterms.flows.opt_out import opt_out
from goodterms.flows.reply_deeds import Given, InvoiceNotNamed, proposed_amount
from goodterms.flows.run_day import run_day
from goodterms.flows.take_reply import take_reply
from goodterms.flows.write_contact import Particulars
from goodterms.followup.models import (
    CustomerProfile,
    Dispute,
    LateReason,
    OptOut,
    Promise,
    Reply,
    Task,
    TimelineEvent,
    Touch,
)
from goodterms.ledger.models import Contact, Customer, Invoice
from tests.factories import make_customer, make_effect, make_invoice, make_organisation, make_touch
from tests.inbox.samples import as_mail

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer() -> Customer:
    return make_customer(make_organisation())


@pytest.fixture
def invoice(customer: Customer) -> Invoice:
    return make_invoice(customer, "R1", due=date(2026, 2, 1), amount_minor=500_00)


def taken(customer: Customer, text: str, now: datetime, sender: str = "c1@customer.example") -> Reply:
    return take_reply(customer.organisation, as_mail(text, From=sender), now=now)


def test_nothing_is_done_until_a_person_says_so(customer: Customer, invoice: Invoice, now: datetime) -> None:
    taken(customer, "We will pay half next Friday. The goods were broken.", now)
    for kind in (Promise, Dispute, LateReason):
        assert not kind.objects.exists()


def test_an_accepted_promise_is_made_with_its_share_and_day(
    customer: Customer, invoice: Invoice, now: datetime
) -> None:
    reply = taken(customer, "We will pay half next Friday.", now)
    suggestion = open_suggestions(reply)["promise"]
    amount = proposed_amount(reply, suggestion, now)
    assert amount == Money(250_00, "GBP")
    given = Given(amount=amount, by=date.fromisoformat(suggestion["day"]), quote=suggestion["quote"])
    done = handle_reply(reply, reading="promise", given=given, actor="Robin", now=now)
    promise = Promise.objects.get()
    assert (promise.amount_minor, promise.promised_date, promise.reply) == (250_00, date(2026, 3, 20), reply)
    assert (done.reading, done.handled_by) == ("promise", "Robin")
    assert done.suggestion["answers"]["promise"]["answer"] == "accepted"
    task = Task.objects.get(key=f"reply:{reply.pk}")
    assert task.done_at == now
    assert TimelineEvent.objects.filter(kind="reply_handled").count() == 1


def test_a_changed_day_is_kept_as_a_change(customer: Customer, invoice: Invoice, now: datetime) -> None:
    reply = taken(customer, "We will pay next Friday.", now)
    done = handle_reply(reply, reading="promise", given=Given(by=date(2026, 3, 13)), actor="Robin", now=now)
    assert done.suggestion["answers"]["promise"]["answer"] == "changed"
    assert Promise.objects.get().promised_date == date(2026, 3, 13)


@pytest.mark.parametrize(("minor", "verdict"), [(250_00, "accepted"), (200_00, "changed"), (None, "accepted")])
def test_a_changed_share_is_kept_as_a_change(
    customer: Customer, invoice: Invoice, now: datetime, minor: int | None, verdict: str
) -> None:
    reply = taken(customer, "We will pay half next Friday.", now)
    given = Given(by=date(2026, 3, 20), amount=Money(minor, "GBP") if minor else None)
    done = handle_reply(reply, reading="promise", given=given, actor="Robin", now=now)
    assert done.suggestion["answers"]["promise"]["answer"] == verdict


def test_a_share_is_that_of_the_invoice_it_names(customer: Customer, invoice: Invoice, now: datetime) -> None:
    make_invoice(customer, "RE-17", due=date(2026, 2, 1), amount_minor=80_00)
    reply = taken(customer, "We will pay half of RE-17 next Friday.", now)
    assert proposed_amount(reply, open_suggestions(reply)["promise"], now) == Money(40_00, "GBP")


def test_one_disputed_amount_is_spread_over_the_invoices(customer: Customer, invoice: Invoice, now: datetime) -> None:
    others = [make_invoice(customer, number, due=date(2026, 2, 2), amount_minor=100_00) for number in ("R2", "R3")]
    reply = taken(customer, "The goods arrived broken.", now)
    given = Given(invoices=[*others, invoice], amount=Money(150_00, "GBP"), reason="faulty")
    handle_reply(reply, reading="dispute", given=given, actor="Robin", now=now)
    disputes = Dispute.objects.order_by("invoice__number").values_list("invoice__number", "amount_minor")
    assert list(disputes) == [("R2", 100_00), ("R3", 50_00)]


def test_an_answer_with_two_meanings_stays_open_until_both_are_answered(
    customer: Customer, invoice: Invoice, now: datetime
) -> None:
    reply = taken(customer, "Please resend invoice R1. We will pay on 20 March.", now)
    first = handle_reply(reply, reading="copy_wanted", given=Given(invoices=[invoice]), actor="Robin", now=now)
    assert first.handled_at is None
    second = refuse_suggestion(reply, kind="promise", actor="Robin", now=now)
    assert second.handled_at == now
    assert not Promise.objects.exists()
    assert LateReason.objects.get().invoice == invoice


def test_a_refused_suggestion_leaves_the_answer_open(customer: Customer, now: datetime) -> None:
    reply = taken(customer, "We will pay on 20 March.", now)
    assert refuse_suggestion(reply, kind="promise", actor="Robin", now=now).handled_at is None
    with pytest.raises(NothingSuggested):
        refuse_suggestion(reply, kind="promise", actor="Robin", now=now)
    assert handle_reply(reply, reading="none", actor="Robin", now=now).handled_at == now


def test_an_accepted_dispute_names_its_invoice(customer: Customer, invoice: Invoice, now: datetime) -> None:
    reply = taken(customer, "The goods arrived broken.", now)
    with pytest.raises(InvoiceNotNamed):
        handle_reply(reply, reading="dispute", actor="Robin", now=now)
    handle_reply(reply, reading="dispute", given=Given(invoices=[invoice], reason="faulty"), actor="Robin", now=now)
    dispute = Dispute.objects.get()
    assert (dispute.invoice, dispute.reason, dispute.reply) == (invoice, "faulty", reply)


@pytest.mark.parametrize(
    ("reading", "reason"),
    [
        ("already_paid", "already_paid"),
        ("copy_wanted", "invoice_not_received"),
        ("cannot_pay", "cash"),
        ("wrong_contact", "wrong_contact"),
    ],
)
def test_a_reason_becomes_a_task_to_mend_it(customer: Customer, now: datetime, reading: str, reason: str) -> None:
    reply = taken(customer, "Hello", now)
    handle_reply(reply, reading=reading, given=Given(quote="Hello"), actor="Robin", now=now)
    assert LateReason.objects.get().reason == reason
    assert Task.objects.filter(kind=Task.Kind.FIX, done_at__isnull=True).count() == 1


def test_the_right_contact_is_added(customer: Customer, now: datetime) -> None:
    reply = taken(customer, "Please contact ap@customer.example.", now)
    contact = Particulars("Kim Example", "accounts_payable", "ap@customer.example", "")
    handle_reply(reply, reading="wrong_contact", given=Given(contact=contact), actor="Robin", now=now)
    assert Contact.objects.filter(customer=customer, email="ap@customer.example").exists()


def test_after_the_right_contact_is_named_the_next_touch_goes_to_them(
    customer: Customer, invoice: Invoice, now: datetime
) -> None:
    reply = taken(customer, "I have left accounts. Please contact ap@customer.example.", now)
    contact = Particulars("Kim Example", "accounts_payable", "ap@customer.example", "+44 1632 960002")
    given = Given(contact=contact, quote="Please contact ap@customer.example.")
    handle_reply(reply, reading="wrong_contact", given=given, actor="Robin", now=now, is_last=True)
    assert LateReason.objects.get().reason == "wrong_contact"
    assert not Task.objects.filter(kind=Task.Kind.FIX, done_at__isnull=True).exists()
    day = now
    while not Touch.objects.exists() and day < now + timedelta(days=10):
        run_day(customer.organisation, day)
        day += timedelta(days=1)
    assert Touch.objects.get().effect.recipient in ("ap@customer.example", "+44 1632 960002")


def test_the_wrong_contact_named_twice_is_one_row_and_its_task_is_done(customer: Customer, now: datetime) -> None:
    old = customer.contacts.get()
    Contact.objects.create(
        organisation=customer.organisation,
        customer=customer,
        name=old.name,
        email=old.email,
        known_from_date=date(2020, 1, 1),
    )
    handle_reply(taken(customer, "Not me.", now), reading="wrong_contact", actor="Robin", now=now)
    assert Task.objects.get(kind=Task.Kind.FIX).done_at is None
    again = take_reply(customer.organisation, as_mail("Ask Kim.", From=old.email, Message_ID="<2@x>"), now=now)
    given = Given(contact=Particulars("Kim Example", "accounts_payable", "ap@customer.example", ""))
    handle_reply(again, reading="wrong_contact", given=given, actor="Robin", now=now)
    assert Task.objects.get(kind=Task.Kind.FIX).done_at == now
    assert sorted(customer.contacts.values_list("email", "role")) == [
        ("ap@customer.example", "accounts_payable"),
        (old.email, "other"),
    ]


def test_a_customer_out_of_business_is_failing(customer: Customer, now: datetime) -> None:
    reply = taken(customer, "We ceased trading.", now)
    handle_reply(reply, reading="out_of_business", given=Given(quote="We ceased trading."), actor="Robin", now=now)
    assert CustomerProfile.objects.get(customer=customer).override_profile == "failing"


def test_a_forewarning_counts_as_one_even_beside_a_promise(customer: Customer, invoice: Invoice, now: datetime) -> None:
    reply = taken(customer, "Heads up: we will be late this month. We will pay on 20 March.", now)
    handle_reply(reply, reading="promise", given=Given(by=date(2026, 3, 20)), actor="Robin", now=now)
    assert handle_reply(reply, reading="forewarning", actor="Robin", now=now).reading == "forewarning"


def test_an_address_that_wants_no_more_messages_gets_none(customer: Customer, invoice: Invoice, now: datetime) -> None:
    reply = taken(customer, "Please unsubscribe me.", now)
    handle_reply(reply, reading="unsubscribe", given=Given(quote="Please unsubscribe me."), actor="Robin", now=now)
    kept = OptOut.objects.get()
    assert (kept.channel, kept.address, kept.customer) == ("email", "c1@customer.example", customer)
    run_day(customer.organisation, now)
    assert "email" not in set(Touch.objects.filter(customer=customer).values_list("channel", flat=True))


def test_a_mail_already_planned_to_who_asked_to_be_left_alone_is_withheld(
    customer: Customer, invoice: Invoice, now: datetime
) -> None:
    Contact.objects.update(email="C1@Customer.example")
    effect = make_effect(customer, recipient="C1@Customer.example")
    contact = customer.contacts.get()
    touch = make_touch(customer, effect=effect, contact_id=contact.pk, playbook="forgetful", step="friendly")
    assert judge_effects([touch.effect_id], now)[touch.effect_id].answer == "go"
    opt_out(customer.organisation, channel="email", address="c1@customer.example", now=now)
    answer = judge_effects([touch.effect_id], now)[touch.effect_id]
    assert (answer.answer, "address" in answer.reason) == ("withhold", True)


def test_a_strangers_answer_must_be_assigned_first(customer: Customer, now: datetime) -> None:
    reply = taken(customer, "We will pay on Friday.", now, sender="who@gmail.com")
    with pytest.raises(ReplyOfStranger):
        handle_reply(reply, reading="promise", actor="Robin", now=now)
    assert handle_reply(reply, reading="none", actor="Robin", now=now).handled_at == now


def test_handled_is_handled(customer: Customer, now: datetime) -> None:
    reply = taken(customer, "Thanks", now)
    handle_reply(reply, reading="none", actor="Robin", now=now)
    with pytest.raises(ReplyHandledAlready, match="Robin"):
        handle_reply(reply, reading="none", actor="Kim", now=now)
    with pytest.raises(UnknownReading):
        handle_reply(reply, reading="joke", actor="Kim", now=now)
