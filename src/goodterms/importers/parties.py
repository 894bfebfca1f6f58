"""Countries, languages, roles, terms, addresses and telephone numbers as written, into the form the ledger keeps."""

import re
from functools import cache

import phonenumbers
import polars as pl
from babel import Locale
from babel.core import get_global
from email_validator import EmailNotValidError, validate_email

_NAME_LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pt")
_OTHER_NAMES = {
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "northern ireland": "GB",
    "great britain": "GB",
    "großbritannien": "GB",
    "u.k.": "GB",
    "u.s.": "US",
    "u.s.a.": "US",
    "united states of america": "US",
    "holland": "NL",
    "the netherlands": "NL",
    "republic of ireland": "IE",
    "czech republic": "CZ",
    "tschechische republik": "CZ",
    "russian federation": "RU",
    "korea": "KR",
    "republic of korea": "KR",
    "viet nam": "VN",
    "turkey": "TR",
}
_NO_COUNTRIES = {"EU", "EZ", "UN", "XA", "XB", "QO", "ZZ", "UK"}
# The signs on cars and in old addresses, as far as they are no country's two letters.
_CAR_SIGNS = {
    "D": "DE",
    "A": "AT",
    "F": "FR",
    "I": "IT",
    "E": "ES",
    "B": "BE",
    "L": "LU",
    "P": "PT",
    "S": "SE",
    "H": "HU",
}
_ROLES = {
    "accounts_payable": (
        r"payable|buchhaltung|kreditor|rechnung|invoice|billing|financ|finanz|"
        r"account(?:s|ant|ing)\b|bookkeep|\bap\b"
    ),
    "buyer": r"buyer|purchas|procure|einkauf|beschaffung|besteller",
    "owner": r"\bowner|inhaber|proprietor|eigentümer",
    "executive": r"executive|director|chief|\bc[efo]o\b|manag|geschäftsführ|vorstand|leitung|president|partner",
}
_YES = ["yes", "y", "true", "1", "x", "ja", "j", "wahr", "disputed", "strittig", "oui", "si", "sí"]
_EMAIL = r"^[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}$"
_SPECIAL_ENDS = r"(?:^|[.@])(?:test|invalid|local|localhost|onion|arpa)$"
_IS_INTERNATIONAL = re.compile(r"^\+[0-9]{1,3}(?: [0-9]+)+$")
_ADDRESS_IN = re.compile(r"<([^<>\s]+@[^<>\s]+)>")


@cache
def country_codes() -> dict[str, str]:
    """Every way to write a country (small letters) with its two letters (ISO 3166-1 alpha-2)."""
    known: dict[str, str] = {}
    countries = {code for code in map(str, Locale("en").territories) if len(code) == 2 and code.isalpha()}
    countries -= _NO_COUNTRIES
    for alias, codes in get_global("territory_aliases").items():
        if len(codes) == 1 and codes[0] in countries and (len(alias) == 3 or alias == "UK"):
            known[alias.lower()] = codes[0]
    for language in _NAME_LANGUAGES:
        for code, name in Locale(language).territories.items():
            if code in countries:
                known.setdefault(str(name).lower(), str(code))
    known |= {code.lower(): code for code in countries}
    known |= {sign.lower(): code for sign, code in _CAR_SIGNS.items()}
    return known | _OTHER_NAMES


@cache
def language_codes() -> dict[str, str]:
    """Every way to write a language (small letters) with its code (ISO 639-1)."""
    codes = {str(code) for code in Locale("en").languages if len(str(code)) == 2}
    known = {code: code for code in codes}
    for language in _NAME_LANGUAGES:
        names = Locale(language).languages.items()
        known |= {str(name).lower(): str(code) for code, name in names if code in codes}
    return known


def to_country(text: pl.Expr) -> pl.Expr:
    """The two letters of a country; null when it is none."""
    return _look_up(text.str.to_lowercase(), country_codes())


def to_language(text: pl.Expr) -> pl.Expr:
    """The code of a language, given as name, code or locale (de-AT); null when it is none."""
    return _look_up(text.str.to_lowercase().str.replace(r"^([a-z]{2})[-_].*$", "$1"), language_codes())


def _look_up(text: pl.Expr, known: dict[str, str]) -> pl.Expr:
    return text.replace_strict(list(known), list(known.values()), default=None, return_dtype=pl.String)


def to_role(text: pl.Expr) -> pl.Expr:
    """A contact's role from words for it; "other" when no word is known."""
    folded = text.str.to_lowercase().str.replace_all("_", " ")
    found = pl.coalesce(pl.when(folded.str.contains(pattern)).then(pl.lit(role)) for role, pattern in _ROLES.items())
    return found.fill_null("other")


