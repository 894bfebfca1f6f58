"""Facts as the names a template may use: a mapping of texts and numbers, and nothing that could be called."""

from collections.abc import Mapping
from typing import Any

from goodterms.core.money import Money
from goodterms.messages.facts import Facts, Interest, Item
from goodterms.messages.languages import Language
from goodterms.messages.payment import is_payable
from goodterms.messages.templates import BLOCK_END, BLOCK_START

TABLE_BLOCK, PAYMENT_BLOCK, INTEREST_BLOCK, ANSWERS_BLOCK = "table", "payment", "interest", "answers_"


def describe_facts(facts: Facts, language: Language) -> dict[str, Any]:
    """The context of a template. A fact that is not there has no name, so printing it is an error.

    Numbers: ``invoice_count``, ``currency_count``, ``days_overdue`` (of the oldest invoice), ``later.count``.
    ``due_state`` is ``now``, ``ahead`` or ``mixed``. ``total`` is everything asked for, one amount per currency side
    by side. ``invoice_table``, ``payment_details``, ``interest_table`` and ``answers.<question>`` stand for blocks
    that the layout sets.
    """
    context: dict[str, Any] = {
        "greeting": greet(facts, language),
        "today": language.date(facts.today),
        "organisation": _given(
            name=facts.sender.name, phone=_unbroken(facts.sender.phone), website=facts.sender.website
        ),
        "speaker": _given(name=facts.speaker.name, email=facts.speaker.email, phone=_unbroken(facts.speaker.phone)),
        "is_person": facts.speaker.is_person,
        "recipient": _given(name=facts.recipient.name),
        "customer": _given(
            name=facts.customer.name, number=facts.customer.number, terms_days=facts.customer.terms_days
        ),
        "has_payment_details": is_payable(facts.payment),
        "invoice_table": _block(TABLE_BLOCK),
        "payment_details": _block(PAYMENT_BLOCK),
        "answers": {question: _block(ANSWERS_BLOCK + question) for question in language.answers},
        **_describe_debt(facts, language),
    }
    if facts.deadline:
        context["deadline"] = language.date(facts.deadline, "full")
    if facts.promised:
        amount, by = facts.promised
        context["promise"] = _given(amount=language.amount(amount), date=language.date(by))
    if facts.interest:
        context["interest"] = _describe_interest(facts.interest, language)
        context["interest_table"] = _block(INTEREST_BLOCK)
    if facts.later:
        context["later"] = _describe_later(facts.later, language)
    return context


def greet(facts: Facts, language: Language) -> str:
    """The greeting by name, or one that fits a team or an unknown reader."""
    if facts.recipient.name:
        return language.labels["greeting"].format(name=facts.recipient.name)
    is_team = facts.recipient.role == "accounts_payable"
    return language.labels["greeting_team" if is_team else "greeting_nobody"]


def _describe_debt(facts: Facts, language: Language) -> dict[str, Any]:
    items = facts.asked_items
    statements = facts.statements
    described: dict[str, Any] = {
        "invoice_count": len(items),
        "currency_count": len(statements),
        "due_state": _due_state(items),
        "has_overdue": any(item.days_overdue > 0 for item in items),
        "has_credits": any(statement.credits or statement.cash for statement in statements),
        "has_held": any(statement.held for statement in statements),
        "has_part_paid": any(item.is_part_paid for item in items),
    }
    if statements:
        described["total"] = language.amounts([statement.total for statement in statements])
        described["principal"] = language.amounts([statement.principal for statement in statements if statement.items])
    if items:
        described["oldest"] = _describe_item(items[0], language)
        described["days_overdue"] = items[0].days_overdue
    return described


def _due_state(items: tuple[Item, ...]) -> str:
    """``now``: all are due; ``ahead``: none is yet; ``mixed``."""
    states = {item.days_overdue >= 0 for item in items}
    return "mixed" if len(states) > 1 else "ahead" if states == {False} else "now"


def _describe_item(item: Item, language: Language) -> dict[str, Any]:
    return _given(
        number=item.number,
        issued=language.date(item.issue_date),
        due=language.date(item.due_date) if item.due_date else None,
        open=language.amount(item.asked),
        order=item.purchase_order,
    )


def _describe_later(items: tuple[Item, ...], language: Language) -> dict[str, Any]:
    days = [item.due_date for item in items if item.due_date]
    return _given(
        count=len(items),
        total=language.amounts(sum_by_currency(items)),
        next_due=language.date(min(days)) if days else None,
    )


def sum_by_currency(items: tuple[Item, ...]) -> list[Money]:
    """Open amounts per currency, in the order of the codes."""
    sums: dict[str, Money] = {}
    for item in items:
        currency = item.open.currency
        sums[currency] = sums.get(currency, Money.zero(currency)) + item.open
    return [sums[currency] for currency in sorted(sums)]


def _describe_interest(interest: Interest, language: Language) -> dict[str, Any]:
    currencies = sorted(set(interest.currencies))
    sums = [interest.sum_interest(currency) for currency in currencies]
    fixed = [interest.sum_compensation(currency) for currency in currencies]
    both = [earned + lump for earned, lump in zip(sums, fixed, strict=True)]
    return _given(
        law=interest.law,
        legal_basis=interest.legal_basis,
        percent=language.percent(interest.annual_percent) if interest.annual_percent is not None else None,
        until=language.date(interest.until),
        amount=language.amounts([amount for amount in sums if amount]),
        compensation=language.amounts([amount for amount in fixed if amount]),
        total=language.amounts(both),
    )


def _given(**values: str | int | None) -> dict[str, str | int]:
    """Without what is empty: a template can ask whether it is there, but never print a hole."""
    return {name: value for name, value in values.items() if value is not None and value != ""}


def _unbroken(text: str) -> str:
    """With spaces at which no line breaks."""
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def _block(name: str) -> str:
    return f"{BLOCK_START}{name}{BLOCK_END}"


def list_names(context: Mapping[str, Any], prefix: str = "") -> frozenset[str]:
    """Every dotted name in a context."""
    names = set()
    for name, value in context.items():
        names.add(prefix + name)
        if isinstance(value, Mapping):
            names |= list_names(value, f"{prefix}{name}.")
    return frozenset(names)
