"""Rules as data: what is refused at load, first match wins, evidence and sentences."""

import json
from datetime import date
from typing import Any

import polars as pl
import pytest

from goodterms.core.decide import decide
from goodterms.core.habits import HABITS
from goodterms.core.profile import STANDINGS
from goodterms.core.rules import RuleFault, RuleSet, apply_rules, compile_rules, explain
from goodterms.importers.example import generate
from goodterms.importers.example.evidence import as_evidence
from tests.core.evidence_maker import evidence_of
from tests.core.shipped_policy import make_policy

SCHEMA = pl.Schema(
    {"count": pl.Int64(), "late_share": pl.Float64(), "signal": pl.String(), "seen": pl.Date(), "open": pl.Boolean()}
)
OUTCOMES = {"good", "bad"}


def rule(when: str = "true", because: str = "So it is.", **words: Any) -> dict[str, Any]:
    return {"id": f"rule-{when}", "outcome": "good", "when": when, "because": because, **words}


def compiled(*rows: dict[str, Any]) -> RuleSet:
    return compile_rules("tests", rows, SCHEMA, OUTCOMES)


def frame(**columns: list[Any]) -> pl.DataFrame:
    height = len(next(iter(columns.values())))
    return pl.DataFrame({name: columns.get(name, [None] * height) for name in SCHEMA}, schema=SCHEMA)


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([rule("colour > 3"), rule()], "no habit called 'colour'"),
        ([rule("count"), rule()], "gives no yes or no"),
        ([rule("count + 1"), rule()], "gives no yes or no"),
        ([rule("signal > 3"), rule()], "cannot be applied"),
        ([rule("count >"), rule()], "cannot be read"),
        ([rule("count > 3; count > 4"), rule()], "cannot be read"),
        ([rule("count > (SELECT 3)"), rule()], "cannot be applied"),
        ([rule("count > AVG(count)"), rule()], "uses avg"),
        ([rule("count > sum(count) OVER (PARTITION BY signal)"), rule()], "uses over, sum"),
        ([rule("read_csv('secrets') IS NULL"), rule()], "cannot be read"),
        ([rule("seen < CURRENT_DATE"), rule()], "reads the clock"),
        ([rule("1 = 1"), rule()], "names no habit"),
        ([rule("false"), rule()], "names no habit"),
        ([rule("count > 3"), rule("count  >  3", id="again"), rule()], "can never be reached: 'rule-count > 3' asks"),
        ([rule(), rule("count > 3")], "can never be reached: 'rule-true' before it always matches"),
        ([rule("count > 3", id="one"), rule(id="one")], "two rules are called 'one'"),
        ([rule("count > 3")], "the last rule must match everybody"),
        ([], "the last rule must match everybody"),
        ([rule(outcome="ugly")], "there is no 'ugly'; choose one of bad, good"),
        ([rule(because="Because of {colour}.")], "names something that is no habit"),
        ([rule(because="Because of {count.real}.")], "names something that is no habit"),
        ([rule(because="Because of {}.")], "names something that is no habit"),
        ([rule(because="Because of {count:04d}.")], "names something that is no habit"),
        ([rule(because="Because of {count")], "names something that is no habit"),
        ([rule(reason="x")], "check ['reason']"),
        ([{"id": "half", "outcome": "good"}], "check ['because', 'when']"),
    ],
)
def test_a_faulty_rule_is_refused_with_its_fault(rows: list[dict[str, Any]], says: str) -> None:
    with pytest.raises(RuleFault) as caught:
        compiled(*rows)
    assert says in str(caught.value)
    assert str(caught.value).startswith("tests")


@pytest.mark.parametrize(
    "when",
    [
        "count > 3 AND (late_share < 0.5 OR signal = 'later')",
        "NOT (count BETWEEN 2 AND 4)",
        "signal IN ('later', 'irregular')",
        "coalesce(late_share, 0) >= greatest(0.2, 0.1)",
        "seen IS NULL OR open",
        "abs(count - 3) <= 1",
        "CASE WHEN open THEN count > 1 ELSE count > 9 END",
    ],
)
def test_a_condition_may_compare_one_customers_own_values(when: str) -> None:
    assert compiled(rule(when), rule()).rules[0].columns


@pytest.mark.parametrize(
    "because",
    [
        "{count.__class__}",
        "{count.__format__.__globals__}",
        "{signal[0]}",
        "{count!r}",
        "{count:{late_share}}",
        "{count:>9}",
        "{}",
        "{0}",
        "{count",
        "{nothing}",
    ],
)
def test_a_sentence_reaches_nothing_but_the_habits_it_names(because: str) -> None:
    with pytest.raises(RuleFault) as caught:
        compiled(rule(because=because))
    assert caught.value.field == "because"


