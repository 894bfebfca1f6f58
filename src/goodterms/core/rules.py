"""Rules as data: ordered conditions over habit columns, compiled once; the first that matches decides."""

import re
import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

FUNCTIONS = ("abs", "coalesce", "greatest", "least", "nullif", "round")
"""The functions a condition may use: those that look at nothing but one customer's own values."""
_CALL = re.compile(r"\b([a-z_]\w*)\s*\(", re.IGNORECASE)
_WORDS = {"and", "or", "not", "in", "between", "when", "then", "else", "is", "like"}
_CAST = re.compile(r"::|\btry_cast\b|\bcast\b", re.IGNORECASE)
_CLOCK = re.compile(r"\b(current_(date|time|timestamp)|localtime(stamp)?)\b", re.IGNORECASE)


class RuleFault(Exception):
    """A rule cannot be used; the message names the rule, what is wrong, and how to mend it.

    ``field`` is the value to mend: id, outcome, when or because.
    """

    def __init__(self, text: str, field: str = "when") -> None:
        super().__init__(text)
        self.field = field


@dataclass(frozen=True)
class Rule:
    """One line of a rule set: where ``when`` holds, the answer is ``outcome``, because of ``columns``."""

    id: str
    outcome: str
    when: str
    because: str
    condition: pl.Expr
    columns: tuple[str, ...]


@dataclass(frozen=True)
class RuleSet:
    """Rules in order; the last one always matches."""

    name: str
    rules: tuple[Rule, ...]

    def rule(self, rule_id: str) -> Rule:
        """The rule of that id; KeyError if there is none."""
        for rule in self.rules:
            if rule.id == rule_id:
                return rule
        raise KeyError(rule_id)


def compile_rules(name: str, rows: Iterable[Mapping[str, Any]], schema: pl.Schema, outcomes: set[str]) -> RuleSet:
    """Compile TOML rows ``{id, outcome, when, because}`` against the columns they may name.

    Raises RuleFault for an unknown column or outcome, a condition that is no boolean, uses other functions than
    FUNCTIONS or reads the clock, a repeated id or condition, a sentence that names what is no column, a rule that can
    never be reached, or a missing last rule.
    """
    rules: list[Rule] = []
    for row in rows:
        rule = _compile_rule(name, row, schema, outcomes)
        for earlier in rules:
            if earlier.id == rule.id:
                raise RuleFault(f"{name}: two rules are called {rule.id!r}; give each its own id.", "id")
            if earlier.when == rule.when:
                raise RuleFault(f"{name}.{rule.id} can never be reached: {earlier.id!r} asks the same before it.")
            if _always_matches(earlier):
                raise RuleFault(f"{name}.{rule.id} can never be reached: {earlier.id!r} before it always matches.")
        rules.append(rule)
    if not rules or not _always_matches(rules[-1]):
        raise RuleFault(f'{name}: the last rule must match everybody; end with one whose condition is "true".')
    return RuleSet(name, tuple(rules))


def _compile_rule(name: str, row: Mapping[str, Any], schema: pl.Schema, outcomes: set[str]) -> Rule:
    where = f"{name}.{row.get('id', '?')}"
    missing = {"id", "outcome", "when", "because"} - set(row)
    unknown = set(row) - {"id", "outcome", "when", "because"}
    if missing or unknown:
        raise RuleFault(f"{where}: a rule has id, outcome, when and because; check {sorted(missing | unknown)}.")
    if row["outcome"] not in outcomes:
        raise RuleFault(
            f"{where}: there is no {row['outcome']!r}; choose one of {', '.join(sorted(outcomes))}.", "outcome"
        )
    when = " ".join(str(row["when"]).split())
    condition = _read_condition(where, when)
    columns = tuple(dict.fromkeys(condition.meta.root_names()))
    for column in columns:
        if column not in schema:
            raise RuleFault(f"{where}: there is no habit called {column!r}; the guide lists the ones there are.")
    try:
        kind = _samples(schema).select(condition.alias("answer")).schema["answer"]
    except pl.exceptions.PolarsError as error:
        raise RuleFault(f"{where}: the condition {when!r} cannot be applied: {error}.") from error
    if kind != pl.Boolean():
        raise RuleFault(f"{where}: the condition {when!r} gives no yes or no; compare the value with something.")
    because = str(row["because"]).strip()
    _check_sentence(where, because, schema)
    return Rule(str(row["id"]), str(row["outcome"]), when, because, condition, columns)


