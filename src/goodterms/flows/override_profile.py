"""A person overrules a customer's profile with a reason, or takes that word back."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from goodterms.core.refusal import Refusal
from goodterms.flows.facts import local_day, raise_facts_version, write_timeline
from goodterms.followup.models import CustomerProfile
from goodterms.ledger.models import Customer
from goodterms.organizations.changes import write_change
from goodterms.organizations.models import Change, Organisation

PROFILES = (
    "good",
    "new",
    "forgetful",
    "red_tape",
    "bad_patch",
    "special_bond",
    "failing",
    "cannot_pay",
    "avoiding",
    "chronic",
)


class UnknownProfile(Refusal):
    """A profile's name is none of ours."""

    def __init__(self, profile: str) -> None:
        super().__init__(f"{profile!r} is no profile; use one of: {', '.join(PROFILES)}.")


class OverrideWithoutReason(Refusal):
    """A person's word against the rules must say why."""

    def __init__(self) -> None:
        super().__init__("Say why you overrule the profile; the reason is kept with your name and the date.")


class NothingToRemove(Refusal):
    """An override was to be removed and there is none."""

    def __init__(self, customer: Customer) -> None:
        super().__init__(f"The profile of {customer.name} is not overruled; there is nothing to remove.")


@transaction.atomic
def override_profile(
    organisation: Organisation, customer: Customer, profile: str, *, reason: str, actor: str, now: datetime
) -> None:
    """Set a person's word on why this customer is late; it holds until it is removed.

    Raises UnknownProfile or OverrideWithoutReason.
    """
    if profile not in PROFILES:
        raise UnknownProfile(profile)
    if not reason.strip():
        raise OverrideWithoutReason
    today = local_day(organisation, customer, now)
    word = {
        "override_profile": profile,
        "override_reason": reason.strip(),
        "override_by": actor,
        "override_date": today,
    }
    undecided = {
        "organisation": organisation,
        "profile": "",
        "profile_rule": "",
        "profile_evidence": "{}",
        "verdict": "",
        "verdict_rule": "",
        "verdict_evidence": "{}",
        "policy_hash": "",
        "changed_date": today,
    }
    before = CustomerProfile.objects.filter(customer=customer).values("override_profile", "override_reason").first()
    CustomerProfile.objects.update_or_create(customer=customer, defaults=word, create_defaults={**undecided, **word})
    raise_facts_version(organisation, customer)
    name = profile.replace("_", " ")
    text = f"Profile set to {name} by hand: {reason.strip()}"
    write_timeline(customer, "profile_overridden", text, actor=actor, now=now, data={"profile": profile})
    after = {"override_profile": profile, "override_reason": reason.strip()}
    _write_change(organisation, customer, before or dict.fromkeys(after, ""), after, actor, now)


@transaction.atomic
def remove_override(organisation: Organisation, customer: Customer, *, actor: str, now: datetime) -> None:
    """Let the rules speak again. Raises NothingToRemove."""
    kept = CustomerProfile.objects.filter(customer=customer).exclude(override_profile="")
    before = kept.values("override_profile", "override_reason").first()
    if before is None or not kept.update(override_profile="", override_reason="", override_by="", override_date=None):
        raise NothingToRemove(customer)
    raise_facts_version(organisation, customer)
    write_timeline(customer, "override_removed", "Profile left to the rules again.", actor=actor, now=now)
    _write_change(organisation, customer, before, dict.fromkeys(before, ""), actor, now)


def _write_change(
    organisation: Organisation,
    customer: Customer,
    before: Mapping[str, object],
    after: Mapping[str, object],
    actor: str,
    now: datetime,
) -> None:
    write_change(
        organisation,
        Change.Kind.PROFILE,
        customer.name,
        before=before,
        after=after,
        actor=actor,
        now=now,
        key=customer.pk,
        customer_id=customer.pk,
    )
