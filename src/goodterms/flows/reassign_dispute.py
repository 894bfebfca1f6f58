"""Somebody else looks after a dispute, or it gets another deadline."""

from datetime import date, datetime

from django.db import transaction

from goodterms.flows.facts import local_day, write_timeline
from goodterms.flows.open_dispute import DeadlineInThePast, disputed_words
from goodterms.flows.resolve_dispute import DisputeResolvedAlready
from goodterms.followup.models import Dispute, Task
from goodterms.organizations.models import Organisation


@transaction.atomic
def reassign_dispute(
    organisation: Organisation,
    dispute: Dispute,
    *,
    owner: str,
    due: date,
    actor: str,
    now: datetime,
) -> None:
    """Give the dispute to ``owner`` (empty: to nobody) and name the day by which it is to be resolved.

    A task that asks for it goes along. A deadline that stays as it was may be over; a new one may not. Raises
    DisputeResolvedAlready or DeadlineInThePast.
    """
    today = local_day(organisation, dispute.customer, now)
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    dispute.refresh_from_db()
    if dispute.resolution:
        raise DisputeResolvedAlready(dispute)
    if due != dispute.due_date and due < today:
        raise DeadlineInThePast(due, today)
    changes = _changes(dispute, owner, due)
    if not changes:
        return
    dispute.owner, dispute.due_date = owner, due
    dispute.save(update_fields=["owner", "due_date"])
    Task.objects.filter(organisation=organisation, key=f"dispute_due:{dispute.pk}", done_at__isnull=True).update(
        owner=owner
    )
    write_timeline(
        dispute.customer,
        "dispute_reassigned",
        f"Dispute over {disputed_words(dispute)}: {' and '.join(changes)}.",
        actor=actor,
        now=now,
        invoice=dispute.invoice,
        data={"dispute_id": dispute.pk, "owner": owner, "due_date": due.isoformat()},
    )


def _changes(dispute: Dispute, owner: str, due: date) -> list[str]:
    changes = []
    if owner != dispute.owner:
        changes.append(f"{owner} looks after it" if owner else "nobody in particular looks after it")
    if due != dispute.due_date:
        changes.append(f"to be resolved by {due} instead of {dispute.due_date}")
    return changes
