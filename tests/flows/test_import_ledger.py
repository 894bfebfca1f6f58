"""A list of invoices brings the ledger to what it says: once, as of its day, and row by row."""

from datetime import date
from pathlib import Path

import pytest

from goodterms.flows.complete_list import CompleteListHasGaps, CompleteListOutdated
from goodterms.flows.import_ledger import AsOfInFuture, CompleteListOfOtherThings, import_path
from goodterms.importers.reading import Wishes
from goodterms.importers.refusals import DatesAmbiguous
from goodterms.ledger.models import Allocation, ColumnMapping, Customer, DataProblem, ImportBatch, Invoice
from goodterms.organizations.models import Organisation
from tests.conftest import NOW
from tests.factories import make_customer, make_invoice, make_organisation
from tests.importing import invoices_of, problems_of, run_import, table, versions_of, write

pytestmark = pytest.mark.django_db
HEADER = "Invoice Number,Customer Number,Customer Name,Invoice Date,Due Date,Currency,Total,Open Amount"
JUNE, JULY, AUGUST = date(2026, 6, 30), date(2026, 7, 31), date(2026, 8, 31)


def row(number: str, total: object, rest: object, customer: str = "C1", due: str = "2026-06-15") -> str:
    return f"{number},{customer},Example {customer} Ltd,2026-05-15,{due},EUR,{total},{rest}"


def load(
    organisation: Organisation, folder: Path, *rows: str, as_of: date = JUNE, complete: bool = False
) -> dict[str, int]:
    path = write(folder, table(HEADER, *rows), f"list-{as_of}.csv")
    return dict(run_import(organisation, path, as_of=as_of, complete=complete, today=date(2026, 9, 1)).counts)


def balances_on(day: date) -> dict[str, int]:
    rows = {invoice.number: invoice.amount_minor for invoice in Invoice.objects.all()}
    for part in Allocation.objects.filter(allocated_date__lte=day).select_related("invoice"):
        rows[part.invoice.number] -= part.amount_minor
    return rows


def test_invoices_of_a_new_file_are_open_as_it_says(home: Path) -> None:
    organisation = make_organisation()
    counts = load(organisation, home, row("1", "100.00", "100.00"), row("2", "100.00", "40.00"), row("3", 50, 0))
    assert invoices_of(organisation) == {"1": (10000, 10000), "2": (10000, 4000), "3": (5000, 0)}
    assert (counts["invoices_new"], counts["customers_new"]) == (3, 1)


def test_two_open_invoices_of_a_customer_are_both_open_last_row_wins(home: Path) -> None:
    organisation = make_organisation()
    load(organisation, home, row("1", "100.00", "100.00"), row("2", "70.00", "70.00"), row("3", "5.00", "5.00"))
    opens = [rest for _, rest in invoices_of(organisation).values()]
    assert sum(opens) == 17500


def test_the_same_file_twice_changes_nothing(home: Path) -> None:
    organisation = make_organisation()
    rows = (row("1", "100.00", "100.00"), row("2", "100.00", "40.00"), row("3", 50, 0))
    load(organisation, home, *rows)
    before = (
        versions_of(organisation),
        list(Allocation.objects.values()),
        list(Invoice.objects.order_by("pk").values()),
    )
    counts = load(organisation, home, *rows)
    after = (
        versions_of(organisation),
        list(Allocation.objects.values()),
        list(Invoice.objects.order_by("pk").values()),
    )
    assert after == before
    assert counts == {"invoices_unchanged": 3, "rows_read": 3}


def test_the_same_file_on_a_later_day_does_not_undo_what_was_paid_since(home: Path) -> None:
    organisation = make_organisation()
    path = write(home, table(HEADER, row("1", "100.00", "100.00")))
    run_import(organisation, path, today=JUNE)
    load(organisation, home, row("1", "100.00", "0.00"), as_of=JULY)
    result = run_import(organisation, path, today=AUGUST)
    assert result.as_of == JUNE
    assert invoices_of(organisation) == {"1": (10000, 0)}


