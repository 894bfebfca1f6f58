"""A year of daily runs on the example ledger, with days on which the machine was off: rhythm kept and measured."""

from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from random import Random
from typing import Any

import polars as pl
import pytest

from goodterms.core.calendar import is_business_day
from goodterms.core.plan_touches import NO_OVERSIGHT_LEVEL
from goodterms.core.policy import Policy
from goodterms.importers.example import generate
from goodterms.importers.example.evidence import as_evidence
from tests.core.evidence_maker import TODAY
from tests.core.shipped_policy import make_policy
from tests.core.simulation import Simulation, sent_touches, simulate

LEDGER = generate(seed=5, customers=36, today=TODAY, invoices_per_customer=24)
START = TODAY - timedelta(days=364)
HOLIDAY_DAYS = 17
Touch = dict[str, Any]


@cache
def as_known(day: date) -> dict[int, tuple[date, int]]:
    """Due date and open amount per open invoice, on that day."""
    items = as_evidence(LEDGER, day).open_items.select("invoice_id", "due_date", "open_amount_minor")
    return {number: (due, left) for number, due, left in items.iter_rows()}


def days_off() -> set[date]:
    """Weekends, on which nothing may go out anyway, one day in five by chance, and once more than two weeks."""
    chance = Random(11)
    days = [START + timedelta(days=number) for number in range(365)]
    off = {day for day in days if day.weekday() > 4 or chance.random() < 0.2}
    return off | {START + timedelta(days=150 + number) for number in range(HOLIDAY_DAYS)}


@pytest.fixture(scope="module")
def policy() -> Policy:
    return make_policy(interest={"enabled": True})


@pytest.fixture(scope="module")
def year(policy: Policy) -> Simulation:
    return simulate(lambda day: as_evidence(LEDGER, day), policy, START, 365, days_off())


@pytest.fixture(scope="module")
def touches(year: Simulation) -> list[Touch]:
    return list(sent_touches(year).sort("planned_date", "customer_id").iter_rows(named=True))


@pytest.fixture(scope="module")
def by_customer(touches: list[Touch]) -> list[list[Touch]]:
    found: dict[int, list[Touch]] = {}
    for touch in touches:
        found.setdefault(touch["customer_id"], []).append(touch)
    return list(found.values())


@pytest.fixture(scope="module")
def chains(touches: list[Touch], policy: Policy) -> list[list[Touch]]:
    """The reminders of each customer and cycle, in the order in which they were sent."""
    anchors = dict(policy.playbooks.steps.select(pl.concat_str("playbook", "step"), "anchor").iter_rows())
    found: dict[tuple[int, str], list[Touch]] = {}
    for touch in touches:
        if anchors[touch["playbook"] + touch["step"]] == "overdue":
            found.setdefault((touch["customer_id"], touch["cycle"]), []).append(touch)
    return list(found.values())


def test_the_year_is_a_real_one(touches: list[Touch], chains: list[list[Touch]]) -> None:
    """Otherwise the tests below would prove nothing."""
    assert len(touches) > 200
    assert max(len(chain) for chain in chains) >= 6
    assert len({touch["playbook"] for touch in touches}) >= 7
    assert any(first["playbook"] != second["playbook"] for chain in chains for first, second in pairwise(chain))


def test_burst_after_downtime_never_two_touches_within_the_gap(by_customer: list[list[Touch]], policy: Policy) -> None:
    for own in by_customer:
        for first, second in pairwise(own):
            assert (second["planned_date"] - first["planned_date"]).days >= policy.numbers.gap_days


def test_never_more_than_the_weekly_cap_in_any_seven_days(by_customer: list[list[Touch]], policy: Policy) -> None:
    for own in by_customer:
        for touch in own:
            week = [one for one in own if 0 <= (touch["planned_date"] - one["planned_date"]).days < 7]
            assert len(week) <= policy.numbers.weekly_cap


def test_burst_after_downtime_the_first_day_back_sends_one_each(touches: list[Touch]) -> None:
    back = START + timedelta(days=150 + HOLIDAY_DAYS)
    soon = [touch["customer_id"] for touch in touches if 0 <= (touch["planned_date"] - back).days < 3]
    assert soon
    assert len(soon) == len(set(soon))


def test_stage_skipped_never_steps_follow_each_other_and_grow_no_milder(
    chains: list[list[Touch]], policy: Policy
) -> None:
    places = dict(policy.playbooks.steps.select(pl.concat_str("playbook", "step"), "position").iter_rows())
    for chain in chains:
        for first, second in pairwise(chain):
            assert second["level"] >= first["level"]
            if first["playbook"] == second["playbook"]:
                assert places[second["playbook"] + second["step"]] >= places[first["playbook"] + first["step"]]


