"""One customer is measured by what is usual among all."""

import json
from dataclasses import replace
from datetime import date

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from goodterms.core.decide import decide
from goodterms.core.norms import Norms, measure_norms, rank_exposure
from goodterms.core.summary import SUMMARY
from goodterms.importers.example import generate
from goodterms.importers.example.evidence import as_evidence
from tests.core.evidence_maker import TODAY, evidence_of
from tests.core.shipped_policy import make_policy

EVIDENCE = as_evidence(generate(seed=5, customers=60, today=TODAY))
WHOLE = decide(EVIDENCE, make_policy())
amounts = st.lists(st.tuples(st.sampled_from(["EUR", "GBP"]), st.integers(1, 50)), max_size=150)


def overdue(rows: list[tuple[str, int]]) -> pl.DataFrame:
    told = [(number, currency, amount) for number, (currency, amount) in enumerate(rows, start=1)]
    schema = {"customer_id": pl.Int64, "currency": pl.String, "overdue_minor": pl.Int64}
    return pl.DataFrame(told, schema=schema, orient="row")


def ranks(rows: list[tuple[str, int]], norms: Norms) -> dict[int, float]:
    return dict(rank_exposure(overdue(rows), norms).iter_rows())


def norms_of(rows: list[tuple[str, int]]) -> Norms:
    return measure_norms(pl.DataFrame(schema=SUMMARY), overdue(rows))


@given(amounts)
def test_a_rank_is_the_share_of_overdue_amounts_that_it_reaches(rows: list[tuple[str, int]]) -> None:
    found = ranks(rows, norms_of(rows))
    for number, (currency, amount) in enumerate(rows, start=1):
        others = [other for code, other in rows if code == currency]
        share = sum(other <= amount for other in others) / len(others)
        assert found[number] == pytest.approx(share, abs=0.010001)
        assert found[number] <= share + 1e-12


def test_an_amount_beyond_the_norms_stands_at_the_end() -> None:
    norms = norms_of([("EUR", amount) for amount in (10, 20, 30, 40)])
    assert ranks([("EUR", 9)], norms) == {1: 0.0}
    assert ranks([("EUR", 4_000)], norms) == {1: 1.0}
    assert ranks([("USD", 1)], norms) == {1: 1.0}


def test_a_customer_with_two_currencies_has_the_higher_rank() -> None:
    norms = norms_of([("EUR", 10), ("EUR", 20), ("GBP", 10), ("GBP", 20)])
    both = pl.DataFrame({"customer_id": [7, 7], "currency": ["EUR", "GBP"], "overdue_minor": [10, 20]})
    assert rank_exposure(both, norms).rows() == [(7, 1.0)]


@given(amounts, st.floats(-90, 700))
def test_norms_come_back_from_json_as_they_were(rows: list[tuple[str, int]], usual: float) -> None:
    norms = replace(norms_of(rows), usual_days_late=usual)
    assert Norms.from_json(json.loads(json.dumps(norms.to_json()))) == norms


def test_without_any_history_nobody_is_usually_late() -> None:
    assert norms_of([]) == Norms(0.0, {})


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sets(st.integers(1, 60), min_size=1, max_size=9))
def test_some_customers_are_judged_as_among_all(chosen: set[int]) -> None:
    ids = pl.Series(sorted(chosen), dtype=pl.Int64)
    some = decide(replace(EVIDENCE.for_customers(ids), norms=WHOLE.norms), make_policy())
    for part in ("habits", "standings", "touches", "waits"):
        frame: pl.DataFrame = getattr(WHOLE, part)
        assert frame.filter(pl.col("customer_id").is_in(ids.implode())).equals(getattr(some, part)), part


def settled_on(*days: date | None) -> pl.DataFrame:
    """Summaries of which this alone matters."""
    return pl.DataFrame([{"customer_id": number, "last_settled_date": day} for number, day in enumerate(days)], SUMMARY)


def test_payments_are_known_since_somebody_was_first_seen_to_pay() -> None:
    def known_from(*days: date | None, is_from_the_start: bool = False) -> date:
        return measure_norms(settled_on(*days), overdue([]), is_from_the_start=is_from_the_start).payments_known_from

    assert known_from(date(2026, 3, 2), date(2025, 5, 1), None) == date(2025, 5, 1)
    assert known_from(None) == known_from() == date.max
    assert known_from(date(2026, 3, 2), is_from_the_start=True) == date.min


@pytest.mark.parametrize(("taken_over", "profile"), [(False, "cannot_pay"), (True, "new")])
def test_nobody_is_said_to_have_never_paid_where_payments_are_not_known(taken_over: bool, profile: str) -> None:
    told = evidence_of({"open": [{"overdue": 50, "amount": 9000}]})
    decision = decide(replace(told, is_from_the_start=not taken_over), make_policy())
    assert decision.standings["profile"].to_list() == [profile]
    assert decision.habits["is_history_known"].to_list() == [not taken_over]


def test_norms_that_an_older_version_kept_are_none() -> None:
    assert Norms.from_json({"usual_days_late": 2.0, "exposure": {}}) is None