def test_a_newer_file_lowers_open_amounts_on_its_day(home: Path) -> None:
    organisation = make_organisation()
    load(organisation, home, row("1", "100.00", "100.00"))
    counts = load(organisation, home, row("1", "100.00", "30.00"), as_of=JULY)
    assert counts["invoices_changed"] == 1
    gone = Allocation.objects.get()
    assert (gone.amount_minor, gone.allocated_date, gone.source) == (7000, JULY, "reported")
    assert gone.is_date_known
    assert (balances_on(JUNE), balances_on(JULY)) == ({"1": 10000}, {"1": 3000})


def test_a_newer_file_can_raise_an_open_amount_again(home: Path) -> None:
    organisation = make_organisation()
    load(organisation, home, row("1", "100.00", "0.00"))
    assert Invoice.objects.get().settled_date == JUNE
    load(organisation, home, row("1", "100.00", "60.00"), as_of=JULY)
    invoice = Invoice.objects.get()
    assert (invoice.open_amount_minor, invoice.settled_date) == (6000, None)
    assert balances_on(JUNE) == {"1": 0}


def test_an_invoice_is_settled_on_the_day_of_the_file_that_says_so(home: Path) -> None:
    organisation = make_organisation()
    load(organisation, home, row("1", "100.00", "100.00"))
    load(organisation, home, row("1", "100.00", "0.00"), as_of=JULY)
    load(organisation, home, row("1", "100.00", "0.00"), as_of=AUGUST)
    invoice = Invoice.objects.get()
    assert (invoice.settled_date, invoice.payment_count) == (JULY, 1)


def test_an_invoice_first_seen_settled_counts_no_payment_since_nobody_knows_the_day(home: Path) -> None:
    organisation = make_organisation()
    load(organisation, home, row("1", "100.00", "0.00"))
    assert Invoice.objects.get().payment_count == 0
    assert not Allocation.objects.get().is_date_known


def test_only_customers_with_new_facts_get_a_new_version(home: Path) -> None:
    organisation = make_organisation()
    load(organisation, home, row("1", "100.00", "100.00"), row("2", "5.00", "5.00", "C2"))
    before = versions_of(organisation)
    load(organisation, home, row("1", "100.00", "99.00"), row("2", "5.00", "5.00", "C2"), as_of=JULY)
    after = versions_of(organisation)
    assert after["C1"] == before["C1"] + 1
    assert after["C2"] == before["C2"]


def test_an_older_file_leaves_newer_balances_alone_and_says_so(home: Path) -> None:
    organisation = make_organisation()
    load(organisation, home, row("1", "100.00", "30.00"), as_of=JULY)
    path = write(home, table(HEADER, row("1", "100.00", "100.00"), row("2", "5.00", "5.00")), "old.csv")
    result = run_import(organisation, path, as_of=JUNE)
    assert invoices_of(organisation) == {"1": (10000, 3000), "2": (500, 500)}
    assert result.counts["invoices_older"] == 1
    assert any("older than the one of 2026-07-31" in text for text in result.notes)


def test_an_older_file_adds_nothing_after_a_complete_list(home: Path) -> None:
    organisation = make_organisation()
    load(organisation, home, row("1", "100.00", "30.00"), as_of=JULY, complete=True)
    load(organisation, home, row("2", "5.00", "5.00"), as_of=JUNE)
    assert invoices_of(organisation) == {"1": (10000, 3000)}


def test_what_was_paid_after_the_files_day_stays_paid(home: Path) -> None:
    organisation = make_organisation()
    load(organisation, home, row("1", "100.00", "100.00"))
    payments = "Payment Date,Customer Number,Invoice Number,Amount,Currency,Reference\n2026-07-20,C1,1,40.00,EUR,R1\n"
    run_import(organisation, write(home, payments, "payments.csv"), as_of=date(2026, 7, 21))
    load(organisation, home, row("1", "100.00", "90.00"), as_of=date(2026, 7, 10))
    assert invoices_of(organisation) == {"1": (10000, 5000)}
    assert balances_on(date(2026, 7, 10)) == {"1": 9000}


