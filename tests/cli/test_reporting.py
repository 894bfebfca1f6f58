"""``goodterms report``: the list, tables, JSON, and files."""

import csv
from datetime import timedelta
from pathlib import Path

import pytest
from openpyxl import load_workbook

from goodterms.cli.context import today_of
from goodterms.ledger.models import Customer
from goodterms.reports.catalog import CATALOG
from tests.cli.conftest import Run
from tests.factories import make_customer, make_invoice, make_organisation

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer() -> Customer:
    made = make_customer(make_organisation(currency="GBP"), "C1", name="=1+1 Ltd")
    make_invoice(made, "R1", due=today_of(made.organisation) - timedelta(days=12), amount_minor=123_45)
    return made


def test_every_report_is_listed_and_answers(run: Run, customer: Customer) -> None:
    listed = run("report").output
    for name in CATALOG:
        assert name in listed
        answer = run("report", name, "--format", "json")
        assert answer.exit_code == 0, answer.errors
        assert answer.json["report"] == name
        assert answer.json["definition"]


def test_amounts_are_money_and_days_are_as_known_then(run: Run, customer: Customer) -> None:
    rows = run("report", "ageing", "--format", "json").json["tables"][0]["rows"]
    assert rows[1]["amount"] == {"amount_minor": 123_45, "currency": "GBP"}
    before = (today_of(customer.organisation) - timedelta(days=20)).isoformat()
    rows = run("report", "ageing", "--to", before, "--format", "json").json["tables"][0]["rows"]
    assert [rows[0]["amount"]["amount_minor"], rows[1]["amount"]["amount_minor"]] == [123_45, 0]
    assert "123.45 GBP" in run("report", "ageing").output


def test_files_hold_no_formula(run: Run, customer: Customer, tmp_path: Path) -> None:
    sheet, book = tmp_path / "debtors.csv", tmp_path / "debtors.xlsx"
    assert run("report", "debtors", "--format", "csv", "-o", sheet).exit_code == 0
    assert run("report", "debtors", "--format", "xlsx", "-o", book).exit_code == 0
    rows = list(csv.DictReader(sheet.read_text("utf-8-sig").splitlines()))
    assert rows[0]["Customer"] == "C1 =1+1 Ltd"
    sheets = load_workbook(book)
    assert sheets[sheets.sheetnames[0]]["A2"].data_type == "s"


def test_what_cannot_be_is_said(run: Run, customer: Customer) -> None:
    unknown = run("report", "nonsense")
    assert (unknown.exit_code, "there are: ageing" in unknown.errors) == (1, True)
    nowhere = run("report", "ageing", "--format", "csv")
    assert (nowhere.exit_code, "--output" in nowhere.errors) == (1, True)
    assert run("report", "ageing", "--format", "csv", "--table", "9", "-o", "x.csv").exit_code == 1
