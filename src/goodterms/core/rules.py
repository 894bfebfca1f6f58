"""Rules as data: ordered conditions over habit columns, compiled once; the first that matches decides."""

import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl


class RuleFault(Exception):
    """A rule cannot be used; the message names the rule, what is wrong, and how to mend it."""


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

    Raises RuleFault for an unknown column or outcome, a condition that is no boolean, a repeated id or condition,
    a sentence that names a column the condition does not, a rule that can never be reached, or a missing last rule.
    """
    rules: list[Rule] = []
    for row in rows:
        rule = _compile_rule(name, row, schema, outcomes)
        for earlier in rules:
            if earlier.id == rule.id:
                raise RuleFault(f"{name}: two rules are called {rule.id!r}; give each its own id.")
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
        raise RuleFault(f"{where}: there is no {row['outcome']!r}; choose one of {', '.join(sorted(outcomes))}.")
    when = " ".join(str(row["when"]).split())
    try:
        condition = pl.sql_expr(when)
        columns = tuple(dict.fromkeys(condition.meta.root_names()))
    except pl.exceptions.PolarsError as error:
        raise RuleFault(f"{where}: the condition {when!r} cannot be read: {error}.") from error
    for column in columns:
        if column not in schema:
            raise RuleFault(f"{where}: there is no habit called {column!r}; the guide lists the ones there are.")
    try:
        kind = pl.DataFrame(schema=schema).select(condition.alias("answer")).schema["answer"]
    except pl.exceptions.PolarsError as error:
        raise RuleFault(f"{where}: the condition {when!r} cannot be applied: {error}.") from error
    if kind != pl.Boolean():
        raise RuleFault(f"{where}: the condition {when!r} gives no yes or no; compare the value with something.")
    because = str(row["because"]).strip()
    _check_sentence(where, because, schema)
    return Rule(str(row["id"]), str(row["outcome"]), when, because, condition, columns)


def _check_sentence(where: str, because: str, schema: pl.Schema) -> None:
    try:
        because.format_map(dict.fromkeys(schema, 0))
    except (KeyError, ValueError, IndexError, AttributeError) as error:
        raise RuleFault(f"{where}: the sentence {because!r} names something that is no habit: {error}.") from error


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
    for position, rule in enumerate(rules.rules):
        rows = matched.filter(pl.col("_rule") == position)
        if rows.height:
            parts.append(
                rows.select(
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
    return [name.split(":")[0] for _, name, _, _ in string.Formatter().parse(sentence) if name]


def explain(rule: Rule, evidence: Mapping[str, Any]) -> str:
    """The rule's sentence with this customer's values in it."""
    return rule.because.format_map({name: _plain(name, value) for name, value in evidence.items()})


def _plain(name: str, value: Any) -> Any:
    if value is None:
        return "unknown"
    if name.endswith(("_share", "_concentration", "_percentile")) and isinstance(value, int | float):
        return f"{round(value * 100)} %"
    if isinstance(value, float):
        return f"{value:.0f}" if abs(value) >= 3 or value == int(value) else f"{value:.1f}"
    return value
