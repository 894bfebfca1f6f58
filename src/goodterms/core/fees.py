"""What paying late costs: late fees by the organisation's own rule, and in which order money is put to claims."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from goodterms.core.money import Money
from goodterms.core.policy import LateFeePolicy

COSTS_FIRST = "costs_interest_principal"
"""The order of BGB § 367 Abs. 1: money is put to the costs, then to the interest, last to the principal."""
_INTEREST = "interest"


@dataclass(frozen=True)
class Claim:
    """An open claim that money may be put to; ``fee_reason`` is empty for an invoice itself."""

    invoice_id: int
    fee_reason: str
    due_date: date | None


def put_in_order(claims: list[Claim], rule: str) -> list[Claim]:
    """The claims in the order in which money that names none of them is put to them.

    By COSTS_FIRST costs (all fees but interest) come first, then interest, then principal. Otherwise invoices come
    before fees, which so survive the payment of what they were charged for. Within each, the oldest first.
    """

    def rank(claim: Claim) -> int:
        if rule == COSTS_FIRST:
            return 2 if not claim.fee_reason else 1 if claim.fee_reason == _INTEREST else 0
        return 1 if claim.fee_reason else 0

    return sorted(claims, key=lambda claim: (rank(claim), claim.due_date or date.max, claim.invoice_id))


def late_fee(policy: LateFeePolicy, late: Money) -> Money | None:
    """What the policy charges for this late amount; None where it charges nothing (in this currency)."""
    if policy.kind == "fixed":
        fixed = policy.amount_minor.get(late.currency, 0)
        return Money(fixed, late.currency) if fixed and late.amount_minor > 0 else None
    if policy.kind != "percent" or late.amount_minor <= 0:
        return None
    share = late.multiply(Fraction(policy.percent) / Fraction(Decimal(100)))
    most = policy.most_minor.get(late.currency)
    capped = share if most is None else min(share, Money(most, late.currency))
    return capped if capped.amount_minor > 0 else None


def fee_period(policy: LateFeePolicy, today: date) -> str:
    """What a late fee is charged for once: the whole delay, or each month of it."""
    return today.strftime("%Y-%m") if policy.each_month else "once"
