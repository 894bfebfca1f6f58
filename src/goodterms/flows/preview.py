"""What would go out in the coming days, decided by the same code as the day's run."""

from dataclasses import replace
from datetime import date, datetime

import polars as pl

from goodterms.core.decide import Decision
from goodterms.core.evidence import AP_PROFILES, Evidence
from goodterms.core.foresee import foresee
from goodterms.core.plan_touches import PLANNED
from goodterms.flows.collect_evidence import collect_evidence
from goodterms.flows.write_ap_profile import CUT_OFF_WORKING_DAYS, became_red_tape, suggestions_for
from goodterms.flows.write_standings import read_standings
from goodterms.followup.models import Touch
from goodterms.followup.policy import policy_of
from goodterms.organizations.models import Organisation
from goodterms.outbox.models import Effect

ON_ITS_WAY = [Effect.State.PLANNED, Effect.State.WAITING, Effect.State.QUEUED, Effect.State.CLAIMED]

DECODED = ("items", "cc")


def preview(organisation: Organisation, now: datetime, days: int, *, on: date | None = None) -> pl.DataFrame:
    """The touches of the coming ``days``, today's included, sorted by day (columns: plan_touches.PLANNED).

    What an earlier run has already planned and not yet sent comes first, with the values it was decided with.
    """
    collected = collect_evidence(organisation, now, on=on)
    learned = _Learned(organisation) if on is None else None
    coming = foresee(collected.evidence, policy_of(organisation), days, *([learned] if learned else []))
    if on is None:
        coming = pl.concat([_on_its_way(organisation), coming])
    return coming.sort("planned_date", "customer_id", maintain_order=True)


class _Learned:
    """What the runs of the coming days will write down and read again: pay runs suggested by payments."""

    def __init__(self, organisation: Organisation) -> None:
        self.organisation = organisation
        self.before = read_standings(organisation)

    def __call__(self, evidence: Evidence, decision: Decision) -> Evidence:
        found = suggestions_for(self.organisation, became_red_tape(self.before, decision.standings))
        self.before = decision.standings
        rules = found.select(
            "customer_id",
            "pay_run",
            "pay_run_days",
            pl.lit(CUT_OFF_WORKING_DAYS).alias("cut_off_working_days"),
            pl.lit(value=False).alias("is_confirmed"),
        ).cast(AP_PROFILES)
        both = pl.concat([evidence.ap_profiles, rules])
        # Who becomes stuck a second time in these days has the rule already: written down, it would be one row.
        return replace(evidence, ap_profiles=both.unique("customer_id", keep="first", maintain_order=True))


def _on_its_way(organisation: Organisation) -> pl.DataFrame:
    waiting = Touch.objects.filter(organisation=organisation, effect__state__in=ON_ITS_WAY).select_related("effect")
    rows = [
        {
            **{name: getattr(touch, name) for name in PLANNED if hasattr(touch, name) and name not in DECODED},
            "recipient": touch.effect.recipient,
            "needs_approval": touch.effect.state == Effect.State.WAITING,
            "timezone": "",
            "items": touch.read_items(),
            "cc": touch.read_copies(),
        }
        for touch in waiting
    ]
    return pl.DataFrame(rows, schema=PLANNED)
