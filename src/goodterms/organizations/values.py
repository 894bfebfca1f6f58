"""What an organisation's own particulars may be: each value checked and brought into its usual form."""

import re
from collections.abc import Callable, Mapping
from zoneinfo import available_timezones

import phonenumbers
from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.numbers import get_territory_currencies
from email_validator import EmailNotValidError, validate_email
from stdnum import bic, iban
from stdnum.exceptions import ValidationError

from goodterms.core.money import CURRENCIES
from goodterms.core.refusal import Refusal

# Countries with several zones of which one is everyone's first thought.
MAIN_ZONES = {
    "CL": "America/Santiago",
    "CN": "Asia/Shanghai",
    "CY": "Asia/Nicosia",
    "DE": "Europe/Berlin",
    "ES": "Europe/Madrid",
    "MY": "Asia/Kuala_Lumpur",
    "NZ": "Pacific/Auckland",
    "PT": "Europe/Lisbon",
    "UA": "Europe/Kyiv",
}
LARGEST_LOGO_BYTES = 512 * 1024
LETTER_LAYOUTS = ("din5008b", "uk_dl", "us10")
_COLOR = re.compile(r"#[0-9a-f]{6}")
LOGO_TYPES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}


class UnusableValue(Refusal):
    """A value of an organisation's particulars cannot be used."""


def checked(values: Mapping[str, str]) -> dict[str, str]:
    """The values (by field name) in their usual form; an empty one clears its field where that is allowed.

    Raises UnusableValue, with what is wrong and an example, at the first that cannot be used.
    """
    return {name: _checked(name, value.strip(), values) for name, value in values.items()}


def _checked(name: str, value: str, others: Mapping[str, str]) -> str:
    if not value:
        if name in REQUIRED:
            raise UnusableValue(f"The organisation's {name} cannot be empty.")
        return ""
    if name == "sender_phone":
        return check_phone(value, others.get("country", ""))
    return CHECKS[name](value) if name in CHECKS else value


def check_country(value: str) -> str:
    """A country as its two letters (ISO 3166-1); a common other name for it (UK) is understood."""
    code = value.upper()
    code = next(iter(get_global("territory_aliases").get(code, [])), code)
    if code not in _countries():
        raise UnusableValue(f"{value!r} is not a country code; use two letters such as IE, DE or US.")
    return code


def check_language(value: str) -> str:
    """A language as its letters (ISO 639-1): en, de."""
    try:
        return str(Locale.parse(value.replace("_", "-"), sep="-").language)
    except (UnknownLocaleError, ValueError):
        raise UnusableValue(f"{value!r} is not a language code; use one such as en or de.") from None


def check_timezone(value: str) -> str:
    """An IANA time zone name."""
    if value not in available_timezones():
        raise UnusableValue(f"{value!r} is not a time zone; use a name such as Europe/London or America/New_York.")
    return value


def check_currency(value: str) -> str:
    """An ISO 4217 code."""
    if value.upper() not in CURRENCIES:
        raise UnusableValue(f"{value!r} is not a currency code; use three letters such as EUR, GBP or USD.")
    return value.upper()


def check_iban(value: str) -> str:
    """An account number with right length and check digits."""
    try:
        return str(iban.validate(value))
    except ValidationError as error:
        raise UnusableValue(
            f"{value!r} is not a valid IBAN ({_reason(error)}); copy it from a bank statement, "
            "in the form GB33 BUKB 2020 1555 5555 55."
        ) from None


def check_bic(value: str) -> str:
    """A bank's identifier (ISO 9362)."""
    try:
        return str(bic.validate(value))
    except ValidationError as error:
        raise UnusableValue(f"{value!r} is not a valid BIC ({_reason(error)}); it has 8 or 11 characters.") from None


def check_email(value: str) -> str:
    """An e-mail address, by its form alone."""
    try:
        return validate_email(value, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError as error:
        raise UnusableValue(f"{value!r} is not an e-mail address: {error}") from None


def check_link(value: str) -> str:
    """A web address."""
    if not value.startswith(("https://", "http://")) or " " in value:
        raise UnusableValue(f"{value!r} is not a web address; it begins with https://.")
    return value


def check_color(value: str) -> str:
    """A colour as #rrggbb."""
    color = value.lower() if value.startswith("#") else f"#{value.lower()}"
    if not _COLOR.fullmatch(color):
        raise UnusableValue(f"{value!r} is not a colour; write it as # and six digits or letters a to f: #1f3a5f.")
    return color


def check_letter_layout(value: str) -> str:
    """A letter layout that exists."""
    if value not in LETTER_LAYOUTS:
        raise UnusableValue(f"{value!r} is not a letter layout; there are {', '.join(LETTER_LAYOUTS)}.")
    return value


def check_phone(value: str, country: str) -> str:
    """A telephone number of a possible length; it is kept as written."""
    try:
        number = phonenumbers.parse(value, country or None)
    except phonenumbers.NumberParseException:
        raise UnusableValue(f"{value!r} is not a telephone number; write it as +44 1632 960000.") from None
    if not phonenumbers.is_possible_number(number):
        raise UnusableValue(f"{value!r} is too short or too long for a telephone number.")
    return value


def check_logo(content: bytes) -> str:
    """The media type of a logo that mail programs show."""
    if len(content) > LARGEST_LOGO_BYTES:
        raise UnusableValue(f"The logo has {len(content) // 1024} KB; make it smaller than 512 KB.")
    for beginning, kind in LOGO_TYPES.items():
        if content.startswith(beginning):
            return kind
    raise UnusableValue("The logo is not a PNG, JPEG or GIF picture; mail programs show only those.")


def of_country(country: str) -> dict[str, str]:
    """The language, time zone and currency that follow from a country; what is not clear is left out."""
    known = {"currency": next(iter(get_territory_currencies(country)), ""), "timezone": _main_zone(country)}
    locale = Locale.parse(f"und_{country}") if country in _countries() else None
    known["language"] = locale.language if locale else ""
    return {name: value for name, value in known.items() if value}


def _main_zone(country: str) -> str:
    zones = [zone for zone, place in get_global("zone_territories").items() if place == country]
    return MAIN_ZONES.get(country, zones[0] if len(zones) == 1 else "")


def _countries() -> frozenset[str]:
    return frozenset(get_global("territory_currencies")) - {"EU"}


def _reason(error: ValidationError) -> str:
    return str(error).rstrip(".")


REQUIRED = frozenset({"name", "country", "language", "timezone", "currency"})
CHECKS: dict[str, Callable[[str], str]] = {
    "country": check_country,
    "language": check_language,
    "timezone": check_timezone,
    "currency": check_currency,
    "iban": check_iban,
    "bic": check_bic,
    "sender_email": check_email,
    "inbox_address": check_email,
    "agency_email": check_email,
    "brand_color": check_color,
    "letter_layout": check_letter_layout,
    "website": check_link,
    "payment_link": check_link,
}
