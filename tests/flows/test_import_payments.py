"""Payments explain what is gone, may be for nothing in particular, and may come back."""

from datetime import date
from pathlib import Path

import pytest

from goodterms.core.money import Money
from goodterms.flows.import_ledger import ImportResult
from goodterms.flows.record_payment import record_payment
from goodterms.ledger.models import Allocation, Customer, Invoice, Payment
from goodterms.organizations.models import Organisation
from tests.conftest import NOW
from tests.factories import make_customer, make_invoice, make_organisation
from tests.importing import invoices_of, problems_of, run_import, sample, table, versions_of, write

pytestmark = pytest.mark.django_db
HEADER = "Payment Date,Customer Number,Invoice Number,Amount,Currency,Reference,Status"
INVOICES = "Invoice Number,Customer Number,Invoice Date,Due Date,Currency,Total,Open Amount"
DUE = date(2026, 6, 15)
JULY = date(2026, 7, 31)


def pay(organisation: Organisation, folder: Path, *rows: str, as_of: date = JULY) -> ImportResult:
    return run_import(organisation, write(folder, table(HEADER, *rows), "payments.csv"), as_of=as_of)


def open_invoice(organisation: Organisation, number: str = "1", amount: int = 10000) -> Invoice:
    customer = Customer.objects.filter(organisation=organisation).first() or make_customer(organisation, "C1")
    return make_invoice(customer, number, due=DUE, amount_minor=amount, currency="EUR")


def test_a_payment_lowers_its_invoice_on_the_day_it_came(home: Path) -> None:
    organisation = make_organisation()
    open_invoice(organisation)
    result = pay(organisation, home, "2026-07-01,C1,1,40.00,EUR,R1,")
    part = Allocation.objects.get()
    assert (part.amount_minor, part.allocated_date, part.source) == (4000, date(2026, 7, 1), "payment")
    assert invoices_of(organisation) == {"1": (10000, 6000)}
    assert result.counts == {"payments_new": 1, "rows_read": 1}


def test_one_payment_for_several_invoices_is_one_payment(home: Path) -> None:
    organisation = make_organisation()
    open_invoice(organisation, "1")
    open_invoice(organisation, "2", 5000)
    pay(
        organisation,
        home,
        "2026-07-01,C1,1,100.00,EUR,R1,",
        "2026-07-01,C1,2,50.00,EUR,R1,",
        "2026-07-01,C1,,7.00,EUR,R1,",
    )
    payment = Payment.objects.get()
    assert (payment.amount_minor, payment.unallocated_minor) == (15700, 700)
    assert {invoice.settled_date for invoice in Invoice.objects.all()} == {date(2026, 7, 1)}


def test_the_same_payments_twice_change_nothing(home: Path) -> None:
    organisation = make_organisation()
    open_invoice(organisation)
    rows = ("2026-07-01,C1,1,40.00,EUR,R1,", "2026-07-02,C1,,7.00,EUR,,", "2026-07-02,C1,,7.00,EUR,,")
    pay(organisation, home, *rows)
    before = versions_of(organisation)
    result = pay(organisation, home, *rows)
    assert result.counts == {"payments_unchanged": 3, "rows_read": 3}
    assert versions_of(organisation) == before
    assert Payment.objects.count() == 3


def test_cash_on_account_that_is_put_to_an_invoice_later_settles_it_then(home: Path) -> None:
    organisation = make_organisation()
    open_invoice(organisation)
    pay(organisation, home, "2026-07-01,C1,,100.00,EUR,R1,", as_of=date(2026, 7, 5))
    pay(organisation, home, "2026-07-01,C1,1,100.00,EUR,R1,")
    payment = Payment.objects.get()
    assert payment.unallocated_minor == 0
    assert Invoice.objects.get().settled_date == JULY


def test_a_payment_sent_back_opens_its_invoice_again(home: Path) -> None:
    organisation = make_organisation()
    open_invoice(organisation)
    pay(organisation, home, "2026-07-01,C1,1,100.00,EUR,R1,", as_of=date(2026, 7, 5))
    assert Invoice.objects.get().settled_date == date(2026, 7, 1)
    pay(organisation, home, "2026-07-01,C1,1,100.00,EUR,R1,Returned", as_of=date(2026, 7, 9))
    invoice, payment = Invoice.objects.get(), Payment.objects.get()
    assert (invoice.open_amount_minor, invoice.settled_date, invoice.payment_count) == (10000, None, 0)
    assert (payment.returned_date, payment.unallocated_minor) == (date(2026, 7, 9), 0)
    parts = list(Allocation.objects.order_by("pk").values_list("source", "amount_minor", "allocated_date"))
    assert parts == [("payment", 10000, date(2026, 7, 1)), ("returned", -10000, date(2026, 7, 9))]
    before = versions_of(organisation)
    pay(organisation, home, "2026-07-01,C1,1,100.00,EUR,R1,Returned", as_of=date(2026, 7, 20))
    assert versions_of(organisation) == before
    assert Allocation.objects.count() == 2


