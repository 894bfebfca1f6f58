"""Profiles and verdicts: the case tables, and that no shipped rule is without a case."""

from typing import Any

import pytest

from goodterms.core.decide import decide
from goodterms.core.effect import STANDARD_PLAYBOOK
from goodterms.core.profile import OVERRIDE_RULE
from tests.core.case_tables import read_cases, without
from tests.core.evidence_maker import evidence_of
from tests.core.shipped_policy import make_policy

PROFILES, VERDICTS = read_cases("profiles"), read_cases("verdicts")


def judge(case: dict[str, Any], which: str) -> str:
    """ "outcome / rule" for the case's customer."""
    words = without(case, which, "others")
    decision = decide(evidence_of(words, *case.get("others", [])), make_policy())
    standing = decision.standings.row(0, named=True)
    return f"{standing[which]} / {standing[f'{which}_rule']}"


@pytest.mark.parametrize("case", PROFILES, ids=[case["case"] for case in PROFILES])
def test_profile_is_as_the_table_says(case: dict[str, Any]) -> None:
    assert judge(case, "profile") == case["profile"]


@pytest.mark.parametrize("case", VERDICTS, ids=[case["case"] for case in VERDICTS])
def test_verdict_is_as_the_table_says(case: dict[str, Any]) -> None:
    assert judge(case, "verdict") == case["verdict"]


@pytest.mark.parametrize(("which", "cases"), [("profile", PROFILES), ("verdict", VERDICTS)])
def test_every_shipped_rule_is_reached_by_a_case(which: str, cases: list[dict[str, Any]]) -> None:
    reached = {case[which].split(" / ")[1] for case in cases} - {OVERRIDE_RULE}
    rules = make_policy().profiles if which == "profile" else make_policy().verdicts
    assert reached == {rule.id for rule in rules.rules}


def test_every_profile_of_the_rules_has_a_playbook_and_a_case() -> None:
    policy = make_policy()
    assert {rule.outcome for rule in policy.profiles.rules} == set(policy.playbooks.by_id) - {STANDARD_PLAYBOOK}
