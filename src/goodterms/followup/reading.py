"""The shipped reading rules, and what they find in a mail as the reply's row keeps it."""

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from importlib import resources

from goodterms.core.reading.reader import Suggestion, detect_language, read_text
from goodterms.core.reading.rules import ReadingRules, compile_reading

# Countries where 3/4 is the fourth of March.
MONTH_FIRST = frozenset({"US", "PH", "PR", "FM"})


@lru_cache(maxsize=1)
def reading_rules() -> Mapping[str, ReadingRules]:
    """The rules that come with goodterms, by language."""
    folder = resources.files("goodterms.followup") / "shipped" / "reading"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)
    compiled = (compile_reading(tomllib.loads(file.read_text("utf-8"))) for file in files)
    return {rules.language: rules for rules in compiled}


def read_mail(text: str, language: str, on: date, country: str = "") -> tuple[str, tuple[Suggestion, ...]]:
    """The language it is written in (``language`` where that is not clear), and what it may mean."""
    rules = reading_rules()
    told = detect_language(text, rules, language.partition("-")[0])
    if told not in rules:
        return told, ()
    return told, read_text(text, rules[told], on, is_month_first=country in MONTH_FIRST)


def read_suggestion(text: str, subject: str, language: str, on: date, country: str = "") -> dict[str, object]:
    """What is kept with the reply: language, the day it was read from, and a list of suggestions as plain values.

    A mail that says nothing in its text is read by its subject.
    """
    told, found = read_mail(text if text.strip() else subject, language, on, country)
    return {"language": told, "on": on.isoformat(), "suggestions": [as_plain(suggestion) for suggestion in found]}


def as_plain(suggestion: Suggestion) -> dict[str, object]:
    """The suggestion as JSON keeps it; only what it says."""
    plain: dict[str, object] = {
        "kind": suggestion.kind,
        "quote": suggestion.quote,
        "start": suggestion.start,
        "end": suggestion.end,
    }
    if suggestion.day:
        plain["day"] = suggestion.day.isoformat()
    if suggestion.amount_minor is not None:
        plain |= {"amount_minor": suggestion.amount_minor, "currency": suggestion.currency}
    if suggestion.share is not None:
        plain["share"] = str(suggestion.share)
    if suggestion.reason:
        plain["reason"] = suggestion.reason
    return plain
