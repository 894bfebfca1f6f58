"""The invoices that an agreement is about (named, else overdue, else all that is open), and what is owed on them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl
from django.db.models import Sum

from goodterms.core.ageing import age_items
from goodterms.core.evidence import CASH, CUSTOMERS, OPEN_ITEMS, Evidence
from goodterms.core.money import Money
from goodterms.core.refusal import Refusal
from goodterms.ledger.models import Customer, Invoice, Payment

CLAIMS = (Invoice.Kind.INVOICE, Invoice.Kind.FEE)


class InvoiceNotTheirs(Refusal):
    """An agreement named an invoice of another customer."""

    def __init__(self, invoice: Invoice, customer: Customer) -> None:
        super().__init__(f"Invoice {invoice.number} is not one of {customer.name}; name the customer it was sent to.")


class NothingOpen(Refusal):
    """There is nothing to agree about."""

    def __init__(self, customer: Customer) -> None:
        super().__init__(f"Nothing of {customer.name} is open in this choice; look at the customer's open invoices.")


class SeveralCurrencies(Refusal):
    """An agreement was to be about several currencies."""

    def __init__(self, currencies: Sequence[str]) -> None:
        super().__init__(
            f"The invoices are in several currencies ({', '.join(currencies)}), which are never added up: "
            "name the invoices, or an amount with its currency, and make one agreement for each."
        )


class AmountAboveOpen(Refusal):
    """More was agreed than is owed."""

    def __init__(self, amount: Money, left: Money) -> None:
        super().__init__(f"{amount_words(amount)} is more than is open ({amount_words(left)}); agree on that or less.")


class AmountNotPositive(Refusal):
    """An agreement about nothing, or less."""

    def __init__(self) -> None:
        super().__init__("An agreement needs an amount above nothing.")


def amount_words(amount: Money) -> str:
    """An amount as the timeline writes it: 120.00 EUR."""
    return f"{amount.to_decimal()} {amount.currency}"


@dataclass(frozen=True)
class Owed:
    """What is owed on some invoices beyond what their customer has in its favour."""

    total: Money
    parts: Mapping[int, int]  # by invoice, in minor units: credits are taken off the oldest first
    cash_minor: int  # cash on account that covers some of what is open


def find_owed(customer: Customer, invoices: Sequence[Invoice], today: date, *, with_cash: bool = True) -> Owed:
    """What is owed on these invoices, of one currency: the reckoning that messages ask by (core.ageing).

    Open credit notes, and cash on account unless told otherwise, count for these invoices before any others.
    """
    currency = invoices[0].currency
    rows = [_open_item(invoice, today) for invoice in invoices]
    notes = Invoice.objects.filter(customer=customer, currency=currency, open_amount_minor__lt=0)
    rows += [_open_item(note, today) for note in notes]
    cash = _cash_on_account(customer, currency) if with_cash else 0
    evidence = Evidence(
        customers=_frame([{"customer_id": customer.pk, "local_date": today}], CUSTOMERS),
        open_items=_frame(rows, OPEN_ITEMS),
        cash=_frame([{"customer_id": customer.pk, "currency": currency, "unallocated_minor": cash}], CASH),
    )
    parts = dict(age_items(evidence).select("invoice_id", "owed_minor").iter_rows())
    gross = sum(invoice.open_amount_minor for invoice in invoices)
    return Owed(Money(sum(parts.values()), currency), parts, min(cash, gross))


def _frame(rows: list[dict[str, object]], schema: pl.Schema) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=schema)


def _open_item(invoice: Invoice, today: date) -> dict[str, object]:
    return {
        "invoice_id": invoice.pk,
        "customer_id": invoice.customer_id,
        "kind": invoice.kind,
        "currency": invoice.currency,
        "issue_date": invoice.issue_date,
        "due_date": invoice.due_date or today,
        "amount_minor": invoice.amount_minor,
        "open_amount_minor": invoice.open_amount_minor,
        "disputed_amount_minor": 0,
    }


def _cash_on_account(customer: Customer, currency: str) -> int:
    held = Payment.objects.filter(
        customer=customer, currency=currency, unallocated_minor__gt=0, returned_date__isnull=True
    )
    return held.aggregate(total=Sum("unallocated_minor"))["total"] or 0


def choose_invoices(
    customer: Customer, named: Sequence[Invoice], amount: Money | None, today: date
) -> tuple[list[Invoice], Money]:
    """The open invoices and fees an agreement is about, oldest first, and its amount.

    Without ``named`` what is overdue, or all that is open where the amount is larger or nothing is overdue; without
    ``amount`` all that is owed on them beyond credits and cash on account. Raises InvoiceNotTheirs, SeveralCurrencies,
    NothingOpen, AmountNotPositive or AmountAboveOpen.
    """
    if amount is not None and amount.amount_minor <= 0:
        raise AmountNotPositive
    for invoice in named:
        if invoice.customer_id != customer.pk:
            raise InvoiceNotTheirs(invoice, customer)
    open_ones = _open_claims(customer, named, amount.currency if amount else None)
    chosen = open_ones if named else _overdue_first(customer, open_ones, amount, today)
    currencies = sorted({invoice.currency for invoice in chosen})
    if not currencies:
        raise NothingOpen(customer)
    if len(currencies) > 1:
        raise SeveralCurrencies(currencies)
    left = find_owed(customer, chosen, today).total
    if not left:
        raise NothingOpen(customer)
    if amount is not None and amount > left:
        raise AmountAboveOpen(amount, left)
    return chosen, amount or left


def _open_claims(customer: Customer, named: Sequence[Invoice], currency: str | None) -> list[Invoice]:
    rows = Invoice.objects.filter(
        customer=customer, kind__in=CLAIMS, status=Invoice.Status.POSTED, open_amount_minor__gt=0
    )
    if named:
        rows = rows.filter(pk__in=[invoice.pk for invoice in named])
    if currency:
        rows = rows.filter(currency=currency)
    return sorted(rows, key=lambda invoice: (invoice.due_date or date.max, invoice.pk))


def _overdue_first(customer: Customer, open_ones: list[Invoice], amount: Money | None, today: date) -> list[Invoice]:
    overdue = [invoice for invoice in open_ones if invoice.due_date is not None and invoice.due_date < today]
    if len({invoice.currency for invoice in overdue}) != 1:
        return overdue or open_ones
    least = amount.amount_minor if amount else 1
    return overdue if find_owed(customer, overdue, today).total.amount_minor >= least else open_ones
