"""Disputes that should have been resolved by now become tasks: part of the day's run."""

from collections import Counter
from datetime import date, datetime

from goodterms.flows.open_dispute import disputed_words
from goodterms.flows.read_agreed import Word, write_words
from goodterms.followup.models import Dispute, Task
from goodterms.organizations.models import Organisation


def find_overdue_disputes(organisation: Organisation, today: date, now: datetime) -> Counter[str]:
    """A task for each open dispute whose deadline is over and that has none yet, in the running transaction."""
    known = Task.objects.filter(organisation=organisation, kind=Task.Kind.DISPUTE_DUE).values_list("key", flat=True)
    late = Dispute.objects.filter(organisation=organisation, resolution="", due_date__lt=today)
    overdue = {f"dispute_due:{row.pk}": row for row in late.select_related("invoice").order_by("pk")}
    missing = overdue.keys() - set(known) if overdue else set()
    words = [_word(dispute) for key, dispute in overdue.items() if key in missing]
    write_words(organisation, words, today, now)
    return Counter(disputes_overdue=len(words)) if words else Counter()


def _word(dispute: Dispute) -> Word:
    return Word(
        customer_id=dispute.customer_id,
        invoice_id=dispute.invoice_id,
        kind="dispute_overdue",
        text=f"The dispute over {disputed_words(dispute)} was to be resolved by {dispute.due_date}.",
        data={"dispute_id": dispute.pk},
        task_kind=Task.Kind.DISPUTE_DUE,
        task_key=f"dispute_due:{dispute.pk}",
        task_title=f"Resolve the dispute over {disputed_words(dispute)}",
        owner=dispute.owner,
    )