def test_a_payment_that_came_and_went_is_in_the_invoices_history(home: Path) -> None:
    organisation = make_organisation()
    open_invoice(organisation)
    header = HEADER + ",Returned Date"
    text = table(header, "2026-07-01,C1,1,100.00,EUR,R1,Returned,2026-07-04", "2026-07-20,C1,1,100.00,EUR,R2,,")
    run_import(organisation, write(home, text, "payments.csv"), as_of=JULY)
    invoice = Invoice.objects.get()
    assert (invoice.settled_date, invoice.payment_count) == (date(2026, 7, 20), 1)
    assert Payment.objects.get(reference="R1").returned_date == date(2026, 7, 4)
    assert Allocation.objects.count() == 3


def test_a_payment_explains_what_the_list_had_reported_as_gone(home: Path) -> None:
    organisation = make_organisation()
    text = table(INVOICES, "1,C1,2026-05-15,2026-06-15,EUR,100.00,0.00", "2,C1,2026-05-15,2026-06-15,EUR,100.00,30.00")
    run_import(organisation, write(home, text), as_of=JULY)
    pay(organisation, home, "2026-06-20,C1,1,100.00,EUR,R1,", "2026-06-25,C1,2,50.00,EUR,R2,")
    assert invoices_of(organisation) == {"1": (10000, 0), "2": (10000, 3000)}
    first, second = Invoice.objects.order_by("number")
    assert (first.settled_date, first.payment_count) == (date(2026, 6, 20), 1)
    rest = Allocation.objects.get(invoice=second, source="reported")
    assert (rest.amount_minor, rest.allocated_date, rest.is_date_known) == (2000, date(2026, 6, 25), False)


def test_payments_explain_drops_between_two_lists(home: Path) -> None:
    organisation = make_organisation()
    for rest, day in (("100.00", date(2026, 6, 30)), ("60.00", date(2026, 7, 15)), ("0.00", JULY)):
        run_import(
            organisation, write(home, table(INVOICES, f"1,C1,2026-05-15,2026-06-15,EUR,100.00,{rest}")), as_of=day
        )
    pay(organisation, home, "2026-07-10,C1,1,40.00,EUR,R1,", "2026-07-28,C1,1,60.00,EUR,R2,")
    invoice = Invoice.objects.get()
    assert (invoice.settled_date, invoice.payment_count) == (date(2026, 7, 28), 2)
    assert set(Allocation.objects.values_list("source", flat=True)) == {"payment"}


def test_a_payment_after_the_lists_day_is_new_money(home: Path) -> None:
    organisation = make_organisation()
    text = table(INVOICES, "1,C1,2026-05-15,2026-06-15,EUR,100.00,60.00")
    run_import(organisation, write(home, text), as_of=date(2026, 6, 30))
    pay(organisation, home, "2026-07-10,C1,1,25.00,EUR,R1,")
    assert invoices_of(organisation) == {"1": (10000, 3500)}


def test_more_than_is_open_stays_on_account_and_is_a_problem(home: Path) -> None:
    organisation = make_organisation()
    open_invoice(organisation)
    pay(organisation, home, "2026-07-01,C1,1,130.00,EUR,R1,")
    assert invoices_of(organisation) == {"1": (10000, 0)}
    assert Payment.objects.get().unallocated_minor == 3000
    assert problems_of(organisation) == [("payment_exceeds_invoice", 2)]


def test_a_payment_for_an_unknown_invoice_stays_on_account_until_the_invoice_is_there(home: Path) -> None:
    organisation = make_organisation()
    open_invoice(organisation)
    pay(organisation, home, "2026-07-01,C1,77,50.00,EUR,R1,")
    assert Payment.objects.get().unallocated_minor == 5000
    assert problems_of(organisation) == [("payment_for_unknown_invoice", 2)]
    open_invoice(organisation, "77", 5000)
    pay(organisation, home, "2026-07-01,C1,77,50.00,EUR,R1,")
    assert invoices_of(organisation)["77"] == (5000, 0)
    assert problems_of(organisation) == []


def test_a_payment_in_another_currency_is_not_put_to_the_invoice(home: Path) -> None:
    organisation = make_organisation()
    open_invoice(organisation)
    pay(organisation, home, "2026-07-01,C1,1,50.00,USD,R1,")
    assert invoices_of(organisation) == {"1": (10000, 10000)}
    assert problems_of(organisation) == [("payment_in_other_currency", 2)]


