"""What the tests of imports share: the public sample files, a short way to import, and what must always hold."""

import os
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db.models import Sum

from goodterms.flows.import_ledger import ImportResult, import_path
from goodterms.importers.layouts import check_mapping
from goodterms.importers.reading import Wishes
from goodterms.ledger.models import Allocation, Customer, DataProblem, Invoice, Payment
from goodterms.organizations.models import Organisation
from tests.conftest import NOW

SAMPLES = Path(__file__).resolve().parents[2] / "shared" / "data"
TODAY = date(2026, 7, 5)


def sample(name: str) -> Path:
    """A public sample file; the test is skipped where the samples are not."""
    path = SAMPLES / name
    if not path.exists():
        leave = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        leave(f"the sample {name} is not on this machine")
    return path


def write(folder: Path, text: str | bytes, name: str = "invoices.csv") -> Path:
    """A file with this content."""
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def run_import(
    organisation: Organisation,
    path: Path,
    *,
    as_of: date | None = None,
    complete: bool = False,
    dry_run: bool = False,
    today: date = TODAY,
    now: datetime = NOW,
    **mapping: Any,
) -> ImportResult:
    """Import one file and check that the ledger holds together."""
    wishes = Wishes(check_mapping("mapping", mapping), as_of)
    today = max(today, as_of or today)
    result, *_ = import_path(
        organisation.pk, path, wishes, now=now, today=today, is_complete=complete, is_dry_run=dry_run
    )
    assert_ledger_holds_together(organisation)
    return result


def assert_ledger_holds_together(organisation: Organisation) -> None:
    """What is open is the amount minus its allocations, on account what payments leave; settled means nothing open."""
    taken = dict(
        Allocation.objects.filter(organisation=organisation).values_list("invoice").annotate(Sum("amount_minor"))
    )
    used = dict(
        Allocation.objects.filter(organisation=organisation, payment__isnull=False)
        .values_list("payment")
        .annotate(Sum("amount_minor"))
    )
    for invoice in Invoice.objects.filter(organisation=organisation):
        assert invoice.open_amount_minor == invoice.amount_minor - taken.get(invoice.pk, 0), invoice
        is_settled = invoice.open_amount_minor == 0 and invoice.status == "posted"
        assert (invoice.settled_date is not None) == is_settled, invoice
    for payment in Payment.objects.filter(organisation=organisation):
        rest = 0 if payment.returned_date else payment.amount_minor - used.get(payment.pk, 0)
        assert payment.unallocated_minor == rest, payment


def invoices_of(organisation: Organisation) -> dict[str, tuple[int, int]]:
    """Amount and open amount by number."""
    rows = Invoice.objects.filter(organisation=organisation).order_by("number")
    return {row.number: (row.amount_minor, row.open_amount_minor) for row in rows}


def problems_of(organisation: Organisation) -> list[tuple[str, int | None]]:
    """Code and row of the open problems."""
    rows = DataProblem.objects.filter(organisation=organisation, resolved_at__isnull=True)
    return sorted(rows.values_list("code", "row"))


def versions_of(organisation: Organisation) -> dict[str, int]:
    """The customers' facts versions."""
    return dict(Customer.objects.filter(organisation=organisation).values_list("number", "facts_version"))


def table(header: str, *rows: Iterable[object] | str) -> str:
    """A CSV text from its header and rows."""
    lines = [row if isinstance(row, str) else ",".join(str(cell) for cell in row) for row in rows]
    return "\n".join([header, *lines]) + "\n"
