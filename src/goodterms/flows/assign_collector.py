"""Customers are given to the colleague who serves them."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from goodterms.ledger.models import Customer
from goodterms.organizations.changes import write_change
from goodterms.organizations.models import Change, Membership, Organisation


@transaction.atomic
def assign_collector(
    organisation: Organisation,
    customers: Sequence[Customer],
    collector: Membership | None,
    *,
    actor: str,
    now: datetime,
) -> int:
    """Make ``collector`` (None: nobody) the one who serves these customers of the organisation.

    Gives the number of customers for whom that is new. Who serves a customer is no fact about when and how it is
    written to, so the facts version stays.
    """
    if collector is not None and collector.organisation_id != organisation.pk:
        raise ValueError("the collector belongs to another organisation")
    ids = [customer.pk for customer in customers]
    rows = Customer.objects.filter(organisation=organisation, pk__in=ids).select_related("collector__user")
    new = str(collector.user) if collector else None
    changed = [row for row in rows if row.collector_id != (collector.pk if collector else None)]
    for row in changed:
        was = str(row.collector.user) if row.collector else None
        write_change(
            organisation,
            Change.Kind.CUSTOMER,
            row.name,
            before={"collector": was},
            after={"collector": new},
            actor=actor,
            now=now,
            key=row.pk,
            customer_id=row.pk,
        )
    Customer.objects.filter(pk__in=[row.pk for row in changed]).update(collector=collector)
    return len(changed)
