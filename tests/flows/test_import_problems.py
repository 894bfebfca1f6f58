"""What could not be read is a list to work through; it does not stop the rest, and mending it takes it off."""

from datetime import date
from pathlib import Path

import pytest

from goodterms.flows.resolve_problem import resolve_problem
from goodterms.importers.refusals import NothingReadable
from goodterms.ledger.models import Customer, DataProblem, ImportBatch, Invoice
from goodterms.organizations.models import Organisation
from tests.conftest import NOW
from tests.factories import make_organisation
from tests.importing import invoices_of, problems_of, run_import, table, write

pytestmark = pytest.mark.django_db
HEADER = "Invoice Number,Customer,Invoice Date,Due Date,Currency,Total,Open Amount"
GOOD = "1,Example Ltd,2026-05-01,2026-06-01,EUR,10.00,10.00"


def load(
    organisation: Organisation, folder: Path, *rows: str, name: str = "list.csv", as_of: date = date(2026, 6, 30)
) -> None:
    run_import(organisation, write(folder, table(HEADER, *rows), name), as_of=as_of)


@pytest.mark.parametrize(
    ("row", "column", "code", "value"),
    [
        ("2,Example Ltd,2026-02-30,2026-06-01,EUR,10.00,10.00", "Invoice Date", "not_a_date", "2026-02-30"),
        ("2,Example Ltd,2026-05-01,soon,EUR,10.00,10.00", "Due Date", "not_a_date", "soon"),
        ("2,Example Ltd,,2026-06-01,EUR,10.00,10.00", "Invoice Date", "date_missing", ""),
        ("2,Example Ltd,2026-05-01,2026-06-01,ZZZ,10.00,10.00", "Currency", "unknown_currency", "ZZZ"),
        ("2,Example Ltd,2026-05-01,2026-06-01,,10.00,10.00", "Currency", "currency_missing", ""),
        ("2,Example Ltd,2026-05-01,2026-06-01,EUR,ten,10.00", "Total", "not_an_amount", "ten"),
        ("2,Example Ltd,2026-05-01,2026-06-01,EUR,10.005,10.00", "Total", "too_many_decimals", "10.005"),
        ("2,Example Ltd,2026-05-01,2026-06-01,EUR,10.00,", "Open Amount", "amount_missing", ""),
        ("2,Example Ltd,2026-05-01,2026-06-01,EUR,10.00,20.00", "Open Amount", "open_exceeds_amount", "20.00"),
        ("2,,2026-05-01,2026-06-01,EUR,10.00,10.00", "Customer", "customer_missing", ""),
        (",Example Ltd,2026-05-01,2026-06-01,EUR,10.00,10.00", "Invoice Number", "number_missing", ""),
        ("2,Example, Ltd,2026-05-01,2026-06-01,EUR,10.00,10.00", "(no heading)", "too_many_cells", "10.00"),
        (f"{'9' * 101},Example Ltd,2026-05-01,2026-06-01,EUR,10.00,10.00", "Invoice Number", "too_long", "9" * 101),
        (f"2,{'x' * 201},2026-05-01,2026-06-01,EUR,10.00,10.00", "Customer", "too_long", "x" * 200),
    ],
)
def test_a_bad_row_is_said_and_does_not_stop_the_good_one_one_bad_record(
    home: Path, row: str, column: str, code: str, value: str
) -> None:
    organisation = make_organisation()
    load(organisation, home, row, GOOD)
    assert invoices_of(organisation) == {"1": (1000, 1000)}
    assert list(Customer.objects.values_list("name", flat=True)) == ["Example Ltd"]
    problem = DataProblem.objects.get(code=code)
    assert (problem.file_name, problem.row, problem.column, problem.value) == ("list.csv", 2, column, value)
    assert problem.message.endswith(".")
    assert problem.remedy.endswith(".")
    assert problem.batch == ImportBatch.objects.get()


def test_an_overpaid_invoice_is_settled_and_said(home: Path) -> None:
    organisation = make_organisation()
    load(organisation, home, "2,Example Ltd,2026-05-01,2026-06-01,EUR,10.00,-3.00")
    assert invoices_of(organisation) == {"2": (1000, 0)}
    assert problems_of(organisation) == [("overpaid", 2)]


def test_a_repeated_row_counts_once_and_is_said(home: Path) -> None:
    organisation = make_organisation()
    load(organisation, home, GOOD, GOOD)
    assert invoices_of(organisation) == {"1": (1000, 1000)}
    assert problems_of(organisation) == [("duplicate_row", 3)]


def test_rows_that_contradict_each_other_are_both_left_out_last_row_wins(home: Path) -> None:
    organisation = make_organisation()
    load(
        organisation, home, GOOD.replace("10.00", "12.00"), GOOD, "3,Example Ltd,2026-05-01,2026-06-01,EUR,10.00,10.00"
    )
    assert invoices_of(organisation) == {"3": (1000, 1000)}
    assert [code for code, _ in problems_of(organisation)] == ["conflicting_rows"]


def test_a_corrected_file_takes_the_problem_off_the_list(home: Path) -> None:
    organisation = make_organisation()
    load(organisation, home, "2,Example Ltd,2026-02-30,2026-06-01,EUR,10.00,10.00", GOOD)
    load(organisation, home, "2,Example Ltd,2026-02-28,2026-06-01,EUR,10.00,10.00", GOOD, name="other.csv")
    assert DataProblem.objects.get().resolved_at == NOW
    assert set(invoices_of(organisation)) == {"1", "2"}


def test_the_same_problem_again_stays_one_row(home: Path) -> None:
    organisation = make_organisation()
    bad = "2,Example Ltd,2026-02-30,2026-06-01,EUR,10.00,10.00"
    load(organisation, home, bad, GOOD)
    load(organisation, home, GOOD, bad, name="next.csv", as_of=date(2026, 7, 1))
    problem = DataProblem.objects.get()
    assert (problem.file_name, problem.row, problem.resolved_at) == ("next.csv", 3, None)


def test_a_problem_marked_as_mended_comes_back_when_it_is_found_again(home: Path) -> None:
    organisation = make_organisation()
    bad = "2,Example Ltd,2026-02-30,2026-06-01,EUR,10.00,10.00"
    load(organisation, home, bad, GOOD)
    resolve_problem(organisation, DataProblem.objects.get().pk, NOW)
    load(organisation, home, bad, GOOD)
    assert problems_of(organisation) == [("not_a_date", 2)]


def test_a_problem_names_the_customer_it_belongs_to(home: Path) -> None:
    organisation = make_organisation()
    load(organisation, home, "2,Example Ltd,2026-02-30,2026-06-01,EUR,10.00,10.00", GOOD)
    assert DataProblem.objects.get().customer == Customer.objects.get()


def test_problems_of_one_organisation_are_not_mended_by_another(home: Path) -> None:
    organisation, other = make_organisation(), make_organisation(slug="other")
    load(organisation, home, "2,Example Ltd,2026-02-30,2026-06-01,EUR,10.00,10.00", GOOD)
    load(other, home, "2,Example Ltd,2026-02-28,2026-06-01,EUR,10.00,10.00", GOOD)
    assert problems_of(organisation) == [("not_a_date", 2)]


def test_a_file_of_bad_rows_only_is_refused_whole(home: Path) -> None:
    organisation = make_organisation()
    with pytest.raises(NothingReadable, match="row 2, Invoice Date"):
        load(organisation, home, "2,Example Ltd,2026-02-30,2026-06-01,EUR,10.00,10.00")
    assert not DataProblem.objects.exists()
    assert not Invoice.objects.exists()
