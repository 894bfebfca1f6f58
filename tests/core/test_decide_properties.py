"""What holds for every decision, whatever the evidence."""

from dataclasses import fields, replace
from datetime import date
from typing import Any

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from goodterms.core.decide import Decision, decide
from goodterms.core.evidence import Evidence
from goodterms.core.summary import summarise_settled
from goodterms.importers.example import ExampleLedger, generate
from goodterms.importers.example.evidence import as_evidence
from tests.core.evidence_maker import TODAY
from tests.core.random_evidence import evidence
from tests.core.shipped_policy import make_policy

properties = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
ORGANISATION_WIDE = ("expected_days_late", "beyond_habit_days", "exposure_percentile")
"""The habits that compare a customer with the organisation's others."""
LEDGER = generate(seed=21, customers=40, today=TODAY)


def assert_same(one: Decision, other: Decision) -> None:
    for part in fields(one):
        left, right = getattr(one, part.name), getattr(other, part.name)
        if isinstance(left, pl.DataFrame):
            left, right = left.sort(left.columns[:2]), right.sort(right.columns[:2])
            assert left.equals(right), part.name


def owed_minor(told: Evidence) -> dict[tuple[int, str], list[tuple[int, int, int]]]:
    """(invoice, days overdue, what may be asked for) per customer and currency, computed one by one."""
    today = dict(told.customers.select("customer_id", "local_date").iter_rows())
    credit: dict[tuple[int, str], int] = {}
    items: dict[tuple[int, str], list[dict[str, object]]] = {}
    for row in told.cash.iter_rows(named=True):
        key = (row["customer_id"], row["currency"])
        credit[key] = credit.get(key, 0) + row["unallocated_minor"]
    for row in told.open_items.iter_rows(named=True):
        key = (row["customer_id"], row["currency"])
        if row["open_amount_minor"] < 0:
            credit[key] = credit.get(key, 0) - row["open_amount_minor"]
        elif row["due_date"] is not None:
            items.setdefault(key, []).append(row)
    held = {
        row["invoice_id"]
        for row in told.holds.iter_rows(named=True)
        if row["customer_id"] in today and row["from_date"] <= today[row["customer_id"]] <= row["until_date"]
    }
    asked = _not_planned(told, _undisputed(told), today)
    return {
        key: _set_off(rows, credit.get(key, 0), {**asked, **dict.fromkeys(held, 0)}, today[key[0]])
        for key, rows in items.items()
        if key[0] in today
    }


def _undisputed(told: Evidence) -> dict[int, int]:
    """What of each dated invoice is in no dispute; nothing where a dispute names no amount."""
    left: dict[int, int] = {}
    for row in told.open_items.iter_rows(named=True):
        whole = row["open_amount_minor"] if row["due_date"] else 0
        left[row["invoice_id"]] = max(whole - (row["disputed_amount_minor"] if row["due_date"] else 0), 0)
    for row in told.disputes.iter_rows(named=True):
        if row["resolved_date"] is None and row["invoice_id"] in left:
            part = left[row["invoice_id"]] if row["amount_minor"] is None else row["amount_minor"]
            left[row["invoice_id"]] = max(left[row["invoice_id"]] - part, 0)
    return left


def _not_planned(told: Evidence, asked: dict[int, int], today: dict[int, date]) -> dict[int, int]:
    """Of what a plan covers only what is open beyond the instalments to come, on the oldest first."""
    items = {row["invoice_id"]: row for row in told.open_items.iter_rows(named=True)}
    for plan in told.planned["plan_id"].unique():
        rows = list(told.planned.filter(plan_id=plan).iter_rows(named=True))
        rows.sort(key=lambda row: (str(items[row["invoice_id"]]["due_date"] or "9999"), row["invoice_id"]))
        to_come = sum(
            part["amount_minor"]
            for part in told.instalments.filter(plan_id=plan).iter_rows(named=True)
            if (today[part["customer_id"]] - part["due_date"]).days <= part["grace_days"]
        )
        missed = sum(min(items[row["invoice_id"]]["open_amount_minor"], row["amount_minor"]) for row in rows) - to_come
        for row in rows:
            covered = min(asked[row["invoice_id"]], row["amount_minor"])
            late = min(max(missed, 0), covered)
            missed -= late
            asked[row["invoice_id"]] -= covered - late
    return asked


