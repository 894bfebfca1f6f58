"""How a customer's accounts payable work: noted, suggested by payments, confirmed, asked for where unknown."""

from datetime import date, timedelta

import polars as pl
import pytest

from goodterms.flows.collect_evidence import collect_evidence
from goodterms.flows.decide_day import decide_for
from goodterms.flows.preview import _Learned
from goodterms.flows.run_day import run_day
from goodterms.flows.write_ap_profile import (
    ApTextUnusable,
    PayRunUnusable,
    UnknownApField,
    confirm_pay_run,
    describe,
    missing_for,
    suggest_for_red_tape,
    suggestion_for,
    write_ap_profile,
)
from goodterms.followup.models import ApProfile, TimelineEvent
from goodterms.ledger.models import Customer
from tests.conftest import NOW
from tests.factories import make_customer, make_organisation, make_profile
from tests.flows.daily import bill, pay

pytestmark = pytest.mark.django_db

FRIDAYS = [date(2025, 11, 14) + timedelta(weeks=n) for n in range(8)]


@pytest.fixture
def customer() -> Customer:
    """Paid every Friday, six days late each time."""
    made = make_customer(make_organisation())
    for place, friday in enumerate(FRIDAYS):
        pay(bill(made, f"R{place}", friday - timedelta(days=6)), friday)
    return made


def test_payments_suggest_a_pay_run_to_those_in_red_tape(customer: Customer) -> None:
    make_profile(customer, "red_tape")
    assert suggest_for_red_tape(customer.organisation, pl.Series([customer.pk])) == 1
    profile = ApProfile.objects.get()
    assert (profile.pay_run, profile.pay_run_days, profile.confirmed_date) == ("weekday", [5], None)
    assert suggest_for_red_tape(customer.organisation, pl.Series([customer.pk])) == 0


def test_the_days_run_suggests_it(customer: Customer) -> None:
    run_day(customer.organisation, NOW)
    assert ApProfile.objects.get().note == "Suggested by 8 of 8 days on which they paid."


def test_a_person_confirms_what_was_suggested(customer: Customer) -> None:
    run_day(customer.organisation, NOW)
    profile = confirm_pay_run(customer.organisation, customer, actor="Robin", now=NOW)
    assert (profile.confirmed_by, profile.confirmed_date) == ("Robin", NOW.date())
    assert TimelineEvent.objects.filter(kind="ap_profile_confirmed").exists()
    assert "pay_run" not in [gap.field for gap in missing_for(customer)]


def test_a_noted_cut_off_does_not_confirm_a_pay_run_that_is_merely_suggested(customer: Customer) -> None:
    run_day(customer.organisation, NOW)
    profile = write_ap_profile(customer.organisation, customer, cut_off_working_days=3, actor="Robin", now=NOW)
    assert (profile.cut_off_working_days, profile.confirmed_date) == (3, None)
    assert "pay_run" in [gap.field for gap in missing_for(customer)]


@pytest.mark.parametrize("given", [{"system": "x" * 101}, {"invoice_email": "not an address"}, {"portal_url": "x"}])
def test_a_text_that_cannot_be_kept_is_refused(customer: Customer, given: dict[str, str]) -> None:
    with pytest.raises(ApTextUnusable):
        write_ap_profile(customer.organisation, customer, actor="Robin", now=NOW, **given)
    assert not ApProfile.objects.exists()


def test_a_pay_run_learned_twice_in_a_preview_is_one(customer: Customer) -> None:
    learned = _Learned(customer.organisation)
    evidence = collect_evidence(customer.organisation, NOW).evidence
    decision = decide_for(customer.organisation, NOW).decision
    for _ in range(2):
        learned.before = learned.before.clear()
        evidence = learned(evidence, decision)
    assert evidence.ap_profiles["customer_id"].to_list() == [customer.pk]


def test_what_a_person_wrote_is_never_replaced_by_a_suggestion(customer: Customer) -> None:
    write_ap_profile(customer.organisation, customer, pay_run="day_of_month", pay_run_days=[25], actor="Robin", now=NOW)
    run_day(customer.organisation, NOW)
    profile = ApProfile.objects.get()
    assert (profile.pay_run_days, profile.confirmed_by) == ([25], "Robin")
    assert describe(profile) == "pay run on the 25. of the month, cut-off 5 working days before"
    assert suggestion_for(customer.organisation, customer)["pay_run_days"].to_list() == [[5]]


def test_what_cannot_be_is_refused(customer: Customer) -> None:
    ours = customer.organisation
    with pytest.raises(PayRunUnusable):
        write_ap_profile(ours, customer, pay_run="weekday", pay_run_days=[9], actor="Robin", now=NOW)
    with pytest.raises(PayRunUnusable):
        confirm_pay_run(ours, customer, actor="Robin", now=NOW)
    with pytest.raises(UnknownApField):
        write_ap_profile(ours, customer, colour="red", actor="Robin", now=NOW)
