"""Days named in English and German text, told from the day the text was written.

"next Friday" is the Friday of the next calendar week (ISO 8601), "Friday" the next one to come; a stretch of time
("next week", "end of March") means its last working day or last day, as a promise is late only after that.
"""

import calendar
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from goodterms.core.reading.day_words import MONTHS, NUMBERS, WEEKDAYS

FARTHEST_DAYS = 550
FRIDAY = 4


@dataclass(frozen=True, slots=True)
class FoundDate:
    """A day and where in the text it stands."""

    start: int
    end: int
    day: date


Resolver = Callable[[re.Match[str], "Scene"], date | None]


@dataclass(frozen=True, slots=True)
class Scene:
    """What the words are told from: the day of writing, the language, and how its numbers order day and month."""

    on: date
    language: str
    is_month_first: bool


def find_dates(text: str, language: str, on: date, *, is_month_first: bool = False) -> list[FoundDate]:
    """Every day named in the text, in its order; days more than 550 days away are taken for something else.

    ``language`` is "en" or "de". The longest reading of a place in the text wins.
    """
    scene = Scene(on, language, is_month_first)
    found: list[FoundDate] = []
    for start, end, day in sorted(_readings(text, scene), key=lambda reading: (reading[0], -reading[1])):
        if abs((day - on).days) <= FARTHEST_DAYS and (not found or start >= found[-1].end):
            found.append(FoundDate(start, end, day))
    return found


def _readings(text: str, scene: Scene) -> Iterator[tuple[int, int, date]]:
    for pattern, resolve in _GRAMMAR[scene.language]:
        for match in pattern.finditer(text):
            day = resolve(match, scene)
            if day is not None:
                yield match.start(), match.end(), day


def _any_of(words: tuple[str, ...]) -> str:
    return "|".join(words)


def _index(words: tuple[str, ...], word: str) -> int:
    plain = word.lower().rstrip(".")
    return next(place for place, pattern in enumerate(words) if re.fullmatch(pattern, plain, re.IGNORECASE))


def _number(word: str, language: str) -> int:
    plain = " ".join(word.lower().split())
    return int(plain) if plain.isdigit() else NUMBERS[language][plain]


