"""Why a customer is late is written down, and what mends it becomes a task with an owner."""

from datetime import date, datetime, timedelta

import pytest

from goodterms.flows.place_hold import InvoiceOfSomeoneElse
from goodterms.flows.state_reason import FIXES, UnknownLateReason, latest_reasons, state_reason
from goodterms.followup.models import ApProfile, LateReason, Reply, Task, TimelineEvent
from goodterms.ledger.models import Customer, Invoice
from tests.factories import make_customer, make_invoice, make_organisation

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer() -> Customer:
    return make_customer(make_organisation())


@pytest.fixture
def invoice(customer: Customer) -> Invoice:
    return make_invoice(customer, "R1", due=date(2026, 3, 1))


def state(
    customer: Customer, reason: str, now: datetime, invoice: Invoice | None = None, **given: object
) -> LateReason:
    return state_reason(
        customer.organisation,
        customer,
        reason=reason,
        invoice=invoice,
        actor="Robin",
        now=now,
        **given,  # type: ignore[arg-type]
    )


def make_reply(customer: Customer, now: datetime) -> Reply:
    return Reply.objects.create(
        organisation=customer.organisation,
        customer=customer,
        message_key=f"reply-{Reply.objects.count()}",
        received_at=now,
        received_date=now.date(),
        content=b"",
        content_type="text/plain",
    )


def test_a_reason_is_written_down_and_seen_by_the_next_decision(
    customer: Customer, invoice: Invoice, now: datetime
) -> None:
    stated = state(customer, "missing_po", now, invoice, quote="We need a PO number.")
    assert (stated.reason, stated.stated_date, stated.recorded_by) == ("missing_po", date(2026, 3, 10), "Robin")
    event = TimelineEvent.objects.get()
    assert event.text == "Invoice R1 is late: missing po. “We need a PO number.”"
    assert (event.kind, event.invoice) == ("late_reason", invoice)
    customer.refresh_from_db()
    assert customer.facts_version == 2


@pytest.mark.parametrize(
    ("reason", "title"),
    [
        ("invoice_not_received", "Send a copy of invoice R1 to c1@customer.example"),
        ("missing_po", "Get the purchase order number for invoice R1, add it and send the invoice again"),
        ("wrong_contact", "Correct the recipient at Example Customer C1 Ltd: find out who handles invoice R1"),
        ("pay_run", "Ask Example Customer C1 Ltd for their pay-run days and cut-off, and note them"),
        ("approval", "Ask who at Example Customer C1 Ltd approves invoice R1, and by when"),
        ("dispute", "Open a dispute on invoice R1: what exactly is wrong, and how much of it"),
        ("cash", "Offer Example Customer C1 Ltd a payment plan for invoice R1"),
        ("illness", "Place a hold for Example Customer C1 Ltd: agree on a day to talk again"),
        ("already_paid", "Look for the payment of invoice R1 by Example Customer C1 Ltd"),
    ],
)
def test_each_reason_asks_for_what_mends_it(
    customer: Customer, invoice: Invoice, now: datetime, reason: str, title: str
) -> None:
    state(customer, reason, now, invoice)
    task = Task.objects.get()
    assert (task.kind, task.title, task.owner) == ("fix", title, "")
    assert (task.invoice, task.due_date) == (invoice, date(2026, 3, 11))


def test_every_reason_but_an_oversight_has_a_fix(customer: Customer, now: datetime) -> None:
    assert set(LateReason.Reason.values) - set(FIXES) == {"oversight"}
    state(customer, "oversight", now)
    assert not Task.objects.exists()


def test_a_copy_goes_where_their_accounts_payable_want_it(customer: Customer, invoice: Invoice, now: datetime) -> None:
    ApProfile.objects.create(
        organisation=customer.organisation, customer=customer, invoice_email="invoices@customer.example"
    )
    state(customer, "invoice_not_received", now, invoice)
    assert Task.objects.get().title.endswith("to invoices@customer.example")


def test_a_fix_waits_for_the_organisations_next_working_day(customer: Customer, now: datetime) -> None:
    state(customer, "cash", now + timedelta(days=3))
    assert Task.objects.get().due_date == date(2026, 3, 16)


def test_a_special_bonds_fix_belongs_to_the_relationship_owner(now: datetime) -> None:
    customer = make_customer(make_organisation(), is_protected=True, relationship_owner="Kim Example")
    state(customer, "approval", now)
    assert Task.objects.get().owner == "Kim Example"


def test_the_same_reason_in_the_same_reply_is_one_reason_and_one_task(
    customer: Customer, invoice: Invoice, now: datetime
) -> None:
    reply = make_reply(customer, now)
    first = state(customer, "cash", now, invoice, reply=reply, quote="Money is tight.")
    again = state(customer, "cash", now + timedelta(days=2), invoice, reply=reply)
    assert (again.pk, LateReason.objects.count(), Task.objects.count(), TimelineEvent.objects.count()) == (
        first.pk,
        1,
        1,
        1,
    )


def test_a_reason_given_again_later_opens_its_task_again(customer: Customer, invoice: Invoice, now: datetime) -> None:
    state(customer, "invoice_not_received", now, invoice)
    Task.objects.update(done_at=now, done_by="Robin", outcome="Sent")
    state(customer, "invoice_not_received", now + timedelta(days=5), invoice)
    assert LateReason.objects.count() == 2
    assert Task.objects.get().done_at is None


def test_the_latest_reason_per_invoice_counts(customer: Customer, invoice: Invoice, now: datetime) -> None:
    other = make_invoice(customer, "R2", due=date(2026, 3, 2))
    state(customer, "approval", now, other)
    state(customer, "invoice_not_received", now, invoice)
    state(customer, "dispute", now + timedelta(days=1), invoice)
    latest = latest_reasons(customer)
    assert {key: row.reason for key, row in latest.items()} == {invoice.pk: "dispute", other.pk: "approval"}
    open_titles = Task.objects.filter(done_at__isnull=True).values_list("title", flat=True).order_by("pk")
    assert [title.split(" ")[0] for title in open_titles] == ["Ask", "Open"]
    assert Task.objects.get(done_at__isnull=False).outcome == "Another reason was given since."


def test_a_reason_nobody_knows_is_refused(customer: Customer, now: datetime) -> None:
    with pytest.raises(UnknownLateReason, match="use one of: oversight"):
        state(customer, "laziness", now)


def test_a_reason_about_another_customers_invoice_is_refused(customer: Customer, now: datetime) -> None:
    stranger = make_customer(customer.organisation, "C2")
    with pytest.raises(InvoiceOfSomeoneElse):
        state(customer, "cash", now, make_invoice(stranger, "R9", due=date(2026, 3, 1)))