def test_a_chain_begins_with_the_first_step_that_is_news(chains: list[list[Touch]], policy: Policy) -> None:
    for chain in chains:
        first = chain[0]
        book = policy.playbooks.by_id[first["playbook"]]
        steps = [step for step in book.steps if step.anchor == "overdue"]
        skipped = [step for step in steps[: [step.id for step in steps].index(first["step"])] if not step.rest_days]
        earlier = [one[0] for one in chains if one[0]["customer_id"] == first["customer_id"]]
        follows = any(one["planned_date"] < first["planned_date"] for one in earlier)
        # Newer debt behind a chain that has ended is no oversight any more: the mildest steps are left out.
        is_newer = follows and all(step.level < NO_OVERSIGHT_LEVEL for step in skipped)
        assert not skipped or book.entry == "contextual" or is_newer


def test_spacing_by_clock_counts_whole_days_between_steps(chains: list[list[Touch]], policy: Policy) -> None:
    for chain in chains:
        for first, second in pairwise(chain):
            step = policy.playbooks.step(second["playbook"], second["step"])
            same = (first["playbook"], first["step"]) == (second["playbook"], second["step"])
            least = step.repeat_days if same and step.repeat_days else step.spacing_days
            assert (second["planned_date"] - first["planned_date"]).days >= least


def test_nothing_comes_before_the_deadline_of_the_message_before(chains: list[list[Touch]]) -> None:
    for chain in chains:
        for first, second in pairwise(chain):
            assert first["deadline_date"] is None or second["planned_date"] > first["deadline_date"]


def test_no_step_comes_more_often_than_it_may(chains: list[list[Touch]], policy: Policy) -> None:
    for chain in chains:
        said = [(touch["playbook"], touch["step"]) for touch in chain]
        for playbook, step in set(said):
            assert said.count((playbook, step)) <= policy.playbooks.step(playbook, step).at_most


def test_nothing_is_written_twice_in_a_cycle_but_by_a_step_that_repeats(
    chains: list[list[Touch]], policy: Policy
) -> None:
    for chain in chains:
        written = [
            touch["template"]
            for touch in chain
            if touch["channel"] == "email" and policy.playbooks.step(touch["playbook"], touch["step"]).at_most == 1
        ]
        assert len(written) == len(set(written))


def test_processed_twice_every_touch_has_a_key_of_its_own(touches: list[Touch]) -> None:
    parts = ("customer_id", "playbook", "cycle", "step", "occurrence", "channel", "recipient")
    keys = [tuple(touch[part] for part in parts) for touch in touches]
    assert len(keys) == len(set(keys))


def test_nothing_goes_out_on_days_off(touches: list[Touch]) -> None:
    countries = dict(enumerate(LEDGER.customers["country"], start=1))
    for touch in touches:
        assert is_business_day(countries[touch["customer_id"]], touch["planned_date"])


def test_no_reminder_speaks_of_what_is_not_late_or_not_open(touches: list[Touch], policy: Policy) -> None:
    for touch in touches:
        anchor = policy.playbooks.step(touch["playbook"], touch["step"]).anchor
        asked = {item["invoice_id"]: item["open_amount_minor"] for item in touch["items"] or []}
        assert bool(asked) == (anchor in {"overdue", "due"})
        known = as_known(touch["planned_date"])
        for invoice, amount in asked.items():
            due, open_minor = known[invoice]
            assert 0 < amount <= open_minor
            assert anchor == "due" or (touch["planned_date"] - due).days > policy.numbers.grace_days


def test_nobody_who_owes_for_long_is_forgotten(year: Simulation) -> None:
    """Whoever is overdue beyond grace has a touch, or a reason to wait that names its end or a person's task."""
    for day, decision in year.decisions.items():
        told = set(decision.touches["customer_id"]) | set(decision.waits["customer_id"])
        late = decision.habits.filter(pl.col("oldest_days_overdue") > 3)
        amounts = decision.balances.filter(pl.col("overdue_minor") >= 1_000)
        owing = set(late["customer_id"]) & set(amounts["customer_id"])
        assert owing - told <= below_minimum(decision.balances, owing - told), day
        open_ended = decision.waits.filter(pl.col("until_date").is_null())
        assert set(open_ended["reason"]) <= {"no_step_left", "contact_missing", "pending"}


def below_minimum(balances: pl.DataFrame, customers: set[int]) -> set[int]:
    """Those of the customers whose balance, net of credits, is below ten in every currency."""
    large = balances.filter(pl.col("open_minor") >= 1_000)
    return customers - set(large["customer_id"])


def test_waits_end_when_they_say(year: Simulation) -> None:
    """A wait for a step not due, a gap, a spacing or a deadline names the first day on which it no longer holds."""
    by_day = year.decisions
    for day, decision in by_day.items():
        for wait in decision.waits.iter_rows(named=True):
            if wait["reason"] in {"not_yet", "gap", "spacing", "deadline"}:
                assert wait["until_date"] > day
