"""The gate: its case table, and that it looks at every touch by itself."""

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from goodterms.core.evidence import Evidence
from goodterms.core.gate import ANSWERS, ASKED, judge
from tests.core.case_tables import read_cases, without
from tests.core.evidence_maker import TODAY, EvidenceMaker, evidence_of
from tests.core.shipped_policy import make_policy

CASES: list[dict[str, Any]] = read_cases("gate")
NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
EXPECTED = ("touch", "now", "answer", "reason", "until", "person", "everyone_on_hold")


def moment(text: Any) -> datetime:
    return datetime.fromisoformat(str(text)).replace(tzinfo=UTC)


def make_evidence(case: dict[str, Any]) -> Evidence:
    maker = EvidenceMaker()
    maker.customer(**without(case, *EXPECTED))
    if "everyone_on_hold" in case:
        maker.hold_everyone(until_in=case["everyone_on_hold"])
    return maker.evidence()


def asked(evidence: Evidence, given: dict[str, Any], playbook: str) -> dict[str, Any]:
    contact = evidence.contacts.row(0, named=True)
    return {
        "touch_id": 7,
        "customer_id": given.get("customer", 1),
        "playbook": playbook,
        "step": given["step"],
        "channel": "email",
        "contact_id": contact["contact_id"],
        "recipient": "old@debtor.example" if given.get("to") == "gone" else contact["email"],
        "planned_date": TODAY - timedelta(days=given.get("planned_ago", 0)),
    }


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_gate_answers_as_the_table_says(case: dict[str, Any]) -> None:
    evidence = make_evidence(case)
    touches = pl.DataFrame([asked(evidence, case["touch"], case["override"])], schema=ASKED)
    now = moment(case["now"]) if "now" in case else NOON
    answer = judge(touches, evidence, make_policy(), now).row(0, named=True)
    assert answer["answer"] == case["answer"]
    if answer["answer"] == "withhold":
        assert answer["reason"] == case["reason"]
        assert answer["needs_person"] == case.get("person", False)
    assert answer["not_before"] == (moment(case["until"]) if "until" in case else None)


def test_every_touch_is_answered_in_its_place() -> None:
    evidence = evidence_of(*[{"override": "forgetful", "open": [11] if place % 2 else []} for place in range(9)])
    rows = [
        {**asked(evidence, {"step": "clear"}, "forgetful"), "touch_id": 100 - customer, "customer_id": customer}
        for customer in range(1, 10)
    ]
    for row, contact in zip(rows, evidence.contacts.iter_rows(named=True), strict=True):
        row |= {"contact_id": contact["contact_id"], "recipient": contact["email"]}
    answers = judge(pl.DataFrame(rows, schema=ASKED), evidence, make_policy(), NOON)
    assert answers["touch_id"].to_list() == [row["touch_id"] for row in rows]
    assert answers["answer"].to_list() == ["withhold" if place % 2 == 0 else "go" for place in range(9)]
    assert answers.schema == ANSWERS


def test_no_touches_are_no_answers() -> None:
    answers = judge(pl.DataFrame(schema=ASKED), evidence_of({}), make_policy(), NOON)
    assert (answers.height, answers.schema) == (0, ANSWERS)


def test_the_gate_and_the_plan_agree_on_what_may_go_today() -> None:
    """Whatever the table of the gate would withhold for a fact of the ledger, the plan does not plan either."""
    from goodterms.core.decide import decide

    for case in CASES:
        if case["answer"] == "withhold" and case["touch"] == {"step": "clear"} and "now" not in case:
            assert decide(make_evidence(case), make_policy()).touches.is_empty(), case["case"]
