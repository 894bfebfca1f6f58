"""How an organisation wants to be followed up: numbers, rules and playbooks, compiled and hashed."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import time
from typing import Annotated, Any

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


class SeniorSender(BaseModel):
    """Who signs when a senior person speaks."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str = ""
    email: str = ""


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
    interest: InterestPolicy = InterestPolicy()
    senior_sender: SeniorSender = SeniorSender()


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
    books = load_playbooks(playbook_rows, interest_enabled=numbers.interest.enabled)
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
