"""On which weekdays and days of the month a customer's money came, and what they seem to go by."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from goodterms.ledger.models import Customer, Payment

NEWEST = 300


@dataclass(frozen=True)
class Bar:
    """One weekday (1 Monday to 7) or day of the month with its count, and its share of the highest."""

    day: int
    count: int
    percent: int


@dataclass(frozen=True)
class PayDays:
    """The newest days on which money came, counted once each."""

    count: int
    weekdays: list[Bar]
    days: list[Bar]
    first: date | None


def count_pay_days(customer: Customer) -> PayDays:
    """The pattern of the newest days on which something was paid and not sent back; one query."""
    own = Payment.objects.filter(
        organisation_id=customer.organisation_id, customer=customer, returned_date__isnull=True
    )
    days = list(own.order_by("-paid_date").values_list("paid_date", flat=True).distinct()[:NEWEST])
    weekdays = Counter(day.isoweekday() for day in days)
    of_month = Counter(day.day for day in days)
    return PayDays(
        len(days),
        _bars(weekdays, range(1, 8) if weekdays.keys() & {6, 7} else range(1, 6)),
        _bars(of_month, range(1, 32)),
        days[-1] if days else None,
    )


def _bars(counts: "Counter[int]", places: range) -> list[Bar]:
    highest = max(counts.values(), default=0) or 1
    return [Bar(day, counts[day], round(100 * counts[day] / highest)) for day in places]
