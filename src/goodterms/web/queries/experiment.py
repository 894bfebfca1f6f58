"""Control groups, the running one first, with how many customers are in each arm and what came out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count

from goodterms.followup.models import Experiment, ExperimentMember
from goodterms.organizations.models import Organisation

SHOWN = 20


@dataclass(frozen=True)
class Seen:
    """One difference as the page shows it; low and high are None until there are enough customers."""

    own: float
    standard: float
    own_customers: int
    standard_customers: int
    value: float
    low: float | None
    high: float | None
    is_clear: bool

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "Seen":
        own, standard = kept["own"], kept["standard"]
        return cls(
            own["mean"], standard["mean"], own["customers"], standard["customers"],
            kept["value"], kept["low"], kept["high"], kept["is_clear"],
        )  # fmt: skip


@dataclass(frozen=True)
class ExperimentRow:
    """An experiment with its groups."""

    experiment: Experiment
    drawn: int
    others: int
    days_open: Seen | None
    paid_share: Seen | None

    @property
    def is_running(self) -> bool:
        return self.experiment.state == Experiment.State.RUNNING


def open_experiments(organisation: Organisation) -> list[ExperimentRow]:
    """The newest experiments; two queries however many there are."""
    found = list(Experiment.objects.filter(organisation=organisation).order_by("-pk")[:SHOWN])
    members = ExperimentMember.objects.filter(experiment__in=found).values("experiment_id", "arm")
    counts = {(row["experiment_id"], row["arm"]): row["count"] for row in members.annotate(count=Count("pk"))}
    return [
        ExperimentRow(
            one,
            counts.get((one.pk, ExperimentMember.Arm.STANDARD), 0),
            counts.get((one.pk, ExperimentMember.Arm.OWN), 0),
            Seen.of(one.result["days_open"]) if one.result else None,
            Seen.of(one.result["paid_share"]) if one.result else None,
        )
        for one in found
    ]