def test_a_complete_list_settles_what_it_no_longer_has(home: Path) -> None:
    organisation = make_organisation()
    load(organisation, home, row("1", "100.00", "100.00"), row("2", "100.00", "40.00"), row("3", "5.00", "5.00", "C2"))
    counts = load(organisation, home, row("2", "100.00", "40.00"), as_of=JULY, complete=True)
    assert invoices_of(organisation) == {"1": (10000, 0), "2": (10000, 4000), "3": (500, 0)}
    assert counts["invoices_settled"] == 2
    assert Invoice.objects.get(number="1").settled_date == JULY


def test_a_complete_list_leaves_later_invoices_and_other_organisations_alone(home: Path) -> None:
    organisation, other = make_organisation(), make_organisation(slug="other")
    make_invoice(make_customer(other, "C1"), "1", due=JUNE)
    make_invoice(make_customer(organisation, "C9"), "9", due=AUGUST, issued=date(2026, 8, 1))
    load(organisation, home, row("2", "100.00", "40.00"), as_of=JULY, complete=True)
    assert invoices_of(organisation) == {"2": (10000, 4000), "9": (10000, 10000)}
    assert invoices_of(other) == {"1": (10000, 10000)}


def test_a_complete_list_in_one_currency_settles_no_other_and_no_credit_notes_it_never_lists(home: Path) -> None:
    organisation = make_organisation(currency="EUR")
    customer = make_customer(organisation, "C1")
    make_invoice(customer, "P1", due=JUNE, currency="GBP")
    make_invoice(customer, "E1", due=JUNE, currency="EUR")
    make_invoice(customer, "CN1", due=JUNE, currency="EUR", amount_minor=-500)
    text = "Invoice Number,Customer Number,Invoice Date,Due Date,Total\n2,C1,2026-06-01,2026-06-30,5.00\n"
    run_import(organisation, write(home, text), as_of=JULY, complete=True)
    opens = {number: rest for number, (_, rest) in invoices_of(organisation).items()}
    assert opens == {"P1": 10000, "E1": 0, "CN1": -500, "2": 500}


def test_a_bad_row_of_a_complete_list_does_not_settle_its_invoice(home: Path) -> None:
    organisation = make_organisation()
    load(organisation, home, row("1", "100.00", "100.00"), row("2", "50.00", "50.00"))
    load(organisation, home, row("1", "100.00", "oops"), row("2", "50.00", "50.00"), as_of=JULY, complete=True)
    assert invoices_of(organisation) == {"1": (10000, 10000), "2": (5000, 5000)}


def test_a_complete_list_with_a_nameless_row_is_refused_and_nothing_changes(home: Path) -> None:
    organisation = make_organisation()
    load(organisation, home, row("1", "100.00", "100.00"))
    with pytest.raises(CompleteListHasGaps, match="row 2"):
        load(organisation, home, row("", "7.00", "7.00"), row("2", "50.00", "50.00"), as_of=JULY, complete=True)
    assert invoices_of(organisation) == {"1": (10000, 10000)}
    assert ImportBatch.objects.count() == 1


def test_an_outdated_complete_list_is_refused(home: Path) -> None:
    organisation = make_organisation()
    load(organisation, home, row("1", "100.00", "100.00"), as_of=JULY)
    with pytest.raises(CompleteListOutdated, match="older than the list of 2026-07-31"):
        load(organisation, home, row("2", "50.00", "50.00"), as_of=JUNE, complete=True)


def test_a_list_of_customers_cannot_be_complete(home: Path) -> None:
    organisation = make_organisation()
    path = write(home, "Customer Number,Customer Name,Country\nC1,Example Ltd,GB\n")
    with pytest.raises(CompleteListOfOtherThings):
        run_import(organisation, path, complete=True)


@pytest.mark.parametrize("status", ["Voided", "Cancelled", "Deleted", "storniert"])
def test_a_void_invoice_is_not_owed_overdue_includes_paid_and_void(home: Path, status: str) -> None:
    organisation = make_organisation()
    text = table(HEADER + ",Status", row("1", "100.00", "100.00") + ",Sent", row("2", "50.00", "50.00") + f",{status}")
    run_import(organisation, write(home, text))
    assert invoices_of(organisation) == {"1": (10000, 10000), "2": (5000, 0)}
    assert Invoice.objects.get(number="2").status == "void"
    assert balances_on(date(2026, 5, 15))["2"] == 0


