"""What a caller should know besides what is owed, as plain values: habits, agreements, authority, last words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from goodterms.core.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How this customer pays, as far as known (see core.habits); days are relative to the due date."""

    settled_count: int = 0
    median_days_late: float | None = None
    older_median_days_late: float | None = None
    recent_median_days_late: float | None = None
    pay_weekday: int | None = None  # 1 Monday … 7 Sunday
    pay_weekday_share: float | None = None
    part_payment_share: float | None = None
    prompted_share: float | None = None
    returned_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """Promises, plans, settlements and disputes; ``reasons`` are (date, invoice number or empty, reason)."""

    kept_count: int = 0
    broken_count: int = 0
    last_broken: tuple[Money, date] | None = None
    promises: tuple[tuple[Money, date], ...] = ()
    plans: tuple[tuple[Money, Money | None, date | None], ...] = ()  # total, next instalment and its day
    settlements: tuple[tuple[Money, Money, date], ...] = ()  # to pay, owed, by
    disputes: tuple[tuple[str, str, date], ...] = ()  # invoice number, reason, since
    reasons: tuple[tuple[date, str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """What a caller may offer by themselves; above the limits (minor units per currency) a manager must approve."""

    promise_until: date
    plan_days: int
    plan_minor: Mapping[str, int]
    forgive_minor: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """Everything beside the facts of a message.

    ``local_time`` is the customer's, at the time of writing; None when nobody knows where they are. ``unanswered``
    is when we last asked why without an answer since; ``missing`` names what is not known of their accounts payable.
    """

    local_time: datetime | None
    zone: str
    profile: str = ""
    habits: Habits = Habits()
    agreed: Agreed = Agreed()
    authority: Authority | None = None
    unanswered: date | None = None
    missing: tuple[str, ...] = ()
    history: tuple[tuple[date, str], ...] = field(default=())
