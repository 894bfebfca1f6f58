"""The gate for effects about to be handed over, with the facts of this very moment."""

from collections.abc import Sequence
from datetime import date, datetime

import polars as pl

from goodterms.core.gate import ASKED, judge
from goodterms.database.reading import read_inside_transaction
from goodterms.flows.agency_file import PLAYBOOK as AGENCY
from goodterms.flows.agency_file import judge_hand_overs
from goodterms.flows.by_hand import PLAYBOOK as BY_HAND
from goodterms.flows.by_hand import judge_by_hand
from goodterms.flows.collect_evidence import collect_evidence
from goodterms.followup.gate_answer import GateAnswer
from goodterms.followup.policy import policy_of
from goodterms.organizations.models import Organisation

_TOUCHES = """
SELECT t.id, t.customer_id, t.playbook, t.step, t.channel, t.contact_id, e.recipient, t.planned_date,
       t.effect_key, t.organisation_id
FROM followup_touch t JOIN outbox_effect e ON e.key = t.effect_key
WHERE t.effect_key IN ({marks})
"""
_ASKED = pl.Schema({**ASKED, "effect_key": pl.String(), "organisation_id": pl.Int64()})


def judge_effects(effect_keys: Sequence[str], now: datetime, *, on: date | None = None) -> dict[str, GateAnswer]:
    """The gate's answer per effect key, in a constant number of queries per organisation.

    An effect without a touch is withheld. The versions in each answer are those the facts were read at: a mark that
    finds them changed must ask again. With ``on`` the facts are those known on that day.
    """
    marks = ", ".join(["%s"] * len(effect_keys)) or "NULL"
    asked = read_inside_transaction(_TOUCHES.format(marks=marks), list(effect_keys), _ASKED)
    answers = {key: GateAnswer("withhold", "There is no touch behind this effect.", 0, 0, None) for key in effect_keys}
    hand_overs = asked.filter(pl.col("playbook") == AGENCY)["effect_key"].to_list()
    answers.update(judge_hand_overs(hand_overs, now) if hand_overs else {})
    by_hand = asked.filter(pl.col("playbook") == BY_HAND)["effect_key"].to_list()
    answers.update(judge_by_hand(by_hand, now) if by_hand else {})
    asked = asked.filter(~pl.col("playbook").is_in([AGENCY, BY_HAND]))
    for organisation in Organisation.objects.filter(pk__in=asked["organisation_id"].unique().to_list()):
        own = asked.filter(pl.col("organisation_id") == organisation.pk)
        answers.update(_judge_organisation(organisation, own, now, on))
    return answers


def _judge_organisation(
    organisation: Organisation, asked: pl.DataFrame, now: datetime, on: date | None
) -> dict[str, GateAnswer]:
    ids = asked["customer_id"].unique().to_list()
    collected = collect_evidence(organisation, now, customer_ids=ids, on=on)
    answers = judge(asked.select(ASKED.names()), collected.evidence, policy_of(organisation), now)
    versions = asked.select("touch_id", "effect_key", "customer_id").join(
        collected.versions, on="customer_id", how="left"
    )
    rows = answers.join(versions, on="touch_id", how="left", maintain_order="left")
    return {
        row["effect_key"]: GateAnswer(
            answer=row["answer"],
            reason=row["reason"],
            facts_version=row["facts_version"] or 0,
            organisation_version=organisation.facts_version,
            not_before=row["not_before"],
            needs_person=row["needs_person"],
        )
        for row in rows.iter_rows(named=True)
    }
