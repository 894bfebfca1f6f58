"""A person's word overrules a profile, with a reason, and can be taken back."""

from datetime import datetime

import pytest

from goodterms.flows.override_profile import (
    NothingToRemove,
    OverrideWithoutReason,
    UnknownProfile,
    override_profile,
    remove_override,
)
from goodterms.followup.models import CustomerProfile, TimelineEvent
from tests.factories import make_customer, make_organisation, make_profile

pytestmark = pytest.mark.django_db


def test_an_override_keeps_who_when_and_why_beside_the_rules_own_answer(now: datetime) -> None:
    customer = make_customer(make_organisation())
    make_profile(customer, "forgetful")
    override_profile(
        customer.organisation, customer, "red_tape", reason="They need a PO.", actor="Robin Example", now=now
    )
    kept = CustomerProfile.objects.get()
    assert (kept.profile, kept.override_profile, kept.override_reason) == ("forgetful", "red_tape", "They need a PO.")
    assert (kept.override_by, kept.override_date) == ("Robin Example", now.date())
    assert TimelineEvent.objects.get().text == "Profile set to red tape by hand: They need a PO."
    customer.refresh_from_db()
    assert customer.facts_version == 2


def test_a_customer_never_decided_can_be_overruled_too(now: datetime) -> None:
    customer = make_customer(make_organisation())
    override_profile(customer.organisation, customer, "special_bond", reason="Founder's friend.", actor="R", now=now)
    assert CustomerProfile.objects.get().override_profile == "special_bond"


def test_removing_an_override_lets_the_rules_speak_again(now: datetime) -> None:
    customer = make_customer(make_organisation())
    make_profile(customer, "forgetful")
    override_profile(customer.organisation, customer, "chronic", reason="Always.", actor="R", now=now)
    remove_override(customer.organisation, customer, actor="R", now=now)
    kept = CustomerProfile.objects.get()
    assert (kept.profile, kept.override_profile, kept.override_reason) == ("forgetful", "", "")
    with pytest.raises(NothingToRemove):
        remove_override(customer.organisation, customer, actor="R", now=now)


def test_an_override_without_a_reason_or_with_an_unknown_profile_is_refused(now: datetime) -> None:
    customer = make_customer(make_organisation())
    with pytest.raises(OverrideWithoutReason):
        override_profile(customer.organisation, customer, "good", reason="  ", actor="R", now=now)
    with pytest.raises(UnknownProfile):
        override_profile(customer.organisation, customer, "crook", reason="I feel it", actor="R", now=now)
    assert not TimelineEvent.objects.exists()
