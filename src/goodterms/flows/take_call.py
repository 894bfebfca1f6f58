"""A caller takes the next call for themselves, so that no two people ring the same customer, or gives it back."""

from collections.abc import Sequence

from goodterms.followup.models import Task
from goodterms.organizations.models import Organisation


def take_call(organisation: Organisation, task: Task, *, caller: str) -> bool:
    """Take a call that is nobody's, or the caller's already; False when somebody else was quicker, or it is done."""
    open_task = Task.objects.filter(pk=task.pk, organisation=organisation, done_at__isnull=True)
    return bool(open_task.filter(owner__in=["", caller]).update(owner=caller))


def give_back(organisation: Organisation, task_ids: Sequence[int], *, caller: str) -> None:
    """Calls taken and not made are anybody's again."""
    own = Task.objects.filter(pk__in=task_ids, organisation=organisation, owner=caller, done_at__isnull=True)
    own.update(owner="")