def _safe(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _year(text: str | None, month: int, day: int, on: date) -> int:
    """The year as written, or the one that brings the day nearest: at most three months back, else ahead."""
    if text:
        return int(text) + (2000 if len(text) == 2 else 0)
    this = _safe(on.year, month, min(day, 28))
    return on.year + 1 if this and (on - this).days > 90 else on.year


def _iso(match: re.Match[str], scene: Scene) -> date | None:
    return _safe(int(match["y"]), int(match["m"]), int(match["d"]))


def _numeric(match: re.Match[str], scene: Scene) -> date | None:
    day, month = int(match["a"]), int(match["b"])
    if (scene.is_month_first and match["sep"] == "/" and day <= 12) or month > 12:
        day, month = month, day
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    return _safe(_year(match["y"], month, day, scene.on), month, day)


def _named(match: re.Match[str], scene: Scene) -> date | None:
    month, day = _index(MONTHS[scene.language], match["month"]) + 1, int(match["d"])
    return _safe(_year(match["y"], month, day, scene.on), month, day)


def _day_of_month(match: re.Match[str], scene: Scene) -> date | None:
    """ "the 15th", "am 15.": this month's if it is still to come, else next month's."""
    day = int(match["d"])
    first = scene.on.replace(day=1)
    if match["next"]:
        first = _next_month(first)
    for _ in range(3):
        candidate = _safe(first.year, first.month, day)
        if candidate and candidate >= scene.on:
            return candidate
        first = _next_month(first)
    return None


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _last_of_month(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def _month_part(match: re.Match[str], scene: Scene) -> date | None:
    """ "end of March", "Mitte April", "early next month"; the month alone means its last day."""
    words = match.groupdict()
    if words.get("month"):
        month = _index(MONTHS[scene.language], words["month"]) + 1
        first = date(_year(words.get("y"), month, 28, scene.on), month, 1)
    elif words.get("next"):
        first = _next_month(scene.on)
    else:
        first = scene.on.replace(day=1)
    part = (words.get("part") or "end").lower()
    if part.startswith(("mid", "mitt")):
        return first.replace(day=15)
    if part.startswith(("begin", "start", "early", "anfang")):
        return first.replace(day=5)
    return _last_of_month(first)


def _weekday(match: re.Match[str], scene: Scene) -> date | None:
    words = match.groupdict()
    weekday = _index(WEEKDAYS[scene.language], match["weekday"])
    which = (words.get("which") or words.get("whose") or "").lower()
    monday = scene.on - timedelta(days=scene.on.weekday())
    if which.startswith(("next", "nächst", "naechst", "nachst")):
        return monday + timedelta(days=7 + weekday)
    if which.startswith(("übernächst", "uebernaechst", "after")):
        return monday + timedelta(days=14 + weekday)
    if which.startswith(("this", "dies")):
        day = monday + timedelta(days=weekday)
        return day if day >= scene.on else day + timedelta(days=7)
    ahead = (weekday - scene.on.weekday() - 1) % 7 + 1
    return scene.on + timedelta(days=ahead + (7 if which.startswith(("week", "in ")) else 0))


def _week(match: re.Match[str], scene: Scene) -> date | None:
    """A week means its Friday, its beginning Tuesday, its middle Wednesday."""
    words = match.groupdict()
    which = (words.get("which") or "").lower()
    weeks = 1 if which.startswith(("next", "nächst", "naechst", "kommend", "following", "coming")) else 0
    weeks = 2 if which.startswith(("übern", "uebern", "week after")) else weeks
    part = (words.get("part") or "end").lower()
    offset = {"b": 1, "s": 1, "e": FRIDAY, "m": 2, "a": 1}[part[0]]
    if part.startswith("early"):
        offset = 1
    day = scene.on - timedelta(days=scene.on.weekday()) + timedelta(days=7 * weeks + offset)
    return day if day >= scene.on else scene.on + timedelta(days=max(0, 6 - scene.on.weekday()))


def _span(match: re.Match[str], scene: Scene) -> date | None:
    """ "in two weeks", "within 10 days", "innerhalb von 5 Werktagen"."""
    count = _number(match["n"], scene.language)
    unit = match["unit"].lower()
    if count > 400:
        return None
    if match["working"]:
        return _working_days(scene.on, count)
    if unit.startswith(("week", "woche", "wo")):
        return scene.on + timedelta(days=7 * count)
    if unit.startswith("fortnight"):
        return scene.on + timedelta(days=14 * count)
    if unit.startswith("mon"):
        first = scene.on.replace(day=1)
        for _ in range(count):
            first = _next_month(first)
        return first.replace(day=min(scene.on.day, calendar.monthrange(first.year, first.month)[1]))
    return scene.on + timedelta(days=count)


def _working_days(on: date, count: int) -> date:
    day = on
    while count:
        day += timedelta(days=1)
        count -= day.weekday() < 5
    return day


def _calendar_week(match: re.Match[str], scene: Scene) -> date | None:
    week = int(match["week"])
    year = int(match["y"]) if match["y"] else scene.on.year
    try:
        friday = date.fromisocalendar(year, week, 5)
        return friday if match["y"] or friday >= scene.on else date.fromisocalendar(year + 1, week, 5)
    except ValueError:
        return None


def _ahead(days: int) -> Resolver:
    return lambda _, scene: scene.on + timedelta(days=days)


def _quarter_end(_: re.Match[str], scene: Scene) -> date | None:
    last_month = (scene.on.month + 2) // 3 * 3
    return _last_of_month(date(scene.on.year, last_month, 1))


def _year_end(_: re.Match[str], scene: Scene) -> date | None:
    return date(scene.on.year, 12, 31)


def _compile(rules: list[tuple[str, Resolver]]) -> list[tuple[re.Pattern[str], Resolver]]:
    return [(re.compile(pattern, re.IGNORECASE), resolve) for pattern, resolve in rules]


def _both(language: str) -> list[tuple[str, Resolver]]:
    """Days in figures, written alike in both languages."""
    return [
        (r"\b(?P<y>20\d\d)-(?P<m>\d{1,2})-(?P<d>\d{1,2})\b", _iso),
        (r"(?<![\d.,/])(?P<a>\d{1,2})(?P<sep>[./-])(?P<b>\d{1,2})(?P=sep)(?P<y>20\d\d|\d\d)(?![\d/]|[.,]\d)", _numeric),
        (r"(?<![\d.,/])(?P<a>\d{1,2})(?P<sep>/)(?P<b>\d{1,2})(?P<y>)(?![\d/%]|[.,]\d)", _numeric),
        (r"(?<![\d.,/€$£])(?P<a>\d{1,2})(?P<sep>\.)\s?(?P<b>0?[1-9]|1[0-2])(?P<y>)\.(?!\d)", _numeric),
    ]


_UNIT_EN = r"(?P<working>working\s|business\s)?(?P<unit>days?|weeks?|months?|fortnights?)\b"
_ABOUT_EN = r"(?:the\snext\s|about\s|around\s|approx(?:\.|imately)?\s|max(?:\.|imum)?\s)?"
_UNIT_DE = r"(?P<working>werk|arbeits|bank)?(?P<unit>tage?n?|wochen?|monate?n?s?)\b"
_ABOUT_DE = r"(?:den\snächsten\s|der\snächsten\s|ca\.\s|etwa\s|rund\s|max\.\s|maximal\s|spätestens\s)?"
_COMING = r"(?:nächsten?[rsmn]?|naechsten?[rsmn]?|kommenden?[rsmn]?|folgenden?[rsmn]?)"


def _english() -> list[tuple[str, Resolver]]:
    month, weekday = _any_of(MONTHS["en"]), _any_of(WEEKDAYS["en"])
    number = r"\d{1,3}|" + "|".join(sorted(NUMBERS["en"], key=len, reverse=True))
    part = r"(?P<part>end|mid(?:dle)?|beginning|start|early)"
    return [
        *_both("en"),
        (rf"\b(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?:\s+of)?[ -](?P<month>{month})\b\.?(?:,?[ -](?P<y>20\d\d))?", _named),
        (rf"\b(?P<month>{month})\b\.?\s(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\b(?!:)(?:,?\s(?P<y>20\d\d))?", _named),
        (
            r"\b(?:the\s)?(?P<d>[12]?\d|3[01])(?:st|nd|rd|th)\b(?P<next>\s(?:of\s)?"
            r"(?:the\s)?next\smonth)?",
            _day_of_month,
        ),
        (rf"\b{part}[ -](?:of[ -])?(?:the\smonth\sof\s)?(?P<month>{month})\b(?:\s(?P<y>20\d\d))?", _month_part),
        (rf"\b(?:in|during|by)\s(?P<month>{month})\b(?!\s\d)", _month_part),
        (
            rf"\b{part}\s(?:of\s)?(?:(?:the\s|this\s|the\scurrent\s)?month|(?P<next>(?:the\s)?(?:next|following"
            rf"|coming)\smonth))\b",
            _month_part,
        ),
        (r"\bmonth[ -]?end\b(?P<next>\snext\smonth)?|\bEOM\b", _month_part),
        (r"\b(?P<next>(?:next|the\scoming)\smonth)\b", _month_part),
        (rf"\b(?P<which>next|this(?:\scoming)?|coming)\s(?P<weekday>{weekday})\b", _weekday),
        (rf"\b(?P<weekday>{weekday})(?:\sof)?\s(?P<whose>next|this)\sweek\b", _weekday),
        (rf"\b(?P<weekday>{weekday})\s(?P<which>week)\b", _weekday),
        (rf"\b(?P<weekday>{weekday})\sthe\sweek\s(?P<whose>after)\b(?:\snext)?", _weekday),
        (rf"\bweek\s(?P<which>after)\snext\s(?P<weekday>{weekday})\b", _weekday),
        (r"\b(?P<weekday>(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b", _weekday),
        (
            r"(?<=\bby )(?P<weekday>mon|tue|wed|thur?s?|fri|sat|sun)\b|(?<=\bon )(?P<again>mon|tue|wed|thur?s?"
            r"|fri)\b",
            _short_weekday,
        ),
        (rf"\b{part}\s(?:of\s)?(?:the\s)?(?P<which>next|this|coming|following)?\s?week\b", _week),
        (r"\b(?P<which>next|this|the\scoming|the\sfollowing|coming)\sweek\b(?!end)", _week_words),
        (r"\bthe\s(?P<which>week\safter)(?:\snext)?\b", _week),
        (r"\b(?:EOW|week[ -]?end)\b(?P<which>)", _week),
        (rf"\b(?:in|within|after)\s{_ABOUT_EN}(?P<n>{number})\s{_UNIT_EN}", _span),
        (rf"\b(?P<n>{number})\s{_UNIT_EN}\s(?:from\s(?:now|today)|time)\b", _span),
        (r"\bwithin\s(?P<n>a)\s(?P<working>)(?P<unit>fortnight|week|month)\b", _span),
        (r"\b(?P<n>a)\s(?P<working>)(?P<unit>week|fortnight|month)\s(?:from\stoday|from\snow)\b", _span),
        (r"\bday\safter\stomorrow\b", _ahead(2)),
        (r"\b(?<!after )(?:tomorrow|tmrw|tmr|tomorow|tommorow|tommorrow)\b", _ahead(1)),
        (r"\b(?:today|tonight|this\s(?:morning|afternoon|evening)|COB|EOD|end\sof\s(?:the\s)?day)\b", _ahead(0)),
        (r"\b(?:end\sof\s(?:the|this)\squarter|quarter[ -]end)\b", _quarter_end),
        (r"\b(?:end\sof\s(?:the|this)\syear|year[ -]end)\b", _year_end),
        (r"\b(?:CW|week)\s?(?P<week>\d{1,2})\b(?:[/ ](?P<y>20\d\d))?", _calendar_week),
    ]  # fmt: skip


def _german() -> list[tuple[str, Resolver]]:
    month, weekday = _any_of(MONTHS["de"]), _any_of(WEEKDAYS["de"])
    number = r"\d{1,3}|" + "|".join(sorted(NUMBERS["de"], key=len, reverse=True))
    part = r"(?P<part>ende?|mitte|anfang)"
    return [
        *_both("de"),
        (rf"\b(?P<d>\d{{1,2}})\.?\s?(?P<month>{month})\b\.?(?:\s(?P<y>20\d\d))?", _named),
        (
            rf"\b(?:zum|am|der|den|dem|bis|spätestens|ab)\s(?P<d>[12]?\d|3[01])\.(?!\s?\d)(?!\s?(?:{month})\b)"
            rf"(?P<next>\s(?:des\s)?{_COMING}\smonats)?",
            _day_of_month,
        ),
        (rf"\b{part}\s(?:des\s)?(?:monats?\s)?(?P<month>{month})\b(?:\s(?P<y>20\d\d))?", _month_part),
        (rf"\b(?:im|noch\sim)\s(?:laufe\sdes\s)?(?P<month>{month})\b", _month_part),
        (
            rf"\b{part}\s(?:(?:des|diesen|dieses|des\slaufenden|vom)\smonats?|(?P<next>"
            rf"(?:des\s)?{_COMING}\smonats?))\b",
            _month_part,
        ),
        (rf"\b(?:monatsende|ultimo)\b(?P<next>\s{_COMING}\smonats)?", _month_part),
        (rf"\b(?P<next>(?:im\s)?{_COMING}\smonat)s?\b", _month_part),
        (
            rf"\b(?:in\sder\s)?(?P<which>übernächsten?|uebernaechsten?|nächsten?|naechsten?|kommenden?"
            rf"|diese[rn]?)\swoche\s(?:am\s)?(?P<weekday>{weekday})\b",
            _coming_week_day,
        ),
        (
            rf"\b(?P<weekday>{weekday})\s(?:in\s)?(?:der\s)?(?P<whose>übernächster?n?|nächster?n?|naechster?n?"
            rf"|kommender?n?|diese[rn]?)\swoche\b",
            _coming_week_day,
        ),
        (rf"\b(?P<which>nächsten?[nr]?|naechsten?[nr]?|übernächsten?|diesen)\s(?P<weekday>{weekday})\b", _weekday),
        (rf"\b(?:kommenden?\s)?(?P<weekday>{weekday})\s(?P<which>in\seiner\swoche)\b", _weekday),
        (rf"\b(?P<weekday>{weekday})\b", _weekday),
        (
            rf"\b{part}\s(?:der\s)?(?P<which>übernächste[rn]?|nächste[rn]?|naechste[rn]?|kommende[rn]?|diese[rn]?"
            rf"|laufenden)?\s?woche\b",
            _week,
        ),
        (
            r"\b(?:in\sder\s|im\slaufe\sder\s)?(?P<which>übernächsten?|nächsten?|naechsten?|kommenden?"
            r"|diese[rn]?)\swoche\b(?!n)",
            _week_words,
        ),
        (rf"\b(?:in|innerhalb\svon|innerhalb|binnen|nach)\s{_ABOUT_DE}(?P<n>{number})\s{_UNIT_DE}", _span),
        (r"\b(?P<n>\d{1,3})\s(?P<working>werk|arbeits|bank)?(?P<unit>tagen?)\sspäter\b", _span),
        (r"\bübermorgen\b|\buebermorgen\b", _ahead(2)),
        (r"(?<!guten )(?<!über)(?<!heute )\bmorgen\b(?!s)", _ahead(1)),
        (r"\bheute\b", _ahead(0)),
        (r"\b(?:ende\sdes\squartals|quartalsende)\b", _quarter_end),
        (r"\b(?:ende\sdes\sjahres|jahresende)\b", _year_end),
        (r"\bKW\s?(?P<week>\d{1,2})\b(?:[/ ](?P<y>20\d\d))?", _calendar_week),
    ]  # fmt: skip


def _short_weekday(match: re.Match[str], scene: Scene) -> date | None:
    weekday = _index(WEEKDAYS["en"], match["weekday"] or match["again"])
    return scene.on + timedelta(days=(weekday - scene.on.weekday() - 1) % 7 + 1)


def _week_words(match: re.Match[str], scene: Scene) -> date | None:
    which = match["which"].lower().removeprefix("the ")
    monday = scene.on - timedelta(days=scene.on.weekday())
    weeks = 2 if which.startswith("über") else 0 if which.startswith(("this", "dies")) else 1
    day = monday + timedelta(days=7 * weeks + FRIDAY)
    return day if day >= scene.on else scene.on


def _coming_week_day(match: re.Match[str], scene: Scene) -> date | None:
    words = match.groupdict()
    which = (words.get("which") or words.get("whose") or "").lower()
    weeks = 2 if which.startswith(("über", "ueber")) else 0 if which.startswith("dies") else 1
    weekday = _index(WEEKDAYS["de"], match["weekday"])
    day = scene.on - timedelta(days=scene.on.weekday()) + timedelta(days=7 * weeks + weekday)
    return day if day >= scene.on else day + timedelta(days=7)


_GRAMMAR: Mapping[str, list[tuple[re.Pattern[str], Resolver]]] = {
    "en": _compile(_english()),
    "de": _compile(_german()),
}
