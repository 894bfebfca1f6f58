"""Amounts as somebody types them into a search or a filter: 1.234,56 and 1234.56 are the same."""

import re
from decimal import Decimal

from goodterms.core.money import minor_digits

_DIGITS = re.compile(r"\d[\d.,]*|[.,]\d+")
_LEFT_OUT = re.compile(r"[\s'\u2019]|[€£$¥]|\b[A-Za-z]{3}\b")
_GROUP = 3


def readings_of(words: str) -> list[Decimal]:
    """What the words can mean as an amount, the likeliest first; nothing where they are none.

    One separator before exactly three digits may part thousands or decimals: 1,234 is read both ways.
    """
    text = _LEFT_OUT.sub("", words)
    if not _DIGITS.fullmatch(text):
        return []
    marks = [sign for sign in text if sign in ".,"]
    if not marks:
        return [Decimal(text)]
    last = marks[-1]
    whole, _, rest = text.rpartition(last)
    as_thousands = Decimal(re.sub("[.,]", "", text))
    if marks.count(last) > 1:
        return [as_thousands]
    as_decimals = Decimal(f"{re.sub('[.,]', '', whole) or '0'}.{rest or '0'}")
    if len(set(marks)) == 1 and len(rest) == _GROUP and whole:
        return [as_thousands, as_decimals]
    return [as_decimals]


def minor_of(value: Decimal, currency: str) -> int | None:
    """The amount in the currency's smallest unit; None where it has more decimals than the currency."""
    minor = value.scaleb(minor_digits(currency))
    return int(minor) if minor == minor.to_integral_value() and abs(minor) < 10**15 else None
