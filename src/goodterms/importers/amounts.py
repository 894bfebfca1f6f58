"""Amounts as written, into whole minor units: separators decided by all amounts of a file together, never guessed."""

from collections.abc import Mapping
from typing import Literal

import polars as pl

from goodterms.core.money import CURRENCIES, Money, UnknownCurrency, minor_digits
from goodterms.core.refusal import Refusal
from goodterms.importers.refusals import AmountsAmbiguous, AmountsContradict

Mark = Literal[".", ","]

_SHARED_SIGNS = {
    "$": "USD AUD CAD NZD SGD HKD MXN TWD ARS CLP COP BRL NAD JMD TTD BBD BSD BZD FJD GYD LRD SRD XCD",
    "KR": "SEK NOK DKK ISK",
    "FR": "CHF XAF XOF XPF",
    "¥": "JPY CNY",
}
LARGEST_MINOR = 10**15
# One odd cell among so many regular ones is that row's fault, not a second way of writing.
ODD_ONE_IN = 20
_EXAMPLES = 2
_SIGNS = r"[-+\u2212\u2013]"
_CODE = r"(?:[A-Za-z]{3}|[A-Za-z]{0,3}\$|[€£¥]|Fr\.?|kr\.?)"
# sign or bracket, currency, sign, digits with separators, sign, currency, bracket, Cr/Dr
_SHAPE = (
    rf"^(?P<open>[(]?{_SIGNS}?)(?P<before>{_CODE}?)(?P<sign>[(]?{_SIGNS}?)(?P<digits>[0-9][0-9.,]*|[.,][0-9]+)"
    rf"(?P<after>{_CODE}?)(?P<close>{_SIGNS}?[)]?)(?P<side>(?i:CR|DR)?)$"
)
_PLAIN = r"^-?[0-9][0-9.,]*$"
_ZEROS = ["-", "--", "\u2013", "\u2014"]
# Blanks and apostrophes are thousands separators where three digits follow.
_GROUPED = r"^\D*[0-9]{1,3}(?:[\s'\u2019][0-9]{3})+(?:[.,][0-9]*)?\D*$"
_GROUP_MARKS = r"[\s'\u2019]"
_MANY_COMMAS = r"^[0-9]{1,3}(?:,[0-9]{2,3})+,[0-9]{3}$"
_MANY_POINTS = r"^[0-9]{1,3}(?:\.[0-9]{2,3})+\.[0-9]{3}$"
_SYMBOLS = {"€": "EUR", "£": "GBP", "NZ$": "NZD", "A$": "AUD", "AU$": "AUD", "C$": "CAD", "CA$": "CAD", "US$": "USD"}


def take_apart(texts: pl.Series) -> pl.DataFrame:
    """Amounts as written, taken apart; a null where a cell is empty.

    Columns: text; digits (with separators; null when the text is no amount); is_negative; unit (the currency written
    at it: an ISO 4217 code or, where that is not clear, the sign; or null); evidence ("." or "," when the cell itself
    shows its decimal mark, "?" when it could be either, null when it has no separator).
    """
    frame = texts.alias("text").to_frame().with_row_index("place")
    is_plain = pl.col("text").str.contains(_PLAIN).fill_null(True)
    plain = frame.filter(is_plain).select(
        "place",
        "text",
        digits=pl.col("text").str.strip_prefix("-"),
        is_negative=pl.col("text").str.starts_with("-").fill_null(False),
        unit=pl.lit(None, dtype=pl.String),
    )
    parts = pl.concat([plain, _take_apart_odd(frame.filter(~is_plain))]).sort("place")
    return parts.select("text", "digits", "is_negative", "unit", evidence=_evidence(pl.col("digits")))


def _take_apart_odd(frame: pl.DataFrame) -> pl.DataFrame:
    """Amounts with signs, brackets, currencies or blanks; digits is null where the text is no amount."""
    spaced = pl.col("text").str.contains(r"[0-9][\s'\u2019][0-9]")
    compact = pl.col("text").str.replace_all(_GROUP_MARKS, "")
    tidy = pl.when(~spaced | pl.col("text").str.contains(_GROUPED)).then(compact)
    zeroed = pl.when(tidy.is_in(_ZEROS)).then(pl.lit("0")).otherwise(tidy)
    parts = frame.with_columns(parts=zeroed.str.extract_groups(_SHAPE)).unnest("parts")
    signs = pl.concat_str("open", "sign", "close")
    return parts.select(
        "place",
        "text",
        digits=pl.when(signs.str.count_matches(_SIGNS) < 2).then("digits"),
        is_negative=(signs.str.contains(r"[(\u2212\u2013-]") | (pl.col("side").str.to_uppercase() == "CR")).fill_null(
            False
        ),
        unit=_currency_of(pl.coalesce(_or_null("before"), _or_null("after"))),
    )


def _or_null(column: str) -> pl.Expr:
    return pl.when(pl.col(column) != "").then(pl.col(column))


def _currency_of(unit: pl.Expr) -> pl.Expr:
    """The ISO 4217 code of what is written at an amount; as written where it is none or could be several."""
    code = unit.str.to_uppercase().str.strip_suffix(".")
    return code.replace(list(_SYMBOLS), list(_SYMBOLS.values()))


def signs_of(currency: str) -> list[str]:
    """The signs that can mean this currency among others."""
    return [sign for sign, currencies in _SHARED_SIGNS.items() if currency in currencies.split()]


