"""A person says that a data problem is mended, or that it is not after all."""

from datetime import datetime

from django.db import transaction

from goodterms.core.refusal import Refusal
from goodterms.ledger.models import DataProblem
from goodterms.organizations.models import Organisation


class NoSuchOpenProblem(Refusal):
    """A problem to be marked as mended was marked before."""

    def __init__(self) -> None:
        super().__init__("This problem was marked as mended already; nothing is left to do.")


class NoSuchMendedProblem(Refusal):
    """A problem to be opened again is open."""

    def __init__(self) -> None:
        super().__init__("This problem is open already.")


@transaction.atomic
def resolve_problem(organisation: Organisation, problem_id: int, now: datetime) -> None:
    """Take the problem off the list; an import that finds it again puts it back. Raises NoSuchOpenProblem."""
    rows = DataProblem.objects.filter(organisation=organisation, pk=problem_id, resolved_at__isnull=True)
    if not rows.update(resolved_at=now):
        raise NoSuchOpenProblem


@transaction.atomic
def reopen_problem(organisation: Organisation, problem_id: int) -> None:
    """Put the problem back on the list. Raises NoSuchMendedProblem."""
    rows = DataProblem.objects.filter(organisation=organisation, pk=problem_id, resolved_at__isnull=False)
    if not rows.update(resolved_at=None):
        raise NoSuchMendedProblem