def _set_off(
    rows: list[dict[str, object]], credit: int, askable: dict[int, int], today: date
) -> list[tuple[int, int, int]]:
    left = []
    for row in sorted(rows, key=lambda row: (str(row["due_date"]), row["invoice_id"])):
        invoice, due = row["invoice_id"], row["due_date"]
        assert isinstance(invoice, int)
        assert isinstance(due, date)
        asked = askable[invoice]
        used = min(credit, asked)
        credit -= used
        left.append((invoice, (today - due).days, asked - used))
    return left


@properties
@given(evidence())
def test_chase_amounts_are_open_less_credits_cash_and_what_is_held_back(told: Evidence) -> None:
    owed, policy = owed_minor(told), make_policy()
    steps = {(row["playbook"], row["step"]): row["anchor"] for row in policy.playbooks.steps.iter_rows(named=True)}
    for touch in decide(told, policy).touches.iter_rows(named=True):
        asked = {(item["currency"], item["invoice_id"], item["open_amount_minor"]) for item in touch["items"] or []}
        late = {
            (currency, invoice, minor)
            for (customer, currency), rows in owed.items()
            for invoice, days, minor in rows
            if customer == touch["customer_id"] and days > policy.numbers.grace_days and minor > 0
        }
        totals = {currency: sum(minor for code, _, minor in late if code == currency) for currency, _, _ in late}
        if steps[touch["playbook"], touch["step"]] == "overdue":
            assert asked == {item for item in late if totals[item[0]] >= 1_000}
            assert asked
        else:
            assert not {currency for currency, total in totals.items() if total >= 1_000}


@properties
@given(evidence())
def test_a_customer_has_one_touch_or_one_wait_and_never_both(told: Evidence) -> None:
    decision = decide(told, make_policy())
    touched, waiting = decision.touches["customer_id"], decision.waits["customer_id"]
    assert touched.is_unique().all()
    assert waiting.is_unique().all()
    assert not set(touched) & set(waiting)


@properties
@given(evidence())
def test_nobody_is_contacted_on_hold_or_soon_after_another_contact(told: Evidence) -> None:
    touched = set(decide(told, make_policy()).touches["customer_id"])
    for row in told.holds.iter_rows(named=True):
        if row["invoice_id"] is None and row["from_date"] <= TODAY <= row["until_date"]:
            assert row["customer_id"] not in touched
    recent = told.touches.filter((TODAY - pl.col("sent_date")).dt.total_days() < 3)
    pending = told.touches.filter("is_pending")
    unread = told.replies.filter(~pl.col("is_handled") & ((TODAY - pl.col("received_date")).dt.total_days() <= 7))
    for frame in (recent, pending, unread):
        assert not touched & set(frame["customer_id"])


@properties
@given(evidence())
def test_deciding_twice_gives_the_same_to_the_last_letter(told: Evidence) -> None:
    one, other = decide(told, make_policy()), decide(told, make_policy())
    assert one.touches.equals(other.touches)
    assert one.standings.equals(other.standings)
    assert one.habits.equals(other.habits)


@properties
@given(evidence(), st.integers(0, 2**32))
def test_the_order_of_rows_does_not_matter(told: Evidence, seed: int) -> None:
    shuffled: dict[str, Any] = {
        part.name: frame.sample(fraction=1, shuffle=True, seed=seed)
        for part in fields(told)
        if isinstance(frame := getattr(told, part.name), pl.DataFrame)
    }
    assert_same(decide(told, make_policy()), decide(replace(told, **shuffled), make_policy()))


def part_for(decision: Decision, part: str, customers: list[int]) -> pl.DataFrame:
    frame: pl.DataFrame = getattr(decision, part).filter(pl.col("customer_id").is_in(customers))
    return frame.sort(frame.columns[:2])


PARTS = ("habits", "standings", "balances", "touches", "waits", "problems", "cycles", "summaries")


@properties
@given(evidence(), st.data())
def test_deciding_for_some_by_the_norms_of_all_is_a_part_of_deciding_for_all(
    told: Evidence, data: st.DataObject
) -> None:
    chosen = sorted(data.draw(st.sets(st.sampled_from(told.customers["customer_id"].to_list()), min_size=1)))
    everybody = decide(told, make_policy())
    few = replace(told.for_customers(pl.Series(chosen, dtype=pl.Int64)), norms=everybody.norms)
    some = decide(few, make_policy())
    for part in PARTS:
        assert part_for(everybody, part, chosen).equals(part_for(some, part, chosen)), part


