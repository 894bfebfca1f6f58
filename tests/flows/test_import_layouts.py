"""Each known layout becomes the right facts, from the file to the ledger."""

from datetime import date
from pathlib import Path

import pytest

from goodterms.importers.refusals import DatesAmbiguous
from goodterms.ledger.models import Allocation, Contact, Customer, Invoice, Payment
from tests.factories import make_organisation
from tests.importing import invoices_of, problems_of, run_import, sample, table, write

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


ERPNEXT = """Posting Date,Customer,Customer Name,Voucher Type,Voucher No,Due Date,Invoiced Amount,Paid Amount,\
Credit Note,Outstanding Amount,Age (Days),0-30,31-60,Currency
2026-05-01,CUST-1,Example GmbH,Sales Invoice,SINV-1,2026-05-31,500.00,500.00,0,0.00,60,0,0,EUR
2026-05-01,CUST-1,Example GmbH,Sales Invoice,SINV-1,2026-06-30,300.00,0.00,0,300.00,60,0,300,EUR
2026-05-01,CUST-1,Example GmbH,Sales Invoice,SINV-1,2026-07-31,200.00,0.00,0,200.00,60,0,200,EUR
2026-05-20,CUST-1,Example GmbH,Sales Invoice,SRET-1,2026-05-20,-50.00,0.00,0,-50.00,40,0,-50,EUR
2026-06-01,CUST-1,Example GmbH,Payment Entry,PE-1,2026-06-01,0.00,120.00,0,-120.00,30,-120,0,EUR
Total,,,,,,950.00,620.00,0,330.00,,,,
"""


def test_erpnext_adds_up_the_terms_of_an_invoice(home: Path) -> None:
    organisation = make_organisation(currency="EUR")
    result = run_import(organisation, write(home, ERPNEXT), as_of=date(2026, 6, 30))
    assert result.layout == "erpnext_receivable"
    assert invoices_of(organisation) == {"SINV-1": (100000, 50000), "SRET-1": (-5000, -5000)}
    assert Invoice.objects.get(number="SINV-1").due_date == date(2026, 6, 30)
    assert Payment.objects.get().unallocated_minor == 12000
    assert list(Customer.objects.values_list("number", "name")) == [("CUST-1", "Example GmbH")]
    assert problems_of(organisation) == []


ERPNEXT_FIELDS = """posting_date,party,customer_name,voucher_type,voucher_no,due_date,invoiced,paid,credit_note,\
outstanding,range1,range2,currency
2026-05-01,CUST-1,Example GmbH,Sales Invoice,SINV-1,2026-05-31,500.00,100.00,0,400.00,0,0,EUR
"""


def test_erpnext_by_field_names(home: Path) -> None:
    organisation = make_organisation(currency="EUR")
    result = run_import(organisation, write(home, ERPNEXT_FIELDS), as_of=date(2026, 6, 30))
    assert result.layout == "erpnext_receivable_fields"
    assert invoices_of(organisation) == {"SINV-1": (50000, 40000)}
    assert list(Customer.objects.values_list("number", "name")) == [("CUST-1", "Example GmbH")]


ODOO_FIELDS = """name,invoice_partner_display_name,invoice_date,invoice_date_due,amount_total_signed,\
amount_residual_signed,currency_id,payment_state,state
INV/1,Example S.A.,2026-02-04,2026-03-06,1210.00,710.00,EUR,partial,posted
INV/2,"Harbor & Sons, Inc.",2026-02-04,2026-03-06,100.00,0.00,EUR,paid,posted
INV/3,Example S.A.,2026-02-04,2026-03-06,100.00,100.00,EUR,not_paid,draft
INV/4,Example S.A.,2026-02-04,2026-03-06,100.00,100.00,USD,not_paid,posted
"""


def test_odoo_by_field_names_keeps_legal_forms_and_refuses_company_currency_amounts(home: Path) -> None:
    organisation = make_organisation(currency="EUR")
    run_import(organisation, write(home, ODOO_FIELDS))
    assert invoices_of(organisation) == {"INV/1": (121000, 71000), "INV/2": (10000, 0)}
    assert set(Customer.objects.values_list("name", flat=True)) == {"Example S.A.", "Harbor & Sons, Inc."}
    assert {code for code, _ in problems_of(organisation)} == {"amount_in_company_currency"}


def test_amounts_in_the_invoices_currency_are_preferred_in_odoo(home: Path) -> None:
    organisation = make_organisation(currency="EUR")
    header = (
        "Number,Invoice Partner Display Name,Invoice/Bill Date,Due Date,Total Signed,Total in Currency Signed,"
        "Amount Due Signed,Amount Due in Currency Signed,Currency,Payment Status,Status"
    )
    line = "INV/4,Example S.A.,2026-02-04,2026-03-06,90.00,100.00,45.00,50.00,USD,Partially Paid,Posted"
    run_import(organisation, write(home, table(header, line)))
    assert invoices_of(organisation) == {"INV/4": (10000, 5000)}


