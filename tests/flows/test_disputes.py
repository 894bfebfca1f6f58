"""A dispute holds back its part alone, has an owner and a deadline, and ends in one of four ways."""

from datetime import date, datetime, timedelta

import pytest

from goodterms.core.ageing import age_items
from goodterms.core.money import Money
from goodterms.flows.agreed_invoices import AmountAboveOpen, InvoiceNotTheirs
from goodterms.flows.approvals import NotYoursToApprove
from goodterms.flows.collect_evidence import collect_evidence
from goodterms.flows.judge_disputes import find_overdue_disputes
from goodterms.flows.open_dispute import (
    DeadlineInThePast,
    DisputedAlready,
    DisputeInOtherCurrency,
    NothingToDispute,
    UnknownDisputeReason,
    open_dispute,
)
from goodterms.flows.resolve_dispute import DisputeResolvedAlready, UnknownResolution, resolve_dispute
from goodterms.followup.models import Dispute, Hold, Task, TimelineEvent
from goodterms.ledger.models import Allocation, Customer, Invoice
from goodterms.organizations.models import Membership
from tests.conftest import NOW
from tests.factories import make_customer, make_invoice, make_organisation, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer() -> Customer:
    return make_customer(make_organisation())


@pytest.fixture
def invoice(customer: Customer) -> Invoice:
    return make_invoice(customer, "R1", due=date(2026, 2, 1))


def dispute(invoice: Invoice, **given: object) -> Dispute:
    values: dict[str, object] = {"reason": "wrong_price", "actor": "Robin", "now": NOW}
    organisation = invoice.organisation
    return open_dispute(organisation, invoice.customer, invoice, **{**values, **given})  # type: ignore[arg-type]


def resolve(found: Dispute, resolution: str, **given: object) -> None:
    values: dict[str, object] = {"actor": "Kim", "now": NOW}
    resolve_dispute(found.organisation, found, resolution=resolution, **{**values, **given})  # type: ignore[arg-type]


def test_it_is_to_be_resolved_in_ten_working_days(invoice: Invoice) -> None:
    opened = dispute(invoice, amount=Money(20_00, "GBP"), owner="Alex")
    assert (opened.due_date, opened.owner) == (date(2026, 3, 24), "Alex")
    assert TimelineEvent.objects.get().text == (
        "Disputed: 20.00 GBP of invoice R1 (wrong price); to be resolved by 2026-03-24. Alex looks after it."
    )


def test_several_invoices_of_one_customer_may_be_disputed_each_once(invoice: Invoice) -> None:
    dispute(invoice)
    dispute(make_invoice(invoice.customer, "R2", due=date(2026, 2, 1)))
    with pytest.raises(DisputedAlready):
        dispute(invoice)


def test_when_its_deadline_is_over_its_owner_gets_one_task(invoice: Invoice) -> None:
    opened = dispute(invoice, owner="Alex")
    for days in (14, 15, 16):
        day = NOW.date() + timedelta(days=days)
        find_overdue_disputes(invoice.organisation, day, NOW)
    task = Task.objects.get()
    assert (task.key, task.owner, task.due_date) == (f"dispute_due:{opened.pk}", "Alex", date(2026, 3, 25))


def test_a_justified_one_waits_for_its_credit_note(invoice: Invoice) -> None:
    resolve(dispute(invoice, amount=Money(20_00, "GBP"), owner="Alex"), "credited")
    assert Dispute.objects.get().credit_until_date == date(2026, 3, 24)
    assert not Hold.objects.exists()
    assert Task.objects.get().title == "Issue a credit note of 20.00 GBP for invoice R1"
    invoice.refresh_from_db()
    assert invoice.open_amount_minor == 100_00


