"""A task for a person, one row per key: asked for again it stays that row, opened anew only where it should be."""

from datetime import date, datetime, timedelta

from goodterms.core.calendar import next_business_day
from goodterms.flows.facts import local_day
from goodterms.followup.models import CustomerProfile, Task
from goodterms.ledger.models import Customer, Invoice
from goodterms.organizations.models import Organisation

TITLE_LIMIT = 200


def ask_person(
    organisation: Organisation,
    customer: Customer,
    kind: Task.Kind,
    key: str,
    title: str,
    *,
    now: datetime,
    detail: str = "",
    due: date | None = None,
    owner: str | None = None,
    invoice: Invoice | None = None,
    reopens: bool = True,
) -> Task:
    """Open the task of this ``key``, due on the next working day unless told otherwise; inside the flow's transaction.

    Asked for again it is stated anew, and opened again where it was done; without ``reopens`` the one that is there
    stays as it is, done or not. Without ``owner`` a special bond's tasks belong to its relationship owner, the others
    to anybody.
    """
    asked = {
        "customer": customer,
        "invoice": invoice,
        "owner": task_owner(customer) if owner is None else owner,
        "kind": kind,
        "title": title[:TITLE_LIMIT],
        "detail": detail,
        "due_date": due or working_day_after(organisation, now),
        "created_at": now,
    }
    if not reopens:
        return Task.objects.get_or_create(organisation=organisation, key=key, defaults=asked)[0]
    task, _ = Task.objects.update_or_create(
        organisation=organisation, key=key, defaults=asked | {"done_at": None, "done_by": "", "outcome": ""}
    )
    return task


def close_task(customer: Customer, key: str, *, outcome: str, actor: str, now: datetime) -> None:
    """The open task of this key is done, since what it asked for has happened; without one nothing changes."""
    Task.objects.filter(organisation_id=customer.organisation_id, key=key, done_at__isnull=True).update(
        done_at=now, done_by=actor, outcome=outcome[:TITLE_LIMIT]
    )


def task_owner(customer: Customer) -> str:
    """Who looks after this customer's matters: the relationship owner of a special bond, else anybody."""
    is_bond = customer.is_protected or is_special_bond(customer)
    return customer.relationship_owner if is_bond else ""


def is_special_bond(customer: Customer) -> bool:
    """Whether a person has said that it is one."""
    return CustomerProfile.objects.filter(customer=customer, override_profile="special_bond").exists()


def working_day_after(organisation: Organisation, now: datetime) -> date:
    """The organisation's next working day after its today."""
    return next_business_day(organisation.country, local_day(organisation, None, now) + timedelta(days=1))
