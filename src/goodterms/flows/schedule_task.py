"""A person puts a task off until a day, or gives it to a colleague."""

from datetime import date, datetime, timedelta

from django.db import transaction

from goodterms.core.refusal import Refusal
from goodterms.flows.facts import local_day, write_timeline
from goodterms.flows.finish_task import TaskAlreadyDone
from goodterms.followup.models import Task
from goodterms.organizations.models import Membership, Organisation

LONGEST_SNOOZE_DAYS = 90


class SnoozeOutOfRange(Refusal):
    """A task was to be put off to today, the past, or longer than anybody remembers it."""

    def __init__(self, today: date) -> None:
        first, last = today + timedelta(days=1), today + timedelta(days=LONGEST_SNOOZE_DAYS)
        super().__init__(f"Name a day from {first} to {last}; for longer, place a hold or finish the task.")


class NoSuchColleague(Refusal):
    """A task was to be given to somebody who cannot do it."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is no member of the organisation who may act; choose a colleague of the list.")


@transaction.atomic
def snooze_task(organisation: Organisation, task: Task, *, until: date, actor: str, now: datetime) -> None:
    """Put the open task off: it comes back on ``until``. Raises SnoozeOutOfRange or TaskAlreadyDone."""
    today = local_day(organisation, None, now)
    if not today < until <= today + timedelta(days=LONGEST_SNOOZE_DAYS):
        raise SnoozeOutOfRange(today)
    _change(organisation, task, due_date=until)
    if task.customer is not None:
        data = {"task_id": task.pk, "before": task.due_date.isoformat(), "after": until.isoformat()}
        text = f"{task.title}: put off until {until}."
        write_timeline(task.customer, "task_snoozed", text, actor=actor, now=now, data=data)


@transaction.atomic
def assign_task(organisation: Organisation, task: Task, *, owner: str, actor: str, now: datetime) -> None:
    """Give the open task to a colleague by name, or (empty) to anybody. Raises NoSuchColleague or TaskAlreadyDone."""
    if owner and owner not in colleagues_of(organisation):
        raise NoSuchColleague(owner)
    if owner == task.owner:
        return
    _change(organisation, task, owner=owner)
    if task.customer is not None:
        data = {"task_id": task.pk, "before": task.owner, "after": owner}
        text = f"{task.title}: given to {owner}." if owner else f"{task.title}: free for anybody."
        write_timeline(task.customer, "task_assigned", text, actor=actor, now=now, data=data)


def colleagues_of(organisation: Organisation) -> list[str]:
    """The names of the members who may act, as tasks name them."""
    members = Membership.objects.filter(organisation=organisation).exclude(role=Membership.Role.VIEWER)
    return sorted(str(member.user) for member in members.select_related("user"))


def _change(organisation: Organisation, task: Task, **values: object) -> None:
    open_task = Task.objects.filter(pk=task.pk, organisation=organisation, done_at__isnull=True)
    if not open_task.update(**values):
        task.refresh_from_db()
        raise TaskAlreadyDone(task)
