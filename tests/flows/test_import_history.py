"""For every invoice and every day, what was open is the amount minus what was allocated by then."""

import tempfile
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from goodterms.ledger.models import Allocation, Invoice
from tests.factories import make_organisation
from tests.importing import run_import, table, write

pytestmark = pytest.mark.django_db
START = date(2026, 1, 31)
INVOICES = "Invoice Number,Customer Number,Invoice Date,Due Date,Currency,Total,Open Amount"
PAYMENTS = "Payment Date,Customer Number,Invoice Number,Amount,Currency,Reference,Status"
slow = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)

amounts = st.integers(1, 9_999_999)
shares = st.lists(st.floats(0, 1), min_size=1, max_size=4)


def money(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"


def open_on(invoice: Invoice, day: date) -> int:
    parts = Allocation.objects.filter(invoice=invoice, allocated_date__lte=day)
    return invoice.amount_minor - sum(parts.values_list("amount_minor", flat=True))


def import_lists(folder: Path, organisation: object, amount: int, rests: Sequence[int]) -> list[date]:
    days = [START + timedelta(days=30 * place) for place in range(len(rests))]
    for day, rest in zip(days, rests, strict=True):
        row = f"1,C1,2026-01-01,2026-01-31,EUR,{money(amount)},{money(rest)}"
        run_import(organisation, write(folder, table(INVOICES, row), f"{day}.csv"), as_of=day)  # type: ignore[arg-type]
    return days


@slow
@given(amount=amounts, parts=shares)
def test_each_list_is_found_again_on_its_day(amount: int, parts: list[float]) -> None:
    organisation = make_organisation(slug=f"history-{Invoice.objects.count()}-{amount}-{hash(tuple(parts)) & 0xFFFF}")
    rests = [round(amount * part) for part in parts]
    with tempfile.TemporaryDirectory() as folder:
        days = import_lists(Path(folder), organisation, amount, rests)
    invoice = Invoice.objects.get(organisation=organisation)
    assert [open_on(invoice, day) for day in days] == rests
    assert [open_on(invoice, day + timedelta(days=29)) for day in days] == rests
    assert open_on(invoice, START - timedelta(days=1)) == amount
    assert invoice.open_amount_minor == rests[-1]


@slow
@given(amount=amounts, parts=shares, paid=st.lists(st.tuples(st.integers(1, 150), st.floats(0.01, 1)), max_size=4))
def test_payments_change_when_money_went_but_never_make_it_negative(
    amount: int, parts: list[float], paid: list[tuple[int, float]]
) -> None:
    organisation = make_organisation(slug=f"paid-{Invoice.objects.count()}-{amount}-{hash(tuple(parts)) & 0xFFFF}")
    rests = sorted((round(amount * part) for part in parts), reverse=True)
    rows = [
        f"{START + timedelta(days=day)},C1,1,{money(max(1, round(amount * part)))},EUR,R{place},"
        for place, (day, part) in enumerate(paid)
    ]
    with tempfile.TemporaryDirectory() as folder:
        import_lists(Path(folder), organisation, amount, rests)
        before = Invoice.objects.get(organisation=organisation).open_amount_minor
        if rows:
            path = write(Path(folder), table(PAYMENTS, *rows), "payments.csv")
            run_import(organisation, path, as_of=START + timedelta(days=200))
            run_import(organisation, path, as_of=START + timedelta(days=201))
    invoice = Invoice.objects.get(organisation=organisation)
    assert 0 <= invoice.open_amount_minor <= before
    assert open_on(invoice, START + timedelta(days=400)) == invoice.open_amount_minor
    if invoice.settled_date:
        assert open_on(invoice, invoice.settled_date) == 0
