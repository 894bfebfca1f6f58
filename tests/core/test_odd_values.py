"""Odd values, missing values and nothing at all: one bad record never stops or disturbs the others."""

import json
from dataclasses import fields, replace
from datetime import date
from typing import Any
from zoneinfo import ZoneInfoNotFoundError

import polars as pl
import pytest

from goodterms.core.calendar import find_zone, is_business_day
from goodterms.core.decide import Decision, decide
from goodterms.core.evidence import Evidence
from goodterms.core.foresee import foresee
from tests.core.answers import step_of
from tests.core.evidence_maker import SCHEMAS, TODAY, evidence_of
from tests.core.shipped_policy import make_policy

ORDINARY: dict[str, Any] = {
    "override": "forgetful",
    "history": [2, 14, 0, 8, 5, 19],
    "open": [11],
    "sent": ["friendly 8"],
}
LARGE = 2**53
"""More than a float holds exactly: 90 billion euros in cents."""

ODD: dict[str, dict[str, Any]] = {
    "no country": {"country": None},
    "unknown country": {"country": "XX"},
    "country by name": {"country": "germany"},
    "no time zone": {"timezone": None},
    "unknown time zone": {"timezone": "Mars/Olympus"},
    "time zone that is a folder": {"timezone": "Europe"},
    "time zone out of the tree": {"timezone": "../../etc/passwd"},
    "no language": {"language": None},
    "unknown language": {"language": "tlh"},
    "unknown role": {"contacts": ["emperor email", "accounts_payable email"]},
    "the same contact twice": {"contacts": ["accounts_payable email", "accounts_payable email"]},
    "due before it was issued": {"open": [{"overdue": 40, "issued_ago": 3}]},
    "issued in the future": {"open": [{"overdue": -400, "issued_ago": -370}]},
    "due in the year 9999": {"open": [{"overdue": -2_900_000}]},
    "due in 1900": {"open": [{"overdue": 46_000}]},
    "paid long before it was due": {"history": [-400, -1000, 0]},
    "settled in the future": {"history": {"late": [900], "newest_due_ago": 30}},
    "settled in the year 9999": {"history": [{"due": date(2026, 1, 1), "paid": date(9999, 12, 31)}]},
    "settled in 1900": {"history": [{"due": date(1900, 1, 1), "paid": date(1900, 2, 1)}]},
    "settled invoices of nothing": {"history": [{"late": 5, "amount": 0}] * 8},
    "settled invoices of less than nothing": {"history": [{"late": 5, "amount": -50}] * 8},
    "an invoice of a cent": {"open": [{"overdue": 20, "amount": 0.01}]},
    "huge amounts": {
        "open": [{"overdue": 900, "amount": LARGE / 100}] * 3,
        "history": [{"late": 700, "amount": LARGE}] * 8,
    },
    "huge amounts that credit covers": {"open": [{"overdue": 9, "amount": LARGE}, {"overdue": 1, "amount": -LARGE}]},
    "unknown kind of item": {"open": [{"overdue": 20, "kind": "???"}]},
    "disputed beyond its amount": {"open": [{"overdue": 20, "amount": 100, "disputed": 900}]},
    "currency of one's own": {"open": [{"overdue": 20, "currency": "??"}]},
    "touch of no playbook": {"open": [20], "sent": [{"step": "x", "playbook": "", "ago": 5}]},
    "touch sent tomorrow": {"open": [20], "sent": [{"step": "friendly", "ago": -1}]},
    "touch of level ninety": {"open": [20], "sent": [{"step": "x", "playbook": "gone", "level": 90, "ago": 30}]},
    "reply read as something new": {"replies": [{"ago": 1, "reading": "poem"}]},
    "reply not read at all": {"replies": [{"ago": 1, "handled": False}]},
    "call of an unknown outcome": {"calls": [{"ago": 1, "outcome": "parrot"}]},
    "promise before it was made": {"promises": [{"in": -900, "made_ago": -5}]},
    "plan without amounts": {"plan": {"instalments": [{"in": 0, "amount": 0}]}},
    "hold that ends before it begins": {"open": [20], "holds": [{"until_in": -9, "from_ago": -9}]},
    "a key of another kind of cycle": {
        "open": [20],
        "cycle": "7%/#",
        "sent": [{"step": "friendly", "ago": 20, "cycle": "7%/#"}],
    },
    "a signal first seen in the future": {"signal_seen_date": date(2030, 1, 1)},
}


@pytest.mark.parametrize("name", ODD)
def test_one_bad_record_does_not_stop_or_disturb_the_others(name: str) -> None:
    odd = ODD[name]
    alone = decide(evidence_of(ORDINARY), make_policy())
    decision = decide(evidence_of(ORDINARY, odd), make_policy())
    assert step_of(decision, 1) == step_of(alone, 1) == "clear"
    touch, other = decision.touches.row(0, named=True), alone.touches.row(0, named=True)
    assert {**touch, "contact_id": 0, "recipient": ""} == {**other, "contact_id": 0, "recipient": ""}
    assert decision.standings.height == decision.habits.height == 2
    assert_is_plain(decision)