def test_a_draft_is_not_owed_until_it_is_posted_overdue_includes_paid_and_void(home: Path) -> None:
    organisation = make_organisation()
    run_import(
        organisation, write(home, table(HEADER + ",Status", row("1", "100.00", "100.00") + ",Draft")), as_of=JUNE
    )
    assert invoices_of(organisation) == {}
    run_import(organisation, write(home, table(HEADER + ",Status", row("1", "100.00", "100.00") + ",Sent")), as_of=JULY)
    assert invoices_of(organisation) == {"1": (10000, 10000)}


def test_a_paid_status_without_open_column_is_not_open_overdue_includes_paid_and_void(home: Path) -> None:
    organisation = make_organisation()
    header = "Invoice Number,Customer,Invoice Date,Due Date,Total,Status"
    text = table(header, "1,A,2026-05-01,2026-06-01,10.00,Paid", "2,A,2026-05-01,2026-06-01,10.00,Unpaid")
    run_import(organisation, write(home, text))
    assert invoices_of(organisation) == {"1": (1000, 0), "2": (1000, 1000)}


def test_an_invoice_voided_later_is_closed_and_reopened_when_it_is_posted_again(home: Path) -> None:
    organisation = make_organisation()
    seen = []
    for status, day in (("Sent", JUNE), ("Void", JULY), ("Sent", AUGUST)):
        run_import(organisation, write(home, table(HEADER + ",Status", row("1", 100, 100) + f",{status}")), as_of=day)
        seen.append((Invoice.objects.get().status, Invoice.objects.get().open_amount_minor))
    assert seen == [("posted", 10000), ("void", 0), ("posted", 10000)]


def test_without_a_due_date_the_customers_terms_decide_no_due_date(home: Path) -> None:
    organisation = make_organisation()
    make_customer(organisation, "C1", terms_days=10)
    load(organisation, home, row("1", "100.00", "100.00", due=""))
    assert Invoice.objects.get().due_date == date(2026, 5, 25)
    assert problems_of(organisation) == []


def test_without_terms_of_the_customer_the_organisations_decide_no_due_date(home: Path) -> None:
    organisation = make_organisation(policy={"terms_days": 14})
    load(organisation, home, row("1", "100.00", "100.00", due=""))
    assert Invoice.objects.get().due_date == date(2026, 5, 29)


def test_without_any_terms_it_is_a_problem_shown_to_a_person_no_due_date(home: Path) -> None:
    organisation = make_organisation()
    load(organisation, home, row("1", "100.00", "100.00", due=""))
    assert Invoice.objects.get().due_date is None
    problem = DataProblem.objects.get()
    assert (problem.code, problem.row, problem.column) == ("due_date_missing", 2, "Due Date")
    assert problem.invoice == Invoice.objects.get()
    assert "terms" in problem.remedy
    load(organisation, home, row("1", "100.00", "100.00"), as_of=JULY)
    assert Invoice.objects.get().due_date == date(2026, 6, 15)
    assert problems_of(organisation) == []


def test_a_file_with_ambiguous_dates_is_refused_whole_locale_date_in_filter(home: Path) -> None:
    organisation = make_organisation()
    text = "Invoice Number,Customer,Invoice Date,Due Date,Total\n1,Example Ltd,03/04/2026,05/06/2026,5.00\n"
    path = write(home, text)
    with pytest.raises(DatesAmbiguous, match="--dates dmy"):
        run_import(organisation, path)
    assert not ImportBatch.objects.exists()
    run_import(organisation, path, dates="dmy")
    invoice = Invoice.objects.get()
    assert (invoice.issue_date, invoice.due_date) == (date(2026, 4, 3), date(2026, 6, 5))


def test_what_was_settled_about_a_file_is_remembered_for_the_next(home: Path) -> None:
    organisation = make_organisation()
    header = "Invoice Number,Customer,Invoice Date,Due Date,Total"
    run_import(organisation, write(home, f"{header}\n1,A,03/04/2026,05/06/2026,5.00\n"), dates="dmy")
    run_import(organisation, write(home, f"{header}\n2,A,03/04/2026,05/06/2026,5.00\n"))
    assert Invoice.objects.get(number="2").issue_date == date(2026, 4, 3)
    assert ColumnMapping.objects.get().mapping["dates"] == "dmy"