def _read_condition(where: str, when: str) -> pl.Expr:
    try:
        condition = pl.sql_expr(when)
    except pl.exceptions.PolarsError as error:
        raise RuleFault(f"{where}: the condition {when!r} cannot be read: {error}.") from error
    called = {name.lower() for name in _CALL.findall(when)} - _WORDS
    if not called.issubset(FUNCTIONS):
        names = ", ".join(sorted(called - set(FUNCTIONS)))
        raise RuleFault(f"{where}: the condition {when!r} uses {names}; there are {', '.join(FUNCTIONS)} only.")
    if _CAST.search(when):
        raise RuleFault(f"{where}: the condition {when!r} changes a value's kind; compare the habit as it is.")
    if _CLOCK.search(when):
        raise RuleFault(f"{where}: the condition {when!r} reads the clock; compare days that are habits.")
    if not condition.meta.root_names() and when.lower() != "true":
        raise RuleFault(f'{where}: the condition {when!r} names no habit; to match everybody write "true".')
    return condition


def _samples(schema: pl.Schema) -> pl.DataFrame:
    """A few rows of odd values: a condition that fails on them would stop a whole organisation's day."""
    odd: dict[type[Any], list[Any]] = {
        pl.String: ["", "x", None],
        pl.Boolean: [True, False, None],
        pl.Date: [date(1, 1, 1), date(9999, 12, 31), None],
    }
    columns = {name: odd.get(type(kind), [0, -1_000_000_000, None]) for name, kind in schema.items()}
    return pl.DataFrame(columns, schema=schema, strict=False)


def _check_sentence(where: str, because: str, schema: pl.Schema) -> None:
    """Only plain names of habits may stand in the braces: nothing else is ever looked up."""
    try:
        for _, name, word, conversion in string.Formatter().parse(because):
            if name is not None and (name not in schema or conversion):
                raise ValueError(f"{{{name}}}")
            if word and not word.replace(" ", "").isalpha():
                raise ValueError(f"{{{name}:{word}}}: after the colon stands a noun in the singular, or late")
    except ValueError as error:
        text = f"{where}: the sentence {because!r} names something that is no habit: {error}."
        raise RuleFault(text, "because") from error


def _always_matches(rule: Rule) -> bool:
    return rule.when.lower() == "true"


def apply_rules(frame: pl.DataFrame, rules: RuleSet) -> pl.DataFrame:
    """Per row of ``frame``: ``outcome``, ``rule`` (id) and ``evidence`` (JSON of the columns the rule names).

    Rows keep their order. A condition over a missing value is not met.
    """
    chosen = pl.lit(None, dtype=pl.Int32())
    for position, rule in reversed(list(enumerate(rules.rules))):
        chosen = pl.when(rule.condition).then(pl.lit(position, dtype=pl.Int32())).otherwise(chosen)
    matched = frame.with_columns(chosen.alias("_rule"), pl.int_range(pl.len()).alias("_row"))
    matched = matched.with_columns(pl.selectors.float().round(2))
    parts = []
    for position in matched["_rule"].drop_nulls().unique():
        rule = rules.rules[position]
        parts.append(
            matched.filter(pl.col("_rule") == position).select(
                "_row",
                pl.lit(rule.outcome).alias("outcome"),
                pl.lit(rule.id).alias("rule"),
                _evidence_json(rule).alias("evidence"),
            )
        )
    if not parts:
        return pl.DataFrame(schema={"outcome": pl.String(), "rule": pl.String(), "evidence": pl.String()})
    return pl.concat(parts).sort("_row").drop("_row")


def _evidence_json(rule: Rule) -> pl.Expr:
    names = list(dict.fromkeys((*rule.columns, *_named(rule.because))))
    if not names:
        return pl.lit("{}")
    return pl.struct(names).struct.json_encode()


def _named(sentence: str) -> list[str]:
    """The columns a sentence shows."""
    return [name for _, name, _, _ in string.Formatter().parse(sentence) if name]


def explain(rule: Rule, evidence: Mapping[str, Any]) -> str:
    """The rule's sentence with this customer's values in it.

    ``{name}`` shows the value; ``{name:invoice}`` counts ("1 invoice", "3 invoices"); ``{name:late}`` speaks of days
    late ("5 days late", "1 day early", "on the day").
    """
    parts = string.Formatter().parse(rule.because)
    return "".join(
        before + ("" if name is None else _shown(name, evidence[name], word or "")) for before, name, word, _ in parts
    )


def _shown(name: str, value: Any, word: str) -> str:
    """A value as a sentence shows it."""
    if word == "late":
        return _lateness(name, value)
    plain = _plain(name, value)
    if not word or value is None:
        return plain
    return f"{plain} {word}" if plain == "1" else f"{plain} {word}s"


def _lateness(name: str, value: Any) -> str:
    if value is None:
        return "unknown"
    if abs(value) < 0.5:
        return "on the day"
    days = _shown(name, abs(value), "day")
    return f"{days} late" if value > 0 else f"{days} early"


def _plain(name: str, value: Any) -> str:
    if value is None:
        return "unknown"
    if name.endswith(("_share", "_concentration", "_percentile")) and isinstance(value, int | float):
        return f"{round(value * 100)} %"
    if isinstance(value, float):
        is_whole = abs(value) >= 3 or value == int(value)
        return f"{value:.0f}" if is_whole else f"{value:.1f}"
    return str(value)
