"""What is agreed with one customer, disputed, charged and in other hands: for the customer's page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count

from goodterms.flows.agency_cases import RUNNING
from goodterms.followup.models import AgencyCase, Dispute, Fee, PaymentPlan, Promise, Settlement
from goodterms.ledger.models import Customer
from goodterms.web.queries.agreements import PlanRow, with_progress

MOST = 10


@dataclass(frozen=True)
class CustomerAgreements:
    """What stands with one customer, and how promises ended so far."""

    promises: Sequence[Promise]
    plans: Sequence[PlanRow]
    settlements: Sequence[Settlement]
    disputes: Sequence[Dispute]
    fees: Sequence[Fee]
    case: AgencyCase | None
    kept: int
    partly_kept: int
    broken: int

    @property
    def judged(self) -> int:
        return self.kept + self.partly_kept + self.broken

    def __bool__(self) -> bool:
        rows = (self.promises, self.plans, self.settlements, self.disputes, self.fees, self.case)
        return any(map(bool, rows))


def agreements_of(customer: Customer, today: date) -> CustomerAgreements:
    """What stands with this customer; eight queries at most, however much it is."""
    promise, plan, settlement = Promise.State, PaymentPlan.State, Settlement.State
    ended = dict(customer.promises.order_by().values_list("state").annotate(Count("pk")))
    plans = customer.plans.filter(state__in=[plan.PROPOSED, plan.ACTIVE]).order_by("-pk")[:MOST]
    running = [settlement.DRAFT, settlement.PROPOSED, settlement.ACCEPTED]
    return CustomerAgreements(
        promises=list(customer.promises.filter(state=promise.OPEN).order_by("promised_date")[:MOST]),
        plans=with_progress(list(plans), today),
        settlements=list(customer.settlements.filter(state__in=running).order_by("-pk")[:MOST]),
        disputes=list(
            customer.disputes.filter(resolution="").select_related("invoice").order_by("due_date", "pk")[:MOST]
        ),
        fees=list(customer.fees.filter(claim__open_amount_minor__gt=0).select_related("claim").order_by("-pk")[:MOST]),
        case=customer.agency_cases.filter(state__in=RUNNING).first(),
        kept=ended.get(promise.KEPT, 0),
        partly_kept=ended.get(promise.PARTLY_KEPT, 0),
        broken=ended.get(promise.BROKEN, 0),
    )
