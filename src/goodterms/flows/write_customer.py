"""A person corrects what is known of a customer beside the ledger: whose it is, where it is, how it is spoken to."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import transaction

from goodterms.core.refusal import Refusal
from goodterms.flows.facts import raise_facts_version, write_timeline
from goodterms.ledger.models import Customer
from goodterms.organizations.changes import write_change
from goodterms.organizations.models import Change, Organisation
from goodterms.organizations.values import check_email, check_language, check_timezone

WORDS = {
    "is_protected": "special bond",
    "relationship_owner": "relationship owner",
    "relationship_owner_email": "their address",
    "language": "language",
    "timezone": "time zone",
    "region": "region",
    "postal_address": "postal address",
}

CHECKS: dict[str, Callable[[str], str]] = {
    "relationship_owner_email": check_email,
    "language": check_language,
    "timezone": check_timezone,
    "region": str.upper,
}


class OwnerMissing(Refusal):
    """A special bond without somebody who keeps it."""

    def __init__(self) -> None:
        super().__init__("A special bond needs a relationship owner: the person who speaks with this customer.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Particulars:
    """What a person may say of a customer; the rest is the accounting program's."""

    is_protected: bool = False
    relationship_owner: str = ""
    relationship_owner_email: str = ""
    language: str = ""
    timezone: str = ""
    region: str = ""
    postal_address: str = ""


@transaction.atomic
def write_customer(
    organisation: Organisation, customer: Customer, given: Particulars, *, actor: str, now: datetime
) -> bool:
    """Keep what differs, with before and after in the timeline; whether anything did.

    Another postal address clears the mark that a letter came back. Raises OwnerMissing, or UnusableValue for
    an e-mail address, language or time zone that cannot be one.
    """
    values = {name: _checked(name, value) for name, value in asdict(given).items()}
    if values["is_protected"] and not values["relationship_owner"]:
        raise OwnerMissing
    current = Customer.objects.select_for_update().get(pk=customer.pk, organisation=organisation)
    changed = {
        name: (getattr(current, name), value) for name, value in values.items() if getattr(current, name) != value
    }
    if not changed:
        return False
    for name, (_, value) in changed.items():
        setattr(current, name, value)
    if "postal_address" in changed:
        current.post_failed_at = None
    current.save(update_fields=[*changed, "post_failed_at"])
    raise_facts_version(organisation, current)
    said = "; ".join(f"{WORDS[name]} {_show(old)} → {_show(new)}" for name, (old, new) in changed.items())
    data = {name: {"before": old, "after": new} for name, (old, new) in changed.items()}
    write_timeline(current, "customer_corrected", f"Corrected: {said}.", actor=actor, now=now, data=data)
    write_change(
        organisation,
        Change.Kind.CUSTOMER,
        current.name,
        before={name: old for name, (old, _) in changed.items()},
        after={name: new for name, (_, new) in changed.items()},
        actor=actor,
        now=now,
        key=current.pk,
        customer_id=current.pk,
    )
    return True


def _checked(name: str, value: bool | str) -> bool | str:
    """The value without empty lines and spaces around; raises UnusableValue."""
    if isinstance(value, bool):
        return value
    tidy = "\n".join(line.strip() for line in value.strip().splitlines() if line.strip())
    return CHECKS[name](tidy) if tidy and name in CHECKS else tidy


def _show(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(str(value).splitlines()) or "nothing"
