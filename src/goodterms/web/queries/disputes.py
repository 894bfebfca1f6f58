"""Disputes by deadline, and one of them with its papers."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.http import Http404

from goodterms.core.money import Money
from goodterms.followup.models import Dispute, DisputeFile, TimelineEvent
from goodterms.web.access import Visit
from goodterms.web.lists import Count, Slice, count_up_to, slice_rows

OPEN, LATE, RESOLVED = "", "late", "resolved"
STATES = (OPEN, LATE, RESOLVED)
BY_DEADLINE, BY_AGE = "deadline", "age"
ORDERS = {BY_DEADLINE: ("due_date", "pk"), BY_AGE: ("opened_date", "pk")}
LATEST = ("-resolved_date", "-pk")
MOST = 100


@dataclass(frozen=True)
class DisputeFilter:
    """What a person asked the list for."""

    words: str = ""
    state: str = OPEN
    reason: str = ""
    owner: str = ""
    sort: str = BY_DEADLINE

    @property
    def is_narrow(self) -> bool:
        return bool(self.words or self.state or self.reason or self.owner)


@dataclass(frozen=True)
class DisputePage:
    """One page of the list."""

    slice: Slice[Dispute]
    count: Count


def list_disputes(visit: Visit, wanted: DisputeFilter, cursor: str) -> DisputePage:
    """A page of disputes: the nearest deadline, the oldest, or the last resolved first."""
    rows = visit.limit(Dispute.objects.filter(organisation=visit.organisation))
    rows = rows.filter(resolved_date__isnull=wanted.state != RESOLVED)
    if wanted.state != RESOLVED:
        rows = rows.filter(resolution="")
    if wanted.state == LATE:
        rows = rows.filter(due_date__lt=visit.today)
    if wanted.reason:
        rows = rows.filter(reason=wanted.reason)
    if wanted.owner:
        rows = rows.filter(owner=wanted.owner)
    if wanted.words:
        named = Q(customer__name__icontains=wanted.words) | Q(invoice__number__iexact=wanted.words)
        rows = rows.filter(named)
    order = LATEST if wanted.state == RESOLVED else ORDERS[wanted.sort]
    return DisputePage(slice_rows(rows.select_related("customer", "invoice"), order, cursor), count_up_to(rows))


def find_dispute(visit: Visit, pk: int) -> Dispute:
    """The dispute with its invoice; raises Http404 where this person has no such dispute."""
    rows = visit.limit(Dispute.objects.filter(organisation=visit.organisation))
    found = rows.select_related("customer__profile", "invoice", "reply").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def find_file(visit: Visit, pk: int) -> DisputeFile:
    """The paper with its bytes; raises Http404 where this person has no such paper."""
    rows = DisputeFile.objects.filter(dispute__organisation=visit.organisation)
    found = visit.limit(rows, "dispute__customer").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def files_of(dispute: Dispute) -> "QuerySet[DisputeFile]":
    """The papers that were put to it, without their bytes."""
    return dispute.files.defer("content").order_by("pk")


def disputed_now(dispute: Dispute) -> Money:
    """What is disputed of what is still open."""
    left = dispute.invoice.open_amount_minor
    amount = left if dispute.amount_minor is None else min(dispute.amount_minor, left)
    return Money(amount, dispute.invoice.currency)


def events_of(dispute: Dispute) -> list[TimelineEvent]:
    """What the timeline says about it, the newest first."""
    events = TimelineEvent.objects.filter(customer=dispute.customer_id, invoice=dispute.invoice_id)
    return list(events.filter(data__dispute_id=dispute.pk).order_by("-at", "-pk")[:MOST])
