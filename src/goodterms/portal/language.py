"""The portal's words, in the language of whoever opened the link."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from django.utils.translation.trans_real import parse_accept_lang_header

from goodterms.core.money import Money
from goodterms.messages.languages import Language, language_of

WORDS = files("goodterms.portal") / "words"
FALLBACK = "en"


@dataclass(frozen=True, eq=False)
class PortalLanguage:
    """One language: the portal's own words, and how amounts and dates are written (as in the messages)."""

    code: str
    words: Mapping[str, str]
    writing: Language

    def say(self, word: str, /, **values: object) -> str:
        """The word or sentence of this name, with the values in it."""
        return self.words[word].format(**values) if values else self.words[word]

    def amount(self, amount: Money) -> str:
        return self.writing.amount(amount)

    def date(self, day: date, style: str = "long") -> str:
        return self.writing.date(day, style)


@cache
def known_languages() -> tuple[str, ...]:
    """Codes of the languages the portal speaks."""
    return tuple(sorted(file.name.removesuffix(".toml") for file in WORDS.iterdir() if file.name.endswith(".toml")))


@cache
def load_language(code: str) -> PortalLanguage:
    """The language of one of the known codes."""
    words: dict[str, str] = tomllib.loads((WORDS / f"{code}.toml").read_text("utf-8"))
    return PortalLanguage(code, words, language_of(code))


def choose_language(wanted: str, accept_language: str) -> PortalLanguage:
    """The customer's own language where it is known, else the first the browser names, else English."""
    asked = [wanted, *(name for name, _weight in parse_accept_lang_header(accept_language.lower()))]
    codes = (name.replace("_", "-").partition("-")[0].lower() for name in asked)
    return load_language(next((code for code in codes if code in known_languages()), FALLBACK))
