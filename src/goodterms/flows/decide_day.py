"""The decision for an organisation, or for some of its customers, without doing anything about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from goodterms.core.decide import Decision, decide
from goodterms.core.evidence import Evidence
from goodterms.core.policy import Policy
from goodterms.flows.collect_evidence import collect_evidence
from goodterms.followup.policy import policy_of
from goodterms.organizations.models import Organisation


@dataclass(frozen=True)
class Decided:
    """A decision with what it was made from; ``versions`` as in collect_evidence."""

    decision: Decision
    evidence: Evidence
    versions: pl.DataFrame
    policy: Policy


def decide_for(
    organisation: Organisation, now: datetime, *, customer_ids: Sequence[int] | None = None, on: date | None = None
) -> Decided:
    """Decide for all customers, or these, at the moment ``now`` or as known on the day ``on``."""
    policy = policy_of(organisation)
    collected = collect_evidence(organisation, now, customer_ids=customer_ids, on=on)
    decision = decide(collected.evidence, policy)
    return Decided(decision, collected.evidence, collected.versions, policy)
