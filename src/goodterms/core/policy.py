"""How an organisation wants to be followed up: numbers, rules and playbooks, compiled and hashed."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import time
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from goodterms.core.habits import HABITS
from goodterms.core.playbook import Playbooks, load_playbooks
from goodterms.core.rules import RuleSet, compile_rules

VERDICTS = {"keep", "watch", "part"}


def _currency(code: str) -> str:
    if len(code) != 3 or not code.isalpha() or not code.isupper():
        raise ValueError("is no ISO 4217 currency code such as EUR")
    return code


class InterestPolicy(BaseModel):
    """Whether statutory interest is claimed, and by which law (a country; empty: the organisation's own)."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    enabled: bool = False
    country: str = ""


class LateFeePolicy(BaseModel):
    """What is charged for paying late: nothing, a fixed sum per currency, or a percentage of what is late."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    kind: Literal["none", "fixed", "percent"] = "none"
    amount_minor: dict[Annotated[str, AfterValidator(_currency)], Annotated[int, Field(gt=0)]] = Field(
        default_factory=dict, description="Fixed: the sum per currency; no fee in other currencies."
    )
    percent: Decimal = Field(Decimal(0), ge=0, le=25, decimal_places=4)
    most_minor: dict[Annotated[str, AfterValidator(_currency)], Annotated[int, Field(gt=0)]] = Field(
        default_factory=dict, description="Percent: never more than this, per currency."
    )
    from_day: int = Field(10, ge=1, le=365, description="Charged from so many days after the due date.")
    warning_days: int = Field(3, ge=1, le=60, description="At the earliest so long after a warning was sent.")
    each_month: bool = Field(False, description="Anew in every month in which the invoice stays unpaid; else once.")


class SeniorSender(BaseModel):
    """Who signs when a senior person speaks."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str = ""
    email: str = ""


class AgencyPolicy(BaseModel):
    """When a customer whose playbook is exhausted is ready for a collections agency."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    least_minor: dict[Annotated[str, AfterValidator(_currency)], int] = Field(
        default_factory=lambda: {"EUR": 25_000, "GBP": 25_000, "USD": 25_000, "CHF": 25_000},
        description="Least overdue amount, per currency, never converted.",
    )
    least_elsewhere_minor: int = Field(25_000, ge=0, description="The same in every other currency.")
    overdue_days: int = Field(30, ge=0, le=365, description="The oldest invoice must be overdue for longer.")


class PolicyNumbers(BaseModel):
    """The numbers an organisation may change; days are whole customer-local days."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    grace_days: int = Field(3, ge=0, le=60, description="Days after the due date before anything reads 'late'.")
    gap_days: int = Field(3, ge=1, le=60, description="Least days between two contacts of any kind.")
    weekly_cap: int = Field(2, ge=1, le=7, description="Most automatic contacts in seven days.")
    minimum_balance_minor: dict[Annotated[str, AfterValidator(_currency)], int] = Field(
        default_factory=lambda: {"EUR": 1000, "GBP": 1000, "USD": 1000, "CHF": 1000},
        description="Overdue balances below this are not chased, per currency, never converted.",
    )
    window_opens: time = time(9, 0)
    window_closes: time = time(17, 0)
    terms_days: int | None = Field(None, ge=0, le=365, description="Terms assumed where none are known.")
    approval_expires_days: int = Field(4, ge=1, le=30, description="A draft nobody approved expires after this.")
    reply_wait_days: int = Field(7, ge=1, le=60, description="An unhandled reply stops chasing this long at most.")
    daily_volume_cap: int | None = Field(
        None, ge=1, description="More touches than this in one run are held for a person to look at."
    )
    hold_longest_days: int = Field(366, ge=1, le=366, description="The longest pause a person may grant.")
    holds_per_year: int = Field(
        4, ge=1, le=60, description="So often a customer is paused out of kindness within a year, and no more."
    )
    promise_days: int = Field(7, ge=1, le=60, description="A promise without a date is one for so many days ahead.")
    promise_longest_days: int = Field(92, ge=1, le=366, description="Nobody waits longer for a promise.")
    promise_tolerance_days: int = Field(2, ge=0, le=30, description="Money in transit: so late still keeps a promise.")
    promises_pause_from_portal: bool = Field(
        False, description="Whether a promise that a customer enters in the portal pauses chasing by itself."
    )
    dispute_working_days: int = Field(10, ge=1, le=120, description="In so many working days a dispute is resolved.")
    credit_note_days: int = Field(14, ge=1, le=90, description="What is to be credited is not asked for so long.")
    plan_longest_days: int = Field(366, ge=7, le=1826, description="A plan's last instalment is no later.")
    plan_smallest_minor: dict[Annotated[str, AfterValidator(_currency)], int] = Field(
        default_factory=lambda: {"EUR": 2000, "GBP": 2000, "USD": 2000, "CHF": 2000},
        description="No instalment is smaller, per currency, never converted.",
    )
    plan_approval_minor: dict[Annotated[str, AfterValidator(_currency)], int] = Field(
        default_factory=lambda: {"EUR": 1_000_000, "GBP": 1_000_000, "USD": 1_000_000, "CHF": 1_000_000},
        description="Plans over more need a manager's approval, per currency; any plan in other currencies.",
    )
    plan_grace_days: int = Field(3, ge=0, le=30, description="An instalment counts as missed so long after its day.")
    plan_default_after: int = Field(1, ge=1, le=12, description="So many missed instalments end a plan.")
    settlement_approval_minor: dict[Annotated[str, AfterValidator(_currency)], int] = Field(
        default_factory=lambda: {"EUR": 10_000, "GBP": 10_000, "USD": 10_000, "CHF": 10_000},
        description="To forgive more needs a manager's approval, per currency; anything in other currencies.",
    )
    settlement_tolerance_days: int = Field(3, ge=0, le=30, description="Money in transit: so late still fulfils it.")
    fee_due_days: int = Field(14, ge=0, le=90, description="A fee is to be paid so long after it was charged.")
    late_fee: LateFeePolicy = LateFeePolicy()
    interest: InterestPolicy = InterestPolicy()
    senior_sender: SeniorSender = SeniorSender()
    agency: AgencyPolicy = AgencyPolicy()


@dataclass(frozen=True)
class Policy:
    """Everything a decision depends on besides the evidence."""

    numbers: PolicyNumbers
    profiles: RuleSet
    verdicts: RuleSet
    playbooks: Playbooks
    language: str
    country: str
    timezone: str
    hash: str


def compile_policy(
    *,
    numbers: PolicyNumbers,
    profile_rules: Iterable[Mapping[str, Any]],
    verdict_rules: Iterable[Mapping[str, Any]],
    playbooks: Iterable[Mapping[str, Any]],
    language: str = "en",
    country: str = "GB",
    timezone: str = "Europe/London",
) -> Policy:
    """Compile parsed rules and playbooks; raises RuleFault or PlaybookFault. ``hash`` names this exact policy."""
    profile_rows, verdict_rows, playbook_rows = list(profile_rules), list(verdict_rules), list(playbooks)
    books = load_playbooks(
        playbook_rows,
        interest_enabled=numbers.interest.enabled,
        late_fee_enabled=numbers.late_fee.kind != "none",
    )
    content = [numbers.model_dump(mode="json"), profile_rows, verdict_rows, playbook_rows, language, country, timezone]
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
    return Policy(
        numbers=numbers,
        profiles=compile_rules("profiles", profile_rows, HABITS, set(books.by_id)),
        verdicts=compile_rules("verdicts", verdict_rows, HABITS, VERDICTS),
        playbooks=books,
        language=language,
        country=country,
        timezone=timezone,
        hash=digest,
    )
