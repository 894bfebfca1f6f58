"""A mail comes in: it finds its customer, stops the chasing, and asks a person to read it."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from goodterms.channels.email import message_id, reply_address
from goodterms.flows.assign_reply import NotTheirCustomer, ReplyAssignedAlready, assign_reply
from goodterms.flows.compose_message import compose_preview
from goodterms.flows.repair_contact import mark_email_failed
from goodterms.flows.reply_address import customer_of_address, reply_address_of
from goodterms.flows.run_day import run_day
from goodterms.flows.take_reply import take_reply
from goodterms.followup.models import Reply, Task, TimelineEvent, Touch
from goodterms.ledger.models import Contact, Customer
from goodterms.organizations.models import Organisation
from tests.factories import make_customer, make_organisation, make_touch
from tests.flows.daily import bill, send_due
from tests.inbox.samples import as_mail
from tests.inbox.test_bounces import a_report

pytestmark = pytest.mark.django_db


@pytest.fixture
def organisation() -> Organisation:
    return make_organisation(inbox_address="inbox@supplies.example")


@pytest.fixture
def customer(organisation: Organisation) -> Customer:
    return make_customer(organisation)


def our_id(touch: Touch) -> str:
    return message_id(touch.effect_id, touch.organisation.sender_email)


def test_an_answer_to_our_mail_finds_its_customer_and_touch(customer: Customer, now: datetime) -> None:
    touch = make_touch(customer, state="sent")
    raw = as_mail("We will pay on Friday.", From="boss@elsewhere.example", In_Reply_To=our_id(touch))
    reply = take_reply(customer.organisation, raw, now=now)
    assert (reply.customer, reply.touch, reply.kind) == (customer, touch, Reply.Kind.ANSWER)
    assert reply.suggestion["suggestions"][0]["kind"] == "promise"
    assert reply.suggestion["suggestions"][0]["day"] == "2026-03-13"
    assert bytes(Reply.objects.get().content) == raw


def test_an_answer_finds_its_customer_by_references_alone(customer: Customer, now: datetime) -> None:
    touch = make_touch(customer, state="sent")
    raw = as_mail(From="x@elsewhere.example", References=f"{our_id(touch)} <other@elsewhere.example>")
    assert take_reply(customer.organisation, raw, now=now).customer == customer


def test_an_answer_to_the_customers_own_address_finds_them(customer: Customer, now: datetime) -> None:
    address = reply_address_of(customer.organisation, customer.pk)
    assert address.startswith(f"inbox+c{customer.pk}-")
    reply = take_reply(customer.organisation, as_mail(From="x@gmail.com", To=f"Us <{address}>"), now=now)
    assert reply.customer == customer


def test_a_message_leads_answers_to_the_inbox_where_there_is_one(customer: Customer, now: datetime) -> None:
    bill(customer, "1", date(2026, 2, 20))
    message = compose_preview(customer, "reminder_friendly", now).message
    assert message is not None
    assert reply_address(message) == reply_address_of(customer.organisation, customer.pk)
    Organisation.objects.update(inbox_address="")
    customer.refresh_from_db()
    without = compose_preview(Customer.objects.get(), "reminder_friendly", now).message
    assert without is not None
    assert reply_address(without) == "accounts@supplies.example"


def test_an_address_made_up_by_somebody_finds_nobody(customer: Customer, now: datetime) -> None:
    assert customer_of_address(customer.organisation, f"inbox+c{customer.pk}-0123456789@supplies.example") is None


def test_an_answer_from_a_contact_finds_its_customer(customer: Customer, now: datetime) -> None:
    reply = take_reply(customer.organisation, as_mail(From="C1@Customer.example"), now=now)
    assert (reply.customer, reply.contact) == (customer, customer.contacts.get())


def test_an_answer_from_a_colleague_finds_the_customer_by_its_domain(customer: Customer, now: datetime) -> None:
    assert take_reply(customer.organisation, as_mail(From="boss@customer.example"), now=now).customer == customer


def test_a_domain_of_two_customers_or_of_everybody_finds_nobody(customer: Customer, now: datetime) -> None:
    make_customer(customer.organisation, "C2")
    make_customer(customer.organisation, "C3", email="somebody@gmail.com")
    for place, sender in enumerate(("boss@customer.example", "other@gmail.com")):
        reply = take_reply(customer.organisation, as_mail(From=sender, Message_ID=f"<{place}@x>"), now=now)
        assert reply.customer is None
        task = Task.objects.get(key=f"reply:{reply.pk}")
        assert (task.kind, task.customer) == (Task.Kind.REPLY, None)


def test_the_same_mail_is_taken_in_once(customer: Customer, now: datetime) -> None:
    first = take_reply(customer.organisation, as_mail(From="c1@customer.example"), now=now)
    assert take_reply(customer.organisation, as_mail(From="c1@customer.example"), now=now) == first
    assert (Reply.objects.count(), Task.objects.count(), TimelineEvent.objects.count()) == (1, 1, 1)


def test_another_organisations_mail_stays_apart(customer: Customer, now: datetime) -> None:
    other = make_organisation(slug="other", name="Other Example Ltd")
    touch = make_touch(customer, state="sent")
    assert take_reply(other, as_mail(From="c1@customer.example", In_Reply_To=our_id(touch)), now=now).customer is None


def test_threading_asks_the_same_number_of_queries_however_many_effects(
    customer: Customer, now: datetime, django_assert_max_num_queries: Any
) -> None:
    touches = [make_touch(customer, state="sent", occurrence=place) for place in range(30)]
    raw = as_mail(From="x@elsewhere.example", In_Reply_To=our_id(touches[7]))
    with django_assert_max_num_queries(25):
        assert take_reply(customer.organisation, raw, now=now).touch == touches[7]


def test_an_automatic_answer_needs_nobody(customer: Customer, now: datetime) -> None:
    raw = as_mail("Back on 23 March.", From="c1@customer.example", Auto_Submitted="auto-replied")
    reply = take_reply(customer.organisation, raw, now=now)
    assert (reply.kind, reply.handled_at) == (Reply.Kind.AUTO_REPLY, now)
    assert reply.suggestion["until_date"] == "2026-03-23"
    assert not Task.objects.exists()


def test_a_mail_from_the_future_or_of_long_ago_came_now(customer: Customer, now: datetime) -> None:
    for place, written in enumerate(("Tue, 10 Mar 2099 09:00:00 +0000", "Tue, 10 Mar 1998 09:00:00 +0000", "nonsense")):
        raw = as_mail(From="c1@customer.example", Date=written, Message_ID=f"<{place}@x>")
        assert take_reply(customer.organisation, raw, now=now).received_at == now


def test_a_permanent_failure_marks_the_address_and_asks_for_another(customer: Customer, now: datetime) -> None:
    Contact.objects.filter(customer=customer).update(email="kim@customer.example")
    version = customer.facts_version
    reply = take_reply(customer.organisation, a_report("5.1.1", "550 user unknown"), now=now)
    customer.refresh_from_db()
    assert (reply.kind, reply.customer) == (Reply.Kind.BOUNCE, customer)
    assert customer.contacts.get().email_failed_at == now
    assert customer.facts_version > version
    task = Task.objects.get()
    assert task.kind == Task.Kind.CONTACT_REPAIR
    assert "550 user unknown" in task.detail


def test_a_temporary_failure_marks_nothing(customer: Customer, now: datetime) -> None:
    Contact.objects.filter(customer=customer).update(email="kim@customer.example")
    take_reply(customer.organisation, a_report("4.2.2", "mailbox full", "delayed"), now=now)
    assert customer.contacts.get().email_failed_at is None
    assert not Task.objects.exists()


def test_a_failure_behind_a_forwarding_marks_the_address_we_wrote_to(customer: Customer, now: datetime) -> None:
    touch = make_touch(customer, state="sent")
    raw = a_report("5.1.1", "unknown").replace(b"<ours@supplies.example>", our_id(touch).encode())
    take_reply(customer.organisation, raw, now=now)
    assert customer.contacts.get().email_failed_at == now


def test_a_contact_who_passes_on_a_failure_writes_an_answer(customer: Customer, now: datetime) -> None:
    report = a_report("5.1.1", "550 user unknown").replace(b"MAILER-DAEMON@mx.example", b"C1@customer.example")
    reply = take_reply(customer.organisation, report, now=now)
    assert (reply.kind, reply.handled_at, reply.customer) == (Reply.Kind.ANSWER, None, customer)
    assert customer.contacts.get().email_failed_at is None


def test_a_healthy_address_is_not_marked_for_another_ones_failure(customer: Customer, now: datetime) -> None:
    touch = make_touch(customer, state="sent", cc='["kim@customer.example"]')
    raw = a_report("5.1.1", "unknown").replace(b"<ours@supplies.example>", our_id(touch).encode())
    take_reply(customer.organisation, raw, now=now)
    assert customer.contacts.get().email_failed_at is None
    Touch.objects.update(cc="[]")
    Contact.objects.create(
        organisation=customer.organisation,
        customer=customer,
        email="kim@customer.example",
        email_failed_at=now - timedelta(days=1),
        known_from_date=date(2020, 1, 1),
    )
    take_reply(customer.organisation, raw.replace(b"<report@", b"<report2@"), now=now)
    assert customer.contacts.get(email="c1@customer.example").email_failed_at is None


def test_mail_delayed_again_and_again_is_looked_into(customer: Customer, now: datetime) -> None:
    Contact.objects.filter(customer=customer).update(email="kim@customer.example")
    touch = make_touch(customer, state="sent")
    report = a_report("4.2.2", "mailbox full", "delayed").replace(b"<ours@supplies.example>", our_id(touch).encode())
    for place, day in enumerate((0, 20, 21, 22)):
        assert not Task.objects.exists()
        raw = report.replace(b"<report@", f"<{place}@".encode())
        take_reply(customer.organisation, raw, now=now + timedelta(days=day))
    task = Task.objects.get()
    assert (task.kind, task.customer) == (Task.Kind.CONTACT_REPAIR, customer)
    assert task.detail.startswith("3 times within 14 days.")
    assert customer.contacts.get().email_failed_at is None


def test_another_mail_under_the_same_id_is_taken_in(customer: Customer, now: datetime) -> None:
    first = take_reply(customer.organisation, as_mail("Hello", From="c1@customer.example"), now=now)
    other = as_mail("We will pay on Friday.", From="c1@customer.example")
    second = take_reply(customer.organisation, other, now=now)
    assert second != first
    assert second.text == "We will pay on Friday."
    assert take_reply(customer.organisation, other, now=now) == second
    assert Reply.objects.count() == 2


@pytest.mark.parametrize(
    ("text", "subject", "named"),
    [
        ("We pay RE-17 on 20 March.", "", ["RE-17"]),
        ("We pay on 20 March. It is about RE-18 and RE-17.", "", ["RE-17", "RE-18"]),
        ("We pay on 20 March.", "Re: Invoice re-18", ["RE-18"]),
        ("We pay on 20 March. RE-170 is another one, RE-17-2 too.", "", []),
        ("The goods were broken.", "", ["RE-18"]),
    ],
)
def test_the_invoices_a_suggestion_is_about_are_named(
    customer: Customer, now: datetime, text: str, subject: str, named: list[str]
) -> None:
    bills = {number: bill(customer, number, date(2026, 2, 1)) for number in ("RE-17", "RE-18", "20")}
    touch = make_touch(customer, state="sent", items=f'[{{"invoice_id": {bills["RE-18"].pk}}}]')
    raw = as_mail(text, From="c1@customer.example", Subject=subject, In_Reply_To=our_id(touch))
    (found,) = take_reply(customer.organisation, raw, now=now).suggestion["suggestions"]
    assert found["invoices"] == [bills[number].pk for number in named]


def test_marking_twice_is_once(customer: Customer, now: datetime) -> None:
    assert len(mark_email_failed(customer.organisation, "C1@customer.example", detail="x", now=now)) == 1
    assert mark_email_failed(customer.organisation, "c1@customer.example", detail="x", now=now) == []
    assert Task.objects.count() == 1


def test_an_answer_stops_the_chasing_until_it_is_handled(customer: Customer, now: datetime) -> None:
    bill(customer, "1", date(2026, 2, 20))
    take_reply(customer.organisation, as_mail(From="c1@customer.example"), now=now)
    run_day(customer.organisation, now)
    assert not Touch.objects.exists()
    Reply.objects.update(handled_at=now, handled_by="Robin")
    days = 0
    while not Touch.objects.exists() and days < 10:
        days += 1
        run_day(customer.organisation, now + timedelta(days=days))
    assert Touch.objects.exists()


def test_after_a_bounce_the_next_touch_takes_another_way(customer: Customer, now: datetime) -> None:
    bill(customer, "1", date(2026, 2, 20))
    run_day(customer.organisation, now)
    (touch,) = send_due(customer.organisation, now)
    assert touch.channel == "email"
    Contact.objects.filter(customer=customer).update(email="kim@customer.example")
    take_reply(customer.organisation, a_report("5.1.1", "unknown"), now=now)
    for days in range(1, 15):
        run_day(customer.organisation, now + timedelta(days=days))
    channels = {found.channel for found in Touch.objects.exclude(pk=touch.pk)}
    assert channels
    assert channels <= {"call", "letter", "sms", "certified"}


def test_a_strangers_answer_is_put_to_a_customer(customer: Customer, now: datetime) -> None:
    invoice = bill(customer, "RE-17", date(2026, 2, 1))
    reply = take_reply(customer.organisation, as_mail("We pay RE-17 on 20 March.", From="kim@gmail.com"), now=now)
    contact = assign_reply(customer.organisation, reply, customer, actor="Robin", now=now, is_contact=True)
    assert reply.customer == customer
    assert reply.suggestion["suggestions"][0]["invoices"] == [invoice.pk]
    assert contact is not None
    assert Task.objects.get().customer == customer
    again = take_reply(customer.organisation, as_mail(From="kim@gmail.com", Message_ID="<2@x>"), now=now)
    assert again.customer == customer
    with pytest.raises(ReplyAssignedAlready):
        assign_reply(customer.organisation, reply, customer, actor="Robin", now=now)
    stranger = make_customer(make_organisation(slug="other"), "X")
    with pytest.raises(NotTheirCustomer):
        assign_reply(customer.organisation, reply, stranger, actor="Robin", now=now)
