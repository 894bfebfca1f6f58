"""What every flow about a customer does beside its own work: raise the facts version, write the timeline."""

from datetime import date, datetime
from typing import Any

from django.db.models import F

from goodterms.core.calendar import find_zone
from goodterms.followup.models import TimelineEvent
from goodterms.ledger.models import Customer, Invoice
from goodterms.organizations.models import Organisation


def local_day(organisation: Organisation, customer: Customer | None, now: datetime) -> date:
    """The customer's own calendar day at ``now``; the organisation's where the customer's time zone is unknown."""
    own = customer.timezone if customer else ""
    return now.astimezone(find_zone(own, organisation.timezone)).date()


def raise_facts_version(organisation: Organisation, customer: Customer | None) -> None:
    """Tell the next decision and the gate that something changed: about this customer, or (None) about everyone."""
    if customer is None:
        Organisation.objects.filter(pk=organisation.pk).update(facts_version=F("facts_version") + 1)
        return
    Customer.objects.filter(pk=customer.pk).update(facts_version=F("facts_version") + 1)


def write_timeline(
    customer: Customer,
    kind: str,
    text: str,
    *,
    actor: str,
    now: datetime,
    invoice: Invoice | None = None,
    effect_key: str = "",
    data: dict[str, Any] | None = None,
) -> None:
    """Add one line to the customer's timeline; lines are only ever added."""
    TimelineEvent.objects.create(
        organisation_id=customer.organisation_id,
        customer=customer,
        invoice=invoice,
        effect_key=effect_key,
        at=now,
        kind=kind,
        text=text,
        data=data or {},
        actor=actor,
    )
