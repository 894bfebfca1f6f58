"""What a message is made of: plain facts, one line of clean text each, and the sums that follow from them."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from functools import cached_property, lru_cache

from goodterms.core.money import Money
from goodterms.messages.message import Attachment, Image

# Values that exports write where there is none.
_EMPTY_WORDS = frozenset({"none", "null", "nan", "n/a", "undefined"})


@lru_cache(maxsize=50_000)
def tidy(text: str) -> str:
    """One clean line: no control, direction or private-use characters, single spaces, no comma at its end.

    A word for "nothing", or signs without any letter or digit, is the empty text.
    """
    if not (text.isprintable() and "  " not in text and text == text.strip()):
        kept = (" " if character.isspace() else character for character in text)
        text = " ".join("".join(c for c in kept if unicodedata.category(c)[0] != "C").split())
    text = text.strip(" ,;:")
    is_nothing = text.lower() in _EMPTY_WORDS or not any(character.isalnum() for character in text)
    return "" if is_nothing else text


class _Tidy:
    """Facts whose texts are tidied when they are made, so that no value can break a layout or pose as one."""

    __slots__ = ()

    def __post_init__(self) -> None:
        for part in fields(self):  # type: ignore[arg-type]  # only dataclasses inherit from this
            value = getattr(self, part.name)
            if isinstance(value, str):
                object.__setattr__(self, part.name, tidy(value))
            elif isinstance(value, tuple):
                object.__setattr__(self, part.name, tuple(line for line in map(tidy, value) if line))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender(_Tidy):
    """The organisation as it presents itself."""

    name: str
    email: str
    phone: str = ""
    website: str = ""
    address: tuple[str, ...] = ()
    country: str = ""
    logo: Image | None = None
    brand_color: str = ""
    letter_layout: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker(_Tidy):
    """Who says it and receives the answer: a person, or the organisation itself (``is_person`` false)."""

    name: str
    email: str
    phone: str = ""
    is_person: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient(_Tidy):
    """The contact the message goes to; ``role`` as in ledger.Contact, ``postal`` are the lines on an envelope."""

    email: str
    name: str = ""
    role: str = "other"
    phone: str = ""
    postal: tuple[str, ...] = ()
    country: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Debtor(_Tidy):
    """The customer."""

    number: str
    name: str
    terms_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Item(_Tidy):
    """An open invoice or credit note. ``open`` is the live open amount, negative for a credit note.

    ``held`` is the part of it that is not asked for now: disputed, or on hold. ``days_overdue`` is negative before
    the due date, on the customer's own day.
    """

    number: str
    issue_date: date
    due_date: date | None
    amount: Money
    open: Money
    held: Money
    days_overdue: int = 0
    purchase_order: str = ""
    is_fee: bool = False

    @property
    def asked(self) -> Money:
        return self.open - self.held

    @property
    def is_part_paid(self) -> bool:
        return self.open != self.amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment(_Tidy):
    """How to pay. ``iban`` is compact; ``note`` is free text by line."""

    account_holder: str = ""
    iban: str = ""
    bic: str = ""
    bank: str = ""
    link: str = ""
    note: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ItemInterest:
    """Statutory interest and fixed compensation on one item."""

    number: str
    interest: Money
    compensation: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Interest:
    """What the law gives for late payment up to ``until``; claimed now, or only announced.

    ``annual_percent`` is the present rate, None where it differs from invoice to invoice.
    """

    law: str
    legal_basis: str
    annual_percent: Decimal | None
    until: date
    items: tuple[ItemInterest, ...]
    is_claimed: bool

    def sum_interest(self, currency: str) -> Money:
        return _sum(currency, (item.interest for item in self.items))

    def sum_compensation(self, currency: str) -> Money:
        return _sum(currency, (item.compensation for item in self.items))

    @property
    def currencies(self) -> list[str]:
        return [amount.currency for item in self.items for amount in (item.interest, item.compensation) if amount]


@dataclass(frozen=True, kw_only=True)
class Statement:
    """What is asked for in one currency; currencies are never added to each other."""

    currency: str
    items: tuple[Item, ...] = ()
    credits: tuple[Item, ...] = ()
    cash: Money
    interest: Money
    compensation: Money

    @cached_property
    def subtotal(self) -> Money:
        """The listed invoices' open amounts."""
        return _sum(self.currency, (item.open for item in self.items))

    @cached_property
    def held(self) -> Money:
        return _sum(self.currency, (item.held for item in self.items))

    @cached_property
    def principal(self) -> Money:
        """Open invoices less what is held back, credit notes and cash on account."""
        credit = _sum(self.currency, (item.open for item in self.credits))
        return self.subtotal - self.held + credit - self.cash

    @cached_property
    def total(self) -> Money:
        return self.principal + self.interest + self.compensation

    @cached_property
    def asked_items(self) -> tuple[Item, ...]:
        return tuple(item for item in self.items if item.asked.amount_minor > 0)


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Everything a message may say, as the ledger had it at one moment.

    ``items`` are the invoices the message is about (overdue ones, and those the step looks ahead to); ``later`` are
    the others, not yet due. ``today`` is the customer's own date. ``copies`` are invoices as they were sent, for
    letters to enclose.
    """

    today: date
    sender: Sender
    speaker: Speaker
    recipient: Recipient
    customer: Debtor
    items: tuple[Item, ...] = ()
    credits: tuple[Item, ...] = ()
    cash: tuple[Money, ...] = ()
    later: tuple[Item, ...] = ()
    deadline: date | None = None
    promised: tuple[Money, date] | None = None
    payment: Payment | None = None
    interest: Interest | None = None
    home_currency: str = "EUR"
    copies: tuple[Attachment, ...] = ()

    @cached_property
    def statements(self) -> tuple[Statement, ...]:
        """One per currency in which something is asked for, the organisation's own first."""
        currencies = {item.open.currency for item in self.items}
        if self.interest and self.interest.is_claimed:
            currencies.update(self.interest.currencies)
        ordered = sorted(currencies, key=lambda code: (code != self.home_currency, code))
        found = (self._state(currency) for currency in ordered)
        return tuple(statement for statement in found if statement.total.amount_minor > 0)

    def _state(self, currency: str) -> Statement:
        claim = self.interest if self.interest and self.interest.is_claimed else None
        zero = Money.zero(currency)
        return Statement(
            currency=currency,
            items=_in_currency(self.items, currency),
            credits=_in_currency(self.credits, currency),
            cash=_sum(currency, self.cash),
            interest=claim.sum_interest(currency) if claim else zero,
            compensation=claim.sum_compensation(currency) if claim else zero,
        )

    @cached_property
    def asked_items(self) -> tuple[Item, ...]:
        """The invoices of all statements that are asked for, oldest first."""
        asked = (item for statement in self.statements for item in statement.asked_items)
        return tuple(sorted(asked, key=lambda item: (item.due_date or date.max, -item.open.amount_minor, item.number)))


def _in_currency(items: tuple[Item, ...], currency: str) -> tuple[Item, ...]:
    return tuple(item for item in items if item.open.currency == currency)


def _sum(currency: str, amounts: Iterable[Money]) -> Money:
    total = 0
    for amount in amounts:
        if amount.currency == currency:
            total += amount.amount_minor
    return Money(total, currency)
