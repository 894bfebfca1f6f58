"""Answers, agreements and cases as evidence: as they stand now, and as they were known on a day of the past."""

from datetime import UTC, date, datetime, timedelta

import pytest

from goodterms.core.chase import ENDLESS, pauses
from goodterms.flows.collect_evidence import collect_evidence
from goodterms.followup.models import (
    AgencyCase,
    ApProfile,
    Call,
    Dispute,
    Instalment,
    LateReason,
    LegalDecision,
    OptOut,
    PaymentPlan,
    PlanInvoice,
    Promise,
    Reply,
    Settlement,
)
from goodterms.followup.policy import policy_of
from goodterms.ledger.models import Contact
from tests.factories import make_customer, make_invoice, make_organisation

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 10, 10, tzinfo=UTC)
TODAY = date(2026, 3, 10)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def moment(days: int) -> datetime:
    return NOW - timedelta(days=days)


def test_answers_agreements_and_cases_are_read_as_they_stand_and_as_they_stood() -> None:
    organisation = make_organisation()
    customer = make_customer(organisation)
    invoice = make_invoice(customer, "R-1", due=ago(40))
    own = {"organisation": organisation, "customer": customer}
    who = {"recorded_by": "Robin"}
    Reply.objects.create(
        **own, message_key="a", received_at=moment(9), received_date=ago(9), content=b"x", content_type="x",
        reading="forewarning", handled_at=moment(4), handled_by="Robin",
    )  # fmt: skip
    Reply.objects.create(
        **own, message_key="b", kind="auto_reply", received_at=NOW, received_date=TODAY, content=b"x", content_type="x"
    )
    Call.objects.create(**own, called_at=moment(8), called_date=ago(8), outcome="hung_up", made_by="Robin")
    Promise.objects.create(
        **own, **who, currency="EUR", amount_minor=100, made_date=ago(9), promised_date=ago(5), source="call",
        made_at=moment(9), state="broken", judged_date=ago(3),
    )  # fmt: skip
    plan = PaymentPlan.objects.create(
        **own, currency="EUR", total_minor=100, rhythm="monthly", state="active", proposed_date=ago(7),
        proposed_by="Robin", accepted_date=ago(6), accepted_by="Sam",
    )  # fmt: skip
    Instalment.objects.create(plan=plan, position=1, due_date=ago(4), amount_minor=100, paid_minor=40, paid_date=ago(2))
    PlanInvoice.objects.create(plan=plan, invoice=invoice, amount_minor=100)
    Settlement.objects.create(
        **own, currency="GBP", owed_minor=100, pay_minor=50, pay_by_date=ago(4), state="lapsed", reason="Hardship.",
        proposed_date=ago(9), proposed_by="Robin", accepted_date=ago(8), ended_date=ago(1),
    )  # fmt: skip
    Dispute.objects.create(
        **own, invoice=invoice, reason="faulty", opened_date=ago(9), opened_by="Robin", due_date=ago(1),
        resolution="unjustified", resolved_date=ago(2),
    )  # fmt: skip
    LateReason.objects.create(**own, **who, reason="cash", stated_date=ago(5), stated_at=moment(5))
    ApProfile.objects.create(**own, pay_run="weekday", pay_run_days=[2, 5], confirmed_date=ago(3))
    now = collect_evidence(organisation, NOW, customer_ids=[customer.pk]).evidence
    then = collect_evidence(organisation, NOW, on=ago(5)).evidence
    assert now.replies.select("reading", "is_handled").rows() == [("forewarning", True)]
    assert then.replies.select("reading", "is_handled").rows() == [(None, False)]
    assert now.calls["outcome"].to_list() == then.calls["outcome"].to_list() == ["hung_up"]
    assert (now.promises["state"][0], then.promises["state"][0]) == ("broken", "open")
    assert (now.instalments["paid_minor"][0], then.instalments["paid_minor"][0]) == (40, 0)
    assert (now.instalments["plan_state"][0], then.instalments["plan_state"][0]) == ("active", "active")
    assert (now.planned.height, then.planned.height) == (1, 1)
    assert (now.settlements["state"][0], then.settlements["state"][0]) == ("lapsed", "accepted")
    assert now.disputes.select("resolved_date", "is_justified").row(0) == (ago(2), False)
    assert then.disputes.select("resolved_date", "is_justified").row(0) == (None, None)
    assert (now.reasons.height, then.reasons.height) == (1, 1)
    assert now.ap_profiles.select("pay_run_days", "is_confirmed").row(0) == ([2, 5], True)
    assert then.ap_profiles.is_empty()
    long_ago = collect_evidence(organisation, NOW, on=ago(30)).evidence
    answers = (long_ago.replies, long_ago.calls, long_ago.reasons)
    agreements = (long_ago.promises, long_ago.instalments, long_ago.planned, long_ago.settlements, long_ago.disputes)
    assert all(frame.is_empty() for frame in (*answers, *agreements))


def test_a_case_in_the_hands_of_others_is_a_hold_without_a_last_day() -> None:
    organisation = make_organisation()
    agency, court = make_customer(organisation, "C1"), make_customer(organisation, "C2")
    AgencyCase.objects.create(
        organisation=organisation, customer=agency, state="recalled", ready_date=ago(9), ready_reason="Old.",
        approved_by="Robin", handed_over_date=ago(6), ended_date=ago(1),
    )  # fmt: skip
    LegalDecision.objects.create(
        organisation=organisation, customer=court, choice="filed", reason="Large.", figures={}, decided_date=ago(2),
        decided_by="Robin", approved_by="Kim",
    )  # fmt: skip
    now = pauses(collect_evidence(organisation, NOW).evidence, policy_of(organisation))
    assert now.select("customer_id", "hold_until_date", "hold_reason").rows() == [(court.pk, ENDLESS, "court")]
    then = pauses(collect_evidence(organisation, NOW, on=ago(3)).evidence, policy_of(organisation))
    assert then.select("customer_id", "hold_reason").rows() == [(agency.pk, "agency")]


def test_addresses_for_letters_and_sms_are_those_that_may_be_used() -> None:
    organisation = make_organisation()
    customer = make_customer(organisation, postal_address="Example Ltd\r\n 1 Example Street \nExampleton")
    other = make_customer(organisation, "C2", postal_address="2 Example Street", post_failed_at=moment(3))
    Contact.objects.filter(customer=customer).update(mobile="+447700900001")
    Contact.objects.filter(customer=other).update(mobile="+447700900002")
    OptOut.objects.create(organisation=organisation, channel="sms", address="+447700900002", asked_at=moment(2))
    columns = ["customer_id", "postal", "mobile"]
    now = collect_evidence(organisation, NOW).evidence.contacts.select(columns).sort("customer_id")
    line = "Example Ltd, 1 Example Street, Exampleton"
    assert now.rows() == [(customer.pk, line, "+447700900001"), (other.pk, None, None)]
    then = collect_evidence(organisation, NOW, on=ago(4)).evidence.contacts.select(columns).sort("customer_id")
    assert then.rows()[1] == (other.pk, "2 Example Street", "+447700900002")