@pytest.mark.parametrize(
    "when", ["signal::int > 3", "CAST(signal AS int) > 3", "TRY_CAST(signal AS date) IS NULL", "seen::text = 'x'"]
)
def test_a_condition_that_could_fail_on_some_customer_is_refused(when: str) -> None:
    """It would stop the day of everybody."""
    with pytest.raises(RuleFault, match=r"tests\.rule-"):
        compiled(rule(when), rule())


def test_the_first_rule_that_matches_answers() -> None:
    rules = compiled(rule("count > 5", outcome="bad"), rule("count > 3", id="few"), rule(outcome="bad"))
    answers = apply_rules(frame(count=[6, 4, 1]), rules)
    assert answers["rule"].to_list() == ["rule-count > 5", "few", "rule-true"]
    assert answers["outcome"].to_list() == ["bad", "good", "bad"]


def test_a_condition_over_a_missing_value_is_not_met_and_neither_is_its_opposite() -> None:
    for when in ("count > 3", "NOT (count > 3)", "late_share <= 1"):
        answers = apply_rules(frame(count=[None], late_share=[None]), compiled(rule(when), rule()))
        assert answers["rule"].to_list() == ["rule-true"]


def test_rows_keep_their_order() -> None:
    counts = [1, 9, 4, 7, 2, 6, 3]
    answers = apply_rules(frame(count=counts), compiled(rule("count > 5", outcome="bad"), rule()))
    assert answers["outcome"].to_list() == ["bad" if count > 5 else "good" for count in counts]


def test_no_rows_are_no_answers() -> None:
    assert apply_rules(frame(count=[]), compiled(rule())).height == 0


def test_evidence_is_what_condition_and_sentence_name_and_nothing_else() -> None:
    rules = compiled(rule("count > 3", "Late: {late_share}, since {seen}."), rule())
    answers = apply_rules(frame(count=[4], late_share=[0.333333], seen=[date(2026, 3, 1)], signal=["later"]), rules)
    evidence = json.loads(answers["evidence"][0])
    assert evidence == {"count": 4, "late_share": 0.33, "seen": "2026-03-01"}
    assert explain(rules.rules[0], evidence) == "Late: 33 %, since 2026-03-01."


def test_a_rule_that_names_nothing_has_no_evidence() -> None:
    assert apply_rules(frame(count=[1]), compiled(rule()))["evidence"].to_list() == ["{}"]


@pytest.mark.parametrize(
    ("because", "value", "sentence"),
    [
        ("{count:invoice}.", 1, "1 invoice."),
        ("{count:invoice}.", 3, "3 invoices."),
        ("{count:invoice}.", 0, "0 invoices."),
        ("{count:invoice}.", None, "unknown."),
        ("{count:late}.", 5, "5 days late."),
        ("{count:late}.", 1.0, "1 day late."),
        ("{count:late}.", -2.5, "2.5 days early."),
        ("{count:late}.", 0.2, "on the day."),
        ("{count:late}.", None, "unknown."),
        ("{count:day}.", 11.6, "12 days."),
        ("{count}.", 2.25, "2.2."),
        ("{late_share}.", 0.456, "46 %."),
        ("{late_share}.", None, "unknown."),
        ("{signal}.", "later", "later."),
    ],
)
def test_values_read_well_in_a_sentence(because: str, value: Any, sentence: str) -> None:
    name = because[1:].split("}")[0].split(":")[0]
    assert explain(compiled(rule(because=because)).rules[0], {name: value}) == sentence


def test_every_shipped_sentence_of_the_example_ledger_is_whole() -> None:
    """No brace is left, nothing is unknown, no number is that of a machine."""
    policy = make_policy()
    decision = decide(as_evidence(generate(seed=3, customers=300, today=date(2026, 3, 10))), policy)
    assert decision.standings.schema == STANDINGS
    for row in decision.standings.iter_rows(named=True):
        for which, rules in (("profile", policy.profiles), ("verdict", policy.verdicts)):
            evidence = json.loads(row[f"{which}_evidence"])
            chosen = rules.rule(row[f"{which}_rule"])
            assert set(chosen.columns) <= set(evidence) <= set(HABITS)
            sentence = explain(chosen, evidence)
            assert sentence.endswith(".")
            for trace in ("{", "}", "unknown", "None", "null", "nan", "inf", " 1 invoices", " 1 days", "  "):
                assert trace not in sentence, sentence


@pytest.mark.parametrize("case", [{}, {"history": [5]}, {"open": [40]}, {"returned": [3], "open": [60]}])
def test_sentences_are_whole_with_hardly_any_evidence_too(case: dict[str, Any]) -> None:
    policy = make_policy()
    row = decide(evidence_of(case), policy).standings.row(0, named=True)
    for which, rules in (("profile", policy.profiles), ("verdict", policy.verdicts)):
        sentence = explain(rules.rule(row[f"{which}_rule"]), json.loads(row[f"{which}_evidence"]))
        assert "unknown" not in sentence


def test_the_policy_hash_names_the_content() -> None:
    assert make_policy().hash == make_policy(grace_days=3).hash
    assert make_policy().hash != make_policy(grace_days=4).hash