def test_only_the_credit_expected_is_held_back_and_no_longer_once_it_is_there(invoice: Invoice) -> None:
    resolve(dispute(invoice, amount=Money(20_00, "GBP")), "credited")

    def asked() -> list[int]:
        return age_items(collect_evidence(invoice.organisation, NOW).evidence)["chase_minor"].to_list()

    assert asked() == [80_00]
    Allocation.objects.create(
        organisation=invoice.organisation,
        customer=invoice.customer,
        invoice=invoice,
        source=Allocation.Source.CREDIT_NOTE,
        allocated_date=NOW.date(),
        amount_minor=20_00,
    )
    Invoice.objects.update(open_amount_minor=80_00)
    assert asked() == [80_00]


def test_an_adjusted_one_lowers_the_invoice_at_once(invoice: Invoice) -> None:
    resolve(dispute(invoice, amount=Money(20_00, "GBP")), "adjusted")
    invoice.refresh_from_db()
    assert invoice.open_amount_minor == 80_00
    assert invoice.payment_count == 0


def test_taking_off_more_than_the_limit_takes_a_manager(customer: Customer) -> None:
    make_user(customer.organisation, Membership.Role.COLLECTOR, email="kim@supplies.example")
    make_user(customer.organisation, Membership.Role.MANAGER, email="sam@supplies.example")
    invoice = make_invoice(customer, "R9", due=date(2026, 2, 1), amount_minor=9_000_00)
    opened = dispute(invoice)
    with pytest.raises(NotYoursToApprove, match=r"kim@supplies.example may not approve this"):
        resolve(opened, "adjusted", actor="kim@supplies.example")
    invoice.refresh_from_db()
    assert (invoice.open_amount_minor, Dispute.objects.get().resolution) == (9_000_00, "")
    resolve(opened, "adjusted", actor="sam@supplies.example")
    invoice.refresh_from_db()
    assert invoice.open_amount_minor == 0


@pytest.mark.parametrize("resolution", ["unjustified", "withdrawn"])
def test_an_unjustified_one_leaves_the_invoice_as_it_was(invoice: Invoice, resolution: str) -> None:
    opened = dispute(invoice)
    resolve(opened, resolution, note="Order and delivery note agree.")
    opened.refresh_from_db()
    invoice.refresh_from_db()
    assert (opened.resolution, opened.resolved_date, opened.resolved_by) == (resolution, NOW.date(), "Kim")
    assert (invoice.open_amount_minor, invoice.due_date) == (100_00, date(2026, 2, 1))
    assert not Hold.objects.exists()


def test_resolving_closes_its_task_and_happens_once(invoice: Invoice) -> None:
    opened = dispute(invoice)
    find_overdue_disputes(invoice.organisation, date(2026, 4, 1), NOW)
    resolve(opened, "withdrawn")
    assert Task.objects.get().outcome == "withdrawn"
    with pytest.raises(DisputeResolvedAlready):
        resolve(opened, "withdrawn")


def test_a_payment_in_between_lowers_what_is_credited(invoice: Invoice) -> None:
    opened = dispute(invoice, amount=Money(60_00, "GBP"))
    Invoice.objects.update(open_amount_minor=30_00)
    resolve(opened, "credited")
    assert Task.objects.get().title.startswith("Issue a credit note of 30.00 GBP")


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"reason": "weather"}, UnknownDisputeReason),
        ({"amount": Money(100_01, "GBP")}, AmountAboveOpen),
        ({"amount": Money(10_00, "EUR")}, DisputeInOtherCurrency),
        ({"due": date(2026, 3, 9)}, DeadlineInThePast),
    ],
)
def test_what_cannot_be_disputed_is_refused(
    invoice: Invoice, given: dict[str, object], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        dispute(invoice, **given)


def test_paid_and_foreign_invoices_are_refused(customer: Customer, invoice: Invoice, now: datetime) -> None:
    paid = make_invoice(customer, "R9", due=date(2026, 2, 1), settled=date(2026, 2, 3))
    with pytest.raises(NothingToDispute):
        dispute(paid)
    other = make_customer(customer.organisation, "C2")
    with pytest.raises(InvoiceNotTheirs):
        open_dispute(customer.organisation, other, invoice, reason="other", actor="R", now=now)
    with pytest.raises(UnknownResolution):
        resolve(dispute(invoice), "forgotten")
