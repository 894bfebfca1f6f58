"""The languages that words exist in: how each writes amounts, dates and plurals, and the labels of the layouts."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache, cached_property, lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_currency, format_percent

from goodterms.core.money import CURRENCIES, Money, minor_digits

WORDS = files("goodterms.messages") / "words"
_STYLES = ("full", "long", "short")


class LanguageUnknown(ValueError):
    """There are no words in that language."""

    def __init__(self, code: str) -> None:
        known = ", ".join(known_languages())
        super().__init__(f"There are no words in the language {code!r}; set one of these for the customer: {known}.")


@dataclass(frozen=True, eq=False)
class Language:
    """One language; ``labels`` are the fixed words of the layouts, ``answers`` the offered replies by question.

    ``profiles`` and ``habits`` are the sentences of call sheets, ``rude`` the words that no message may say.
    """

    code: str
    locale: Locale
    date_patterns: Mapping[str, str]
    labels: Mapping[str, str]
    call_labels: Mapping[str, str]
    letter_labels: Mapping[str, str]
    profiles: Mapping[str, str]
    habits: Mapping[str, str]
    answers: Mapping[str, tuple[str, ...]]
    rude: tuple[str, ...]
    _affixes: dict[tuple[str, bool], tuple[str, str]] = field(default_factory=dict, repr=False, compare=False)

    def amount(self, money: Money) -> str:
        """The exact amount with all its minor digits: €1,234.50, 1.234,50 €."""
        prefix, suffix = self._affix(money.currency, money.amount_minor < 0)
        digits = minor_digits(money.currency)
        text = str(abs(money.amount_minor)).rjust(digits + 1, "0")
        whole, part = (text[:-digits], text[-digits:]) if digits else (text, "")
        grouped = f"{int(whole):,}".replace(",", self.group_mark)
        return f"{prefix}{grouped}{self.decimal_mark}{part}{suffix}" if part else f"{prefix}{grouped}{suffix}"

    def _affix(self, currency: str, is_negative: bool) -> tuple[str, str]:
        """What this locale writes before and after the number, read off an amount that it wrote."""
        key = (currency, is_negative)
        if key not in self._affixes:
            sample = format_currency(Decimal("-1" if is_negative else "1"), currency, locale=self.locale)
            first = sample.index("1")
            last = max(index for index, character in enumerate(sample) if character in "01")
            prefix = sample[:first]
            # A code in letters stands apart from the number; Babel leaves CLDR's rule for that out.
            self._affixes[key] = prefix + ("\N{NO-BREAK SPACE}" if prefix[-1:].isalpha() else ""), sample[last + 1 :]
        return self._affixes[key]

    @cached_property
    def group_mark(self) -> str:
        return str(self.locale.number_symbols["latn"]["group"])

    @cached_property
    def decimal_mark(self) -> str:
        return str(self.locale.number_symbols["latn"]["decimal"])

    def amounts(self, amounts: Sequence[Money]) -> str:
        """Amounts in several currencies, side by side and never added."""
        return self.join([self.amount(amount) for amount in amounts])

    def date(self, day: date, style: str = "long") -> str:
        """A date: ``full`` with its weekday, ``long`` for sentences, ``short`` for tables."""
        return _write_date(day, self.date_patterns[style], self.locale)

    def percent(self, points: Decimal) -> str:
        """Percentage points as they stand: 11.27%."""
        return format_percent(points / 100, format="#,##0.####%", locale=self.locale).replace(
            "%", self.labels["percent_sign"]
        )

    def whole_percent(self, share: float) -> str:
        """A share from 0 to 1 as a whole percentage."""
        return self.percent(Decimal(round(share * 100)))

    def number(self, value: int) -> str:
        """A whole number, grouped."""
        return f"{value:,}".replace(",", self.group_mark)

    def plural(self, count: int, one: str, other: str) -> str:
        """The form that goes with the count."""
        return one if self.locale.plural_form(count) == "one" else other

    def count(self, count: int, label: str, **values: str) -> str:
        """A label that counts, ``<label>_one`` or ``<label>_other``, with the number and other values in it."""
        return self.count_in(self.labels, count, label, **values)

    def count_in(self, words: Mapping[str, str], count: int, label: str, **values: str) -> str:
        """The same, from another table of words."""
        return words[label + self.plural(count, "_one", "_other")].format(count=self.number(count), **values)

    def join(self, parts: Sequence[str]) -> str:
        """A, B and C."""
        if len(parts) < 2:
            return "".join(parts)
        return f"{', '.join(parts[:-1])} {self.labels['and']} {parts[-1]}"

    @cached_property
    def currency_codes(self) -> Mapping[str, str]:
        """What stands beside a number, symbol or code, to the ISO 4217 code it means."""
        return _currency_codes(self.locale)


@lru_cache(maxsize=20_000)
def _write_date(day: date, pattern: str, locale: Locale) -> str:
    return format_date(day, pattern, locale=locale)


@cache
def _currency_codes(locale: Locale) -> Mapping[str, str]:
    symbols = {locale.currency_symbols.get(code, code): code for code in CURRENCIES}
    return symbols | {code: code for code in CURRENCIES}


@cache
def known_languages() -> tuple[str, ...]:
    """Codes of the languages that words exist in."""
    return tuple(sorted(folder.name for folder in WORDS.iterdir() if (folder / "labels.toml").is_file()))


def match_language(code: str) -> str | None:
    """The known language of a code such as ``de`` or ``de-AT``, or None."""
    primary = code.replace("_", "-").partition("-")[0].lower()
    return primary if primary in known_languages() else None


def language_of(code: str) -> Language:
    """The language of a code such as ``de`` or ``de-AT``; raises LanguageUnknown."""
    primary = match_language(code)
    if primary is None:
        raise LanguageUnknown(code)
    return _load_language(primary)


@cache
def _load_language(code: str) -> Language:
    folder: Traversable = WORDS / code
    content: dict[str, Any] = tomllib.loads((folder / "labels.toml").read_text("utf-8"))
    return Language(
        code=code,
        locale=Locale.parse(content["locale"]),
        date_patterns={style: content["dates"][style] for style in _STYLES},
        labels=content["labels"],
        call_labels=content["call"],
        letter_labels=content["letter"],
        profiles=content["profiles"],
        habits=content["habits"],
        answers={question: tuple(options) for question, options in content["answers"].items()},
        rude=tuple(content["rude"]),
    )
