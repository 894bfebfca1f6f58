"""Money is put to claims: cash on account to open invoices and fees, in the order that the law or custom says."""

from collections.abc import Sequence
from datetime import date

import polars as pl

from goodterms.core.fees import Claim, put_in_order
from goodterms.flows.apply_payments import restate_payments
from goodterms.flows.balances import restate_invoices
from goodterms.followup.models import Fee
from goodterms.followup.policy import policy_of
from goodterms.followup.statutory import shipped_regimes
from goodterms.ledger.models import Allocation, Invoice, Payment
from goodterms.organizations.models import Organisation


def allocation_rule(organisation: Organisation) -> str:
    """The order that the law of the organisation's claims asks for; empty where it asks for none."""
    country = policy_of(organisation).numbers.interest.country or organisation.country
    regime = shipped_regimes().for_country(country)
    return regime.allocation if regime else ""


def order_claims(organisation: Organisation, invoices: Sequence[Invoice]) -> list[Invoice]:
    """The invoices and fees in the order in which money is put to them (core.fees.put_in_order)."""
    by_id = {invoice.pk: invoice for invoice in invoices}
    reasons = dict(Fee.objects.filter(claim_id__in=by_id).values_list("claim_id", "reason"))
    claims = [Claim(invoice.pk, reasons.get(invoice.pk, ""), invoice.due_date) for invoice in invoices]
    return [by_id[claim.invoice_id] for claim in put_in_order(claims, allocation_rule(organisation))]


def put_cash_to(organisation: Organisation, invoices: Sequence[Invoice], *, most_minor: int, until: date) -> int:
    """Put at most this much of the cash on account up to this day to the invoices, in their order; what was put.

    ``invoices`` are one customer's, in one currency. Part of a flow's transaction that holds the organisation.
    """
    if not invoices or most_minor <= 0:
        return 0
    held = Payment.objects.filter(
        customer_id=invoices[0].customer_id,
        currency=invoices[0].currency,
        unallocated_minor__gt=0,
        returned_date__isnull=True,
        paid_date__lte=until,
    )
    left = {invoice.pk: invoice.open_amount_minor for invoice in invoices}
    put = 0
    for payment in held.order_by("paid_date", "pk"):
        for invoice in invoices:
            part = min(left[invoice.pk], payment.unallocated_minor, most_minor - put)
            if part > 0:
                _allocate(payment, invoice, part)
                left[invoice.pk] -= part
                payment.unallocated_minor -= part
                put += part
        restate_payments(pl.Series("payment_id", [payment.pk], dtype=pl.Int64))
    restate(invoices)
    return put


def restate(invoices: Sequence[Invoice]) -> None:
    """Bring the invoices' balances in line with their allocations."""
    restate_invoices(pl.Series("invoice_id", [invoice.pk for invoice in invoices], dtype=pl.Int64))


def _allocate(payment: Payment, invoice: Invoice, part: int) -> None:
    row, is_new = Allocation.objects.get_or_create(
        payment=payment,
        invoice=invoice,
        source=Allocation.Source.PAYMENT,
        allocated_date=payment.paid_date,
        defaults={
            "organisation_id": payment.organisation_id,
            "customer_id": payment.customer_id,
            "amount_minor": part,
        },
    )
    if not is_new:
        row.amount_minor += part
        row.save(update_fields=["amount_minor"])
