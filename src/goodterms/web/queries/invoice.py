"""Everything that ever happened to one invoice."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q
from django.http import Http404

from goodterms.followup.models import (
    Dispute,
    Fee,
    Hold,
    LateReason,
    PaymentPlan,
    Promise,
    Settlement,
    TimelineEvent,
    Touch,
)
from goodterms.ledger.models import Allocation, Invoice, InvoiceDocument
from goodterms.web.access import Visit

MOST = 50
LOOKED_THROUGH = 300


@dataclass(frozen=True)
class Step:
    """A change of the open amount, and what was left after it."""

    allocation: Allocation
    left_minor: int


@dataclass(frozen=True)
class Named:
    """A touch that named the invoice, with what it said was open."""

    touch: Touch
    open_minor: int


def find_invoice(visit: Visit, pk: int) -> Invoice:
    """The invoice, credit note or fee with its customer; raises Http404 where this person has no such item."""
    rows = visit.limit(Invoice.objects.filter(organisation=visit.organisation))
    found = rows.select_related("customer__profile", "customer__organisation").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def document_of(invoice: Invoice) -> InvoiceDocument | None:
    """Its file, without the bytes."""
    return InvoiceDocument.objects.filter(invoice=invoice).defer("content").first()


def steps_of(invoice: Invoice) -> list[Step]:
    """What lowered or raised the open amount, the oldest first."""
    rows = invoice.allocations.select_related("payment").order_by("allocated_date", "pk")
    left, steps = invoice.amount_minor, []
    for row in rows:
        left -= row.amount_minor
        steps.append(Step(row, left))
    return steps


def touches_naming(invoice: Invoice) -> list[Named]:
    """The touches that named it, the newest first, of those that the customer got last."""
    touches = Touch.objects.filter(organisation=invoice.organisation_id, customer=invoice.customer_id)
    recent = touches.select_related("effect").defer("effect__content", "evidence").order_by("-pk")[:LOOKED_THROUGH]
    named = []
    for touch in recent:
        for item in touch.read_items():
            if item["invoice_id"] == invoice.pk:
                named.append(Named(touch, item["open_amount_minor"]))
    return named[:MOST]


@dataclass(frozen=True)
class Agreed:
    """What was agreed about it."""

    promises: Sequence[Promise]
    plans: Sequence[PaymentPlan]
    settlements: Sequence[Settlement]

    def __bool__(self) -> bool:
        return bool(self.promises or self.plans or self.settlements)


def agreed_about(invoice: Invoice) -> Agreed:
    """Promises, plans and settlements that name it, the newest first."""
    names_it = Q(invoices__invoice=invoice)
    return Agreed(
        list(Promise.objects.filter(names_it).order_by("-pk")[:MOST]),
        list(PaymentPlan.objects.filter(names_it).order_by("-pk")[:MOST]),
        list(Settlement.objects.filter(names_it).order_by("-pk")[:MOST]),
    )


def disputes_of(invoice: Invoice) -> list[Dispute]:
    """Its disputes, the newest first."""
    return list(invoice.disputes.order_by("-pk")[:MOST])


def holds_on(invoice: Invoice, today: date) -> list[Hold]:
    """Holds that name it, over or not, and those in force on its customer or on everyone; the newest first."""
    own = Q(invoice=invoice)
    wider = Q(invoice__isnull=True, lifted_date__isnull=True, until_date__gte=today) & (
        Q(customer=invoice.customer_id) | Q(customer__isnull=True)
    )
    return list(Hold.objects.filter(own | wider, organisation=invoice.organisation_id).order_by("-pk")[:MOST])


def fees_for(invoice: Invoice) -> list[Fee]:
    """Fees charged for it, the newest first."""
    return list(invoice.fees.select_related("claim").order_by("-pk")[:MOST])


def fee_behind(invoice: Invoice) -> Fee | None:
    """Why it was claimed, where it is a fee itself."""
    if invoice.kind != Invoice.Kind.FEE:
        return None
    return Fee.objects.filter(claim=invoice).select_related("for_invoice", "claim", "customer").first()


def reasons_for(invoice: Invoice) -> list[LateReason]:
    """Why it is late, as they said; the newest first."""
    return list(invoice.late_reasons.order_by("-pk")[:MOST])


def events_about(invoice: Invoice) -> list[TimelineEvent]:
    """What the timeline says about it alone, the newest first."""
    return list(TimelineEvent.objects.filter(invoice=invoice).order_by("-at", "-pk")[:MOST])
