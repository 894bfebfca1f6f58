"""One deed on many tasks or messages at once: first tried and undone, to show what would happen, then done."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import partial
from typing import Generic, TypeVar

from django.db import transaction
from django.db.models import Model

from goodterms.core.refusal import Refusal
from goodterms.flows.approve_effect import approve_effect, refuse_effect
from goodterms.flows.finish_task import finish_task
from goodterms.flows.place_hold import place_hold
from goodterms.flows.schedule_task import assign_task, snooze_task
from goodterms.followup.models import Task
from goodterms.organizations.models import Organisation
from goodterms.outbox.models import Effect

MOST_AT_ONCE = 200
Row = TypeVar("Row", bound=Model)


class TooManyAtOnce(Refusal):
    """More rows were chosen than anybody reads through."""

    def __init__(self, count: int) -> None:
        super().__init__(f"{count} were chosen; at most {MOST_AT_ONCE} go at once. Choose fewer, then the next ones.")


class NothingChosen(Refusal):
    """A deed was asked for without a row to do it on."""

    def __init__(self) -> None:
        super().__init__("Nothing was chosen; tick the rows first.")


class NobodyToHold(Refusal):
    """A task that is about no customer was to be put on hold."""

    def __init__(self) -> None:
        super().__init__("This task is about no customer; there is nobody to pause.")


class DeedKind(StrEnum):
    """What may be done to many at once."""

    SNOOZE = "snooze"
    ASSIGN = "assign"
    HOLD = "hold"
    FINISH = "finish"
    APPROVE = "approve"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Deed:
    """One deed with its particulars: the day, the colleague, the reason or outcome, a note."""

    kind: DeedKind
    until: date | None = None
    owner: str = ""
    reason: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Outcome(Generic[Row]):
    """What became, or would become, of one row; ``refusal`` says why nothing does."""

    row: Row
    refusal: str = ""
    is_repeated: bool = False
    """The customer of this task is paused by another row of the same list already."""


class _Undo(Exception):
    """Ends a trial."""


def try_in_bulk(
    organisation: Organisation, deed: Deed, rows: Sequence[Row], *, actor: str, now: datetime
) -> list[Outcome[Row]]:
    """What ``do_in_bulk`` would do just now; everything is undone. Raises TooManyAtOnce or NothingChosen."""
    outcomes: list[Outcome[Row]] = []
    try:
        with transaction.atomic():
            outcomes = do_in_bulk(organisation, deed, rows, actor=actor, now=now)
            raise _Undo
    except _Undo:
        return outcomes


@transaction.atomic
def do_in_bulk(
    organisation: Organisation, deed: Deed, rows: Sequence[Row], *, actor: str, now: datetime
) -> list[Outcome[Row]]:
    """Do the deed on every row; one that is refused leaves the others alone. Raises TooManyAtOnce or NothingChosen."""
    if not rows:
        raise NothingChosen
    if len(rows) > MOST_AT_ONCE:
        raise TooManyAtOnce(len(rows))
    paused: set[int] = set()
    return [_do_one(row, partial(_act, organisation, deed, row, paused, actor, now)) for row in rows]


def _do_one(row: Row, act: Callable[[], bool]) -> Outcome[Row]:
    try:
        with transaction.atomic():
            return Outcome(row, is_repeated=not act())
    except Refusal as refusal:
        return Outcome(row, str(refusal))


def _act(organisation: Organisation, deed: Deed, row: Model, paused: set[int], actor: str, now: datetime) -> bool:
    """Do it on one row; False where there was nothing left to do."""
    if isinstance(row, Effect):
        if deed.kind is DeedKind.APPROVE:
            approve_effect(organisation, row, actor=actor, now=now)
        else:
            refuse_effect(organisation, row, reason=deed.reason, actor=actor, now=now)
        return True
    assert isinstance(row, Task)
    if deed.kind is DeedKind.HOLD:
        return _hold(organisation, deed, row, paused, actor, now)
    if deed.kind is DeedKind.SNOOZE and deed.until is not None:
        snooze_task(organisation, row, until=deed.until, actor=actor, now=now)
    elif deed.kind is DeedKind.ASSIGN:
        assign_task(organisation, row, owner=deed.owner, actor=actor, now=now)
    else:
        finish_task(organisation, row, outcome=deed.reason, note=deed.note, actor=actor, now=now)
    return True


def _hold(organisation: Organisation, deed: Deed, task: Task, paused: set[int], actor: str, now: datetime) -> bool:
    if task.customer is None or deed.until is None:
        raise NobodyToHold
    if task.customer.pk in paused:
        return False
    place_hold(organisation, task.customer, until=deed.until, reason=deed.reason, note=deed.note, actor=actor, now=now)
    paused.add(task.customer.pk)
    return True
