"""One task for a person under its key: found again it stays the same task."""

from datetime import date, datetime

from goodterms.followup.models import Task
from goodterms.ledger.models import Customer, Invoice

_TITLE_LENGTH = 200


def write_task(
    customer: Customer,
    *,
    kind: str,
    key: str,
    title: str,
    due: date,
    now: datetime,
    detail: str = "",
    owner: str = "",
    invoice: Invoice | None = None,
) -> Task:
    """The task of this key, made now unless it is there already (done or not)."""
    task, _ = Task.objects.get_or_create(
        organisation_id=customer.organisation_id,
        key=key,
        defaults={
            "customer": customer,
            "invoice": invoice,
            "owner": owner,
            "kind": kind,
            "title": title[:_TITLE_LENGTH],
            "detail": detail,
            "due_date": due,
            "created_at": now,
        },
    )
    return task


def close_task(customer: Customer, key: str, *, outcome: str, actor: str, now: datetime) -> None:
    """The open task of this key is done, since what it asked for has happened; without one nothing changes."""
    Task.objects.filter(organisation_id=customer.organisation_id, key=key, done_at__isnull=True).update(
        done_at=now, done_by=actor, outcome=outcome[:_TITLE_LENGTH]
    )
