"""What was agreed: promises, plans and settlements in lists, and one of each with what came in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Generic, TypeVar

from django.db.models import Count as CountRows
from django.db.models import F, Max, Min, Model, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.http import Http404

from goodterms.flows.approvals import is_approved
from goodterms.flows.propose_plan import approval_key
from goodterms.followup.models import Instalment, PaymentPlan, Promise, Settlement, TimelineEvent
from goodterms.ledger.models import Allocation, Invoice
from goodterms.web.access import Visit
from goodterms.web.lists import Count, Slice, count_up_to, slice_rows

Row = TypeVar("Row")
Agreement = TypeVar("Agreement", bound=Model)
PROMISE_VIEWS = ("due", "coming", "broken", "kept", "withdrawn")
PLAN_VIEWS = ("active", "proposed", "defaulted", "completed", "ended")
SETTLEMENT_VIEWS = ("running", "fulfilled", "lapsed", "cancelled")
KEPT_DAYS = 365
COMING_DAYS = 7
MOST = 100


@dataclass(frozen=True)
class Page(Generic[Row]):
    """One page of a list."""

    slice: Slice[Row]
    count: Count


@dataclass(frozen=True)
class KeptShare:
    """What became of the promises judged within a year."""

    kept: int
    partly: int
    broken: int

    @property
    def total(self) -> int:
        return self.kept + self.partly + self.broken

    @property
    def percent(self) -> int:
        return round(100 * self.kept / self.total) if self.total else 0

    @property
    def partly_percent(self) -> int:
        return round(100 * self.partly / self.total) if self.total else 0


def list_promises(visit: Visit, view: str, words: str, cursor: str) -> Page[Promise]:
    """Promises whose day has come or is still to come, or by what became of them."""
    waited_for = Q(state=Promise.State.OPEN)
    condition, order = {
        "due": (waited_for & Q(promised_date__lte=visit.today), ("promised_date", "pk")),
        "coming": (waited_for & Q(promised_date__gt=visit.today), ("promised_date", "pk")),
        "broken": (Q(state__in=[Promise.State.BROKEN, Promise.State.PARTLY_KEPT]), ("-promised_date", "-pk")),
        "kept": (Q(state=Promise.State.KEPT), ("-promised_date", "-pk")),
        "withdrawn": (Q(state=Promise.State.WITHDRAWN), ("-promised_date", "-pk")),
    }[view]
    rows = _own(visit, Promise.objects.all(), words).filter(condition)
    return Page(slice_rows(rows, order, cursor), count_up_to(rows))


def kept_share(visit: Visit) -> KeptShare:
    """How promises ended that were judged within a year."""
    since = visit.today - timedelta(days=KEPT_DAYS)
    rows = visit.limit(Promise.objects.filter(organisation=visit.organisation, judged_date__gte=since))
    counts: dict[str, int] = dict(rows.order_by().values_list("state").annotate(CountRows("pk")))
    state = Promise.State
    return KeptShare(counts.get(state.KEPT, 0), counts.get(state.PARTLY_KEPT, 0), counts.get(state.BROKEN, 0))


def promised_soon(visit: Visit) -> list[tuple[str, int, int]]:
    """Per currency: what is promised up to today, and for the coming days after it."""
    last = visit.today + timedelta(days=COMING_DAYS)
    waited_for = Promise.objects.filter(
        organisation=visit.organisation, state=Promise.State.OPEN, promised_date__lte=last
    )
    due, coming = Q(promised_date__lte=visit.today), Q(promised_date__gt=visit.today)
    sums = visit.limit(waited_for).order_by("currency").values("currency")
    found = sums.annotate(
        due=Coalesce(Sum("amount_minor", filter=due), 0), coming=Coalesce(Sum("amount_minor", filter=coming), 0)
    )
    return [(row["currency"], row["due"], row["coming"]) for row in found]


@dataclass(frozen=True)
class PlanRow:
    """A plan with how far it is."""

    plan: PaymentPlan
    paid_minor: int = 0
    next_date: date | None = None
    last_date: date | None = None
    is_late: bool = False

    @property
    def percent(self) -> int:
        return round(100 * self.paid_minor / self.plan.total_minor)


def list_plans(visit: Visit, view: str, words: str, cursor: str) -> Page[PlanRow]:
    """Plans by state, the newest first, with what was paid and what is next."""
    ended = [PaymentPlan.State.CANCELLED, PaymentPlan.State.REPLACED]
    rows = _own(visit, PaymentPlan.objects.all(), words).filter(state__in=ended if view == "ended" else [view])
    page = slice_rows(rows, ("-proposed_date", "-pk"), cursor)
    return Page(Slice(with_progress(page.rows, visit.today), page.next, page.previous), count_up_to(rows))


def with_progress(plans: Sequence[PaymentPlan], today: date) -> list[PlanRow]:
    """The plans with what was paid and what is next; one query however many they are."""
    sums = Instalment.objects.filter(plan_id__in=[plan.pk for plan in plans]).order_by().values("plan_id")
    short = Q(paid_minor__lt=F("amount_minor"))
    found: dict[int, Any] = {
        row["plan_id"]: row
        for row in sums.annotate(paid=Sum("paid_minor"), next=Min("due_date", filter=short), last=Max("due_date"))
    }
    return [_progress(plan, found.get(plan.pk), today) for plan in plans]


def _progress(plan: PaymentPlan, sums: Any, today: date) -> PlanRow:
    if sums is None:
        return PlanRow(plan)
    is_late = plan.state == PaymentPlan.State.ACTIVE and sums["next"] is not None and sums["next"] < today
    return PlanRow(plan, sums["paid"], sums["next"], sums["last"], is_late)


def list_settlements(visit: Visit, view: str, words: str, cursor: str) -> Page[Settlement]:
    """Settlements that run, by the day on which they end, or by what became of them."""
    state = Settlement.State
    running = view == "running"
    rows = _own(visit, Settlement.objects.all(), words)
    rows = rows.filter(state__in=[state.DRAFT, state.PROPOSED, state.ACCEPTED] if running else [view])
    order = ("pay_by_date", "pk") if running else ("-pay_by_date", "-pk")
    return Page(slice_rows(rows, order, cursor), count_up_to(rows))


def _own(visit: Visit, rows: "QuerySet[Agreement]", words: str) -> "QuerySet[Agreement]":
    """Those of the customers whom this person may see and who are called so."""
    own = visit.limit(rows.filter(organisation=visit.organisation)).select_related("customer")
    if not words:
        return own
    return own.filter(Q(customer__name__icontains=words) | Q(customer__number__iexact=words))


def find_agreement(visit: Visit, kind: type[Agreement], pk: int) -> Agreement:
    """The promise, plan or settlement with its customer; raises Http404 where this person has no such thing."""
    rows = visit.limit(kind._default_manager.filter(organisation=visit.organisation))
    found = rows.select_related("customer__profile", "customer__organisation").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


@dataclass(frozen=True)
class Receipt:
    """Money, or a deduction, that came to an invoice of an agreement."""

    allocation: Allocation
    invoice: Invoice


def receipts_since(invoice_ids: Sequence[int], first: date, last: date | None) -> list[Receipt]:
    """What came to these invoices from ``first`` on, up to ``last`` where that is over; the oldest first."""
    rows = Allocation.objects.filter(invoice_id__in=invoice_ids, allocated_date__gte=first, is_date_known=True)
    if last is not None:
        rows = rows.filter(allocated_date__lte=last)
    found = rows.select_related("invoice", "payment").order_by("allocated_date", "pk")[:MOST]
    return [Receipt(one, one.invoice) for one in found]


def events_of(agreement: Promise | PaymentPlan | Settlement) -> list[TimelineEvent]:
    """What the timeline says about it, the newest first."""
    names: dict[type, str] = {Promise: "promise_id", PaymentPlan: "plan_id", Settlement: "settlement_id"}
    named = Q((f"data__{names[type(agreement)]}", agreement.pk))
    events = TimelineEvent.objects.filter(named, organisation=agreement.organisation_id, customer=agreement.customer_id)
    return list(events.order_by("-at", "-pk")[:MOST])


@dataclass(frozen=True)
class Due:
    """An instalment and where it stands: a word of the vocabulary instalment_state."""

    instalment: Instalment
    state: str


def schedule_of(plan: PaymentPlan, today: date) -> list[Due]:
    """The plan's instalments in their order."""
    return [Due(one, _instalment_state(one, plan, today)) for one in plan.instalments.order_by("position")]


def _instalment_state(one: Instalment, plan: PaymentPlan, today: date) -> str:
    if one.paid_minor >= one.amount_minor:
        return "paid"
    if one.due_date + timedelta(days=plan.grace_days) < today:
        return "missed"
    if one.due_date <= today:
        return "due"
    return "part" if one.paid_minor else "coming"


def waits_for_approval(plan: PaymentPlan) -> bool:
    """Whether a manager must approve the proposal before it can be accepted."""
    return plan.state == PaymentPlan.State.PROPOSED and not is_approved(plan.organisation, approval_key(plan))


def versions_of(plan: PaymentPlan) -> list[PaymentPlan]:
    """The plan with those it replaced and those that replaced it, the newest first."""
    chain = [plan]
    while (before := chain[-1].replaces) is not None and len(chain) < MOST:
        chain.append(before)
    while (after := PaymentPlan.objects.filter(replaces=chain[0]).first()) is not None and len(chain) < MOST:
        chain.insert(0, after)
    return chain