def test_nothing_is_remembered_that_no_file_has_shown(home: Path) -> None:
    organisation = make_organisation()
    header = "Invoice Number,Customer,Invoice Date,Due Date,Total"
    run_import(organisation, write(home, f"{header}\n1,A,2026-04-03,2026-06-05,5\n"))
    with pytest.raises(DatesAmbiguous):
        run_import(organisation, write(home, f"{header}\n2,A,03/04/2026,05/06/2026,5\n"))


def test_a_mapping_given_once_is_used_again(home: Path) -> None:
    organisation = make_organisation(currency="EUR")
    text = "Papier;Wer;Wann;Bis;Wieviel\n{};Beispiel GmbH;01.02.2026;15.02.2026;1.234,50\n"
    columns = {"number": "Papier", "customer_name": "Wer", "issue_date": "Wann", "due_date": "Bis", "amount": "Wieviel"}
    run_import(organisation, write(home, text.format("R1")), columns=columns, kind="invoices")
    assert ColumnMapping.objects.get().mapping["columns"] == columns
    run_import(organisation, write(home, text.format("R2")), columns=columns)
    assert invoices_of(organisation) == {"R1": (123450, 123450), "R2": (123450, 123450)}


def test_a_dry_run_says_what_would_happen_and_keeps_nothing(home: Path) -> None:
    organisation = make_organisation()
    result = run_import(
        organisation, write(home, table(HEADER, row("1", "x", "1.00"), row("2", "5.00", "5.00"))), dry_run=True
    )
    assert (result.is_dry_run, result.counts["invoices_new"], result.counts["rows_bad"]) == (True, 1, 1)
    assert not Customer.objects.exists()
    assert not ImportBatch.objects.exists()
    assert not DataProblem.objects.exists()


def test_amounts_keep_the_digits_of_their_currency(home: Path) -> None:
    organisation = make_organisation()
    header = "Invoice Number,Customer,Invoice Date,Due Date,Currency,Total"
    rows = (
        "1,A,2026-05-01,2026-06-01,JPY,1500",
        "2,A,2026-05-01,2026-06-01,KWD,1.5",
        "3,A,2026-05-01,2026-06-01,eur,1.5",
    )
    run_import(organisation, write(home, table(header, *rows)))
    assert {number: amount for number, (amount, _) in invoices_of(organisation).items()} == {
        "1": 1500,
        "2": 1500,
        "3": 150,
    }


def test_a_day_that_has_not_come_is_refused(home: Path) -> None:
    organisation = make_organisation()
    path = write(home, table(HEADER, row("1", "100.00", "100.00")))
    with pytest.raises(AsOfInFuture, match="has not come yet"):
        import_path(organisation.pk, path, Wishes(as_of=JULY), now=NOW, today=JUNE)


def test_a_sign_of_several_currencies_is_that_of_the_organisation_or_a_problem(home: Path) -> None:
    header = "Invoice Number,Customer,Invoice Date,Due Date,Total"
    path = write(home, f"{header}\n1,A,2026-05-01,2026-06-01,$5.00\n2,A,2026-05-01,2026-06-01,7.00 GBP\n")
    run_import(make_organisation(currency="CAD"), path)
    assert list(Invoice.objects.order_by("number").values_list("currency", flat=True)) == ["CAD", "GBP"]
    other = make_organisation(slug="other", currency="EUR")
    run_import(other, path)
    assert invoices_of(other) == {"2": (700, 700)}
    assert problems_of(other) == [("unknown_currency", 2)]


def test_text_is_stored_as_it_is(home: Path) -> None:
    organisation = make_organisation()
    name = "=HYPERLINK(0) <script>alert(1)</script> ' OR 1=1; --"
    text = f'Invoice Number,Customer,Invoice Date,Due Date,Total\n+1,"{name}",2026-05-01,2026-06-01,5.00\n'
    run_import(organisation, write(home, text))
    assert (Customer.objects.get().name, Invoice.objects.get().number) == (name, "+1")