@properties
@given(evidence(overridden=True), st.data())
def test_without_the_norms_nothing_differs_but_what_compares_customers(told: Evidence, data: st.DataObject) -> None:
    chosen = sorted(data.draw(st.sets(st.sampled_from(told.customers["customer_id"].to_list()), min_size=1)))
    everybody = decide(told, make_policy())
    some = decide(told.for_customers(pl.Series(chosen, dtype=pl.Int64)), make_policy())
    doubtful = (*ORGANISATION_WIDE, "profile_rule", "profile_evidence", "evidence")
    for part in PARTS:
        left, right = part_for(everybody, part, chosen), part_for(some, part, chosen)
        names = [name for name in doubtful if name in left.columns]
        assert left.drop(names).equals(right.drop(names)), part


@properties
@given(evidence(), st.data())
def test_kept_summaries_give_the_same_decision_as_fresh_ones(told: Evidence, data: st.DataObject) -> None:
    ids = told.customers["customer_id"].to_list()
    changed = pl.col("customer_id").is_in(sorted(data.draw(st.sets(st.sampled_from(ids)))))
    kept = summarise_settled(told.settled.filter(~changed), told.touches)
    stale = summarise_settled(told.settled.filter(changed), told.touches)
    stale = stale.with_columns(pl.lit(999.0).alias("median_days_late"), pl.lit(1).cast(pl.Int64).alias("settled_count"))
    partly = replace(told, settled=told.settled.filter(changed), summaries=pl.concat([stale, kept]))
    scratch, incremental = decide(told, make_policy()), decide(partly, make_policy())
    for part in ("habits", "standings", "touches", "waits", "cycles", "balances"):
        left, right = getattr(scratch, part), getattr(incremental, part)
        assert left.sort(left.columns[:2]).equals(right.sort(right.columns[:2])), part


# --- the example ledger, as known on any day -----------------------------------------------------------------------


def forget_after(ledger: ExampleLedger, day: date) -> ExampleLedger:
    """The ledger as it would stand had it been written on that day."""
    returned = pl.col("returned_date") <= day
    payments = ledger.payments.filter(pl.col("payment_date") <= day).with_columns(
        is_returned=returned.fill_null(value=False), returned_date=pl.when(returned).then("returned_date")
    )
    known = pl.col("dispute_date") <= day
    return replace(
        ledger,
        invoices=ledger.invoices.filter(pl.col("issue_date") <= day).with_columns(
            settled_date=pl.lit(None, dtype=pl.Date),
            is_disputed=pl.col("is_disputed") & known.fill_null(value=False),
            dispute_date=pl.when(known).then("dispute_date"),
        ),
        payments=payments,
        allocations=ledger.allocations.filter(pl.col("allocation_date") <= day),
    )


@properties
@given(st.dates(date(2023, 6, 1), TODAY))
def test_evidence_of_a_day_knows_nothing_later(day: date) -> None:
    then, honest = as_evidence(LEDGER, day), as_evidence(forget_after(LEDGER, day), day)
    for part in fields(then):
        left, right = getattr(then, part.name), getattr(honest, part.name)
        if isinstance(left, pl.DataFrame):
            assert left.sort(left.columns).equals(right.sort(right.columns)), part.name
    assert then.open_items.filter(pl.col("issue_date") > day).is_empty()
    assert then.settled.filter(pl.col("settled_date") > day).is_empty()
    assert then.returned.filter(pl.col("returned_date") > day).is_empty()


@settings(max_examples=8, deadline=None)
@given(st.dates(date(2024, 6, 1), TODAY))
def test_a_decision_over_the_example_ledger_is_sound_on_any_day(day: date) -> None:
    told = as_evidence(LEDGER, day)
    decision = decide(told, make_policy())
    owed = owed_minor(told)
    assert decision.standings["profile"].null_count() == 0
    assert decision.standings["verdict"].null_count() == 0
    assert decision.touches["customer_id"].is_unique().all()
    for touch in decision.touches.iter_rows(named=True):
        for item in touch["items"] or []:
            rows = owed[touch["customer_id"], item["currency"]]
            assert (item["invoice_id"], item["open_amount_minor"]) in [(row[0], row[2]) for row in rows]
    assert_same(decision, decide(told, make_policy()))
