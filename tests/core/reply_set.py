"""The labelled answers, and how well they are read: the part that shaped the rules, and the part kept apart."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from goodterms.core.reading.reader import Suggestion
from goodterms.core.reading.rules import KINDS
from goodterms.followup.reading import read_mail

FOLDER = Path(__file__).parent / "replies"
WRITTEN = date(2026, 3, 10)
NONE = "none"


@dataclass(frozen=True)
class Labelled:
    """One answer and what it says."""

    language: str
    text: str
    on: date
    kinds: frozenset[str]
    day: date | None
    amount: str
    share: Fraction | None
    reason: str


@dataclass
class Score:
    """Right, wrongly found, and missed."""

    right: int = 0
    false: int = 0
    missed: int = 0

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.false) if self.right + self.false else 1.0

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0


@dataclass
class Measured:
    """Scores by kind, and of day, amount (or share) and reason; ``faults`` lists what was read otherwise."""

    count: int = 0
    scores: dict[str, Score] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def add(self, name: str, expected: Any, found: Any) -> None:
        score = self.scores.setdefault(name, Score())
        if expected and expected == found:
            score.right += 1
            return
        score.missed += bool(expected)
        score.false += bool(found)


@cache
def labelled(part: str) -> tuple[Labelled, ...]:
    """The answers of ``train`` or ``test``, in both languages."""
    return tuple(_read(part))


def _read(part: str) -> Iterator[Labelled]:
    for language in ("en", "de"):
        for row in yaml.safe_load((FOLDER / f"{part}_{language}.yaml").read_text("utf-8")):
            yield Labelled(
                language=language,
                text=row["t"],
                on=row.get("on", WRITTEN),
                kinds=frozenset(row["k"]),
                day=row.get("d"),
                amount=_plain_amount(str(row.get("a", ""))),
                share=_part(Fraction(row["s"])) if "s" in row else None,
                reason=row.get("r", ""),
            )


def _part(share: Fraction | None) -> Fraction | None:
    """All of it is what a promise means without saying so."""
    return None if share == 1 else share


def _plain_amount(text: str) -> str:
    currency, _, number = text.partition(" ")
    return f"{currency} {round(float(number) * 100)}" if number else ""


def measure(part: str) -> Measured:
    """Read every answer of a part and compare."""
    measured = Measured(scores={kind: Score() for kind in (*KINDS, NONE)})
    for row in labelled(part):
        measured.count += 1
        _, found = read_mail(row.text, row.language, row.on)
        kinds = {suggestion.kind for suggestion in found}
        for kind in KINDS:
            measured.add(kind, kind in row.kinds, kind in kinds)
        measured.add(NONE, not row.kinds, not kinds)
        _compare_particulars(measured, row, {suggestion.kind: suggestion for suggestion in found})
        if kinds != row.kinds:
            measured.faults.append(f"{row.text!r}: {sorted(row.kinds)} read as {sorted(kinds)}")
    return measured


def _compare_particulars(measured: Measured, row: Labelled, found: dict[str, Suggestion]) -> None:
    """Of promises and disputes that were found rightly: what else they say."""
    promise, dispute = found.get("promise"), found.get("dispute")
    if promise and "promise" in row.kinds:
        amount = f"{promise.currency} {promise.amount_minor}" if promise.amount_minor is not None else ""
        measured.add("promise: day", row.day, promise.day)
        measured.add("promise: amount or share", row.amount or row.share, amount or _part(promise.share))
        if row.day != promise.day:
            measured.faults.append(f"{row.text!r}: day {row.day} read as {promise.day}")
        if (row.amount or row.share) != (amount or _part(promise.share)):
            measured.faults.append(f"{row.text!r}: {row.amount or row.share} read as {amount or promise.share}")
    if dispute and "dispute" in row.kinds:
        measured.add("dispute: reason", row.reason, dispute.reason)
        if row.reason != dispute.reason:
            measured.faults.append(f"{row.text!r}: reason {row.reason} read as {dispute.reason}")


def table(measured: Measured) -> str:
    """Precision and recall by kind, with the counts behind them."""
    lines = [f"{'':26} precision  recall  right  false  missed"]
    for name, score in measured.scores.items():
        lines.append(
            f"{name:26} {score.precision:9.2f} {score.recall:7.2f} {score.right:6} {score.false:6} {score.missed:7}"
        )
    return "\n".join(lines)


def kinds_counted(part: str) -> Counter[str]:
    """How many answers of a part have each kind."""
    return Counter(kind for row in labelled(part) for kind in (row.kinds or {NONE}))
