"""A fee is taken back: once per customer on good will, or because it was charged wrongly."""

from datetime import datetime

import polars as pl
from django.db import transaction

from goodterms.core.money import Money
from goodterms.core.refusal import Refusal
from goodterms.flows.agreed_invoices import amount_words
from goodterms.flows.apply_payments import restate_payments
from goodterms.flows.approvals import require_for_amount
from goodterms.flows.facts import local_day, raise_facts_version, write_timeline
from goodterms.flows.put_to_claims import restate
from goodterms.flows.withdraw_promise import ReasonMissing
from goodterms.followup.models import Fee
from goodterms.ledger.models import Allocation
from goodterms.organizations.models import Organisation

GOOD_WILL, IN_ERROR = "Good will", "Charged in error"


class FeeOver(Refusal):
    """A fee to be waived was waived before, or nothing of it is open."""

    def __init__(self, fee: Fee) -> None:
        since = f"was waived on {fee.waived_date}" if fee.waived_date else "is paid"
        super().__init__(f"{fee.claim.number} {since}; there is nothing to waive.")


class GoodWillSpent(Refusal):
    """The customer was let off once before."""

    def __init__(self, fee: Fee) -> None:
        super().__init__(
            f"{fee.customer.name} was let off once, on {fee.waived_date} ({fee.claim.number}). "
            "A fee charged in error can still be taken back as such."
        )


@transaction.atomic
def waive_fee(
    organisation: Organisation, fee: Fee, *, reason: str, is_error: bool = False, actor: str, now: datetime
) -> None:
    """Take back what is open of the fee; the invoice it was charged for is not touched.

    With ``is_error`` all of it: what was paid towards it returns to the customer's account, and above the policy's
    settlement_approval_minor it takes a manager. Otherwise it is good will, granted once per customer. Raises FeeOver,
    GoodWillSpent, NotYoursToApprove or ReasonMissing.
    """
    if not reason.strip():
        raise ReasonMissing("the fee is waived")
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    fee.refresh_from_db()
    claim = fee.claim
    if fee.waived_date:
        raise FeeOver(fee)
    let_off = Fee.objects.filter(customer_id=fee.customer_id, waive_reason__startswith=GOOD_WILL).first()
    if let_off is not None and not is_error:
        raise GoodWillSpent(let_off)
    if is_error:
        _give_back(fee)
        claim.refresh_from_db()
        require_for_amount(organisation, actor, Money(claim.open_amount_minor, claim.currency))
    if not claim.open_amount_minor:
        raise FeeOver(fee)
    today = local_day(organisation, fee.customer, now)
    Allocation.objects.create(
        organisation=organisation,
        customer=fee.customer,
        invoice=claim,
        source=Allocation.Source.WAIVED,
        allocated_date=today,
        amount_minor=claim.open_amount_minor,
    )
    restate([claim])
    kind = IN_ERROR if is_error else GOOD_WILL
    fee.waived_date, fee.waived_by, fee.waive_reason = today, actor, f"{kind}: {reason}"
    fee.save(update_fields=["waived_date", "waived_by", "waive_reason"])
    raise_facts_version(organisation, fee.customer)
    amount = amount_words(Money(claim.open_amount_minor, claim.currency))
    write_timeline(
        fee.customer,
        "fee_waived",
        f"{claim.number} taken back ({amount}). {fee.waive_reason}",
        actor=actor,
        now=now,
        invoice=fee.for_invoice,
        data={"fee_id": fee.pk, "amount_minor": claim.open_amount_minor},
    )


def _give_back(fee: Fee) -> None:
    """Money that was put to the claim is the customer's own again, on account."""
    paid = fee.claim.allocations.filter(payment__isnull=False)
    payments = list(paid.values_list("payment_id", flat=True))
    paid.delete()
    restate_payments(pl.Series("payment_id", payments, dtype=pl.Int64))
    restate([fee.claim])
