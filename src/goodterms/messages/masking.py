"""Facts that look like something else: a customer's name may hold braces, an invoice number may look like a date."""

import re
from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from functools import cache, lru_cache
from typing import Any

from goodterms.messages.facts import Facts
from goodterms.messages.languages import Language
from goodterms.messages.payment import read_british_account
from goodterms.messages.reading import read_amounts, read_dates

_MASK = "·"
# Each pattern begins with a set of characters, for which a search is quick.
_MARKS = re.compile(
    r"[{}\[<($%,.\ue000-\uf8ff](?:(?<=[{}\ue000-\uf8ff])|(?<=\[)[^\]\d]*\]|(?<=<)[^>\n]{0,60}>|(?<=\()\s*\)"
    r"|(?<=\$)\{|(?<=%)\(?\w+\)?s\b|(?<=,),|(?<=\.)\.(?!\.)(?<!\.\.\.))"
)
_EMPTY_WORDS = ("None", "null", "NaN", "undefined", "Undefined", "TODO", "TBD", "XXX", "Lorem ipsum")
_EMPTY_WORD = re.compile(rf"(?<!\w)(?:{'|'.join(_EMPTY_WORDS)}X*)(?!\w)")
_STRAY_SPACE = re.compile(r"[,.;:!?](?<= [,.;:!?])(?=[\s,.;:!?]|$)")


def find_placeholders(text: str) -> list[str]:
    """What is not filled in, or filled in with nothing, with a little of what stands around it."""
    places = [match.start() for match in _MARKS.finditer(text)]
    if any(word in text for word in _EMPTY_WORDS):
        places += [match.start() for match in _EMPTY_WORD.finditer(text)]
    stray = (match.start() - 1 for match in _STRAY_SPACE.finditer(text))
    places += [place for place in stray if text[place - 1 : place].strip()]
    places += _find_wide_gaps(text)
    return [text[max(0, place - 20) : place + 20].strip() for place in sorted(places)]


def _find_wide_gaps(text: str) -> list[int]:
    """Several spaces in a row; lines that begin with a space are set in columns, where they belong."""
    places, start = [], 0
    if "  " not in text:
        return []
    for line in text.split("\n"):
        if "  " in line and not line.startswith(" ") and "  " in line.strip():
            places.append(start + line.index("  "))
        start += len(line) + 1
    return places


def mask_facts(text: str, suspects: list[str]) -> str:
    """The text with these facts covered, character for character, so that places stay the same."""
    for fact in suspects:
        if fact in text:
            edge_before = r"(?<!\w)" if fact[0].isalnum() else ""
            edge_after = r"(?!\w)" if fact[-1].isalnum() else ""
            text = re.sub(f"{edge_before}{re.escape(fact)}{edge_after}", _MASK * len(fact), text)
    return text


def list_suspects(facts: Facts, language: Language) -> list[str]:
    """Texts of the facts that by themselves read as an amount, a date, a placeholder or a rude word, longest first."""
    suspects = {text for text in _texts(facts) if _is_suspect(text, language)}
    return sorted(suspects, key=len, reverse=True)


@lru_cache(maxsize=50_000)
def _is_suspect(text: str, language: Language) -> bool:
    if any(read_dates(text, language)) or any(read_amounts(text, language)) or find_placeholders(f"x {text} x"):
        return True
    small = text.lower()
    return any(word in small for word in language.rude)


def _texts(facts: Facts) -> Iterable[str]:
    sources = (facts.sender, facts.speaker, facts.recipient, facts.customer, facts.payment)
    for source in (*sources, *facts.items, *facts.credits, *facts.later):
        yield from _texts_in(source)
    if facts.interest:
        yield facts.interest.law
    if facts.payment:
        yield from read_british_account(facts.payment.iban) or ()


def _texts_in(source: object) -> Iterable[str]:
    kind: Any = type(source)
    for name in _field_names(kind):
        value = getattr(source, name)
        if isinstance(value, str) and value:
            yield value
        elif isinstance(value, tuple):
            yield from value


@cache
def _field_names(kind: Any) -> tuple[str, ...]:
    return tuple(part.name for part in fields(kind)) if is_dataclass(kind) else ()