def test_an_invoice_number_alone_tells_whose_payment_it_is(home: Path) -> None:
    organisation = make_organisation()
    open_invoice(organisation)
    text = "Payment Date,Invoice Number,Amount,Currency\n2026-07-01,1,50.00,EUR\n2026-07-01,99,5.00,EUR\n"
    run_import(organisation, write(home, text, "payments.csv"), as_of=JULY)
    assert invoices_of(organisation) == {"1": (10000, 5000)}
    assert problems_of(organisation) == [("payment_of_nobody", 3)]


def test_bad_payments_do_not_stop_the_good_ones_one_bad_record(home: Path) -> None:
    organisation = make_organisation()
    open_invoice(organisation)
    rows = (
        "x,C1,1,1.00,EUR,R1,",
        "2026-07-01,C1,1,-5.00,EUR,R2,",
        ",C1,1,1.00,EUR,R3,",
        "2026-07-01,C1,1,40.00,EUR,R4,",
    )
    result = pay(organisation, home, *rows)
    assert invoices_of(organisation) == {"1": (10000, 6000)}
    assert result.faults["code"].to_list() == ["not_a_date", "payment_not_positive", "date_missing"]


def test_a_payment_recorded_by_hand_and_then_imported_is_one_payment(home: Path) -> None:
    organisation = make_organisation()
    invoice = open_invoice(organisation)
    day = date(2026, 7, 1)
    money = Money(4000, "EUR")
    record_payment(
        organisation.pk, invoice.customer_id, money, on=day, today=day, now=NOW, actor="x", invoice_numbers=["1"]
    )
    pay(organisation, home, "2026-07-01,C1,1,40.00,EUR,R1,")
    assert Payment.objects.count() == 1
    assert invoices_of(organisation) == {"1": (10000, 6000)}
    pay(organisation, home, "2026-07-01,C1,1,40.00,EUR,R1,")
    assert Payment.objects.count() == 1


def ageing(folder: Path, *rows: str, day: str = "July 31, 2026") -> Path:
    """A QuickBooks ageing report with these rows."""
    text = sample("formats/ar_csv_layouts/qbo_ar_aging_detail.csv").read_text("utf-8")
    head = text.splitlines()[:6]
    head[2] = f'"As of {day}",,,,,,,'
    return write(folder, "\n".join([*head, *rows, "TOTAL,,,,,,1,1"]) + "\n", f"ageing {day}.csv")


INVOICE = ',05/10/2026,Invoice,1099,Example Ltd,06/19/2026,"1,000.00","{}"'
CASH = ",05/20/2026,Payment,,Example Ltd,05/20/2026,(500.00),({})"


def test_cash_used_between_two_ageing_reports_is_the_payment_of_what_fell(home: Path) -> None:
    organisation = make_organisation(currency="USD")
    run_import(organisation, ageing(home, INVOICE.format("1,000.00"), CASH.format("500.00"), day="June 30, 2026"))
    run_import(organisation, ageing(home, INVOICE.format("700.00"), CASH.format("200.00")))
    payment = Payment.objects.get()
    assert (payment.amount_minor, payment.unallocated_minor) == (50000, 20000)
    part = Allocation.objects.get()
    assert (part.payment, part.amount_minor, part.allocated_date) == (payment, 30000, JULY)
    assert invoices_of(organisation) == {"1099": (100000, 70000)}


def test_cash_that_a_complete_report_no_longer_lists_is_used_up(home: Path) -> None:
    organisation = make_organisation(currency="USD")
    run_import(organisation, ageing(home, INVOICE.format("1,000.00"), CASH.format("500.00"), day="June 30, 2026"))
    run_import(organisation, ageing(home, INVOICE.format("700.00")))
    assert Payment.objects.get().unallocated_minor == 50000
    run_import(organisation, ageing(home, INVOICE.format("400.00"), day="August 31, 2026"), complete=True)
    payment = Payment.objects.get()
    assert (payment.amount_minor, payment.unallocated_minor) == (30000, 0)


def test_the_same_ageing_report_twice_changes_nothing(home: Path) -> None:
    organisation = make_organisation(currency="USD")
    path = ageing(home, INVOICE.format("700.00"), CASH.format("200.00"), CASH.format("200.00"))
    run_import(organisation, path)
    assert Payment.objects.count() == 2
    before = versions_of(organisation)
    counts = run_import(organisation, path, complete=True).counts
    assert (counts["payments_unchanged"], counts["invoices_unchanged"]) == (2, 1)
    assert versions_of(organisation) == before
