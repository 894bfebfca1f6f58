"""Telephone numbers: which of them are mobile, and in the international form (E.164) that texts are sent to."""

import re
from functools import lru_cache
from typing import NamedTuple

import phonenumbers

_KEPT = re.compile(r"[^0-9+]")


class _Plan(NamedTuple):
    """A country's numbering, as far as mobile numbers go."""

    code: str
    prefix: str
    mobile: re.Pattern[str]
    fixed: re.Pattern[str]


def mobile_number(written: str, country: str) -> str:
    """The number in international form where it is certainly a mobile one in that country's numbering, else empty.

    In countries where mobile and fixed numbers look alike (the United States), none is certain. A number with
    another country's code is looked up there. Numbering plans: Google's libphonenumber.
    """
    digits = _KEPT.sub("", written.replace("(0)", "") if "+" in written or written.startswith("00") else written)
    plan = _plan(country)
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    if plan is None or (digits.startswith("+") and not digits.startswith(f"+{plan.code}")):
        return _look_up(digits)
    national = digits.removeprefix(f"+{plan.code}") if digits.startswith("+") else digits.removeprefix(plan.prefix)
    is_mobile = plan.mobile.fullmatch(national) and not plan.fixed.fullmatch(national)
    return f"+{plan.code}{national}" if is_mobile else ""


def e164(written: str, country: str) -> str:
    """The number in international form, of whatever kind it is; empty where it cannot be one in that country."""
    try:
        number = phonenumbers.parse(written, country.upper() or None)
    except phonenumbers.NumberParseException:
        return ""
    is_possible = phonenumbers.is_possible_number(number)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if is_possible else ""


@lru_cache(maxsize=300)
def _plan(country: str) -> _Plan | None:
    """The plan, compiled once: looking each number up in full takes forty times as long, too long for an import."""
    known = phonenumbers.PhoneMetadata.metadata_for_region(country.upper() or "ZZ")
    if known is None or not (known.mobile and known.mobile.national_number_pattern):
        return None
    fixed = known.fixed_line.national_number_pattern if known.fixed_line else ""
    return _Plan(
        str(known.country_code),
        known.national_prefix or "",
        re.compile(known.mobile.national_number_pattern),
        re.compile(fixed or r"(?!)"),
    )


def _look_up(digits: str) -> str:
    try:
        number = phonenumbers.parse(digits, None)
    except phonenumbers.NumberParseException:
        return ""
    is_mobile = phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if is_mobile else ""
