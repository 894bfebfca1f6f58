"""Money as integer minor units with an ISO 4217 currency, and the one place that rounds."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Self, TypedDict

# Minor-unit exponents as in ISO 4217 list one. CLDR, and so Babel, gives display digits instead:
# it shows the Iraqi dinar with 0 digits where ISO 4217 has 3.
_NO_DIGITS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_TWO_DIGITS = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF "
    "CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL "
    "HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU "
    "MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR "
    "SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED "
    "VES WST XCD XCG YER ZAR ZMW ZWG"
)
_THREE_DIGITS = "BHD IQD JOD KWD LYD OMR TND"
_FOUR_DIGITS = "CLF UYW"
# Withdrawn since 2012, still met in a ledger's history (ISO 4217 list three).
_WITHDRAWN_NO_DIGITS = "BYR"
_WITHDRAWN_TWO_DIGITS = "ANG BGN CUC HRK LTL LVL MRO SLL STD VEF ZMK ZWL"

_MINOR_DIGITS = {
    code: digits
    for digits, codes in (
        (0, f"{_NO_DIGITS} {_WITHDRAWN_NO_DIGITS}"),
        (2, f"{_TWO_DIGITS} {_WITHDRAWN_TWO_DIGITS}"),
        (3, _THREE_DIGITS),
        (4, _FOUR_DIGITS),
    )
    for code in codes.split()
}
CURRENCIES = frozenset(_MINOR_DIGITS)


class CurrencyMismatch(ValueError):
    """Two amounts in different currencies were to be added, subtracted or compared."""

    def __init__(self, left: str, right: str) -> None:
        super().__init__(f"{left} and {right} cannot be combined without a rate and a date; keep one sum per currency.")


class UnknownCurrency(ValueError):
    """A currency code is not in ISO 4217."""

    def __init__(self, code: str) -> None:
        super().__init__(f"{code!r} is not an ISO 4217 currency code; use three capital letters such as EUR.")
        self.code = code


class Rounding(Enum):
    """How a fraction of a minor unit is rounded; HALF_UP rounds a half away from zero, as invoices do."""

    HALF_UP = "half-up"
    HALF_EVEN = "half-even"
    DOWN = "towards zero"


class MoneyJson(TypedDict):
    """The JSON contract of an amount."""

    amount_minor: int
    currency: str


def minor_digits(currency: str) -> int:
    """Number of decimal digits of the currency's minor unit (ISO 4217): EUR 2, JPY 0, KWD 3, CLF 4."""
    try:
        return _MINOR_DIGITS[currency]
    except KeyError:
        raise UnknownCurrency(currency) from None


def round_fraction(value: Fraction, rounding: Rounding = Rounding.HALF_UP) -> int:
    """Round an exact value to a whole number."""
    if rounding is Rounding.HALF_EVEN:
        return round(value)
    sign = -1 if value < 0 else 1
    numerator, denominator = abs(value.numerator), value.denominator
    if rounding is Rounding.DOWN:
        return sign * (numerator // denominator)
    return sign * ((2 * numerator + denominator) // (2 * denominator))


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount: `amount_minor` whole minor units (cents, pence, yen) of an ISO 4217 `currency`."""

    amount_minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.amount_minor) is not int:
            raise TypeError(f"amount_minor is a whole number of minor units, not {self.amount_minor!r}.")
        minor_digits(self.currency)

    @classmethod
    def zero(cls, currency: str) -> Self:
        return cls(0, currency)

    @classmethod
    def from_json(cls, value: MoneyJson) -> Self:
        return cls(value["amount_minor"], value["currency"])

    def to_json(self) -> MoneyJson:
        return {"amount_minor": self.amount_minor, "currency": self.currency}

    def to_decimal(self) -> Decimal:
        """The amount in major units with the currency's digits, exact at any size: 12345 EUR is 123.45."""
        sign, digits, _ = Decimal(self.amount_minor).as_tuple()
        return Decimal((sign, digits, -minor_digits(self.currency)))

    def to_text(self) -> str:
        """The amount as our own records write it, in every language alike: 1,234.50 EUR."""
        return f"{self.to_decimal():,} {self.currency}"

    def __add__(self, other: Money) -> Money:
        return Money(self.amount_minor + self._in_same_currency(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount_minor - self._in_same_currency(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount_minor, self.currency)

    def __bool__(self) -> bool:
        return self.amount_minor != 0

    def __lt__(self, other: Money) -> bool:
        return self.amount_minor < self._in_same_currency(other)

    def __le__(self, other: Money) -> bool:
        return self.amount_minor <= self._in_same_currency(other)

    def __gt__(self, other: Money) -> bool:
        return self.amount_minor > self._in_same_currency(other)

    def __ge__(self, other: Money) -> bool:
        return self.amount_minor >= self._in_same_currency(other)

    def __mul__(self, factor: Fraction | Decimal | int) -> Money:
        return self.multiply(factor)

    __rmul__ = __mul__

    def multiply(self, factor: Fraction | Decimal | int, rounding: Rounding = Rounding.HALF_UP) -> Money:
        """The product, computed exactly and rounded once to the minor unit. A float factor is refused."""
        if not isinstance(factor, Fraction | Decimal | int):
            raise TypeError(f"Money is multiplied by Fraction, Decimal or int, not by {factor!r}.")
        return Money(round_fraction(self.amount_minor * Fraction(factor), rounding), self.currency)

    def split(self, parts: int) -> tuple[Money, ...]:
        """Divide into equal parts; the last one carries the remainder, so that the parts add up exactly.

        The equal parts are rounded towards zero: no part changes the sign, and the last is at most
        `parts` - 1 minor units larger than the others. Raises ValueError when `parts` is below 1.
        """
        if parts < 1:
            raise ValueError(f"An amount is split into at least one part, not {parts}.")
        equal = self.multiply(Fraction(1, parts), Rounding.DOWN)
        return (equal,) * (parts - 1) + (self - equal * (parts - 1),)

    def _in_same_currency(self, other: Money) -> int:
        if not isinstance(other, Money):
            raise TypeError(f"Money is combined and compared with Money only, not with {other!r}.")
        if other.currency != self.currency:
            raise CurrencyMismatch(self.currency, other.currency)
        return other.amount_minor
