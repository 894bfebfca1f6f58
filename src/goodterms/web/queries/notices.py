"""Notices: what came up and needs this person, read or not."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from goodterms.followup.models import NoticeRead, NoticesRead, Task
from goodterms.followup.models.work import NOTICED_KINDS
from goodterms.outbox.models import Effect
from goodterms.web.access import Visit
from goodterms.web.lists import Count, Slice, count_up_to, slice_rows

ORDER = ("-created_at", "-pk")


@dataclass
class Notice:
    """A task that came up, and whether this person has seen it."""

    task: Task
    is_read: bool


@dataclass(frozen=True)
class Notices:
    """One page of notices, and how many messages wait for approval."""

    slice: Slice[Notice]
    waiting: Count


def count_unread(visit: Visit, limit: int) -> Count:
    """How many notices this person has not read; two queries, the second over the index of notices alone."""
    return count_up_to(_unread(visit, _noticed(visit)), limit)


def list_notices(visit: Visit, cursor: str, *, is_unread_only: bool) -> Notices:
    """A page of notices, the newest first; what waits for approval is one number beside them."""
    tasks = _noticed(visit)
    if is_unread_only:
        tasks = _unread(visit, tasks)
    page = slice_rows(tasks.select_related("customer"), ORDER, cursor)
    until = _read_until(visit)
    ids = [task.pk for task in page.rows]
    marks = dict(NoticeRead.objects.filter(user=visit.user, task_id__in=ids).values_list("task_id", "read_at"))
    rows = [Notice(task, _is_read(task, until, marks.get(task.pk))) for task in page.rows]
    waiting = Effect.objects.filter(organisation=visit.organisation, state=Effect.State.WAITING)
    return Notices(Slice(rows, page.next, page.previous), count_up_to(visit.limit(waiting)))


def find_noticed(visit: Visit, pk: int) -> Task | None:
    """The task behind a notice, open or done; None where this person has none of that id."""
    return visit.limit(Task.objects.filter(organisation=visit.organisation, pk=pk)).first()


def _noticed(visit: Visit) -> "QuerySet[Task]":
    """Open tasks of the kinds that are told at once, this person's or anybody's."""
    tasks = Task.objects.filter(
        organisation=visit.organisation,
        done_at__isnull=True,
        kind__in=NOTICED_KINDS,
        owner__in=["", visit.actor],
    )
    return visit.limit(tasks)


def _unread(visit: Visit, tasks: "QuerySet[Task]") -> "QuerySet[Task]":
    until = _read_until(visit)
    if until is not None:
        tasks = tasks.filter(created_at__gt=until)
    read_one = NoticeRead.objects.filter(task=OuterRef("pk"), user=visit.user, read_at__gte=OuterRef("created_at"))
    return tasks.filter(~Q(Exists(read_one)))


def _read_until(visit: Visit) -> datetime | None:
    read = NoticesRead.objects.filter(organisation=visit.organisation, user=visit.user)
    return read.values_list("read_until", flat=True).first()


def _is_read(task: Task, until: datetime | None, marked_at: datetime | None) -> bool:
    return any(moment is not None and moment >= task.created_at for moment in (until, marked_at))