def to_terms_days(text: pl.Expr) -> pl.Expr:
    """Days to pay from "30", "Net 30", "30 Tage netto", "Due on receipt"; null when it says something else."""
    folded = text.str.to_lowercase()
    days = folded.str.extract(
        r"^(?:net|netto|n|nett)?\s*/?\s*([0-9]{1,3})\s*(?:\.0+)?\s*(?:d|days?|tage?n?)?\s*(?:net|netto|rein netto)?$", 1
    )
    after_discount = folded.str.extract(r"\b(?:net|netto|n/)\s*([0-9]{1,3})\b", 1)
    at_once = folded.str.contains(r"^(?:due )?(?:up)?on receipt|^sofort|^immediate|^prepa|^vorkasse|^cod$|^cash")
    return pl.when(at_once).then(0).otherwise(pl.coalesce(days, after_discount).cast(pl.Int64))


def to_address() -> pl.Expr:
    """The lines of an envelope out of the columns fields.POSTAL: the whole address, else its parts; null without any.

    A whole address on one line is cut at its commas. The postcode stands before the town as in most of Europe, behind
    it where it has letters (GB, CA) or a region beside it (US).
    """
    whole = pl.col("address").str.replace_all(r"\r\n?|\s*[;|]\s*", "\n")
    cut = pl.when(whole.str.contains("\n")).then(whole).otherwise(whole.str.replace_all(r"\s*,\s*", "\n"))
    postcode, city, region = pl.col("postcode"), pl.col("city"), pl.col("region")
    has_letters = postcode.str.contains(r"[A-Za-z]") & ~postcode.str.contains(r"^[A-Za-z]{1,2}-")
    american = pl.concat_str(
        pl.concat_str(city, region, separator=", ", ignore_nulls=True), postcode, separator=" ", ignore_nulls=True
    )
    european = pl.concat_str(postcode, city, separator=" ", ignore_nulls=True)
    british = pl.concat_str(city, region, postcode, separator="\n", ignore_nulls=True)
    town = (
        pl.when(has_letters.fill_null(False))
        .then(british)
        .when(region.str.contains(r"^[A-Z]{2}$").fill_null(False))
        .then(american)
        .otherwise(european)
    )
    first = pl.coalesce("street", cut)
    lines = pl.concat_str(first, "street_2", pl.when(town != "").then(town), separator="\n", ignore_nulls=True)
    tidy = lines.str.replace_all(r"[ \t]+", " ").str.replace_all(r"\s*\n\s*", "\n").str.strip_chars()
    return pl.when(tidy != "").then(tidy)


def to_truth(text: pl.Expr) -> pl.Expr:
    """Whether a cell says yes; false for anything else, null when empty."""
    return text.str.to_lowercase().is_in(_YES)


def to_email(text: pl.Series) -> pl.DataFrame:
    """E-mail addresses in small letters, checked; columns: text, email (null when it is none), reason."""
    seen = text.drop_nulls().unique()
    folded = seen.str.to_lowercase()
    is_plain = folded.str.contains(_EMAIL) & ~folded.str.contains(_SPECIAL_ENDS) & (folded.str.len_bytes() <= 254)
    local = folded.str.split("@").list.first()
    is_plain = is_plain & (local.str.len_bytes() <= 64)
    checked = {word: _check_email(word) for word in seen.filter(~is_plain)}
    odd = pl.DataFrame(
        {
            "text": list(checked),
            "email": [email for email, _ in checked.values()],
            "reason": [reason for _, reason in checked.values()],
        },
        schema={"text": pl.String, "email": pl.String, "reason": pl.String},
    )
    plain = pl.DataFrame({"text": seen.filter(is_plain), "email": folded.filter(is_plain)}).with_columns(
        reason=pl.lit(None, dtype=pl.String)
    )
    return pl.concat([plain, odd])


def _check_email(text: str) -> tuple[str | None, str | None]:
    found = _ADDRESS_IN.search(text)
    try:
        checked = validate_email(found[1] if found else text, check_deliverability=False)
    except EmailNotValidError as error:
        return None, str(error)
    return checked.normalized.lower(), None


def to_phone(frame: pl.DataFrame, phone: str, country: str) -> pl.Series:
    """Telephone numbers in international form where the country (alpha-2 column) or a + tells it; else as written."""
    pairs = frame.select(phone, country).unique().drop_nulls(phone)
    told = [_international(text, region) for text, region in pairs.iter_rows()]
    table = pairs.with_columns(pl.Series("told", told, dtype=pl.String))
    return frame.select(phone, country).join(
        table, on=[phone, country], how="left", nulls_equal=True, maintain_order="left"
    )["told"]


def _international(text: str, region: str | None) -> str:
    if _IS_INTERNATIONAL.match(text) or (region is None and not text.startswith("+")):
        return text
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return text
    if not phonenumbers.is_possible_number(number):
        return text
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
