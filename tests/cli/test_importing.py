"""Importing, recording payments and listing problems from the command line."""

from pathlib import Path

import pytest

from goodterms.channels.letter import print_letter
from goodterms.followup.models import TimelineEvent
from goodterms.ledger.models import Invoice, InvoiceDocument
from goodterms.organizations.models import Organisation
from tests.channels.messages import make_message
from tests.cli.conftest import Run
from tests.conftest import NOW
from tests.factories import make_customer, make_invoice, make_organisation
from tests.importing import write

pytestmark = pytest.mark.django_db(transaction=True)
LIST = """Invoice Number,Customer,Invoice Date,Due Date,Currency,Total,Open Amount
1,Example Ltd,2026-05-01,2026-06-01,EUR,10.00,10.00
2,Example Ltd,2026-02-30,2026-06-01,EUR,10.00,10.00
"""


def test_the_first_import_makes_the_organisation(run: Run, home: Path) -> None:
    answer = run("import", write(home, LIST))
    assert answer.exit_code == 0
    assert "invoices new" in answer.output
    assert "'2026-02-30' is no day of the calendar" in answer.output
    assert Organisation.objects.count() == 1


def test_a_wrong_file_makes_nothing_and_says_so_in_one_sentence(run: Run, home: Path) -> None:
    answer = run("import", write(home, b"%PDF-1.7", "statement.csv"))
    assert answer.exit_code == 1
    assert "statement.csv is a PDF document" in answer.errors
    assert "Traceback" not in answer.errors
    assert not Organisation.objects.exists()


def test_an_import_is_described_in_the_json_contract(run: Run, home: Path) -> None:
    make_organisation()
    answer = run("import", write(home, LIST), "--as-of", "2026-06-30", "--format", "json").json
    assert (answer["organisation"], answer["dry_run"]) == ("example-supplies", False)
    (file,) = answer["files"]
    assert (file["file"], file["kind"], file["as_of"]) == ("invoices.csv", "invoices", "2026-06-30")
    assert file["counts"]["invoices_new"] == 1
    assert file["problems"] == [
        {
            "row": 3,
            "column": "Invoice Date",
            "value": "2026-02-30",
            "code": "not_a_date",
            "message": file["problems"][0]["message"],
            "remedy": file["problems"][0]["remedy"],
            "is_kept": False,
        }
    ]


def test_a_dry_run_keeps_nothing(run: Run, home: Path) -> None:
    make_organisation()
    assert "would be imported" in run("import", write(home, LIST), "--dry-run").output
    assert not Invoice.objects.exists()


def test_options_settle_what_a_file_leaves_open(run: Run, home: Path) -> None:
    make_organisation()
    text = "Invoice;Customer;Date;Due;Currency;Total\n1;Example Ltd;03/04/2026;05/06/2026;EUR;1.234\n"
    path = write(home, text)
    assert "--dates dmy" in run("import", path).errors
    assert "--decimal ," in run("import", path, "--dates", "mdy").errors
    assert run("import", path, "--dates", "mdy", "--decimal", ",").exit_code == 0
    invoice = Invoice.objects.get()
    assert (invoice.issue_date.isoformat(), invoice.amount_minor) == ("2026-03-04", 123400)


def test_a_mapping_file_names_the_columns(run: Run, home: Path) -> None:
    make_organisation()
    path = write(home, "Papier;Wer;Wann;Bis;Wieviel\nR1;Beispiel GmbH;01.02.2026;15.02.2026;1.234,50\n")
    mapping = write(
        home,
        '[columns]\nnumber = "Papier"\ncustomer_name = "Wer"\nissue_date = "Wann"\n'
        'due_date = "Bis"\namount = "Wieviel"\n',
        "mapping.toml",
    )
    assert run("import", path, "--map", mapping, "--kind", "invoices").exit_code == 0
    assert Invoice.objects.get().amount_minor == 123450


def test_a_folder_without_files_to_import_says_what_it_looks_for(run: Run, home: Path) -> None:
    make_organisation()
    assert "none of customers.csv, invoices.csv, payments.csv" in run("import", home).errors


def test_a_payment_is_recorded_and_described(run: Run) -> None:
    organisation = make_organisation()
    make_invoice(make_customer(organisation, "C1"), "1", due=None, amount_minor=10000)
    arguments = ("pay", "C1", "120.00", "gbp", "--invoice", "1", "--on", "2026-03-02", "--reference", "Bank 7")
    answer = run(*arguments, "--format", "json").json
    assert answer["allocations"] == [{"invoice": "1", "amount": {"amount_minor": 10000, "currency": "GBP"}}]
    assert answer["on_account"] == {"amount_minor": 2000, "currency": "GBP"}
    assert (answer["customer"]["number"], answer["paid_date"]) == ("C1", "2026-03-02")
    again = run(*arguments)
    assert again.exit_code == 1
    assert "no open invoice '1'" in again.errors


def test_an_amount_that_could_be_two_is_refused(run: Run) -> None:
    make_customer(make_organisation(), "C1")
    answer = run("pay", "C1", "1.234", "EUR")
    assert (answer.exit_code, "can be thousands or a fraction" in answer.errors) == (1, True)
    assert "not an ISO 4217 currency code" in run("pay", "C1", "5", "EURO").errors


def test_problems_are_listed_until_they_are_mended(run: Run, home: Path) -> None:
    make_organisation()
    run("import", write(home, LIST), "--as-of", "2026-06-30")
    (problem,) = run("problems", "--format", "json").json
    assert (problem["file"], problem["row"], problem["code"]) == ("invoices.csv", 3, "not_a_date")
    assert (problem["customer"], problem["invoice"], problem["resolved_at"]) == ("Example Ltd", None, None)
    assert "2026-02-30" in run("problems").output
    run("import", write(home, LIST.replace("2026-02-30", "2026-02-28")), "--as-of", "2026-06-30")
    assert run("problems", "--format", "json").json == []
    assert len(run("problems", "--all", "--format", "json").json) == 1


def test_copies_of_invoices_are_kept_with_the_invoice_they_are_named_for(run: Run, home: Path) -> None:
    customer = make_customer(make_organisation())
    first = make_invoice(customer, "RE-2026/17", due=None)
    for name in ("C2", "C3"):
        make_invoice(make_customer(customer.organisation, name), "20", due=None)
    folder = home / "copies"
    folder.mkdir()
    pdf = print_letter(make_message(), NOW)
    (folder / "RE-2026-17.PDF").write_bytes(pdf)
    (folder / "20.pdf").write_bytes(pdf)
    (folder / "99.pdf").write_bytes(pdf)
    (folder / "RE-2026-17.txt").write_bytes(b"not a copy")
    answer = run("import", folder, "--documents", "--format", "json").json
    assert answer["documents"] == {"new": 1, "changed": 0, "unchanged": 0, "refused": 2}
    assert "2 invoices have this number" in answer["refusals"][0]
    kept = InvoiceDocument.objects.get()
    assert (kept.invoice, bytes(kept.content), kept.media_type) == (first, pdf, "application/pdf")
    event = TimelineEvent.objects.get()
    assert (event.kind, event.invoice) == ("document_kept", first)
    (folder / "RE-2026-17.PDF").write_bytes(b"%PDF-1.7 damaged")
    assert "no PDF whose pages" in run("import", folder, "--documents").errors
    assert bytes(InvoiceDocument.objects.get().content) == pdf
