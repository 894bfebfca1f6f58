"""Pauses: those in force with their last day and how often this customer was let off, and those that are over."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q
from django.http import Http404

from goodterms.flows.place_hold import KIND_REASONS
from goodterms.followup.models import Hold
from goodterms.web.access import Visit
from goodterms.web.lists import Count, Slice, count_up_to, slice_rows

IN_FORCE, ENDING, OVER = "", "ending", "over"
STATES = (IN_FORCE, ENDING, OVER)
ENDING_DAYS = 7
YEAR = timedelta(days=365)


@dataclass(frozen=True)
class HoldRow:
    """A hold, and how often its customer was paused out of kindness within a year."""

    hold: Hold
    kindness: int


@dataclass(frozen=True)
class HoldPage:
    """One page of the list."""

    slice: Slice[HoldRow]
    count: Count


def list_holds(visit: Visit, state: str, reason: str, words: str, cursor: str) -> HoldPage:
    """A page of holds: those that end first come first, of those that are over the last ended."""
    rows = visit.limit(Hold.objects.filter(organisation=visit.organisation))
    order: tuple[str, ...] = ("until_date", "pk")
    if state == OVER:
        rows = rows.filter(Q(lifted_date__isnull=False) | Q(until_date__lt=visit.today))
        order = ("-until_date", "-pk")
    else:
        rows = rows.filter(lifted_date__isnull=True, until_date__gte=visit.today)
    if state == ENDING:
        rows = rows.filter(until_date__lte=visit.today + timedelta(days=ENDING_DAYS))
    if reason:
        rows = rows.filter(reason=reason)
    if words:
        rows = rows.filter(Q(customer__name__icontains=words) | Q(invoice__number__iexact=words))
    page = slice_rows(rows.select_related("customer", "invoice"), order, cursor)
    return HoldPage(Slice(_with_kindness(visit, page.rows), page.next, page.previous), count_up_to(rows))


def _with_kindness(visit: Visit, holds: Sequence[Hold]) -> list[HoldRow]:
    """The holds of a page; one query more, however many they are."""
    kind = Hold.objects.filter(
        customer_id__in={one.customer_id for one in holds if one.customer_id},
        reason__in=KIND_REASONS,
        from_date__gt=visit.today - YEAR,
    )
    counted = Counter(kind.values_list("customer_id", flat=True))
    return [HoldRow(one, counted[one.customer_id] if one.customer_id else 0) for one in holds]


def find_hold(visit: Visit, pk: int) -> Hold:
    """The hold; raises Http404 where this person has no such hold."""
    rows = visit.limit(Hold.objects.filter(organisation=visit.organisation))
    found = rows.select_related("customer", "invoice").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found
