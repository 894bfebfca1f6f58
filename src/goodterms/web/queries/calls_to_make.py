"""The calls to make now, by what they are worth: only where it is office hours, and nobody else has taken them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import islice

from django.db.models import Q, QuerySet

from goodterms.core.calendar import find_zone, next_window
from goodterms.followup.models import Call, Task
from goodterms.followup.policy import policy_of
from goodterms.ledger.models import Customer
from goodterms.web.access import Visit
from goodterms.web.formats import write_time

CALLS = (Task.Kind.CALL, Task.Kind.CALL_BACK)
ORDER = ("-rank", "pk")
CHUNK = 100
LOOKED_AT = 1000
Openings = Callable[[str, str], datetime | None]
"""When the office opens next, by time zone and country; None while it is open."""


@dataclass(frozen=True)
class Round:
    """The calls of today: how many may be made now, and when the next ones may."""

    now_count: int
    later_count: int
    opens_at: datetime | None
    is_part: bool

    @property
    def is_over(self) -> bool:
        """Whether no call is left, now or later today."""
        return not self.now_count and not self.later_count


def due_calls(visit: Visit) -> "QuerySet[Task]":
    """Open calls due by today that are this person's or nobody's."""
    calls = Task.objects.filter(
        organisation=visit.organisation,
        done_at__isnull=True,
        kind__in=CALLS,
        due_date__lte=visit.today,
        customer__isnull=False,
        owner__in=["", visit.actor],
    )
    return visit.limit(calls).select_related("customer")


def calls_after(visit: Visit, place: Task | None) -> Iterator[Task]:
    """Calls that may be made now, the most worth while first; from behind ``place`` on, where one is given."""
    opening = _openings(visit)
    calls = due_calls(visit).order_by(*ORDER)
    if place is not None:
        calls = calls.filter(Q(rank__lt=place.rank) | Q(rank=place.rank, pk__gt=place.pk))
    for start in range(0, LOOKED_AT, CHUNK):
        chunk = list(calls[start : start + CHUNK])
        yield from (
            call for call in chunk if call.customer and opening(call.customer.timezone, call.customer.country) is None
        )
        if len(chunk) < CHUNK:
            return


def round_of(visit: Visit) -> Round:
    """What is to be called today, among the LOOKED_AT calls that are worth most."""
    opening = _openings(visit)
    places = due_calls(visit).order_by(*ORDER).values_list("customer__timezone", "customer__country")
    calls = list(places[: LOOKED_AT + 1])
    openings = [opening(zone, country) for zone, country in calls[:LOOKED_AT]]
    later = [moment for moment in openings if moment is not None]
    return Round(
        now_count=len(openings) - len(later),
        later_count=len(later),
        opens_at=min(later, default=None),
        is_part=len(calls) > LOOKED_AT,
    )


def opening_of(visit: Visit, customer: Customer) -> datetime | None:
    """When this customer's office opens next; None while it is open."""
    return _openings(visit)(customer.timezone, customer.country)


def local_time(visit: Visit, customer: Customer) -> str:
    """The time of day where the customer is."""
    return write_time(visit.now, find_zone(customer.timezone, visit.zone.key), visit.locale)


def phone_of(task: Task) -> str:
    """The number to ring for a promised call: that of the last call, else of a contact whose number works."""
    if task.customer is None:
        return ""
    calls = Call.objects.filter(customer=task.customer).exclude(phone="").defer("recording")
    last = calls.order_by("-called_at").first()
    if last is not None and last.outcome != Call.Outcome.WRONG_NUMBER:
        return last.phone
    contacts = task.customer.contacts.filter(phone_failed_at__isnull=True).exclude(phone="")
    return next((contact.phone for contact in contacts), "")


def _openings(visit: Visit) -> Openings:
    numbers = policy_of(visit.organisation).numbers

    @cache
    def opens(zone: str, country: str) -> datetime | None:
        return next_window(zone, country, visit.now, numbers.window_opens, numbers.window_closes)

    @cache
    def opening(timezone: str, country: str) -> datetime | None:
        return opens(find_zone(timezone, visit.zone.key).key, country or visit.organisation.country)

    return opening


def first_calls(visit: Visit, limit: int) -> list[Task]:
    """The first calls that may be made now, with their customers' profiles."""
    ids = [call.pk for call in islice(calls_after(visit, None), limit)]
    found = Task.objects.filter(pk__in=ids).select_related("customer__profile")
    return list(found.order_by(*ORDER))
