"""Amounts and shares named in a text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from goodterms.core.money import CURRENCIES, minor_digits

_SIGNS = {"€": "EUR", "£": "GBP", "$": "USD", "euro": "EUR", "euros": "EUR", "pounds": "GBP", "pound": "GBP"} | {
    "quid": "GBP",
    "dollars": "USD",
    "franken": "CHF",
    "sfr": "CHF",
    "fr": "CHF",
}
_NUMBER = r"\d{1,3}(?:[.,' ]\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d{1,2})?(?:,-|\.-)?"
_WORD = r"[€£$]|\b(?:[A-Z]{3}|[Ee]uros?|EURO|pounds?|quid|dollars|Franken|franken|[Ss]Fr|Fr|eur|gbp|usd|chf)\b"
_AMOUNT = re.compile(
    rf"(?P<before>{_WORD})\.?\s?(?P<n1>{_NUMBER})(?![\d%])|(?<![\d.,])(?P<n2>{_NUMBER})\s?(?P<after>{_WORD})"
)
HIGHEST = 10**13


@dataclass(frozen=True, slots=True)
class FoundAmount:
    """An amount with its currency, in minor units, and where it stands."""

    start: int
    end: int
    amount_minor: int
    currency: str


def find_amounts(text: str) -> Iterator[FoundAmount]:
    """Every amount with a currency sign, code or word beside it; a bare number is none."""
    for match in _AMOUNT.finditer(text):
        word = match["before"] or match["after"]
        currency = _SIGNS.get(word.lower(), word.upper())
        if currency not in CURRENCIES:
            continue
        minor = _minor(match["n1"] or match["n2"], minor_digits(currency))
        if 0 < minor < HIGHEST:
            yield FoundAmount(match.start(), match.end(), minor, currency)


def _minor(written: str, digits: int) -> int:
    """The number in minor units; of two kinds of sign the last is the decimal one, three digits behind one are none."""
    plain = written.replace(" ", "").replace("'", "").removesuffix(",-").removesuffix(".-")
    last = max(plain.rfind("."), plain.rfind(","))
    behind = len(plain) - last - 1
    if last < 0 or behind == 3:
        return int(re.sub(r"[.,]", "", plain) + "0" * digits)
    whole, part = re.sub(r"[.,]", "", plain[:last]), plain[last + 1 :]
    return int(whole + part.ljust(digits, "0")[:digits])
