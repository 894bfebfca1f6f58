"""Working days of a customer's country, and the hours in which a message may leave."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays
import polars as pl
from babel.core import get_global

LONGEST_CLOSURE_DAYS = 30
BUSIEST_PART = {"GB": "ENG", "CH": "ZH"}
"""Where most holidays are those of a part of the country, the part that stands for it."""
BUSIEST_ZONE = {
    "AR": "America/Argentina/Buenos_Aires", "AU": "Australia/Sydney", "BR": "America/Sao_Paulo",
    "CA": "America/Toronto", "CL": "America/Santiago", "CN": "Asia/Shanghai", "CY": "Asia/Nicosia",
    "DE": "Europe/Berlin", "EC": "America/Guayaquil", "ES": "Europe/Madrid", "ID": "Asia/Jakarta",
    "KZ": "Asia/Almaty", "MN": "Asia/Ulaanbaatar", "MX": "America/Mexico_City", "MY": "Asia/Kuala_Lumpur",
    "NZ": "Pacific/Auckland", "PT": "Europe/Lisbon", "RU": "Europe/Moscow", "UA": "Europe/Kyiv",
    "US": "America/New_York", "UZ": "Asia/Tashkent",
}  # fmt: skip
"""Of the countries with several time zones, the one in which most of their business is done."""
_SATURDAY, _SUNDAY = 5, 6


@lru_cache(maxsize=512)
def _closures(country: str, year: int) -> tuple[frozenset[int], frozenset[date]]:
    """The weekdays of the weekend (Monday is 0) and the public holidays."""
    try:
        days = holidays.country_holidays(country, subdiv=BUSIEST_PART.get(country), years=year)
    except NotImplementedError:
        return frozenset({_SATURDAY, _SUNDAY}), frozenset()
    return frozenset(days.weekend), frozenset(days)


def is_business_day(country: str, day: date) -> bool:
    """No weekend there and no public holiday; for a country whose holidays are unknown, Monday to Friday."""
    weekend, public_holidays = _closures(country, day.year)
    return day.weekday() not in weekend and day not in public_holidays


def next_business_day(country: str, day: date) -> date:
    """The first working day on or after ``day``."""
    for ahead in range(LONGEST_CLOSURE_DAYS):
        if is_business_day(country, day + timedelta(days=ahead)):
            return day + timedelta(days=ahead)
    return day


def business_days(rows: pl.DataFrame) -> pl.DataFrame:
    """For the distinct pairs of ``country`` and ``local_date``: ``is_business_day`` and ``next_business_day``."""
    pairs = rows.select("country", "local_date").unique()
    nexts = [next_business_day(country or "", day) for country, day in pairs.iter_rows()]
    return pairs.with_columns(
        pl.Series("next_business_day", nexts, dtype=pl.Date()),
    ).with_columns((pl.col("next_business_day") == pl.col("local_date")).alias("is_business_day"))


def zone_of_country(country: str) -> str:
    """The time zone of a country, or of where most of its business is done; empty where neither is known.

    Source of a country's zones: CLDR (Babel's ``territory_zones``).
    """
    zones = get_global("territory_zones").get(country, [])
    return zones[0] if len(zones) == 1 else BUSIEST_ZONE.get(country, "")


def find_zone(*names: str) -> ZoneInfo:
    """The first of these names that is a time zone; raises ZoneInfoNotFoundError when none is."""
    for name in names:
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: the name of a folder of zones
            continue
    raise ZoneInfoNotFoundError(f"None of {', '.join(map(repr, names))} is a time zone, such as Europe/London.")


def local_dates(timezones: Iterable[str], now: datetime) -> dict[str, date]:
    """Each time zone's own date at the moment ``now``."""
    return {name: now.astimezone(ZoneInfo(name)).date() for name in timezones}


def opens_at(timezone: str, day: date, opening: time) -> datetime:
    """The moment at which the send window of a customer in ``timezone`` opens on ``day``."""
    return datetime.combine(day, opening, tzinfo=ZoneInfo(timezone))


def next_window(timezone: str, country: str, now: datetime, opening: time, closing: time) -> datetime | None:
    """None when ``now`` lies in the window of a working day, else the moment the next window opens."""
    local = now.astimezone(ZoneInfo(timezone))
    day = local.date()
    if is_business_day(country, day) and local.time() < closing:
        return None if local.time() >= opening else opens_at(timezone, day, opening)
    return opens_at(timezone, next_business_day(country, day + timedelta(days=1)), opening)
