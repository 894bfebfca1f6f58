"""Certified letters whose proof is overdue become tasks, every day."""

from datetime import date, datetime, timedelta

from django.db.models import Q

from goodterms.flows.record_proof import posting_key, receipt_key
from goodterms.followup.models import Task
from goodterms.ledger.models import Customer
from goodterms.organizations.models import Organisation
from goodterms.outbox.models import Effect

POSTING_DAYS = 3
RECEIPT_DAYS = 14
# A letter older than this was asked for long ago; the outbox is not searched through for it every day.
ASKED_FOR_DAYS = 180
_LETTER = (
    *("pk", "customer_id", "finished_at", "recipient"),
    *("postal_proof__sending_number", "postal_proof__posted_date"),
)


def check_proofs(organisation: Organisation, today: date, now: datetime) -> int:
    """Ask for the posting of certified letters written more than three days ago, and for the receipt of those posted
    more than two weeks ago; a letter that came back needs neither. Within the caller's transaction. Returns the new
    tasks.
    """
    certified = Effect.objects.filter(
        organisation=organisation,
        channel="certified",
        state=Effect.State.SENT,
        not_before__gte=now - timedelta(days=ASKED_FOR_DAYS),
    )
    open_ones = certified.filter(
        Q(postal_proof__isnull=True)
        | Q(postal_proof__received_date__isnull=True, postal_proof__returned_date__isnull=True)
    )
    rows = list(open_ones.order_by("pk").values_list(*_LETTER))
    names = dict(Customer.objects.filter(pk__in={row[1] for row in rows}).values_list("pk", "name"))
    tasks = []
    for pk, customer_id, written, recipient, number, posted in rows:
        asked = _ask(pk, names.get(customer_id, ""), written.date(), number or "", posted, today)
        if asked is None:
            continue
        key, title = asked
        detail = f"It was written on {written.date()} to {recipient}" + (
            f", sending number {number}." if number else "."
        )
        tasks.append(
            Task(
                organisation=organisation,
                customer_id=customer_id,
                kind=Task.Kind.PROOF_OVERDUE,
                key=key,
                title=title[:200],
                detail=detail,
                due_date=today,
                created_at=now,
            )
        )
    known = set(
        Task.objects.filter(organisation=organisation, key__in=[task.key for task in tasks]).values_list(
            "key", flat=True
        )
    )
    new = [task for task in tasks if task.key not in known]
    Task.objects.bulk_create(new)
    return len(new)


def _ask(
    effect_id: int, name: str, written: date, number: str, posted: date | None, today: date
) -> tuple[str, str] | None:
    """The task's key and title, when a proof is overdue."""
    if posted is None or not number:
        is_late = today > written + timedelta(days=POSTING_DAYS)
        return (posting_key(effect_id), f"Proof of posting missing: certified letter to {name}") if is_late else None
    is_late = today > posted + timedelta(days=RECEIPT_DAYS)
    return (receipt_key(effect_id), f"Signed receipt missing: certified letter to {name}") if is_late else None
