"""Dates as written, into dates: day and month order decided by all dates of a file together, never guessed."""

from collections.abc import Mapping
from functools import cache
from typing import Literal

import polars as pl
from babel.dates import get_month_names

from goodterms.importers.refusals import DatesAmbiguous, DatesContradict

Order = Literal["dmy", "mdy", "ymd"]

FIRST_YEAR, LAST_YEAR = 1990, 2100
ODD_ONE_IN = 20
_EXAMPLES = 2
_LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pt")
_TIME = r"(?:[T ,]+[0-9]{1,2}:[0-9]{2}.*)?$"
_NUMERIC = rf"^([0-9]{{1,4}})([./-])\s?([0-9]{{1,2}})[./-]\s?([0-9]{{4}}|[0-9]{{1,2}}){_TIME}"
_COMPACT = r"^((?:19|20)[0-9]{2})([0-9]{2})([0-9]{2})$"
_WEEKDAY = r"^(?:\p{L}+\.?,\s+)?"
_DAY_NAME = rf"{_WEEKDAY}([0-9]{{1,2}})(?:st|nd|rd|th|\.)?[\s/-]*(\p{{L}}+)\.?,?[\s/-]*([0-9]{{4}}|[0-9]{{2}}){_TIME}"
_NAME_DAY = rf"{_WEEKDAY}(\p{{L}}+)\.?\s*([0-9]{{1,2}})(?:st|nd|rd|th)?,?\s+([0-9]{{4}}){_TIME}"


@cache
def month_names() -> dict[str, int]:
    """Month names and their abbreviations in the languages that exports come in, small letters, without points."""
    names: dict[str, int] = {"sept": 9, "mrz": 3}
    for language in _LANGUAGES:
        for width in ("wide", "abbreviated"):
            for month, name in get_month_names(width, locale=language).items():
                names.setdefault(str(name).lower().rstrip("."), int(month))
    return names


def take_apart(texts: pl.Series) -> pl.DataFrame:
    """The different dates of a column, taken apart; one row for each text that occurs.

    Columns: text; first, second, third (the numbers as written, day or month first undecided; null when the text is
    no date); form ("ymd" when the year stands first, "dmy" when the month is a name or points separate, "?" when
    day and month could change places).
    """
    frame = texts.alias("text").drop_nulls().unique().to_frame()
    numeric = pl.col("text").str.extract_groups(_NUMERIC)
    compact = pl.col("text").str.extract_groups(_COMPACT)
    day_name = pl.col("text").str.extract_groups(_DAY_NAME)
    name_day = pl.col("text").str.extract_groups(_NAME_DAY)
    names = month_names()
    rows = frame.with_columns(n=numeric, c=compact, d=day_name, m=name_day).with_columns(
        d_month=_month(_part("d", 2), names), m_month=_month(_part("m", 1), names)
    )
    year_first = _part("n", 1).str.len_bytes() >= 3
    named = pl.col("d_month").is_not_null() | pl.col("m_month").is_not_null()
    is_pointed = _part("n", 2) == "."
    return rows.select(
        "text",
        first=pl.coalesce(
            _part("n", 1), _part("c", 1), _where("d_month", _part("d", 1)), _where("m_month", _part("m", 2))
        ).cast(pl.Int32, strict=False),
        second=pl.coalesce(_part("n", 3).cast(pl.Int32), _part("c", 2).cast(pl.Int32), "d_month", "m_month"),
        third=pl.coalesce(
            _part("n", 4), _part("c", 3), _where("d_month", _part("d", 3)), _where("m_month", _part("m", 3))
        ).cast(pl.Int32, strict=False),
        form=pl.when(year_first | _part("c", 1).is_not_null())
        .then(pl.lit("ymd"))
        .when(named | is_pointed)
        .then(pl.lit("dmy"))
        .otherwise(pl.lit("?")),
    )


def _part(name: str, group: int) -> pl.Expr:
    return pl.col(name).struct.field(str(group))


def _where(month: str, part: pl.Expr) -> pl.Expr:
    return pl.when(pl.col(month).is_not_null()).then(part)


def _month(name: pl.Expr, names: Mapping[str, int]) -> pl.Expr:
    return name.str.to_lowercase().replace_strict(
        list(names), list(names.values()), default=None, return_dtype=pl.Int32
    )


def find_order(
    name: str, columns: Mapping[str, pl.DataFrame], wanted: Order | None, remembered: Order | None
) -> Order | None:
    """The order of day, month and year in a file's undecided dates, from all its dates taken apart, by heading.

    The order wanted by the person comes first, then the file's own evidence, then what was settled for such a file
    before; None when every date says itself what it is. Raises DatesContradict or DatesAmbiguous.
    """
    if wanted:
        return wanted
    undecided = _undecided(columns)
    day_first = undecided.filter(pl.col("first") > 12, pl.col("second") <= 12)
    month_first = undecided.filter(pl.col("first") <= 12, pl.col("second") > 12)
    more, fewer = max(day_first.height, month_first.height), min(day_first.height, month_first.height)
    if fewer * ODD_ONE_IN > more:
        raise DatesContradict(name, str(day_first["column"][0]), _least(day_first), _least(month_first))
    if more:
        return "dmy" if day_first.height == more else "mdy"
    either = undecided.filter(pl.col("first") <= 12, pl.col("first") != pl.col("second"))
    if not either.is_empty() and remembered is None:
        column = str(either["column"][0])
        examples = either.filter(pl.col("column") == column)["text"].sort().head(_EXAMPLES).to_list()
        raise DatesAmbiguous(name, column, examples)
    return remembered


def _undecided(columns: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """The dates in which day and month could change places, with the heading they stand under."""
    return pl.concat(
        [
            pl.DataFrame(schema={"text": pl.String, "first": pl.Int32, "second": pl.Int32, "column": pl.String}),
            *(
                part.filter(pl.col("form") == "?", pl.col("first").is_not_null()).select(
                    "text", "first", "second", column=pl.lit(heading)
                )
                for heading, part in columns.items()
            ),
        ]
    )


def _least(frame: pl.DataFrame) -> str:
    return str(frame["text"].sort()[0])


def to_dates(parts: pl.DataFrame, order: Order | None) -> pl.DataFrame:
    """Dates of texts taken apart. Columns: text, date (null when it is no date between 1990 and 2100)."""
    form = pl.when(pl.col("form") == "?").then(pl.lit(order or "dmy")).otherwise("form")
    year = pl.when(form == "ymd").then("first").otherwise("third")
    month = pl.when(form == "mdy").then("first").otherwise("second")
    day = pl.when(form == "ymd").then("third").when(form == "mdy").then("second").otherwise("first")
    full_year = pl.when(year < 70).then(year + 2000).when(year < 100).then(year + 1900).otherwise(year)
    text = pl.format(
        "{}-{}-{}", full_year, month.cast(pl.String).str.zfill(2), day.cast(pl.String).str.zfill(2)
    ).str.to_date("%Y-%m-%d", strict=False)
    return parts.select("text", date=pl.when(full_year.is_between(FIRST_YEAR, LAST_YEAR)).then(text))
