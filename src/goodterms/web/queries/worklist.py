"""What goes by itself today, and who waits for what."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import F, Min, QuerySet

from goodterms.flows.decide_day import decide_for
from goodterms.followup.models import DayRun
from goodterms.ledger.models import Customer
from goodterms.organizations.models import Organisation
from goodterms.outbox.models import Effect
from goodterms.web.access import Visit
from goodterms.web.lists import Slice, slice_rows
from goodterms.web.queries.balances import Balance, balances_of, is_overdue, open_items
from goodterms.web.queries.customers import named_like

STILL_TO_GO = (Effect.State.PLANNED, Effect.State.QUEUED, Effect.State.CLAIMED)
HELD_BACK = (Effect.State.WITHHELD, Effect.State.FAILED, Effect.State.UNCERTAIN, Effect.State.CANCELLED)
GOING = {"to_go": STILL_TO_GO, "gone": (Effect.State.SENT,), "held_back": HELD_BACK}
WAITS_LOOKED_AT = 500
RECENT_DAYS = 7


@dataclass(frozen=True)
class Wait:
    """A customer who owes and is not contacted today, and why."""

    customer: Customer
    reason: str
    until_date: date | None
    playbook: str
    step: str
    balances: list[Balance]


@dataclass(frozen=True)
class Waits:
    """Those looked at, the ones with the oldest debt first; ``is_part``: there are more than were looked at."""

    rows: list[Wait]
    is_part: bool
    limit: int = WAITS_LOOKED_AT

    def counts(self) -> dict[str, int]:
        """How many wait for each reason, the commonest first."""
        found: dict[str, int] = {}
        for row in self.rows:
            found[row.reason] = found.get(row.reason, 0) + 1
        return dict(sorted(found.items(), key=lambda pair: -pair[1]))


def going_today(visit: Visit, *, which: str, words: str, channel: str) -> "QuerySet[Effect]":
    """Effects of today's touches in these states: still to go, gone, or held back."""
    organisation, now = visit.organisation, visit.now
    start, end = day_bounds(organisation, now)
    every = Effect.objects.filter(organisation=organisation, state__in=GOING[which], touch__isnull=False)
    effects = visit.limit(every)
    if which == "to_go":
        effects = effects.filter(not_before__lt=end)
    else:
        # By planned day first, which has an index; what finished today was planned a few days ago at most.
        recent = now.date() - timedelta(days=RECENT_DAYS)
        effects = effects.filter(
            touch__organisation=organisation,
            touch__planned_date__gte=recent,
            finished_at__gte=start,
            finished_at__lt=end,
        )
    if words:
        effects = effects.filter(customer_id__in=named_like(organisation, words))
    return effects.filter(channel=channel) if channel else effects


def slice_effects(effects: "QuerySet[Effect]", order: tuple[str, ...], cursor: str) -> Slice[Effect]:
    """A page of effects with their touches, customers and profiles.

    The places are found first, by narrow rows; only the page's own rows are read whole.
    """
    fields = [field.lstrip("-") for field in order]
    places = slice_rows(effects.annotate(customer_name=F("touch__customer__name")).values(*fields), order, cursor)
    ids = [place["pk"] for place in places.rows]
    whole = Effect.objects.select_related("touch__customer__profile").defer("content").in_bulk(ids)
    return Slice([whole[pk] for pk in ids if pk in whole], places.next, places.previous)


def day_bounds(organisation: Organisation, now: datetime) -> tuple[datetime, datetime]:
    """The organisation's present calendar day: its first moment, and the next day's."""
    zone = ZoneInfo(organisation.timezone)
    today = now.astimezone(zone).date()
    return (
        datetime.combine(today, time.min, zone),
        datetime.combine(today + timedelta(days=1), time.min, zone),
    )


def find_waits(visit: Visit, words: str) -> Waits:
    """Why the customers with the oldest overdue invoices are not contacted now, by the same decision as the run's.

    At most WAITS_LOOKED_AT customers are decided for, so that the page stays quick with any ledger.
    """
    organisation, now, today = visit.organisation, visit.now, visit.today
    overdue = visit.limit(open_items(organisation).filter(is_overdue(today)))
    if words:
        overdue = overdue.filter(customer_id__in=named_like(organisation, words))
    oldest = overdue.values("customer_id").annotate(oldest=Min("due_date")).order_by("oldest", "customer_id")
    ids = list(oldest.values_list("customer_id", flat=True)[: WAITS_LOOKED_AT + 1])
    looked_at = ids[:WAITS_LOOKED_AT]
    if not looked_at:
        return Waits([], False)
    frame = decide_for(organisation, now, customer_ids=looked_at).decision.waits
    customers = Customer.objects.select_related("profile").in_bulk(frame["customer_id"].to_list())
    accounts = balances_of(organisation, list(customers), today)
    place = {customer_id: position for position, customer_id in enumerate(looked_at)}
    rows = [
        Wait(
            customer=customers[row["customer_id"]],
            reason=row["reason"],
            until_date=row["until_date"],
            playbook=row["playbook"] or "",
            step=row["step"] or "",
            balances=accounts.get(row["customer_id"], []),
        )
        for row in frame.iter_rows(named=True)
    ]
    rows.sort(key=lambda wait: place.get(wait.customer.pk, 0))
    return Waits(rows, len(ids) > WAITS_LOOKED_AT)


def last_run(organisation: Organisation) -> DayRun | None:
    """The newest run of a day."""
    return DayRun.objects.filter(organisation=organisation).order_by("-pk").first()
