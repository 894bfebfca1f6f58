"""The coming weeks of one customer: each message with its day and reason, if nobody pays and nobody answers."""

from dataclasses import dataclass
from datetime import date, datetime

from goodterms.core.foresee import foresee
from goodterms.flows.collect_evidence import collect_evidence
from goodterms.followup.policy import policy_of
from goodterms.ledger.models import Customer
from goodterms.organizations.models import Organisation


@dataclass(frozen=True)
class Coming:
    """A message that would go out."""

    day: date
    step: str
    channel: str
    tone: str
    reason: str
    deadline: date | None
    needs_approval: bool


def foresee_touches(organisation: Organisation, customer: Customer, now: datetime, days: int) -> list[Coming]:
    """The touches of the coming days, decided by the same code as the day's run."""
    evidence = collect_evidence(organisation, now, customer_ids=[customer.pk]).evidence
    rows = foresee(evidence, policy_of(organisation), days)
    return [
        Coming(
            row["planned_date"],
            row["step"],
            row["channel"],
            row["tone"],
            row["due_reason"],
            row["deadline_date"],
            row["needs_approval"],
        )
        for row in rows.iter_rows(named=True)
    ]
