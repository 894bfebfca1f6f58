"""The invoices that an agreement is about: those a person names, else what is overdue, else all that is open."""

from collections.abc import Sequence
from datetime import date

from goodterms.core.money import Money
from goodterms.core.refusal import Refusal
from goodterms.ledger.models import Customer, Invoice

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


def sum_open(invoices: Sequence[Invoice], currency: str) -> Money:
    """What is open on these invoices together, gross of credits and cash on account."""
    return Money(sum(invoice.open_amount_minor for invoice in invoices), currency)


def choose_invoices(
    customer: Customer, named: Sequence[Invoice], amount: Money | None, today: date
) -> tuple[list[Invoice], Money]:
    """The open invoices and fees an agreement is about, oldest first, and its amount.

    Without ``named`` what is overdue, or all that is open where the amount is larger or nothing is overdue; without
    ``amount`` all that is open on them. Raises InvoiceNotTheirs, SeveralCurrencies, NothingOpen, AmountNotPositive or
    AmountAboveOpen.
    """
    if amount is not None and amount.amount_minor <= 0:
        raise AmountNotPositive
    for invoice in named:
        if invoice.customer_id != customer.pk:
            raise InvoiceNotTheirs(invoice, customer)
    open_ones = _open_claims(customer, named, amount.currency if amount else None)
    chosen = open_ones if named else _overdue_first(open_ones, amount, today)
    currencies = sorted({invoice.currency for invoice in chosen})
    if not currencies:
        raise NothingOpen(customer)
    if len(currencies) > 1:
        raise SeveralCurrencies(currencies)
    left = sum_open(chosen, currencies[0])
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


def _overdue_first(open_ones: list[Invoice], amount: Money | None, today: date) -> list[Invoice]:
    overdue = [invoice for invoice in open_ones if invoice.due_date is not None and invoice.due_date < today]
    is_enough = amount is None or sum(one.open_amount_minor for one in overdue) >= amount.amount_minor
    return overdue if overdue and is_enough else open_ones
