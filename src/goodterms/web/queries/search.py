"""Search everywhere: customers by name, number, e-mail or telephone; invoices by number or amount. Indexes only."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Literal

from django.db.models import Q, QuerySet
from django.db.models.functions import Lower

from goodterms.ledger.models import Contact, Customer, Invoice
from goodterms.ledger.search_keys import PHONE_KEY_DIGITS, NumberKey, PhoneKey, number_key, phone_digits
from goodterms.web.access import Visit
from goodterms.web.queries.balances import open_currencies, open_items
from goodterms.web.typed_amounts import minor_of, readings_of

FOUND_SHOWN = 30
SHORTEST_PART = 3
AFTER_ALL = "\U0010ffff"
"""Sorts behind every sign that a number or an address holds."""

_IS_CODE = re.compile(r"[\d@]")
_ADDRESS_PART = re.compile(r"@|[a-z]\.|\.[a-z]")

CustomerHow = Literal["name", "number", "email", "phone"]
InvoiceHow = Literal["number", "open_amount", "amount"]


@dataclass(frozen=True)
class CustomerFound:
    """A customer, and by what it was found: ``value`` is the address or telephone."""

    customer: Customer
    how: CustomerHow
    value: str = ""


@dataclass(frozen=True)
class InvoiceFound:
    """An invoice with its customer, and by what it was found."""

    invoice: Invoice
    how: InvoiceHow


@dataclass(frozen=True)
class Found:
    """What fits the words, at most FOUND_SHOWN of each."""

    customers: list[CustomerFound]
    invoices: list[InvoiceFound]

    def only_customer(self) -> int | None:
        """The customer whom everything found is about, if it is one."""
        ids = {found.customer.pk for found in self.customers} | {found.invoice.customer_id for found in self.invoices}
        return ids.pop() if len(ids) == 1 else None


def search_everywhere(visit: Visit, words: str) -> Found:
    """Everything this person may see that fits ``words``; each way of looking asks an index and stops early.

    Names alone are read one after the other: not where a number or an address was found already.
    """
    if not words:
        return Found([], [])
    contacts: dict[int, tuple[CustomerHow, str]] = {}
    for customer_id, value in _emails(visit, words):
        contacts.setdefault(customer_id, ("email", value))
    for customer_id, value in _phones(visit, words):
        contacts.setdefault(customer_id, ("phone", value))
    numbered = set(_numbered(visit, words))
    invoices = _invoices(visit, words)
    is_found = bool(numbered or contacts or any(found.how == "number" for found in invoices))
    named = [] if is_found and _IS_CODE.search(words) else _named(visit, words)
    order = list(dict.fromkeys([*numbered, *contacts, *named]))[:FOUND_SHOWN]
    whole = visit.customers().select_related("profile").in_bulk(order)
    customers = [_customer_found(whole[pk], numbered, contacts) for pk in order if pk in whole]
    return Found(customers, invoices)


def _customer_found(
    customer: Customer, numbered: set[int], contacts: dict[int, tuple[CustomerHow, str]]
) -> CustomerFound:
    how, value = contacts.get(customer.pk, ("name", ""))
    return CustomerFound(customer, "number" if customer.pk in numbered else how, value)


def _named(visit: Visit, words: str) -> list[int]:
    """Customers with these words in their name, from the index of names."""
    named = visit.customers().filter(name__icontains=words).order_by("name", "pk")
    return list(named.values_list("pk", flat=True)[:FOUND_SHOWN])


def _numbered(visit: Visit, words: str) -> list[int]:
    spelled = {words, words.upper(), words.lower()}
    return list(visit.customers().filter(number__in=spelled).values_list("pk", flat=True)[:FOUND_SHOWN])


def _emails(visit: Visit, words: str) -> Iterable[tuple[int, str]]:
    """By the beginning of the address; by any part of it only where nothing begins so."""
    part = words.lower()
    if len(part) < SHORTEST_PART or " " in part:
        return []
    contacts = visit.limit(Contact.objects.filter(organisation=visit.organisation)).annotate(key=Lower("email"))
    begins = contacts.filter(key__gte=part, key__lt=part + AFTER_ALL).order_by("key", "pk")
    found = list(begins.values_list("customer_id", "email")[:FOUND_SHOWN])
    if found or not _ADDRESS_PART.search(part):
        return found
    return list(contacts.filter(email__icontains=part).values_list("customer_id", "email")[:FOUND_SHOWN])


def _phones(visit: Visit, words: str) -> Iterable[tuple[int, str]]:
    """By the last seven digits, which the index holds; then by all digits but the prefix of country or town."""
    digits = phone_digits(words)
    if len(digits) < PHONE_KEY_DIGITS:
        return []
    contacts = visit.limit(Contact.objects.filter(organisation=visit.organisation))
    key = digits[-PHONE_KEY_DIGITS:]
    found = []
    for name in ("phone", "mobile"):
        known = contacts.filter(~Q(**{name: ""})).annotate(key=PhoneKey(name))
        rows = known.filter(key=key).values_list("customer_id", name)
        found += [(customer_id, value) for customer_id, value in rows[:FOUND_SHOWN] if _is_same(value, digits)]
    return found


def _is_same(number: str, digits: str) -> bool:
    """Whether a number on file ends in the digits typed, without their leading zero or prefix."""
    known, asked = phone_digits(number).lstrip("0"), digits.lstrip("0")
    return known.endswith(asked) or asked.endswith(known)


def _invoices(visit: Visit, words: str) -> list[InvoiceFound]:
    """The ids first, by narrow rows of an index; only those shown are read whole."""
    found: dict[int, InvoiceHow] = {}
    for how, invoices in _ways(visit, words):
        for pk in invoices.values_list("pk", flat=True)[:FOUND_SHOWN]:
            found.setdefault(pk, how)
    shown = list(found)[:FOUND_SHOWN]
    whole = Invoice.objects.select_related("customer").in_bulk(shown)
    return [InvoiceFound(whole[pk], found[pk]) for pk in shown if pk in whole]


def _ways(visit: Visit, words: str) -> Iterable[tuple[InvoiceHow, "QuerySet[Invoice]"]]:
    key = number_key(words)
    if len(key) >= SHORTEST_PART or key.isdecimal():
        invoices = visit.limit(Invoice.objects.filter(organisation=visit.organisation))
        numbered = invoices.annotate(key=NumberKey("number"))
        yield "number", numbered.filter(key=key).order_by("-pk")
        if len(key) >= SHORTEST_PART:
            longer = numbered.filter(key__gt=key, key__lt=key + AFTER_ALL, key__startswith=key)
            yield "number", longer.order_by("key", "pk")
    readings = readings_of(words)
    if not readings:
        return
    currencies = open_currencies(visit.organisation)
    for how, column in (("open_amount", "open_amount_minor"), ("amount", "amount_minor")):
        condition = _of_amount(readings, currencies, column)
        if condition is not None:
            yield how, visit.limit(open_items(visit.organisation)).filter(condition)  # type: ignore[misc]


def _of_amount(readings: list[Decimal], currencies: list[str], column: str) -> Q | None:
    """Items of this amount in any of the currencies, or credit notes of it; None where it can be none."""
    same: dict[tuple[int, ...], list[str]] = {}
    for currency in currencies:
        minors = [minor for value in readings if (minor := minor_of(value, currency)) is not None]
        if minors:
            same.setdefault((*minors, *(-minor for minor in minors)), []).append(currency)
    conditions = [Q(currency__in=own, **{f"{column}__in": minors}) for minors, own in same.items()]
    return reduce(or_, conditions) if conditions else None
