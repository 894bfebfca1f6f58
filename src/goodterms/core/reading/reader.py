"""What a customer's mail may mean: kinds with the sentence they stand in, and of a promise its day and amount."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from goodterms.core.reading.amounts import find_amounts
from goodterms.core.reading.dates import FoundDate, find_dates
from goodterms.core.reading.rules import KINDS, ReadingRule, ReadingRules
from goodterms.core.reading.sentences import Span, clauses, sentences

LONGEST_TEXT = 8_000
_WORD = re.compile(r"[a-zäöüß]+")
# Days that belong to something else: "the invoice of 3 March", "Rechnung vom 3.2."
_OF_PAPERS = re.compile(
    r"(?:\b(?:of|dated|from|since|vom|seit|issued)\s(?:the\s)?|\b(?:nr|no|number)\.?\s)$", re.IGNORECASE
)
# One kind says the other more exactly.
_STRONGER: Mapping[str, frozenset[str]] = {
    "out_of_business": frozenset({"cannot_pay", "wrong_contact"}),
    "forewarning": frozenset({"cannot_pay"}),
    "abuse": frozenset({"unsubscribe"}),
}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What a sentence may mean. ``quote`` is text[start:end] of the mail, exactly.

    A promise has a ``day`` and an amount in minor units with its currency, or a ``share`` of what is owed, where they
    are named; a dispute has the likely ``reason`` (a value of Dispute.Reason).
    """

    kind: str
    start: int
    end: int
    quote: str
    day: date | None = None
    amount_minor: int | None = None
    currency: str = ""
    share: Fraction | None = None
    reason: str = ""


def detect_language(text: str, rules: Mapping[str, ReadingRules], otherwise: str) -> str:
    """The language with the most of its everyday words in the text; ``otherwise`` where there is no difference."""
    words = _WORD.findall(text.lower())
    counts = {language: sum(word in known.words for word in words) for language, known in rules.items()}
    best = max(counts.values(), default=0)
    winners = [language for language, count in counts.items() if count == best]
    if len(winners) == 1 and best:
        return winners[0]
    return otherwise if otherwise in rules else next(iter(rules), otherwise)


def read_text(text: str, rules: ReadingRules, on: date, *, is_month_first: bool = False) -> tuple[Suggestion, ...]:
    """What the text may mean: at most one suggestion per kind, in the order of KINDS; empty for none of them.

    Days are told from ``on``, the day the mail was written. Pure: the same text gives the same answer.
    """
    found: dict[str, Suggestion] = {}
    for sentence in sentences(text[:LONGEST_TEXT]):
        days = find_dates(sentence.text, rules.language, on, is_month_first=is_month_first)
        for clause in clauses(sentence):
            own = [day for day in days if clause.start <= sentence.start + day.start < clause.end]
            for suggestion in _read_clause(text, sentence, clause, rules, own, on):
                _keep_better(found, suggestion)
    weaker = {kind for strong, kinds in _STRONGER.items() if strong in found for kind in kinds}
    return tuple(found[kind] for kind in KINDS if kind in found and kind not in weaker)


def _keep_better(found: dict[str, Suggestion], new: Suggestion) -> None:
    """Of two of a kind the one that says more: a day, a reason other than "other"; else the first."""
    old = found.get(new.kind)
    says_more = old is not None and (
        (old.day is None and new.day is not None) or (old.reason == "other" and new.reason != "other")
    )
    if old is None or says_more:
        found[new.kind] = new


def _read_clause(
    text: str, sentence: Span, clause: Span, rules: ReadingRules, days: Sequence[FoundDate], on: date
) -> Iterator[Suggestion]:
    done: set[str] = set()
    shift = sentence.start - clause.start
    named = [FoundDate(day.start + shift, day.end + shift, day.day) for day in days]
    ahead = [day for day in named if day.day >= on and not _OF_PAPERS.search(clause.text[: day.start])]
    for rule in rules.rules:
        if rule.kind in done or not _fits(rule, clause, sentence, has_day=bool(ahead)):
            continue
        done.add(rule.kind)
        more = _particulars(clause, rule, rules, ahead) if rule.kind == "promise" else {}
        yield Suggestion(
            rule.kind, sentence.start, sentence.end, text[sentence.start : sentence.end], reason=rule.reason, **more
        )


def _fits(rule: ReadingRule, clause: Span, sentence: Span, *, has_day: bool) -> bool:
    if rule.needs_date and not has_day:
        return False
    if sentence.is_question and not rule.asks:
        return False
    if not rule.find.search(clause.text):
        return False
    if rule.unless and rule.unless.search(clause.text):
        return False
    return not (rule.conditions and not has_day and rule.conditions.search(clause.text))


def _particulars(clause: Span, rule: ReadingRule, rules: ReadingRules, ahead: Sequence[FoundDate]) -> dict[str, Any]:
    """The first day named behind the promise's words, else the last before them; the first amount or share."""
    said = rule.find.search(clause.text)
    place = said.start() if said else 0
    behind = [day for day in ahead if day.start >= place]
    chosen = behind[0] if behind else ahead[-1] if ahead else None
    amount = next(find_amounts(clause.text), None)
    share = next((part for pattern, part in rules.shares if pattern.search(clause.text)), None)
    return {
        "day": chosen.day if chosen else None,
        "amount_minor": amount.amount_minor if amount else None,
        "currency": amount.currency if amount else "",
        "share": None if amount else share,
    }
