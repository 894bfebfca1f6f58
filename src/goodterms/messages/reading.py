"""Amounts and dates read back out of a finished text, as its reader would understand them."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache

from babel.dates import get_day_names, get_month_names

from goodterms.core.money import Money, minor_digits
from goodterms.messages.languages import Language

_SPACES = frozenset({" ", "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}"})
_MINUS_SIGNS = frozenset({"-", "\N{MINUS SIGN}"})
_DIGITS = r"\d(?:[\d.,'’]*\d)?"
_LONGEST_UNIT = 6
_LONGEST_DATE = 36
_DATE_WORDS = 3  # before the year: weekday, day, month
# Both look back only after their first digits: a search for a digit is quick, one for what is before it is not.
_YEAR = re.compile(r"(?:19|20)(?<![\w.,]\d\d)\d\d(?!\w)")
_DIGIT_DATE = re.compile(r"\d(?<![\w.,/-]\d)(?:\d{3}-\d{1,2}-\d{1,2}|\d?([./-])\d{1,2}\1(?:\d{4}|\d{2}))(?![\w/-])")
_DATE_MARK = re.compile(r"[./-]")


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

    units: Mapping[str, str]
    is_unit_first: bool
    beside_unit: re.Pattern[str]  # a number that a unit may stand beside, by the nearest character
    number: re.Pattern[str]
    unit_starts: frozenset[str]
    unit_ends: frozenset[str]
    day_and_month: re.Pattern[str]
    months: dict[str, int]
    weekdays: dict[str, int]


def read_amounts(text: str, language: Language) -> Iterator[FoundAmount]:
    """Every number that stands beside a currency symbol or an ISO 4217 code."""
    patterns = _patterns_of(language)
    for match in patterns.beside_unit.finditer(text):
        start, end = match.span()
        unit = _find_unit(text, start, end, patterns) if _may_have_unit(text, start, end, patterns) else None
        if unit:
            from_, to, currency = unit
            money = _read_number(match.group(), currency, patterns, language)
            is_negative = _has_minus(text, from_) or _has_minus(text, start)
            yield FoundAmount(
                min(start, from_), text[min(start, from_) : max(end, to)], -money if money and is_negative else money
            )


_Unit = tuple[int, int, str]


def _may_have_unit(text: str, start: int, end: int, patterns: _Patterns) -> bool:
    """Whether the one or two characters on either side, a space left out, end or begin any unit: a quick no."""
    left = start - 1 if text[start - 1 : start] in _SPACES else start
    right = end + 1 if text[end : end + 1] in _SPACES else end
    ends, starts = patterns.unit_ends, patterns.unit_starts
    return (
        text[left - 1 : left] in ends
        or text[right : right + 1] in starts
        or text[left - 2 : left] in ends
        or text[right : right + 2] in starts
    )


def _find_unit(text: str, start: int, end: int, patterns: _Patterns) -> _Unit | None:
    """Where the currency beside a number stands, and its code: on the side where this language writes it, or else on
    the other one, provided that it does not belong to the number beyond."""
    before = _unit_before(text, start, patterns.units)
    if before and patterns.is_unit_first:
        return before
    after = _unit_after(text, end, patterns.units)
    if after and not (patterns.is_unit_first and text[after[1] : after[1] + 2].lstrip()[:1].isdigit()):
        return after
    if before and not text[max(0, before[0] - 2) : before[0]].rstrip()[-1:].isdigit():
        return before
    return None


def _unit_before(text: str, start: int, units: Mapping[str, str]) -> _Unit | None:
    end = start - 1 if text[start - 1 : start] in _SPACES else start
    for length in range(min(_LONGEST_UNIT, end), 0, -1):
        part = text[end - length : end]
        if part in units and not (part[0].isalpha() and text[end - length - 1 : end - length].isalpha()):
            return end - length, end, units[part]
    return None


def _unit_after(text: str, end: int, units: Mapping[str, str]) -> _Unit | None:
    start = end + 1 if text[end : end + 1] in _SPACES else end
    for length in range(_LONGEST_UNIT, 0, -1):
        part = text[start : start + length]
        if part in units and not (part[-1].isalpha() and text[start + length : start + length + 1].isalpha()):
            return start, start + length, units[part]
    return None


def _has_minus(text: str, start: int) -> bool:
    """Whether a minus sign stands directly before, and not a hyphen inside a word."""
    return text[start - 1 : start] in _MINUS_SIGNS and not text[max(0, start - 2) : start - 1].isalnum()


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
    for ending in _YEAR.finditer(text):
        year = ending.start()
        before = text[year - _LONGEST_DATE if year > _LONGEST_DATE else 0 : year]
        words = before.rsplit(None, _DATE_WORDS)
        tail = before[len(words[0]) :] if len(words) > _DATE_WORDS else before
        found = _read_before_year(tail, int(ending.group()), language)
        if found:
            start = year - found[0]
            yield FoundDate(start, text[start : ending.end()], found[1])
    for match in _DIGIT_DATE.finditer(text):
        parts = _DATE_MARK.split(match.group())
        year, month, number = map(int, parts if len(parts[0]) == 4 else reversed(parts))
        yield FoundDate(match.start(), match.group(), _make_date(year + 2000 if year < 100 else year, month, number))


@lru_cache(maxsize=20_000)
def _read_before_year(words: str, year: int, language: Language) -> tuple[int, date | None] | None:
    """How many characters before the year its date begins, and the day (see FoundDate); None when it has no date."""
    patterns = _patterns_of(language)
    match = patterns.day_and_month.search(words)
    if match is None:
        return None
    month = patterns.months[(match["month"] or match["month_first"]).lower()]
    day = _make_date(year, month, int(match["day"] or match["day_second"]))
    if day and match["weekday"] and patterns.weekdays[match["weekday"].lower()] != day.weekday():
        day = None
    return len(words) - match.start(), day


def _make_date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


@cache
def _patterns_of(language: Language) -> _Patterns:
    months = _names(get_month_names, language)
    weekdays = _names(get_day_names, language)
    units = language.currency_codes
    group, mark = re.escape(language.group_mark), re.escape(language.decimal_mark)
    month, weekday = _any_of(months), _any_of(weekdays)
    last, first, space = (_one_of(kind) for kind in ({c[-1] for c in units}, {c[0] for c in units}, _SPACES))
    return _Patterns(
        units=units,
        beside_unit=re.compile(
            rf"\d(?:(?<={last}\d)|(?<={last}{space}\d))(?:[\d.,'’]*\d)?|{_DIGITS}(?={space}?{first})"
        ),
        unit_starts=frozenset(unit[:2] for unit in units),
        unit_ends=frozenset(unit[-2:] for unit in units),
        is_unit_first=language.amount(Money(1, "EUR"))[0] not in "0123456789",
        number=re.compile(rf"(?P<whole>\d{{1,3}}(?:{group}\d{{3}})+|\d+)(?:{mark}(?P<fraction>\d+))?"),
        day_and_month=re.compile(
            rf"(?:(?<!\w)(?P<weekday>{weekday})\.?,?\s+)?(?:(?<![\w.,])(?P<day>\d{{1,2}})\.?\s+(?P<month>{month})\.?,?"
            rf"|(?<!\w)(?P<month_first>{month})\.?\s+(?P<day_second>\d{{1,2}}),?)\s+$",
            re.IGNORECASE,
        ),
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


def _one_of(characters: Iterable[str]) -> str:
    return f"[{re.escape(''.join(sorted(characters)))}]"
