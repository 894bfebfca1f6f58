"""A call is recorded only as the stricter of both ends of the line allows; the table is dated and cited."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodterms.core.call_recording import (
    MEANING,
    STRICTNESS,
    RecordingRulesOutdated,
    load_recording_rules,
    recording_rule,
)
from goodterms.followup.call_rules import shipped_recording_rules
from tests.core.case_tables import read_cases

RULES = shipped_recording_rules()
ON = date(2026, 3, 10)
COUNTRIES = sorted({rule.country for rule in RULES.rules} | {"JP", ""})
STATES = sorted({region for rule in RULES.rules for region in rule.regions} | {""})


@pytest.mark.parametrize("case", read_cases("call_recording"), ids=lambda case: case["case"])
def test_what_a_recording_needs(case: dict[str, Any]) -> None:
    rule = recording_rule(
        RULES,
        case["own"],
        case["other"],
        case.get("region", ""),
        own_region=case.get("own_region", ""),
        on=case.get("day", ON),
    )
    assert rule.needs == case["needs"]
    assert rule.text.startswith(MEANING[rule.needs])


def test_a_rule_names_both_places_and_their_laws() -> None:
    rule = recording_rule(RULES, "GB", "DE", on=ON)
    assert "GB: Investigatory Powers Act 2016" in rule.text
    assert "DE: Strafgesetzbuch § 201" in rule.text
    assert len(rule.laws) == 2


def test_after_the_day_the_table_is_known_until_nothing_is_said() -> None:
    with pytest.raises(RecordingRulesOutdated, match="2027-06-30"):
        recording_rule(RULES, "GB", "GB", on=date(2027, 7, 1))


def test_every_rule_is_dated_and_cites_its_law_and_source() -> None:
    for rule in RULES.rules:
        assert rule.valid_from < RULES.known_until
        assert rule.law
        assert rule.note
        assert rule.source.startswith(("https://", "http://"))


def test_every_state_is_listed_once() -> None:
    states = [region for rule in RULES.rules if rule.country == "US" for region in rule.regions]
    assert len(states) == len(set(states)) == 51


def test_a_rule_that_asks_for_something_unknown_is_refused() -> None:
    with pytest.raises(ValueError, match="needs one of"):
        load_recording_rules(
            'known_until = 2027-01-01\n[[rule]]\ncountry = "XX"\nneeds = "nothing"\nvalid_from = 2000-01-01\n'
            'law = "x"\nsource = "x"\nnote = "x"\n'
        )


@given(st.sampled_from(COUNTRIES), st.sampled_from(COUNTRIES), st.sampled_from(STATES), st.sampled_from(STATES))
def test_a_call_needs_the_same_from_either_end_and_never_less_than_one_end_alone(
    own: str, other: str, own_region: str, region: str
) -> None:
    there = recording_rule(RULES, own, other, region, own_region=own_region, on=ON)
    back = recording_rule(RULES, other, own, own_region, own_region=region, on=ON)
    alone = recording_rule(RULES, own, own, own_region, own_region=own_region, on=ON)
    assert there.needs == back.needs
    assert STRICTNESS[there.needs] >= STRICTNESS[alone.needs]
