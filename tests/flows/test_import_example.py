"""The example ledger goes through the ordinary importer, blemishes and all, and comes out as it was invented."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from goodterms.flows.import_ledger import import_path
from goodterms.importers.example import generate, write_csv
from goodterms.importers.reading import Wishes
from goodterms.ledger.models import Allocation, Contact, Customer, DataProblem, Invoice, Payment
from goodterms.organizations.models import Organisation
from tests.conftest import NOW
from tests.factories import make_organisation
from tests.importing import assert_ledger_holds_together, versions_of

pytestmark = pytest.mark.django_db
EXAMPLE_DAY = date(2026, 3, 10)
EXPECTED_CODES = {
    "no contact": "contact_missing",
    "no email": "email_missing",
    "impossible date": "not_a_date",
    "unknown currency": "unknown_currency",
    "repeated row": "duplicate_row",
}


def import_folder(organisation: Organisation, folder: Path) -> list[dict[str, int]]:
    results = import_path(organisation.pk, folder, Wishes(), now=NOW, today=EXAMPLE_DAY)
    assert_ledger_holds_together(organisation)
    return [dict(result.counts) for result in results]


def test_a_folder_becomes_the_ledger_it_was_written_from(home: Path) -> None:
    organisation = make_organisation()
    ledger = generate(7, 60, EXAMPLE_DAY)
    write_csv(ledger, home, mess=False)
    import_folder(organisation, home)
    truth = {row["number"]: row for row in ledger.invoices.iter_rows(named=True)}
    rows = {row.number: row for row in Invoice.objects.all()}
    assert rows.keys() == truth.keys()
    assert all(rows[number].open_amount_minor == truth[number]["open_amount_minor"] for number in truth)
    assert all(rows[number].amount_minor == truth[number]["amount_minor"] for number in truth)
    assert Payment.objects.count() == ledger.payments.height
    assert Customer.objects.count() == ledger.customers.height
    assert Contact.objects.count() == ledger.contacts.height
    assert not Allocation.objects.filter(source="reported", is_date_known=True).exists()


def test_days_of_payment_are_those_of_the_payments_file(home: Path) -> None:
    organisation = make_organisation()
    ledger = generate(7, 60, EXAMPLE_DAY)
    write_csv(ledger, home, mess=False)
    import_folder(organisation, home)
    paid = ledger.allocations.filter(pl.col("payment_number").is_not_null(), ~pl.col("is_returned"))
    last = dict(paid.group_by("invoice_number").agg(pl.max("allocation_date")).iter_rows())
    settled = Invoice.objects.filter(kind="invoice", open_amount_minor=0, payment_count__gt=0)
    assert settled.count() > 500
    assert all(invoice.settled_date == last[invoice.number] for invoice in settled)


def test_credit_notes_are_put_to_their_invoices_when_they_were_issued(home: Path) -> None:
    organisation = make_organisation()
    ledger = generate(7, 60, EXAMPLE_DAY)
    write_csv(ledger, home, mess=False)
    import_folder(organisation, home)
    truth = {
        (row["invoice_number"], row["allocation_date"], row["amount_minor"])
        for row in ledger.allocations.filter(pl.col("credit_note_number").is_not_null()).iter_rows(named=True)
    }
    rows = Allocation.objects.filter(source="credit_note", invoice__kind="invoice").select_related("invoice")
    found = {(row.invoice.number, row.allocated_date, row.amount_minor) for row in rows}
    assert found <= truth
    assert len(found) > 0.8 * len(truth)


def test_every_blemish_of_the_messy_files_is_a_problem_with_its_row(home: Path) -> None:
    organisation = make_organisation()
    ledger = generate(7, 60, EXAMPLE_DAY)
    blemishes = write_csv(ledger, home)
    import_folder(organisation, home)
    found = set(DataProblem.objects.values_list("file_name", "row", "code"))
    assert {(b.file, b.row, EXPECTED_CODES[b.problem]) for b in blemishes if b.problem in EXPECTED_CODES} <= found
    assert Invoice.objects.count() == ledger.invoices.height - 2


def test_a_missing_due_date_follows_from_the_terms_in_the_customers_file(home: Path) -> None:
    organisation = make_organisation()
    blemishes = write_csv(generate(7, 60, EXAMPLE_DAY), home)
    import_folder(organisation, home)
    assert [blemish for blemish in blemishes if blemish.problem == "no due date"]
    assert not Invoice.objects.filter(due_date__isnull=True).exists()
    assert not DataProblem.objects.filter(code="due_date_missing").exists()


def test_the_same_folder_twice_changes_nothing(home: Path) -> None:
    organisation = make_organisation()
    write_csv(generate(7, 40, EXAMPLE_DAY), home)
    import_folder(organisation, home)
    before = (versions_of(organisation), list(Allocation.objects.order_by("pk").values()))
    problems = list(DataProblem.objects.order_by("pk").values_list("fingerprint", "resolved_at"))
    customers, invoices, payments = import_folder(organisation, home)
    assert (versions_of(organisation), list(Allocation.objects.order_by("pk").values())) == before
    assert list(DataProblem.objects.order_by("pk").values_list("fingerprint", "resolved_at")) == problems
    assert not any(name.endswith(("_new", "_changed")) for counts in (customers, invoices, payments) for name in counts)
