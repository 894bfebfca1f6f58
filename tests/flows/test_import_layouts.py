"""Each known layout becomes the right facts, from the file to the ledger."""

from datetime import date

import pytest

from goodterms.ledger.models import Allocation, Contact, Customer, Invoice, Payment
from tests.factories import make_organisation
from tests.importing import invoices_of, problems_of, run_import, sample

pytestmark = pytest.mark.django_db
LAYOUTS = "formats/ar_csv_layouts"


def test_quickbooks_ageing_detail_gives_invoices_a_credit_memo_and_cash_on_account() -> None:
    organisation = make_organisation(currency="USD")
    result = run_import(organisation, sample(f"{LAYOUTS}/qbo_ar_aging_detail.csv"))
    assert (result.layout, result.as_of) == ("quickbooks_ageing_detail", date(2026, 6, 30))
    assert invoices_of(organisation) == {
        "1041": (128450, 128450),
        "1099": (418075, 218075),
        "1120": (64200, 64200),
        "CM-17": (-15000, -15000),
    }
    payment = Payment.objects.get()
    assert (payment.customer.name, payment.paid_date) == ("Northwind Café:Downtown", date(2026, 5, 20))
    assert (payment.amount_minor, payment.unallocated_minor, payment.currency) == (50000, 50000, "USD")
    assert Invoice.objects.get(number="1041").issue_date == date(2026, 1, 12)
    gone = Allocation.objects.get()
    assert (gone.invoice.number, gone.amount_minor, gone.source) == ("1099", 200000, "reported")
    assert (gone.allocated_date, gone.is_date_known) == (date(2026, 6, 30), False)
    assert problems_of(organisation) == []


def test_xero_invoices_are_one_invoice_for_several_lines() -> None:
    organisation = make_organisation()
    run_import(organisation, sample(f"{LAYOUTS}/xero_invoices_export.csv"))
    assert invoices_of(organisation) == {"CN-0003": (-5000, -5000), "INV-0012": (50000, 30000)}
    invoice = Invoice.objects.get(number="INV-0012")
    assert (invoice.issue_date, invoice.due_date) == (date(2026, 2, 4), date(2026, 4, 22))
    assert (invoice.currency, invoice.purchase_order) == ("NZD", "PO 88")
    assert (invoice.customer.name, invoice.customer.country) == ("Rimu Example Cafe", "NZ")
    contact = Contact.objects.get()
    assert (contact.email, contact.role) == ("ap@rimu.example", "accounts_payable")


def test_xero_aged_receivables_have_their_customer_on_a_row_of_its_own() -> None:
    organisation = make_organisation(currency="NZD")
    result = run_import(organisation, sample(f"{LAYOUTS}/xero_aged_receivables_detail.csv"))
    assert (result.layout, result.as_of) == ("xero_aged_receivables", date(2026, 3, 31))
    assert invoices_of(organisation) == {"CN-0003": (-5000, -5000), "INV-0012": (30000, 30000)}
    assert list(Customer.objects.values_list("name", flat=True)) == ["Rimu Example Cafe"]


def test_the_whole_amount_is_learned_from_a_file_that_knows_it() -> None:
    organisation = make_organisation(currency="NZD")
    run_import(organisation, sample(f"{LAYOUTS}/xero_aged_receivables_detail.csv"))
    run_import(organisation, sample(f"{LAYOUTS}/xero_invoices_export.csv"), as_of=date(2026, 4, 1))
    assert invoices_of(organisation)["INV-0012"] == (50000, 30000)
    run_import(organisation, sample(f"{LAYOUTS}/xero_aged_receivables_detail.csv"), as_of=date(2026, 4, 2))
    assert invoices_of(organisation)["INV-0012"] == (50000, 30000)


def test_odoo_separates_the_company_from_the_person() -> None:
    organisation = make_organisation(currency="EUR")
    run_import(organisation, sample(f"{LAYOUTS}/odoo_account_move_export.csv"))
    assert invoices_of(organisation) == {"INV/2026/00012": (121000, 71000), "RINV/2026/00003": (-12100, -12100)}
    assert list(Customer.objects.values_list("name", flat=True)) == ["Example Customer S.A."]
    assert Contact.objects.get().name == "Ana Silva"


def test_the_ibm_ledger_is_paid_in_full_on_its_settled_dates() -> None:
    organisation = make_organisation(currency="USD")
    result = run_import(organisation, sample("ledgers/ibm_accounts_receivable.csv"))
    assert result.counts["invoices_new"] == result.counts["payments_new"] == 2466
    assert Customer.objects.count() == 100
    invoice = Invoice.objects.get(number="0007900770")
    assert (invoice.issue_date, invoice.due_date) == (date(2013, 1, 26), date(2013, 2, 25))
    assert (invoice.settled_date, invoice.payment_count, invoice.is_disputed) == (date(2013, 3, 3), 1, True)
    assert set(Customer.objects.values_list("country", flat=True)) == {"", "EG"}
    assert {row["code"] for row in result.faults.iter_rows(named=True)} == {"unknown_country"}
    assert Customer.objects.get(number="8976-AMJEO").known_from_date == min(
        Invoice.objects.filter(customer__number="8976-AMJEO").values_list("issue_date", flat=True)
    )


def test_the_ibm_ledger_as_of_a_day_leaves_open_what_was_settled_later() -> None:
    organisation = make_organisation(currency="USD")
    path = sample("ledgers/ibm_accounts_receivable.csv")
    run_import(organisation, path, as_of=date(2013, 6, 30))
    later = Invoice.objects.filter(open_amount_minor__gt=0)
    assert later.count() > 50
    run_import(organisation, path, as_of=date(2014, 6, 30))
    assert not Invoice.objects.filter(open_amount_minor__gt=0).exists()
