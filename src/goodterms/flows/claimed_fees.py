"""What of interest and compensation was claimed as fees already, so that nothing is asked for twice."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import polars as pl

from goodterms.core.money import Money
from goodterms.flows.import_job import read_by_ids
from goodterms.followup.models import Fee
from goodterms.messages.facts import ItemInterest

_LAW = (Fee.Reason.INTEREST, Fee.Reason.COMPENSATION)

CLAIMED = pl.Schema({"invoice_id": pl.Int64(), "claimed_interest": pl.Int64(), "compensations": pl.Int64()})
_CLAIMED_FOR = (
    "SELECT f.for_invoice_id, CAST(SUM(CASE WHEN f.reason = 'interest' THEN c.amount_minor ELSE 0 END) AS bigint),"
    " SUM(CASE WHEN f.reason = 'compensation' THEN 1 ELSE 0 END)"
    " FROM followup_fee f JOIN ledger_invoice c ON c.id = f.claim_id"
    " WHERE f.for_invoice_id IN ({ids}) AND f.reason IN ('interest', 'compensation') GROUP BY f.for_invoice_id"
)


def read_claimed_for(invoice_ids: pl.Series) -> pl.DataFrame:
    """What was claimed as fees for these invoices (columns: CLAIMED); those without are left out."""
    return read_by_ids(_CLAIMED_FOR, invoice_ids, CLAIMED)


@dataclass(frozen=True)
class ClaimedFees:
    """By invoice number the interest and compensation that was claimed for it."""

    interest: dict[str, int] = field(default_factory=dict)
    compensated: set[str] = field(default_factory=set)

    def leave_out(self, line: ItemInterest) -> ItemInterest:
        """The line without what was claimed before."""
        before = Money(self.interest.get(line.number, 0), line.interest.currency)
        interest = max(line.interest - before, Money.zero(line.interest.currency))
        nothing = Money.zero(line.compensation.currency)
        compensation = nothing if line.number in self.compensated else line.compensation
        return ItemInterest(line.number, interest, compensation)


def read_claimed(customer_ids: Sequence[int]) -> dict[int, ClaimedFees]:
    """The fees of these customers by customer, in one query; those without are left out."""
    fees = Fee.objects.filter(customer_id__in=customer_ids).values_list(
        "customer_id", "for_invoice__number", "reason", "claim__amount_minor"
    )
    return _gather(fees)


def _gather(fees: Iterable[tuple[int, str | None, str, int]]) -> dict[int, ClaimedFees]:
    found: dict[int, ClaimedFees] = {}
    for customer_id, number, reason, amount in fees:
        if number is None or reason not in _LAW:
            continue
        claimed = found.setdefault(customer_id, ClaimedFees())
        if reason == Fee.Reason.INTEREST:
            claimed.interest[number] = claimed.interest.get(number, 0) + amount
        else:
            claimed.compensated.add(number)
    return found
