"""One task with all that a person needs to do it."""

from goodterms.followup.models import Task
from goodterms.organizations.models import Organisation
from goodterms.outbox.models import Effect


def find_task(organisation: Organisation, pk: int) -> Task | None:
    """The task with its customer, or None where the organisation has no such task."""
    tasks = Task.objects.filter(organisation=organisation).select_related("customer__profile")
    return tasks.filter(pk=pk).first()


def effect_of(task: Task) -> Effect | None:
    """The effect that a task is about: its key is the task's own, or stands in it behind the task's kind."""
    _, _, behind_kind = task.key.partition(":")
    effects = Effect.objects.filter(organisation_id=task.organisation_id, key__in=[task.key, behind_kind])
    return effects.select_related("touch", "message").first()
