"""The habit picture: how many days late each invoice was settled, over time, with the touches beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median, quantiles

from goodterms.followup.models import Touch
from goodterms.ledger.models import Customer, Invoice
from goodterms.organizations.models import Organisation
from goodterms.outbox.models import Effect
from goodterms.web.queries.balances import is_overdue, open_items

SETTLED_SHOWN = 300
OPEN_SHOWN = 100
TOUCHES_SHOWN = 200
WINDOW = 9
TABLE_ROWS = 60


@dataclass(frozen=True)
class Point:
    """One invoice: when it was settled (or today, while open) and how late that was."""

    number: str
    day: date
    due_date: date
    days_late: int
    amount_minor: int
    currency: str
    is_open: bool = False


@dataclass(frozen=True)
class Band:
    """The usual lateness around a day: the median of the last invoices and the middle half of them."""

    day: date
    low: float
    middle: float
    high: float


@dataclass(frozen=True)
class Picture:
    """Everything the chart draws, oldest first."""

    settled: list[Point]
    still_open: list[Point]
    band: list[Band]
    touches: list[Touch]
    is_part: bool

    @property
    def is_empty(self) -> bool:
        return not self.settled and not self.still_open

    @property
    def newest(self) -> list[Point]:
        """The settled ones that the table lists, the newest first."""
        return self.settled[: -TABLE_ROWS - 1 : -1]

    @property
    def median_days_late(self) -> float | None:
        return median(point.days_late for point in self.settled) if self.settled else None

    @property
    def late_count(self) -> int:
        return sum(point.days_late > 0 for point in self.settled)


def draw_habits(customer: Customer, organisation: Organisation, today: date) -> Picture:
    """The newest settled invoices, the overdue ones as of today, and the touches of the same time."""
    own = Invoice.objects.filter(
        organisation=organisation,
        customer=customer,
        kind=Invoice.Kind.INVOICE,
        status=Invoice.Status.POSTED,
        settled_date__isnull=False,
        due_date__isnull=False,
    )
    newest = list(own.order_by("-settled_date", "-pk")[: SETTLED_SHOWN + 1])
    settled = [_settled_point(invoice) for invoice in reversed(newest[:SETTLED_SHOWN])]
    overdue = open_items(organisation).filter(is_overdue(today), customer=customer).order_by("due_date")[:OPEN_SHOWN]
    still_open = [_open_point(invoice, today) for invoice in overdue]
    first = settled[0].day if settled else today - timedelta(days=365)
    touches = Touch.objects.filter(customer=customer, effect__state=Effect.State.SENT, sent_date__gte=first)
    return Picture(
        settled,
        still_open,
        usual_band(settled),
        list(touches.order_by("sent_date")[:TOUCHES_SHOWN]),
        len(newest) > SETTLED_SHOWN,
    )


def usual_band(points: Sequence[Point]) -> list[Band]:
    """For each settled invoice the median and quartiles of it and up to eight before it; from the third one on."""
    days = [point.days_late for point in points]
    bands = {}
    for position in range(2, len(points)):
        low, middle, high = quantiles(days[max(0, position - WINDOW + 1) : position + 1], n=4, method="inclusive")
        bands[points[position].day] = Band(points[position].day, low, middle, high)
    return list(bands.values())


def _settled_point(invoice: Invoice) -> Point:
    assert invoice.settled_date is not None
    assert invoice.due_date is not None
    late = (invoice.settled_date - invoice.due_date).days
    return Point(invoice.number, invoice.settled_date, invoice.due_date, late, invoice.amount_minor, invoice.currency)


def _open_point(invoice: Invoice, today: date) -> Point:
    assert invoice.due_date is not None
    late = (today - invoice.due_date).days
    return Point(invoice.number, today, invoice.due_date, late, invoice.open_amount_minor, invoice.currency, True)
