"""Invented facts that a template is tried on before it is used: one invoice with little known, and a rich account."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from goodterms.core.money import Money
from goodterms.messages.facts import (
    Debtor,
    Facts,
    Interest,
    Item,
    ItemInterest,
    Payment,
    Recipient,
    Sender,
    Speaker,
)

TODAY = date(2026, 3, 10)


def sample_item(number: str, days_overdue: int, amount: Money, **given: object) -> Item:
    """An invoice of a month's terms, open in full and asked for unless told otherwise."""
    due = TODAY - timedelta(days=days_overdue)
    item = Item(
        number=number,
        issue_date=due - timedelta(days=30),
        due_date=due,
        amount=amount,
        open=amount,
        held=Money.zero(amount.currency),
        days_overdue=days_overdue,
    )
    return replace(item, **given)  # type: ignore[arg-type]  # names and types are Item's own


def poor_facts() -> Facts:
    """One invoice, no names, no phone, no deadline."""
    return Facts(
        today=TODAY,
        sender=Sender(name="Example Supplies Ltd", email="accounts@supplies.example"),
        speaker=Speaker(name="Example Supplies Ltd", email="accounts@supplies.example", is_person=False),
        recipient=Recipient(
            email="office@customer.example", phone="+44 1632 960003", postal=("2 Sample Road", "Exampleton EX2 3AB")
        ),
        customer=Debtor(number="C1001", name="Example Customer Ltd"),
        items=(sample_item("INV-2041", 1, Money(480_00, "GBP")),),
        promised=(Money(480_00, "GBP"), TODAY + timedelta(days=1)),
        payment=Payment(link="https://pay.supplies.example/c1001"),
        interest=_interest(("INV-2041", 21, "GBP"), is_claimed=True),
        home_currency="GBP",
    )


def rich_facts() -> Facts:
    """Several invoices in two currencies, credits, cash, a part held back, a deadline, a person speaking."""
    return Facts(
        today=TODAY,
        sender=Sender(
            name="Example Supplies Ltd",
            email="accounts@supplies.example",
            phone="+44 1632 960000",
            website="https://supplies.example",
            address=("1 Example Street", "Exampleton EX1 2MP"),
            country="GB",
        ),
        speaker=Speaker(name="Robin Example", email="robin@supplies.example", phone="+44 1632 960002"),
        recipient=Recipient(
            email="sam@customer.example",
            name="Sam Example",
            role="accounts_payable",
            phone="+44 1632 960004",
            postal=("Musterstraße 5", "12345 Musterstadt"),
            country="DE",
        ),
        customer=Debtor(number="C1002", name="Example Customer GmbH", terms_days=30),
        items=_rich_items(),
        credits=(sample_item("CN-77", 12, Money(-120_00, "EUR"), due_date=None),),
        cash=(Money(80_50, "EUR"),),
        later=(
            sample_item("INV-2060", -9, Money(310_00, "EUR")),
            sample_item("INV-2064", -20, Money(95_00, "EUR")),
        ),
        deadline=TODAY + timedelta(days=10),
        promised=(Money(750_00, "EUR"), TODAY + timedelta(days=1)),
        payment=Payment(
            account_holder="Example Supplies Ltd",
            iban="DE89370400440532013000",
            bic="COBADEFFXXX",
            bank="Example Bank",
            link="https://pay.supplies.example/c1002",
        ),
        interest=_interest(("INV-2031", 1873, "EUR"), ("INV-2040", 1406, "EUR"), ("INV-2043", 210, "USD")),
    )


def _rich_items() -> tuple[Item, ...]:
    eur, usd = Money(1_250_00, "EUR"), Money(640_00, "USD")
    return (
        sample_item("INV-2031", 36, eur, open=Money(750_00, "EUR"), purchase_order="PO-4711"),
        sample_item("INV-2040", 22, Money(2_310_75, "EUR")),
        sample_item("INV-2042", 15, Money(400_00, "EUR"), held=Money(400_00, "EUR")),
        sample_item("INV-2043", 8, usd),
    )


def _interest(*rows: tuple[str, int, str], is_claimed: bool = False) -> Interest:
    return Interest(
        law="Late Payment of Commercial Debts (Interest) Act 1998",
        legal_basis="Late Payment of Commercial Debts (Interest) Act 1998",
        annual_percent=Decimal("11.75"),
        until=TODAY,
        items=tuple(ItemInterest(number, Money(amount, code), Money(40_00, code)) for number, amount, code in rows),
        is_claimed=is_claimed,
    )
