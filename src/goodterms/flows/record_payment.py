"""A person records a payment: put to the invoices they name, the rest kept on account, written into the timeline."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256

import polars as pl
from django.db import IntegrityError, transaction

from goodterms.core.money import Money
from goodterms.core.refusal import Refusal
from goodterms.flows.apply_payments import RECORDED
from goodterms.flows.balances import restate_invoices
from goodterms.flows.facts import raise_facts_version, write_timeline
from goodterms.flows.judge_promises import judge_open_promises
from goodterms.flows.put_to_claims import order_claims
from goodterms.ledger.models import Allocation, Customer, Invoice, Payment
from goodterms.organizations.models import Organisation

_MOST_NAMED = 5


class CustomerUnknown(Refusal):
    """Nobody goes by this number or name."""

    def __init__(self, wanted: str, near: Sequence[str]) -> None:
        hint = f" Did you mean {', '.join(near)}?" if near else " goodterms customers lists them."
        super().__init__(f"There is no customer with the number or name {wanted!r}.{hint}")


class CustomerUnclear(Refusal):
    """Several customers bear the name."""

    def __init__(self, wanted: str, numbers: Sequence[str]) -> None:
        super().__init__(f"Several customers are called {wanted!r}: name one by its number ({', '.join(numbers)}).")


class PaymentNotPositive(Refusal):
    """A payment of nothing, or less."""

    def __init__(self) -> None:
        super().__init__("A payment must be more than nothing. A payment sent back comes with the payments file.")


class PaymentInFuture(Refusal):
    """A payment of a day that has not come."""

    def __init__(self, on: date, today: date) -> None:
        super().__init__(f"{on} has not come yet (today is {today}); record the payment when it is there.")


class InvoiceUnknown(Refusal):
    """The customer has no open invoice of this number."""

    def __init__(self, number: str, customer: str, open_numbers: Sequence[str]) -> None:
        listed = f"Open are: {', '.join(open_numbers)}." if open_numbers else "Nothing of theirs is open."
        super().__init__(f"{customer} has no open invoice {number!r}. {listed}")


class InvoiceUnclear(Refusal):
    """An invoice and a fee of the customer have the same number."""

    def __init__(self, number: str, customer: str) -> None:
        super().__init__(
            f"{customer} has an invoice and a fee with the number {number!r}; record the payment without --invoice to "
            "keep it on account."
        )


class InvoiceInOtherCurrency(Refusal):
    """The payment's currency is not the invoice's."""

    def __init__(self, invoice: Invoice, currency: str) -> None:
        super().__init__(
            f"Invoice {invoice.number} is in {invoice.currency}, the payment in {currency}; "
            "record it without --invoice to keep it on account."
        )


class PaymentRecordedBefore(Refusal):
    """The same payment was recorded a moment or a day ago."""

    def __init__(self, money: Money, on: date) -> None:
        super().__init__(
            f"A payment of {money.to_decimal()} {money.currency} on {on} with this reference is recorded already. "
            "If it is a second one, give it a reference of its own with --reference."
        )


@dataclass(frozen=True)
class PaymentRecorded:
    """What became of a payment: the part for each invoice, and what stays on account."""

    payment_id: int
    customer_number: str
    customer_name: str
    paid_date: date
    amount: Money
    allocations: tuple[tuple[str, Money], ...]
    on_account: Money


def find_customer(organisation: Organisation, wanted: str) -> Customer:
    """The customer of this number, else of this name (case does not matter); raises CustomerUnknown/-Unclear."""
    rows = Customer.objects.filter(organisation=organisation)
    found = list(rows.filter(number=wanted)) or list(rows.filter(name__iexact=wanted.strip()))
    if len(found) == 1:
        return found[0]
    if found:
        raise CustomerUnclear(wanted, [customer.number for customer in found])
    near = rows.filter(name__icontains=wanted.strip()).order_by("name")[:_MOST_NAMED] if wanted.strip() else []
    raise CustomerUnknown(wanted, [f"{customer.name} ({customer.number})" for customer in near])


@transaction.atomic
def record_payment(
    organisation_id: int,
    customer_id: int,
    money: Money,
    *,
    on: date,
    today: date,
    now: datetime,
    actor: str,
    invoice_numbers: Sequence[str] = (),
    reference: str = "",
) -> PaymentRecorded:
    """Record money that came in on a day.

    It goes to the named invoices in their order, to each up to what is open (where fees are among them, in the order
    that the law says: costs, interest, principal; else invoices first); the rest, or all of it when none is
    named, stays on account, where it counts for the customer and nothing is assumed. A promise that it keeps
    is kept at once. Raises Refusal for a payment that cannot be: not positive, in the future, for an invoice that is
    not open or in another currency, recorded before.
    """
    if money.amount_minor <= 0:
        raise PaymentNotPositive
    if on > today:
        raise PaymentInFuture(on, today)
    # One import or payment at a time, so that balances read stay true until they are written.
    organisation = Organisation.objects.select_for_update(no_key=True).get(pk=organisation_id)
    customer = Customer.objects.get(organisation=organisation, pk=customer_id)
    invoices = [_open_invoice(customer, number, money.currency) for number in dict.fromkeys(invoice_numbers)]
    if any(invoice.kind == Invoice.Kind.FEE for invoice in invoices):
        invoices = order_claims(organisation, invoices)
    payment = _store(customer, money, on, reference)
    parts = _allocate(payment, invoices)
    raise_facts_version(organisation, customer)
    recorded = PaymentRecorded(
        payment_id=payment.pk,
        customer_number=customer.number,
        customer_name=customer.name,
        paid_date=on,
        amount=money,
        allocations=tuple((invoice.number, part) for invoice, part in parts),
        on_account=Money(payment.unallocated_minor, money.currency),
    )
    write_timeline(
        customer,
        "payment",
        _sentence(recorded, reference),
        actor=actor,
        now=now,
        invoice=parts[0][0] if len(parts) == 1 else None,
        data={"payment_id": payment.pk, "amount": money.to_json(), "paid_date": on.isoformat()},
    )
    judge_open_promises(organisation, today, now, customer_id=customer.pk, only_settled=True)
    return recorded


def _open_invoice(customer: Customer, number: str, currency: str) -> Invoice:
    claims = [Invoice.Kind.INVOICE, Invoice.Kind.FEE]
    rows = Invoice.objects.filter(customer=customer, kind__in=claims, open_amount_minor__gt=0)
    found = rows.filter(number=number.strip())
    if len(found) > 1:
        raise InvoiceUnclear(number, customer.name)
    invoice = found.first()
    if invoice is None:
        listed = rows.order_by("issue_date", "pk").values_list("number", flat=True)[:_MOST_NAMED]
        raise InvoiceUnknown(number, customer.name, list(listed))
    if invoice.currency != currency:
        raise InvoiceInOtherCurrency(invoice, currency)
    return invoice


def _store(customer: Customer, money: Money, on: date, reference: str) -> Payment:
    named = sha256(reference.encode()).hexdigest()[:16] if reference else ""
    key = f"{RECORDED}{on} {money.currency} {money.amount_minor} {named}".strip()
    try:
        with transaction.atomic():
            return Payment.objects.create(
                organisation_id=customer.organisation_id,
                customer=customer,
                key=key,
                paid_date=on,
                currency=money.currency,
                amount_minor=money.amount_minor,
                unallocated_minor=money.amount_minor,
                reference=reference[:200],
            )
    except IntegrityError:
        raise PaymentRecordedBefore(money, on) from None


def _allocate(payment: Payment, invoices: Sequence[Invoice]) -> list[tuple[Invoice, Money]]:
    """The parts for the invoices in their order; what is left stays on account."""
    left = payment.amount_minor
    parts = []
    for invoice in invoices:
        part = min(left, invoice.open_amount_minor)
        if part:
            Allocation.objects.create(
                organisation_id=payment.organisation_id,
                customer_id=payment.customer_id,
                invoice=invoice,
                payment=payment,
                source=Allocation.Source.PAYMENT,
                allocated_date=payment.paid_date,
                amount_minor=part,
            )
            parts.append((invoice, Money(part, payment.currency)))
            left -= part
    payment.unallocated_minor = left
    payment.save(update_fields=["unallocated_minor"])
    restate_invoices(pl.Series("invoice_id", [invoice.pk for invoice, _ in parts], dtype=pl.Int64))
    return parts


def _sentence(recorded: PaymentRecorded, reference: str) -> str:
    amount = f"{recorded.amount.to_decimal()} {recorded.amount.currency}"
    where = ", ".join(f"{part.to_decimal()} for invoice {number}" for number, part in recorded.allocations)
    rest = f"{recorded.on_account.to_decimal()} kept on account" if recorded.on_account else ""
    why = "; ".join(part for part in (where, rest) if part)
    named = f" (reference {reference})" if reference else ""
    return f"Payment of {amount} received on {recorded.paid_date}{named}: {why}."
