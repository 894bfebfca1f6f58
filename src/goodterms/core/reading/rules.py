"""The reading rules of a language: patterns per kind, compiled and checked once."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

KINDS = (
    "promise",
    "already_paid",
    "copy_wanted",
    "dispute",
    "wrong_contact",
    "out_of_business",
    "cannot_pay",
    "forewarning",
    "unsubscribe",
    "abuse",
)
"""What can be read in a mail; a mail in which none of it is found reads as "none"."""


class ReadingRulesInvalid(ValueError):
    """A rule cannot be used; the message says which and why."""


@dataclass(frozen=True, slots=True)
class ReadingRule:
    """One rule: it fits a clause that ``find`` finds, unless ``unless`` does too."""

    kind: str
    reason: str
    find: re.Pattern[str]
    unless: re.Pattern[str] | None
    conditions: re.Pattern[str] | None
    needs_date: bool
    asks: bool


@dataclass(frozen=True, slots=True)
class ReadingRules:
    """All rules of a language, in their order; ``words`` tell the language, ``shares`` the parts of a sum."""

    language: str
    words: frozenset[str]
    shares: tuple[tuple[re.Pattern[str], Fraction], ...]
    rules: tuple[ReadingRule, ...]


def compile_reading(given: Mapping[str, Any]) -> ReadingRules:
    """The rules of one file; raises ReadingRulesInvalid."""
    shares = tuple((_pattern([rf"\b(?:{words})"]), Fraction(part)) for words, part in given["shares"].items())
    rules = tuple(_compile_rule(place, rule) for place, rule in enumerate(given["rule"], 1))
    return ReadingRules(given["language"], frozenset(given["words"].split()), shares, rules)


def _compile_rule(place: int, rule: Mapping[str, Any]) -> ReadingRule:
    unknown = set(rule) - {"kind", "reason", "find", "unless", "conditions", "needs_date", "asks"}
    if unknown or rule.get("kind") not in KINDS or not rule.get("find"):
        raise ReadingRulesInvalid(
            f"Reading rule {place} ({rule.get('kind')!r}) cannot be used: it needs a known kind and "
            f"find, and no other words than ours (here: {sorted(unknown)})."
        )
    try:
        return ReadingRule(
            kind=rule["kind"],
            reason=rule.get("reason", ""),
            find=_pattern(rule["find"]),
            unless=_pattern(rule["unless"]) if rule.get("unless") else None,
            conditions=_pattern(rule["conditions"]) if rule.get("conditions") else None,
            needs_date=bool(rule.get("needs_date")),
            asks=bool(rule.get("asks")),
        )
    except re.error as error:
        raise ReadingRulesInvalid(f"Reading rule {place} ({rule['kind']}) has a bad pattern: {error}.") from error


def _pattern(alternatives: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{alternative})" for alternative in alternatives), re.IGNORECASE)
