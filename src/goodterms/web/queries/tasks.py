"""One task with all that a person needs to do it."""

from goodterms.followup.models import Task
from goodterms.outbox.models import Effect
from goodterms.web.access import Visit


def find_task(visit: Visit, pk: int) -> Task | None:
    """The task with its customer, or None where this person has no such task."""
    tasks = visit.limit(Task.objects.filter(organisation=visit.organisation, pk=pk))
    return tasks.select_related("customer__profile", "organisation").first()


def effect_of(task: Task) -> Effect | None:
    """The effect that a task is about: its key is the task's own, or stands in it behind the task's kind."""
    _, _, behind_kind = task.key.partition(":")
    effects = Effect.objects.filter(organisation_id=task.organisation_id, key__in=[task.key, behind_kind])
    return effects.select_related("touch", "message").first()