def assert_is_plain(decision: Decision) -> None:
    """No NaN and no infinity anywhere; evidence is JSON that every reader understands."""
    for frame in (decision.habits, decision.summaries):
        for name in frame.select(pl.selectors.float()).columns:
            assert frame[name].drop_nulls().is_finite().all(), name
    for name in ("profile_evidence", "verdict_evidence"):
        for text in decision.standings[name]:
            json.loads(text, parse_constant=pytest.fail)


@pytest.mark.parametrize("name", ODD)
def test_one_bad_record_can_be_foreseen(name: str) -> None:
    assert foresee(evidence_of(ORDINARY, ODD[name]), make_policy(), 2).height >= 1


def test_one_bad_record_settled_without_a_day_says_nothing() -> None:
    evidence = evidence_of(ORDINARY, ORDINARY)
    settled = evidence.settled.with_columns(
        pl.when(pl.col("customer_id") == 2).then(None).otherwise("settled_date").alias("settled_date")
    )
    decision = decide(replace(evidence, settled=settled), make_policy())
    alone = decide(evidence_of(ORDINARY), make_policy())
    assert decision.habits["settled_count"].to_list() == [6, 0]
    assert decision.habits.row(0, named=True)["median_days_late"] == alone.habits["median_days_late"][0]


def test_one_bad_record_of_an_unknown_customer_is_nobodys() -> None:
    evidence = evidence_of(ORDINARY, ORDINARY)
    only_first = replace(evidence, customers=evidence.customers.head(1))
    decision = decide(only_first, make_policy())
    assert decision.touches["customer_id"].to_list() == [1]
    assert decision.standings["customer_id"].to_list() == [1]


def test_huge_amounts_are_exact_to_the_cent() -> None:
    evidence = evidence_of({"override": "forgetful", "open": [{"overdue": 20, "amount": 1}] * 2})
    items = evidence.open_items.with_columns(open_amount_minor=pl.Series([LARGE + 1, LARGE + 1]))
    decision = decide(replace(evidence, open_items=items), make_policy())
    assert [item["open_amount_minor"] for item in decision.touches["items"][0]] == [LARGE + 1, LARGE + 1]
    assert decision.balances["open_minor"].to_list() == [2 * LARGE + 2]


def test_an_organisation_without_customers_is_decided_too() -> None:
    nobody = evidence_of()
    decision = decide(nobody, make_policy())
    for part in fields(decision):
        frame = getattr(decision, part.name)
        if isinstance(frame, pl.DataFrame):
            assert frame.height == 0
    assert decision.touches.schema == decide(evidence_of(ORDINARY), make_policy()).touches.schema
    assert foresee(nobody, make_policy(), 3).height == 0


@pytest.mark.parametrize("name", [name for name in SCHEMAS if name != "customers"])
def test_any_frame_may_be_empty(name: str) -> None:
    full: dict[str, Any] = {
        **ORDINARY,
        "cash": {"EUR": 5},
        "returned": [9],
        "replies": [{"ago": 9}],
        "calls": [{"ago": 9, "outcome": "reached"}],
        "promises": [{"in": -9}],
        "plan": {"instalments": [{"in": -9}], "covers": [{"item": 0}]},
        "settlement": {"in": -9},
        "reasons": [{"reason": "cash"}],
        "ap": {"run": "weekday", "days": [5]},
        "disputes": [{"opened_ago": 9}],
        "holds": [{"until_in": -3}],
    }
    evidence = evidence_of(full, full)
    assert not getattr(evidence, name).is_empty()
    decision = decide(replace(evidence, **{name: getattr(evidence, name).clear()}), make_policy())
    assert decision.standings.height == 2


def test_a_customer_without_anything_is_new_and_left_alone() -> None:
    decision = decide(evidence_of({"contacts": []}), make_policy())
    assert decision.standings["profile"].to_list() == ["new"]
    assert (decision.touches.height, decision.waits.height, decision.problems.height) == (0, 0, 0)


def test_evidence_for_some_customers_keeps_the_holds_of_everybody() -> None:
    evidence = evidence_of(ORDINARY, ORDINARY)
    some = replace(evidence, holds=_hold_of_everybody()).for_customers(pl.Series([2]))
    assert isinstance(some, Evidence)
    assert some.customers["customer_id"].to_list() == [2]
    assert decide(some, make_policy()).waits["reason"].to_list() == ["hold"]


def _hold_of_everybody() -> pl.DataFrame:
    row = {"hold_id": 1, "reason": "other", "from_date": TODAY, "until_date": TODAY}
    return pl.DataFrame([row], schema=SCHEMAS["holds"])


@pytest.mark.parametrize("name", ["Mars/Olympus", "Europe", "", "../x", "/etc/passwd"])
def test_an_unknown_time_zone_gives_way_to_the_next_one(name: str) -> None:
    assert find_zone(name, "Europe/Berlin").key == "Europe/Berlin"
    with pytest.raises(ZoneInfoNotFoundError, match="is a time zone"):
        find_zone(name)


def test_working_days_elsewhere() -> None:
    friday, sunday = date(2026, 3, 13), date(2026, 3, 15)
    assert (is_business_day("GB", friday), is_business_day("GB", sunday)) == (True, False)
    assert (is_business_day("SA", friday), is_business_day("SA", sunday)) == (False, True)
    assert (is_business_day("XX", friday), is_business_day("", sunday)) == (True, False)
