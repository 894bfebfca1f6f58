"""Statutory interest on late invoices becomes a claim of its own, for the days since it was last claimed."""

from collections.abc import Collection
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Max, Sum

from goodterms.core.interest import InterestClaim, RateNotKnown, Reduction, Regime, interest_due
from goodterms.core.money import Money
from goodterms.core.refusal import Refusal
from goodterms.flows.charge_fee import Charge, book_fees
from goodterms.flows.facts import local_day, raise_facts_version
from goodterms.followup.models import Fee
from goodterms.followup.policy import policy_of
from goodterms.followup.statutory import shipped_regimes
from goodterms.ledger.models import Customer, Invoice, Payment
from goodterms.organizations.models import Organisation


class InterestSwitchedOff(Refusal):
    """The organisation does not claim interest."""

    def __init__(self) -> None:
        super().__init__(
            "This organisation does not claim statutory interest; switch it on first "
            "(policy: interest.enabled), and have somebody check that the law applies to your contracts."
        )


class NoLawKnown(Refusal):
    """No statutory interest is known for the organisation's country, or not for these days."""


@transaction.atomic
def charge_interest(
    organisation: Organisation,
    customer: Customer,
    *,
    until: date | None = None,
    only: Collection[int] | None = None,
    actor: str,
    now: datetime,
) -> list[Fee]:
    """Claim interest up to and with ``until`` (without: yesterday) on every overdue invoice of the customer.

    With ``only`` on those of these ids alone.

    Counted on what was open day by day since the due date, cash on account and open credit notes taken off the oldest
    from their day on, by the law of the policy's country of interest, less what was claimed before; beside it the
    law's fixed compensation, once per invoice. Days that were claimed are not claimed again. Returns the new fees.
    Raises InterestSwitchedOff or NoLawKnown.
    """
    numbers = policy_of(organisation).numbers
    if not numbers.interest.enabled:
        raise InterestSwitchedOff
    country = numbers.interest.country or organisation.country
    regime = shipped_regimes().for_country(country)
    if regime is None:
        raise NoLawKnown(f"No law on statutory interest is known for {country}; set interest.country in the policy.")
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    today = local_day(organisation, customer, now)
    last_day = min(until or today, today - timedelta(days=1))
    late = Invoice.objects.filter(
        customer=customer, kind=Invoice.Kind.INVOICE, status=Invoice.Status.POSTED, due_date__lt=last_day
    )
    charges = []
    try:
        in_favour = _in_favour(customer)
        for invoice in late.order_by("due_date", "pk"):
            covered = _cover(invoice, in_favour)
            if only is None or invoice.pk in only:
                charges += _charges(regime, invoice, last_day, covered)
    except RateNotKnown as error:
        raise NoLawKnown(str(error)) from error
    if not charges:
        return []
    fees = book_fees(organisation, charges, today, actor, now)
    raise_facts_version(organisation, customer)
    return fees


def _in_favour(customer: Customer) -> dict[str, list[Reduction]]:
    """Cash on account and open credit notes per currency, the earliest first."""
    cash = Payment.objects.filter(customer=customer, unallocated_minor__gt=0, returned_date__isnull=True)
    notes = Invoice.objects.filter(customer=customer, open_amount_minor__lt=0)
    found = [*cash.values_list("currency", "paid_date", "unallocated_minor")]
    found += [
        (code, day, -minor) for code, day, minor in notes.values_list("currency", "issue_date", "open_amount_minor")
    ]
    credits: dict[str, list[Reduction]] = {}
    for code, day, minor in sorted(found):
        credits.setdefault(code, []).append(Reduction(day, minor))
    return credits


def _cover(invoice: Invoice, in_favour: dict[str, list[Reduction]]) -> list[Reduction]:
    """What of the credits covers the invoice; it is taken from them, for the next one."""
    left, used = invoice.open_amount_minor, []
    credits = in_favour.get(invoice.currency, [])
    while credits and left:
        credit = credits.pop(0)
        part = min(left, credit.amount_minor)
        used.append(Reduction(credit.day, part))
        left -= part
        if credit.amount_minor > part:
            credits.insert(0, Reduction(credit.day, credit.amount_minor - part))
    return used


def _charges(regime: Regime, invoice: Invoice, until: date, covered: list[Reduction]) -> list[Charge]:
    claimed = Fee.objects.filter(for_invoice=invoice, reason=Fee.Reason.INTEREST)
    before = claimed.aggregate(total=Sum("claim__amount_minor"), last=Max("until_date"))
    # An invoice settled before anything was claimed is left in peace: interest follows a debt that is still open.
    is_open = invoice.open_amount_minor > sum(credit.amount_minor for credit in covered)
    if not is_open or (before["last"] is not None and before["last"] >= until):
        return []
    claim = _work_out(regime, invoice, until, covered)
    if not claim.breakdown:
        return []
    first = before["last"] + timedelta(days=1) if before["last"] else claim.breakdown[0].from_date
    owed = claim.interest.amount_minor - (before["total"] or 0)
    found = []
    if owed > 0:
        found.append(_charge(invoice, Fee.Reason.INTEREST, Money(owed, invoice.currency), regime, first, until))
    is_new = not Fee.objects.filter(for_invoice=invoice, reason=Fee.Reason.COMPENSATION).exists()
    if claim.compensation and is_new:
        found.append(_charge(invoice, Fee.Reason.COMPENSATION, claim.compensation, regime, None, None))
    return found


def _work_out(regime: Regime, invoice: Invoice, until: date, covered: list[Reduction]) -> InterestClaim:
    """Interest since the due date on what was open, and not covered, on each day."""
    assert invoice.due_date is not None, "chosen by its due date"
    gone = [Reduction(*row) for row in invoice.allocations.values_list("allocated_date", "amount_minor")]
    principal = Money(invoice.amount_minor, invoice.currency)
    return interest_due(regime, principal, invoice.due_date, until, [*gone, *covered])


def _charge(
    invoice: Invoice, reason: str, amount: Money, regime: Regime, first: date | None, last: date | None
) -> Charge:
    return Charge(
        customer=invoice.customer,
        for_invoice=invoice,
        reason=reason,
        amount=amount,
        period=f"{first}/{last}" if first else "once",
        from_date=first,
        until_date=last,
        law=regime.name,
    )
