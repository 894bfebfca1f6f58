"""Letters for the printer: those that wait, the batches made so far, and one batch letter by letter."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import Http404

from goodterms.flows.print_batch import BATCHED
from goodterms.flows.record_proof import CHANNELS
from goodterms.followup.models import PostalProof, Task, TimelineEvent
from goodterms.ledger.models import Customer
from goodterms.organizations.models import Organisation
from goodterms.outbox.models import Effect
from goodterms.web.access import Visit
from goodterms.web.lists import Count, Slice, count_up_to, slice_rows

ORDER = ("-pk",)


@dataclass(frozen=True)
class BatchRow:
    """A batch: its name, its task, and how many letters it holds."""

    task: Task
    name: str
    letters: int


@dataclass(frozen=True)
class Letter:
    """A letter of a batch and whether it is in the post."""

    effect: Effect
    customer: Customer
    proof: PostalProof | None


def letters_waiting(organisation: Organisation) -> Count:
    """Letters that were written and are in no batch yet."""
    waiting = Effect.objects.filter(
        organisation=organisation,
        channel__in=CHANNELS,
        state=Effect.State.SENT,
        transport__endswith=" folder",
        postal_proof__isnull=True,
    )
    return count_up_to(waiting)


def list_batches(organisation: Organisation, cursor: str) -> Slice[BatchRow]:
    """A page of batches, the newest first."""
    page = slice_rows(_tasks(organisation), ORDER, cursor)
    names = [name_of(task) for task in page.rows]
    counts = _counts(organisation, names)
    rows = [BatchRow(task, name, counts.get(name, 0)) for task, name in zip(page.rows, names, strict=True)]
    return Slice(rows, page.next, page.previous)


def find_batch(visit: Visit, pk: int) -> Task:
    """The task of printing a batch; raises Http404 where the organisation has no such batch."""
    found = _tasks(visit.organisation).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def name_of(task: Task) -> str:
    """The batch that a task asks to print."""
    return task.key.removeprefix("print:")


def letters_of(organisation: Organisation, name: str) -> list[Letter]:
    """The batch's letters in the order of its pages, without their bytes."""
    keys = _events(organisation, [name]).values_list("effect_key", flat=True)
    effects = list(
        Effect.objects.filter(organisation=organisation, key__in=list(keys))
        .defer("content")
        .select_related("postal_proof")
        .order_by("customer_id", "pk")
    )
    customers = Customer.objects.in_bulk({effect.customer_id for effect in effects})
    return [Letter(one, customers[one.customer_id], getattr(one, "postal_proof", None)) for one in effects]


def _tasks(organisation: Organisation) -> "QuerySet[Task]":
    return Task.objects.filter(organisation=organisation, kind=Task.Kind.PRINT)


def _events(organisation: Organisation, names: Sequence[str]) -> "QuerySet[TimelineEvent]":
    return TimelineEvent.objects.filter(organisation=organisation, kind=BATCHED, data__batch__in=list(names))


def _counts(organisation: Organisation, names: Sequence[str]) -> dict[str, int]:
    found: dict[Any, int] = {}
    for name in _events(organisation, names).values_list("data__batch", flat=True):
        found[name] = found.get(name, 0) + 1
    return found