SECTIONS = """Open Invoices,,,,
As of 06/30/2026,,,,
,Date,Num,Due Date,Open Balance
Total Wine Example Inc.,,,,
,05/10/2026,1,06/09/2026,100.00
,05/11/2026,2,06/10/2026,50.00
Total for Total Wine Example Inc.,,,,150.00
Other Example LLC,,,,
,05/12/2026,3,06/11/2026,25.00
Total for Other Example LLC,,,,25.00
TOTAL,,,,175.00
"""


def test_customers_on_rows_of_their_own_are_recognised_without_a_preset(home: Path) -> None:
    organisation = make_organisation(currency="USD")
    with pytest.raises(DatesAmbiguous):
        run_import(organisation, write(home, SECTIONS.replace("As of 06/30/2026", "Open items")))
    result = run_import(organisation, write(home, SECTIONS))
    assert result.as_of == date(2026, 6, 30)
    rows = Invoice.objects.order_by("number").values_list("number", "customer__name", "issue_date", "amount_minor")
    assert list(rows) == [
        ("1", "Total Wine Example Inc.", date(2026, 5, 10), 10000),
        ("2", "Total Wine Example Inc.", date(2026, 5, 11), 5000),
        ("3", "Other Example LLC", date(2026, 5, 12), 2500),
    ]


LINES = """Invoice No;Customer;Invoice Date;Due Date;Currency;Item;Line Amount
1;Example Ltd;2026-05-01;2026-06-01;EUR;Coffee;10,50
1;Example Ltd;2026-05-01;2026-06-01;EUR;Tea;4,50
2;Example Ltd;2026-05-01;2026-06-01;EUR;Cake;7,00
"""


def test_lines_without_a_total_are_added_up(home: Path) -> None:
    organisation = make_organisation()
    run_import(organisation, write(home, LINES))
    assert invoices_of(organisation) == {"1": (1500, 1500), "2": (700, 700)}


def test_the_order_of_quickbooks_columns_does_not_matter(home: Path) -> None:
    organisation = make_organisation(currency="USD")
    text = (
        "Num,Customer,Date,Due Date,Amount,Open Balance,P.O. #\n"
        '1041,"Harbor & Sons, Inc.",01/12/2026,02/11/2026,"1,284.50","1,000.00",PO 7\n'
        "1042,Other,01/13/2026,02/12/2026,5.00,5.00,\n"
    )
    run_import(organisation, write(home, text))
    assert invoices_of(organisation) == {"1041": (128450, 100000), "1042": (500, 500)}
    assert Invoice.objects.get(number="1041").purchase_order == "PO 7"


GERMAN = """Belegnummer;Debitor;Name;Belegdatum;Fälligkeit;WKZ;Umsatz;Offener Betrag;Belegart
4711;10001;Müller & Söhne;01.02.2026;15.02.2026;EUR;1.234,50;234,50;Rechnung
4712;10001;Müller & Söhne;05.02.2026;19.02.2026;EUR;50,00;50,00;Gutschrift
;;;;;;1.284,50;284,50;
Summe;;;;;;1.284,50;284,50;
"""


def test_german_headings_decimals_and_credit_notes(home: Path) -> None:
    organisation = make_organisation()
    run_import(organisation, write(home, GERMAN.replace(";;;;;;1.284,50;284,50;\n", "", 1)))
    assert invoices_of(organisation) == {"4711": (123450, 23450), "4712": (-5000, -5000)}
    assert list(Customer.objects.values_list("number", "name")) == [("10001", "Müller & Söhne")]


def test_a_currency_in_the_heading_is_that_of_its_amounts(home: Path) -> None:
    organisation = make_organisation(currency="EUR")
    text = "Invoice No,Customer,Invoice Date,Due Date,Total (CHF),Open (CHF)\n1,A,2026-05-01,2026-06-01,5.00,5.00\n"
    run_import(organisation, write(home, text))
    assert Invoice.objects.get().currency == "CHF"


def test_bills_of_suppliers_are_left_alone(home: Path) -> None:
    organisation = make_organisation()
    header = "Invoice No,Type,Customer,Invoice Date,Due Date,Total"
    rows = ("1,Sales invoice,A,2026-05-01,2026-06-01,5.00", "2,Bill,B,2026-05-01,2026-06-01,9.00")
    run_import(organisation, write(home, table(header, *rows)))
    assert invoices_of(organisation) == {"1": (500, 500)}
