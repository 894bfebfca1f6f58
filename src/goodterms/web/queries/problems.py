"""The list of data problems."""

from django.db.models import Q, QuerySet

from goodterms.ledger.models import DataProblem
from goodterms.organizations.models import Organisation

ORDERS = {"newest": ("-found_at", "-pk"), "oldest": ("found_at", "pk"), "file": ("file_name", "pk")}


def list_problems(organisation: Organisation, *, is_resolved: bool, code: str, words: str) -> "QuerySet[DataProblem]":
    """Problems still open, or those resolved."""
    problems = DataProblem.objects.filter(organisation=organisation, resolved_at__isnull=not is_resolved)
    if code:
        problems = problems.filter(code=code)
    if words:
        problems = problems.filter(
            Q(message__icontains=words)
            | Q(value__icontains=words)
            | Q(file_name__icontains=words)
            | Q(customer__name__icontains=words)
        )
    return problems.select_related("customer", "invoice")


def open_codes(organisation: Organisation) -> list[str]:
    """The kinds of problems that are open."""
    rows = DataProblem.objects.filter(organisation=organisation, resolved_at__isnull=True)
    return list(rows.order_by("code").values_list("code", flat=True).distinct())
