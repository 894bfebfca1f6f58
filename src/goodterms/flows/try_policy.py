"""A draft is tried before it is published: on who is who now, on the coming days, or on months of history."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q

from goodterms.core.comparison import Effort
from goodterms.core.policy_parts import Content
from goodterms.core.refusal import Refusal
from goodterms.followup.models import PolicyTrial
from goodterms.followup.policy import compile_content, content_of
from goodterms.ledger.models import Customer
from goodterms.organizations.models import Organisation

Kind, State = PolicyTrial.Kind, PolicyTrial.State
KEPT_TRIALS = 5
"""Of each kind; older ones go."""
LONGEST_HISTORY_DAYS = 731
COMING_DAYS = 30
SILENT_AFTER = timedelta(minutes=2)
"""A worker not heard of for so long has ended; another one begins anew."""
SMALL = 2_000
"""Up to so many customers are judged at once, while the person waits."""


class TrialImpossible(Refusal):
    """What was asked cannot be tried."""


@dataclass(frozen=True)
class Assumptions:
    """What a contact is taken to cost; guesses that a person changes, never measured."""

    minutes: Mapping[str, Decimal] = field(
        default_factory=lambda: {
            "email": Decimal(0), "sms": Decimal(0), "call": Decimal(12), "letter": Decimal(4), "certified": Decimal(15)
        }
    )  # fmt: skip
    fee_minor: Mapping[str, int] = field(
        default_factory=lambda: {"email": 0, "sms": 8, "call": 0, "letter": 120, "certified": 550}
    )
    approval_minutes: Decimal = Decimal(3)
    hour_minor: int = 3500

    def to_json(self) -> dict[str, Any]:
        """In plain JSON terms."""
        return {
            "minutes": {channel: str(value) for channel, value in self.minutes.items()},
            "fee_minor": dict(self.fee_minor),
            "approval_minutes": str(self.approval_minutes),
            "hour_minor": self.hour_minor,
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Assumptions":
        """What ``to_json`` gave; the usual ones where nothing was kept."""
        if not kept:
            return cls()
        return cls(
            minutes={channel: Decimal(value) for channel, value in kept["minutes"].items()},
            fee_minor=dict(kept["fee_minor"]),
            approval_minutes=Decimal(kept["approval_minutes"]),
            hour_minor=int(kept["hour_minor"]),
        )

    def as_effort(self) -> Effort:
        """As the comparison takes it."""
        return Effort(self.minutes, self.fee_minor, self.approval_minutes, self.hour_minor)


@transaction.atomic
def ask_trial(
    organisation: Organisation,
    kind: str,
    draft: Content,
    *,
    days: int,
    actor: str,
    now: datetime,
    assumptions: Assumptions | None = None,
) -> PolicyTrial:
    """Put a trial down for a worker; the oldest of its kind make room. Raises TrialImpossible or PolicyInvalid.

    While one of the kind waits or runs for the organisation, it is stopped: its draft is no longer of interest.
    """
    if kind == Kind.HISTORY and not 1 <= days <= LONGEST_HISTORY_DAYS:
        raise TrialImpossible(f"History is replayed over 1 to {LONGEST_HISTORY_DAYS} days; say how many months.")
    compile_content(draft, organisation)
    own = PolicyTrial.objects.filter(organisation=organisation, kind=kind)
    own.filter(state__in=(State.WAITING, State.RUNNING)).update(state=State.STOPPED, finished_at=now)
    kept = own.order_by("-asked_at", "-pk").values_list("pk", flat=True)[: KEPT_TRIALS - 1]
    own.exclude(pk__in=list(kept)).delete()
    return PolicyTrial.objects.create(
        organisation=organisation,
        kind=kind,
        present=content_of(organisation),
        draft=draft,
        days=days,
        assumptions=(assumptions or Assumptions()).to_json(),
        asked_by=actor[:200],
        asked_at=now,
    )


def stop_trial(organisation: Organisation, pk: int, *, now: datetime) -> bool:
    """End a trial that waits or runs; False where it had ended already."""
    running = PolicyTrial.objects.filter(organisation=organisation, pk=pk, state__in=(State.WAITING, State.RUNNING))
    return bool(running.update(state=State.STOPPED, finished_at=now))


def claim_trial(worker: str, now: datetime) -> PolicyTrial | None:
    """Take the oldest trial that waits, or whose worker fell silent; None where there is none, or another took it."""
    silent = Q(state=State.RUNNING, heard_of_at__lt=now - SILENT_AFTER)
    found = PolicyTrial.objects.filter(Q(state=State.WAITING) | silent).order_by("asked_at").first()
    if found is None:
        return None
    same = PolicyTrial.objects.filter(pk=found.pk, state=found.state, worker=found.worker)
    taken = same.update(state=State.RUNNING, worker=worker, heard_of_at=now, days_done=0)
    return PolicyTrial.objects.select_related("organisation").get(pk=found.pk) if taken else None


def claim_own_trial(trial: PolicyTrial, worker: str, now: datetime) -> bool:
    """Take this trial to carry it out oneself; False where a worker was quicker."""
    waiting = PolicyTrial.objects.filter(pk=trial.pk, state=State.WAITING)
    return bool(waiting.update(state=State.RUNNING, worker=worker, heard_of_at=now))


def note_progress(trial: PolicyTrial, worker: str, done: int, now: datetime) -> bool:
    """Say how far it is; False when the trial was stopped or is another worker's by now."""
    own = PolicyTrial.objects.filter(pk=trial.pk, state=State.RUNNING, worker=worker)
    return bool(own.update(days_done=done, heard_of_at=now))


def release_trial(trial: PolicyTrial, worker: str) -> None:
    """Give a claimed trial back; the next worker begins it anew."""
    own = PolicyTrial.objects.filter(pk=trial.pk, state=State.RUNNING, worker=worker)
    own.update(state=State.WAITING, worker="", days_done=0)


def is_small(organisation: Organisation) -> bool:
    """Few enough customers to judge while somebody waits."""
    return Customer.objects.filter(organisation=organisation)[: SMALL + 1].count() <= SMALL


def read_lines(text: str) -> dict[str, Any]:
    """A trial customer's content."""
    return dict(json.loads(text))
