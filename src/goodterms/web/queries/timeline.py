"""The timeline of one customer: searched, filtered by kind, channel, person and days, a page at a time."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from goodterms.followup.models import TimelineEvent
from goodterms.ledger.models import Customer
from goodterms.outbox.models import Effect
from goodterms.web.lists import Slice, slice_rows

EVENT_ORDER = ("-at", "-pk")
EVENT_ROWS = 12
PEOPLE_SHOWN = 40
# By the first word of a kind, or the whole of it.
GROUPS = {
    "messages": ("sent", "failed", "uncertain", "withheld", "message", "effect", "sms", "letter"),
    "answers": ("reply", "auto", "bounce", "late", "opted", "portal"),
    "calls": ("call", "recording"),
    "agreements": ("promise", "plan", "settlement", "dispute", "hold", "fee", "interest", "agency", "legal"),
    "money": ("payment", "credit", "retention", "referral", "collected"),
    "decisions": ("profile", "override", "verdict", "signal"),
    "notes": ("note", "task"),
    "particulars": ("contact", "customer", "ap"),
}
CHANNELS = ("email", "call", "letter", "certified", "sms", "agency")


@dataclass(frozen=True)
class TimelineFilter:
    """What a person asked the timeline for; what is empty leaves everything in."""

    words: str = ""
    group: str = ""
    channel: str = ""
    person: str = ""
    since: date | None = None
    until: date | None = None

    @property
    def is_empty(self) -> bool:
        return self == TimelineFilter()


@dataclass(frozen=True)
class Line:
    """One event as the page shows it: with the ids of the message, the answer or the call behind it."""

    event: TimelineEvent
    effect_pk: int | None

    @property
    def reply_pk(self) -> int | None:
        return self._id("reply_id")

    @property
    def call_pk(self) -> int | None:
        return self._id("call_id")

    def _id(self, name: str) -> int | None:
        found = self.event.data.get(name)
        return found if isinstance(found, int) else None


def slice_timeline(customer: Customer, cursor: str, wanted: TimelineFilter, zone: ZoneInfo) -> Slice[Line]:
    """A page of the timeline, the newest first."""
    rows = filter_events(customer, wanted, zone).select_related("invoice")
    page = slice_rows(rows, EVENT_ORDER, cursor, EVENT_ROWS)
    keys = {event.effect_key for event in page.rows if event.effect_key}
    effects = dict(Effect.objects.filter(key__in=keys).values_list("key", "pk")) if keys else {}
    lines = [Line(event, effects.get(event.effect_key)) for event in page.rows]
    return Slice(lines, page.next, page.previous)


def filter_events(customer: Customer, wanted: TimelineFilter, zone: ZoneInfo) -> "QuerySet[TimelineEvent]":
    """The customer's events that fit; days are the organisation's own."""
    rows = TimelineEvent.objects.filter(organisation_id=customer.organisation_id, customer=customer)
    if wanted.words:
        named = Q(text__icontains=wanted.words) | Q(actor__icontains=wanted.words)
        rows = rows.filter(named | Q(invoice__number__iexact=wanted.words))
    if wanted.group in GROUPS:
        rows = rows.filter(_of_group(wanted.group))
    if wanted.channel in CHANNELS:
        is_call = Q(kind="call") if wanted.channel == "call" else Q(pk__in=[])
        rows = rows.filter(Q(data__channel=wanted.channel) | is_call)
    if wanted.person:
        rows = rows.filter(actor=wanted.person)
    if wanted.since:
        rows = rows.filter(at__gte=_midnight(wanted.since, zone))
    if wanted.until:
        rows = rows.filter(at__lt=_midnight(wanted.until + timedelta(days=1), zone))
    return rows


def people_in(customer: Customer) -> list[str]:
    """Whoever stands in the timeline as the one who did something, in alphabetical order."""
    own = TimelineEvent.objects.filter(organisation_id=customer.organisation_id, customer=customer).order_by("actor")
    return list(own.values_list("actor", flat=True).distinct()[:PEOPLE_SHOWN])


def _of_group(group: str) -> Q:
    condition = Q()
    for word in GROUPS[group]:
        condition |= Q(kind=word) | Q(kind__startswith=f"{word}_")
    return condition


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)
