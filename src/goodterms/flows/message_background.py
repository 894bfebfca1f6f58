"""What a caller should know besides what is owed: habits, profile and last words, read at once for a batch."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, F, Window
from django.db.models.functions import RowNumber

from goodterms.core.calendar import find_zone
from goodterms.flows.call_agreements import read_agreements, read_missing, read_unanswered
from goodterms.followup.models import CustomerProfile, HabitSummary, TimelineEvent
from goodterms.followup.policy import policy_of
from goodterms.ledger.models import Customer, Payment
from goodterms.messages.call_background import Agreed, Authority, Background, Habits
from goodterms.organizations.models import Organisation

LAST_WORDS = 5
NOT_SAID = ("profile_changed", "signal", "contact_added", "contact_corrected", "override_removed", "effect_approved")
"""Kinds of lines that are no words between us and the customer."""
ASKS_PROCESS = ("red_tape",)
"""Profiles for which it matters how the customer's accounts payable work."""
_HABITS = (
    *("settled_count", "median_days_late", "older_median_days_late", "recent_median_days_late"),
    *("pay_weekday", "pay_weekday_share", "part_payment_share", "prompted_share"),
)


def read_backgrounds(
    organisation: Organisation, customer_ids: Sequence[int], now: datetime, on: date | None
) -> dict[int, Background]:
    """Background by customer, in a constant number of queries; nothing later than ``on`` where it is given."""
    end = datetime.combine(on + timedelta(days=1), time(), tzinfo=UTC) if on else now
    habits = {row.pop("customer_id"): row for row in _summaries(customer_ids)}
    returned = _returned_counts(customer_ids)
    profiles = _profiles(customer_ids)
    history = _last_words(organisation, customer_ids, end)
    day = on or now.astimezone(find_zone(organisation.timezone)).date()
    agreed, unanswered = read_agreements(customer_ids, day), read_unanswered(customer_ids, day)
    missing, authority = read_missing(customer_ids), authority_of(organisation, day)
    backgrounds = {}
    for pk, timezone, country in Customer.objects.filter(pk__in=customer_ids).values_list("id", "timezone", "country"):
        zone = find_zone(timezone, organisation.timezone)
        is_known = zone.key == timezone or country in ("", organisation.country)
        backgrounds[pk] = Background(
            local_time=now.astimezone(zone) if is_known else None,
            zone=zone.key,
            profile=profiles.get(pk, ""),
            habits=Habits(**habits.get(pk, {}), returned_count=returned.get(pk, 0)),
            agreed=agreed.get(pk, Agreed()),
            authority=authority,
            unanswered=unanswered.get(pk),
            missing=missing[pk] if profiles.get(pk) in ASKS_PROCESS else (),
            history=tuple((at.astimezone(find_zone(organisation.timezone)).date(), text) for at, text in history[pk]),
        )
    return backgrounds


def authority_of(organisation: Organisation, day: date) -> Authority:
    """What a caller may agree to on ``day`` without asking a manager: the organisation's own limits."""
    numbers = policy_of(organisation).numbers
    return Authority(
        promise_until=day + timedelta(days=numbers.promise_longest_days),
        plan_days=numbers.plan_longest_days,
        plan_minor=numbers.plan_approval_minor,
        forgive_minor=numbers.settlement_approval_minor,
    )


def _summaries(customer_ids: Sequence[int]) -> list[dict[str, Any]]:
    return list(HabitSummary.objects.filter(customer_id__in=customer_ids).values("customer_id", *_HABITS))


def _returned_counts(customer_ids: Sequence[int]) -> dict[int, int]:
    rows = Payment.objects.filter(customer_id__in=customer_ids, returned_date__isnull=False)
    return dict(rows.values("customer_id").annotate(count=Count("id")).values_list("customer_id", "count"))


def _profiles(customer_ids: Sequence[int]) -> dict[int, str]:
    rows = CustomerProfile.objects.filter(customer_id__in=customer_ids)
    return {pk: own or found for pk, own, found in rows.values_list("customer_id", "override_profile", "profile")}


def _last_words(
    organisation: Organisation, customer_ids: Sequence[int], end: datetime
) -> Mapping[int, list[tuple[datetime, str]]]:
    """The latest lines of the timeline by customer, newest first."""
    place = Window(RowNumber(), partition_by=F("customer_id"), order_by=[F("at").desc(), F("id").desc()])
    rows = (
        TimelineEvent.objects.filter(organisation=organisation, customer_id__in=customer_ids, at__lt=end)
        .exclude(kind__in=NOT_SAID)
        .annotate(place=place)
        .filter(place__lte=LAST_WORDS)
        .order_by("customer_id", "place")
        .values_list("customer_id", "at", "text")
    )
    words: defaultdict[int, list[tuple[datetime, str]]] = defaultdict(list)
    for customer_id, at, text in rows:
        words[customer_id].append((at, text))
    return words
