"""A person has done what a task asked, and says what came of it."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from goodterms.core.refusal import Refusal
from goodterms.flows.facts import raise_facts_version, write_timeline
from goodterms.followup.models import Task
from goodterms.organizations.models import Organisation

LONGEST_OUTCOME = 200


class TaskAlreadyDone(Refusal):
    """Someone else was quicker."""

    def __init__(self, task: Task) -> None:
        super().__init__(f"“{task.title}” was done by {task.done_by} already ({task.outcome or 'no outcome noted'}).")


class OutcomeMissing(Refusal):
    """A task was to be finished without saying what came of it."""

    def __init__(self) -> None:
        super().__init__("Say in a few words what came of it; the next decision and your colleagues rely on it.")


class ApprovedElsewhere(Refusal):
    """A task that asks for approval was to be ended with a word of one's own."""

    def __init__(self, task: Task) -> None:
        super().__init__(f"“{task.title}” ends when what it asks about is approved or withdrawn, in its own place.")


class EndsElsewhere(Refusal):
    """A task that ends with a deed of its own was to be ended with a word."""

    def __init__(self, task: Task, deed: str) -> None:
        super().__init__(f"“{task.title}” ends when {deed}, in its own place.")


DEEDS: Mapping[str, str] = {
    Task.Kind.UNCERTAIN: "somebody says what became of the message",
    Task.Kind.FAILED: "somebody says what becomes of the message",
    Task.Kind.REPLY: "somebody says what the answer means",
    Task.Kind.PRINT: "the batch is marked as printed",
}
"""What ends a task that holds something open behind it."""


@transaction.atomic
def finish_task(
    organisation: Organisation, task: Task, *, outcome: str, actor: str, now: datetime, note: str = ""
) -> None:
    """Mark the task done; the outcome stands in the customer's timeline.

    Raises OutcomeMissing, TaskAlreadyDone, ApprovedElsewhere or EndsElsewhere.
    """
    if task.kind == Task.Kind.APPROVAL:
        raise ApprovedElsewhere(task)
    if task.kind in DEEDS:
        raise EndsElsewhere(task, DEEDS[task.kind])
    said = outcome.strip()[:LONGEST_OUTCOME]
    if not said:
        raise OutcomeMissing
    open_task = Task.objects.filter(pk=task.pk, organisation=organisation, done_at__isnull=True)
    if not open_task.update(done_at=now, done_by=actor, outcome=said):
        task.refresh_from_db()
        raise TaskAlreadyDone(task)
    if task.customer is None:
        return
    raise_facts_version(organisation, task.customer)
    write_timeline(
        task.customer,
        "task_done",
        f"{task.title}: {said}." + (f" {note.strip()}" if note.strip() else ""),
        actor=actor,
        now=now,
        data={"task_id": task.pk, "kind": task.kind, "outcome": said},
    )