def _evidence(digits: pl.Expr) -> pl.Expr:
    """What a cell says about its decimal mark."""
    points, commas = digits.str.contains(".", literal=True), digits.str.contains(",", literal=True)
    last_is_point = digits.str.contains(r"\.[0-9]*$")
    return (
        pl.when(digits.is_null() | ~(points | commas))
        .then(None)
        .when(points & commas)
        .then(pl.when(last_is_point).then(pl.lit(".")).otherwise(pl.lit(",")))
        .when(digits.str.contains(r"^[1-9][0-9]{0,2}[.,][0-9]{3}$"))
        .then(pl.lit("?"))
        .when(digits.str.contains(r"^[0-9]*\.[0-9]*$") | digits.str.contains(_MANY_COMMAS))
        .then(pl.lit("."))
        .when(digits.str.contains(r"^[0-9]*,[0-9]*$") | digits.str.contains(_MANY_POINTS))
        .then(pl.lit(","))
    )


def find_mark(
    name: str, columns: Mapping[str, pl.DataFrame], wanted: Mark | None, remembered: Mark | None
) -> Mark | None:
    """The decimal mark of a file, from all its amounts taken apart, by heading.

    The mark wanted by the person comes first, then the file's own evidence, then what was settled for such a file
    before; None when no amount has a separator. Raises AmountsContradict or AmountsAmbiguous.
    """
    if wanted:
        return wanted
    seen: dict[str, list[tuple[str, int, list[str]]]] = {".": [], ",": [], "?": []}
    for heading, frame in columns.items():
        for evidence, rows in seen.items():
            found = frame.filter(pl.col("evidence") == evidence)["text"]
            if found.len():
                rows.append((heading, found.len(), found.unique(maintain_order=True).head(_EXAMPLES).to_list()))
    points, commas = (sum(count for _, count, _ in seen[mark]) for mark in (".", ","))
    if points and commas and min(points, commas) * ODD_ONE_IN > max(points, commas):
        raise AmountsContradict(name, seen["."][0][0], seen["."][0][2][0], seen[","][0][2][0])
    if points or commas:
        return "." if points >= commas else ","
    if seen["?"] and remembered is None:
        raise AmountsAmbiguous(name, seen["?"][0][0], seen["?"][0][2])
    return remembered


def to_minor(parts: pl.DataFrame, mark: Mark | None, currency: pl.Series) -> pl.DataFrame:
    """Exact minor units of amounts taken apart, each in its row's currency (ISO 4217 or null).

    Columns: minor (Int64, null when it cannot be read) and fault (null, "not_an_amount", "too_many_decimals" or
    "too_large").
    """
    mark = mark or "."
    other = "," if mark == "." else "."
    known = {code: minor_digits(code) for code in sorted(CURRENCIES)}
    frame = parts.with_columns(
        places=currency.replace_strict(list(known), list(known.values()), default=2, return_dtype=pl.Int8)
    )
    point, group = f"\\{mark}", f"\\{other}"
    regular = pl.col("digits").str.contains(
        rf"^(?:[0-9]*|[0-9]{{1,3}}(?:{group}[0-9]{{2,3}})*{group}[0-9]{{3}})(?:{point}[0-9]*)?$"
    )
    plain = pl.when(regular).then(pl.col("digits").str.replace_all(other, "", literal=True))
    whole = plain.str.extract(r"^([0-9]*)", 1).str.strip_chars_start("0")
    fraction = plain.str.extract(rf"{point}([0-9]*)$", 1).fill_null("").str.strip_chars_end("0")
    sized = frame.with_columns(whole=whole, fraction=fraction, is_exact=fraction.str.len_bytes() <= pl.col("places"))
    padded = pl.coalesce(
        pl.when(pl.col("places") == places).then(pl.col("fraction").str.pad_end(places, "0"))
        for places in sorted(set(known.values()))
    )
    size = pl.concat_str(pl.lit("0"), "whole", padded).cast(pl.Int64, strict=False)
    fits = size.is_not_null() & (size <= LARGEST_MINOR)
    signed = pl.when("is_negative").then(-size).otherwise(size)
    return sized.select(
        minor=pl.when(pl.col("is_exact") & fits).then(signed),
        fault=pl.when(pl.col("text").is_null())
        .then(None)
        .when(pl.col("whole").is_null())
        .then(pl.lit("not_an_amount"))
        .when(~pl.col("is_exact"))
        .then(pl.lit("too_many_decimals"))
        .when(~fits)
        .then(pl.lit("too_large")),
    )


class AmountUnclear(Refusal):
    """An amount given by a person cannot be read, or could mean two things."""

    def __init__(self, text: str, currency: str, why: str) -> None:
        super().__init__(f"{text!r} {why}. Write the amount in {currency} like 1234.50, without thousands separators.")


class CurrencyUnclear(Refusal):
    """A currency given by a person is none."""


def read_amount(text: str, currency: str) -> Money:
    """A single amount as a person types it; raises AmountUnclear or CurrencyUnclear."""
    try:
        minor_digits(currency)
    except UnknownCurrency as error:
        raise CurrencyUnclear(str(error)) from None
    parts = take_apart(pl.Series([text.strip()]))
    evidence = parts["evidence"][0]
    if evidence == "?":
        raise AmountUnclear(text, currency, "can be thousands or a fraction")
    read = to_minor(parts, evidence, pl.Series([currency]))
    why = {
        "not_an_amount": "is not an amount",
        "too_many_decimals": f"has more decimals than {currency} has",
        "too_large": "is too large",
    }
    if fault := read["fault"][0]:
        raise AmountUnclear(text, currency, why[fault])
    return Money(int(read["minor"][0]), currency)
