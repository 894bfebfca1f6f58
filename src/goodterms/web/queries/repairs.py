"""What is to be mended in place: contacts nobody reaches, and messages of which nobody knows whether they left."""

from dataclasses import dataclass

from django.db.models import QuerySet

from goodterms.followup.models import Task
from goodterms.ledger.models import Contact
from goodterms.outbox.models import Effect
from goodterms.web.access import Visit
from goodterms.web.lists import Slice, slice_rows
from goodterms.web.queries.work import SORTS

CONTACT_KINDS = (Task.Kind.CONTACT_MISSING, Task.Kind.CONTACT_REPAIR)
SETTLED_KINDS = (Task.Kind.UNCERTAIN, Task.Kind.FAILED)
ROWS = 10


@dataclass(frozen=True)
class Repair:
    """A task that asks for a contact, and the contacts on file; ``contact`` is the one that failed, if one did."""

    task: Task
    contact: Contact | None
    contacts: list[Contact]


@dataclass(frozen=True)
class Unsettled:
    """A task that asks what became of a message, and the message's effect."""

    task: Task
    effect: Effect | None


def open_repairs(visit: Visit) -> "QuerySet[Task]":
    """Open tasks that ask for a contact."""
    return _open(visit, CONTACT_KINDS).filter(customer__isnull=False)


def open_questions(visit: Visit) -> "QuerySet[Task]":
    """Open tasks that ask what became of a message."""
    return _open(visit, SETTLED_KINDS)


def slice_repairs(tasks: "QuerySet[Task]", cursor: str) -> Slice[Repair]:
    """A page of repairs with the customers' contacts, in two queries."""
    page = slice_rows(tasks.select_related("customer__profile"), SORTS["rank"], cursor, ROWS)
    contacts: dict[int, list[Contact]] = {}
    ids = [task.customer_id for task in page.rows if task.customer_id]
    for contact in Contact.objects.filter(customer_id__in=ids).order_by("pk"):
        contacts.setdefault(contact.customer_id, []).append(contact)
    rows = [_repair(task, contacts.get(task.customer_id or 0, [])) for task in page.rows]
    return Slice(rows, page.next, page.previous)


def repair_of(task: Task) -> Repair:
    """One repair."""
    return _repair(task, list(task.customer.contacts.order_by("pk")) if task.customer else [])


def slice_questions(visit: Visit, tasks: "QuerySet[Task]", cursor: str) -> Slice[Unsettled]:
    """A page of messages to settle, with their effects, in two queries."""
    page = slice_rows(tasks.select_related("customer"), SORTS["rank"], cursor, ROWS)
    keys = {task.key.partition(":")[2]: task.pk for task in page.rows}
    effects = Effect.objects.filter(organisation=visit.organisation, key__in=keys)
    found = {effect.key: effect for effect in effects.select_related("touch").defer("content")}
    rows = [Unsettled(task, found.get(task.key.partition(":")[2])) for task in page.rows]
    return Slice(rows, page.next, page.previous)


def _open(visit: Visit, kinds: tuple[Task.Kind, ...]) -> "QuerySet[Task]":
    tasks = Task.objects.filter(organisation=visit.organisation, done_at__isnull=True, kind__in=kinds)
    return visit.limit(tasks.filter(due_date__lte=visit.today))


def _repair(task: Task, contacts: list[Contact]) -> Repair:
    """The failed contact is named in the task's key; else the one whose address or number is known to fail."""
    numbers = [int(part) for part in task.key.split(":") if part.isdecimal()]
    failed = [one for one in contacts if one.email_failed_at or one.phone_failed_at]
    named = [one for one in contacts if one.pk in numbers]
    wanted = [one for one in named if one in failed] or failed or named
    is_repair = task.kind == Task.Kind.CONTACT_REPAIR
    return Repair(task, wanted[0] if is_repair and wanted else None, contacts)
