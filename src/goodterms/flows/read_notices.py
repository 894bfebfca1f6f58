"""A person has read a notice, or all of them."""

from datetime import datetime

from django.db import transaction

from goodterms.followup.models import NoticeRead, NoticesRead, Task
from goodterms.organizations.models import Organisation, User


def read_notice(user: User, task: Task, now: datetime) -> None:
    """This person knows of the task; opened again later, it is news again."""
    NoticeRead.objects.update_or_create(user=user, task=task, defaults={"read_at": now})


@transaction.atomic
def read_all_notices(organisation: Organisation, user: User, now: datetime) -> None:
    """Everything up to now is read; single marks are no longer needed."""
    NoticesRead.objects.update_or_create(organisation=organisation, user=user, defaults={"read_until": now})
    NoticeRead.objects.filter(user=user, task__organisation=organisation).delete()
