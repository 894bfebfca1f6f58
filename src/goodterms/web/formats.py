"""Amounts, dates and numbers as the person at the screen writes them."""

from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time, get_datetime_format
from babel.numbers import format_decimal
from django.utils.translation import get_language
from django.utils.translation.trans_real import parse_accept_lang_header

from goodterms.core.money import Money, minor_digits

MINUS = "\u2212"


def choose_locale(accept_language: str, country: str) -> Locale:
    """The region whose way of writing is used, within the language of the pages.

    The browser's own region where it names one in that language, else the organisation's country.
    """
    language = (get_language() or "en").split("-")[0]
    wanted = [name.split("-") for name, _ in parse_accept_lang_header(accept_language.lower())]
    regions = [parts[-1].upper() for parts in wanted if parts[0] == language and len(parts) > 1]
    return _first_known(language, (*regions, country))


@lru_cache(maxsize=256)
def _first_known(language: str, regions: tuple[str, ...]) -> Locale:
    for region in regions:
        try:
            return Locale.parse(f"{language}_{region}")
        except (UnknownLocaleError, ValueError):
            continue
    return Locale.parse(language)


@lru_cache(maxsize=16)
def _decimal_pattern(digits: int) -> str:
    return "#,##0" + ("." + "0" * digits if digits else "")


def write_amount(amount: Money, locale: Locale) -> str:
    """The number alone, with all the digits of its currency: 1,234.50."""
    text = format_decimal(amount.to_decimal(), _decimal_pattern(minor_digits(amount.currency)), locale)
    return text.replace("-", MINUS)


def write_number(value: int | float | Decimal, locale: Locale, digits: int = 0) -> str:
    """A count or a measure: 12,345 or 3.5."""
    pattern = "#,##0" + ("." + "#" * digits if digits else "")
    return format_decimal(value, pattern, locale).replace("-", MINUS)


def write_day(day: date, locale: Locale) -> str:
    """A date: 10 Mar 2026."""
    return format_date(day, "medium", locale)


def write_moment(moment: datetime, zone: ZoneInfo, locale: Locale) -> str:
    """A date and time on the organisation's clock, without seconds: 10 Mar 2026, 09:00."""
    frame = str(get_datetime_format("medium", locale)).replace("'", "")
    day = write_day(moment.astimezone(zone).date(), locale)
    return frame.replace("{0}", write_time(moment, zone, locale)).replace("{1}", day)


def write_time(moment: datetime, zone: ZoneInfo, locale: Locale) -> str:
    """The time of day on the organisation's clock: 09:00."""
    return format_time(moment, "short", zone, locale)
