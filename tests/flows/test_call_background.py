"""The caller is told what was agreed, explained and left open, as known on the day."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from goodterms.core.money import Money
from goodterms.flows.message_background import read_backgrounds
from goodterms.flows.state_reason import state_reason
from goodterms.followup.models import ApProfile, Dispute, Promise, TimelineEvent, Touch
from goodterms.ledger.models import Customer
from goodterms.messages.call_background import Background
from tests.conftest import NOW
from tests.factories import make_customer, make_invoice, make_organisation, make_profile, make_touch

pytestmark = pytest.mark.django_db
TODAY = NOW.date()


@pytest.fixture
def customer() -> Customer:
    return make_customer(make_organisation())


def background(customer: Customer, on: date | None = None) -> Background:
    return read_backgrounds(customer.organisation, [customer.pk], NOW, on)[customer.pk]


def promise(customer: Customer, state: str, days: int, **given: Any) -> Promise:
    by = TODAY + timedelta(days=days)
    values: dict[str, Any] = {
        "currency": "GBP",
        "amount_minor": 100_00,
        "made_date": by - timedelta(days=7),
        "promised_date": by,
        "source": "call",
        "made_at": NOW,
        "recorded_by": "Robin",
        "state": state,
        "judged_date": None if state == "open" else by,
    }
    return Promise.objects.create(organisation=customer.organisation, customer=customer, **values | given)


def test_promises_are_counted_and_the_open_and_the_last_broken_one_named(customer: Customer) -> None:
    for state, days in (("kept", -90), ("kept", -60), ("broken", -30), ("partly_kept", -10), ("open", 5)):
        promise(customer, state, days)
    agreed = background(customer).agreed
    amount = Money(100_00, "GBP")
    assert (agreed.kept_count, agreed.broken_count) == (2, 2)
    assert agreed.last_broken == (amount, TODAY - timedelta(days=10))
    assert agreed.promises == ((amount, TODAY + timedelta(days=5)),)


def test_what_was_promised_later_is_not_known_on_an_earlier_day(customer: Customer) -> None:
    promise(customer, "open", 5)
    assert background(customer, on=TODAY - timedelta(days=20)).agreed.promises == ()


def test_open_disputes_and_the_latest_reasons_are_told(customer: Customer, now: datetime) -> None:
    invoice = make_invoice(customer, "R1", due=date(2026, 3, 1))
    paid = make_invoice(customer, "R0", due=date(2026, 1, 1), settled=date(2026, 1, 9))
    for number, (reason, item) in enumerate([("cash", paid), ("cash", invoice), ("dispute", invoice)]):
        state_reason(
            customer.organisation,
            customer,
            reason=reason,
            invoice=item,
            actor="Robin",
            now=now - timedelta(hours=5 - number),
        )
    Dispute.objects.create(
        organisation=customer.organisation,
        customer=customer,
        invoice=invoice,
        reason="wrong_price",
        opened_date=TODAY,
        opened_by="Robin",
        due_date=TODAY,
    )
    agreed = background(customer).agreed
    assert agreed.disputes == (("R1", "wrong_price", TODAY),)
    assert agreed.reasons == ((TODAY, "R1", "dispute"),)


def test_a_why_without_answer_stays_open_until_a_reason_is_given(customer: Customer, now: datetime) -> None:
    make_touch(customer, state="sent", asks_why=True, sent_date=TODAY - timedelta(days=6))
    assert background(customer).unanswered == TODAY - timedelta(days=6)
    state_reason(customer.organisation, customer, reason="illness", actor="Robin", now=now)
    assert background(customer).unanswered is None
    Touch.objects.update(asks_why=False)
    assert background(customer).unanswered is None


def test_only_red_tape_is_asked_how_payments_work_there(customer: Customer) -> None:
    profile = make_profile(customer, "red_tape")
    assert background(customer).missing == ("purchase_order", "pay_run", "invoice_address", "system")
    ApProfile.objects.create(
        organisation=customer.organisation, customer=customer, needs_purchase_order=True, system="Coupa"
    )
    assert background(customer).missing == ("pay_run", "invoice_address")
    profile.profile = "forgetful"
    profile.save()
    assert background(customer).missing == ()


def test_a_callers_authority_is_the_organisations_own(customer: Customer) -> None:
    organisation = customer.organisation
    organisation.policy = {"plan_approval_minor": {"GBP": 500_00}, "promise_longest_days": 30}
    organisation.save()
    authority = background(customer).authority
    assert authority is not None
    assert (authority.plan_minor, authority.promise_until) == ({"GBP": 500_00}, TODAY + timedelta(days=30))


def test_the_last_words_leave_out_our_own_book_keeping(customer: Customer) -> None:
    for kind, text in (("sent", "Friendly reminder"), ("profile_changed", "forgetful"), ("call", "Called Sam")):
        TimelineEvent.objects.create(
            organisation=customer.organisation,
            customer=customer,
            at=NOW - timedelta(minutes=1),
            kind=kind,
            text=text,
            actor="goodterms",
        )
    assert [text for _, text in background(customer).history] == ["Called Sam", "Friendly reminder"]


def test_many_sheets_take_as_many_queries_as_one(customer: Customer) -> None:
    ids = [customer.pk, *(make_customer(customer.organisation, f"D{number}").pk for number in range(5))]
    with CaptureQueriesContext(
        connection,
    ) as one:
        read_backgrounds(customer.organisation, ids[:1], NOW, None)
    with CaptureQueriesContext(connection) as many:
        read_backgrounds(customer.organisation, ids, NOW, None)
    assert len(many) == len(one)
