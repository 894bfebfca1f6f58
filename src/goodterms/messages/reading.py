"""Amounts and dates read back out of a finished text, as its reader would understand them."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

from babel.dates import get_day_names, get_month_names

from goodterms.core.money import Money, minor_digits
from goodterms.messages.languages import Language

_SPACE = "[ \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}]?"
_MINUS = "[-\N{MINUS SIGN}]"
_NUMBER = re.compile(r"(?<![\d.,])\d(?:[\d.,'’]*\d)?")
_LONGEST_UNIT = 6
_LONGEST_WEEKDAY = 20


@dataclass(frozen=True, slots=True)
class FoundAmount:
    """An amount as written and where it begins; ``money`` is None when it cannot be read exactly."""

    start: int
    written: str
    money: Money | None


@dataclass(frozen=True, slots=True)
class FoundDate:
    """A date as written and where it begins; ``day`` is None when the calendar has no such day."""

    start: int
    written: str
    day: date | None


@dataclass(frozen=True, slots=True)
class _Patterns:
    """What one language writes beside numbers and in dates."""

    before: re.Pattern[str]
    after: re.Pattern[str]
    is_unit_first: bool
    number: re.Pattern[str]
    day_first: re.Pattern[str]
    month_first: re.Pattern[str]
    weekday: re.Pattern[str]
    months: dict[str, int]
    weekdays: dict[str, int]


_DIGIT_DATE = re.compile(
    r"(?<![\w.,/-])(?:(\d{4})-(\d{1,2})-(\d{1,2})|(\d{1,2})([./-])(\d{1,2})\5(\d{4}|\d{2}))(?![\w/-])"
)


def read_amounts(text: str, language: Language) -> Iterator[FoundAmount]:
    """Every number that stands beside a currency symbol or an ISO 4217 code."""
    patterns = _patterns_of(language)
    for match in _NUMBER.finditer(text):
        unit = _find_unit(text, match.start(), match.end(), patterns)
        if unit:
            currency = language.currency_codes[unit["unit"]]
            start, end = min(match.start(), unit.start()), max(match.end(), unit.end())
            money = _read_number(match.group(), currency, patterns, language)
            is_negative = bool(unit["minus"]) or _has_minus(text, match.start())
            yield FoundAmount(start, text[start:end], -money if money and is_negative else money)


def _find_unit(text: str, start: int, end: int, patterns: _Patterns) -> re.Match[str] | None:
    """The currency beside a number: on the side where this language writes it, or else on the other one, provided
    that it does not belong to the number beyond."""
    before = patterns.before.search(text, max(0, start - _LONGEST_UNIT - 2), start)
    if before and patterns.is_unit_first:
        return before
    after = patterns.after.match(text, end)
    if after and (not patterns.is_unit_first or not text[after.end() : after.end() + 2].lstrip()[:1].isdigit()):
        return after
    if before and not text[max(0, before.start() - 2) : before.start()].rstrip()[-1:].isdigit():
        return before
    return None


def _has_minus(text: str, start: int) -> bool:
    """Whether a minus sign stands directly before, and not a hyphen inside a word."""
    return re.match(_MINUS, text[start - 1 : start]) is not None and not text[max(0, start - 2) : start - 1].isalnum()


def _read_number(written: str, currency: str, patterns: _Patterns, language: Language) -> Money | None:
    match = patterns.number.fullmatch(written)
    digits = minor_digits(currency)
    if match is None:
        return None
    fraction = match["fraction"] or ""
    if fraction and len(fraction) != digits:
        return None
    whole = match["whole"].replace(language.group_mark, "")
    return Money(int(whole + (fraction or "0" * digits)), currency)


def read_dates(text: str, language: Language) -> Iterator[FoundDate]:
    """Every date: with a month's name, in digits day first, or in ISO form; a wrong weekday makes it unreadable."""
    patterns = _patterns_of(language)
    for match in (*patterns.day_first.finditer(text), *patterns.month_first.finditer(text)):
        month = patterns.months[match["month"].lower()]
        day = _make_date(int(match["year"]), month, int(match["day"]))
        weekday = patterns.weekday.search(text, max(0, match.start() - _LONGEST_WEEKDAY), match.start())
        if day and weekday and patterns.weekdays[weekday["weekday"].lower()] != day.weekday():
            day = None
        yield FoundDate(match.start(), match.group(), day)
    for match in _DIGIT_DATE.finditer(text):
        iso_year, iso_month, iso_day, day_first, _, month_second, year_last = match.groups()
        parts = (iso_year, iso_month, iso_day) if iso_year else (year_last, month_second, day_first)
        year, month, number = (int(part) for part in parts)
        yield FoundDate(match.start(), match.group(), _make_date(year + 2000 if year < 100 else year, month, number))


def _make_date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


@cache
def _patterns_of(language: Language) -> _Patterns:
    units = _any_of(language.currency_codes)
    months = _names(get_month_names, language)
    weekdays = _names(get_day_names, language)
    group, mark = re.escape(language.group_mark), re.escape(language.decimal_mark)
    month, weekday = _any_of(months), _any_of(weekdays)
    return _Patterns(
        before=re.compile(rf"(?P<minus>{_MINUS})?(?<![^\W\d_])(?P<unit>{units}){_SPACE}$"),
        after=re.compile(rf"(?P<minus>(?!)-)?{_SPACE}(?P<unit>{units})(?![^\W\d_])"),
        is_unit_first=language.amount(Money(1, "EUR"))[0] not in "0123456789",
        number=re.compile(rf"(?P<whole>\d{{1,3}}(?:{group}\d{{3}})+|\d+)(?:{mark}(?P<fraction>\d+))?"),
        day_first=re.compile(
            rf"(?<![\w.,])(?P<day>\d{{1,2}})\.?\s+(?P<month>{month})\.?,?\s+(?P<year>\d{{4}})(?!\w)", re.IGNORECASE
        ),
        month_first=re.compile(
            rf"(?<!\w)(?P<month>{month})\.?\s+(?P<day>\d{{1,2}}),?\s+(?P<year>\d{{4}})(?!\w)", re.IGNORECASE
        ),
        weekday=re.compile(rf"(?<!\w)(?P<weekday>{weekday})\.?,?\s+$", re.IGNORECASE),
        months=months,
        weekdays=weekdays,
    )


def _names(read: Callable[..., Mapping[int, str]], language: Language) -> dict[str, int]:
    """Names and abbreviations, in small letters, to their number."""
    names: dict[str, int] = {}
    for width in ("wide", "abbreviated"):
        for context in ("format", "stand-alone"):
            table = read(width, context, language.locale)
            names |= {str(name).rstrip(".").lower(): int(number) for number, name in table.items()}
    return names


def _any_of(words: Iterable[str]) -> str:
    """The alternatives, longest first."""
    return "|".join(re.escape(word) for word in sorted(words, key=lambda word: -len(word)))
