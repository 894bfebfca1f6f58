"""The blocks of a message as rows of text, from which both layouts are set: statements, payment details, answers."""

from dataclasses import dataclass
from datetime import date

from goodterms.messages.context import sum_by_currency
from goodterms.messages.facts import Facts, Item, Statement
from goodterms.messages.languages import Language
from goodterms.messages.payment import format_iban, quote_reference, read_british_account


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One listed invoice or credit note, all as text."""

    number: str
    issued: str
    due: str
    days: str
    standing: str
    open: str
    notes: tuple[str, ...]
    is_late: bool


@dataclass(frozen=True, slots=True)
class SumRow:
    """A line below the invoices."""

    label: str
    amount: str
    is_total: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One statement: a currency's invoices and what follows from them."""

    rows: tuple[ItemRow, ...]
    sums: tuple[SumRow, ...]


def lay_out_statements(facts: Facts, language: Language) -> tuple[Table, ...]:
    """A table per currency."""
    is_only = len(facts.statements) == 1
    return tuple(_lay_out(statement, language, is_only) for statement in facts.statements)


def _lay_out(statement: Statement, language: Language, is_only: bool) -> Table:
    labels = language.labels
    rows = tuple(_row(item, language) for item in (*_in_order(statement.items), *statement.credits))
    held = SumRow(labels["held_total"], language.amount(-statement.held)) if statement.held else None
    cash = SumRow(labels["cash"], language.amount(-statement.cash)) if statement.cash else None
    extras = [row for row in (held, cash, *_interest_rows(statement, language)) if row]
    total_label = labels["total"] if is_only else labels["total_in"].format(currency=statement.currency)
    total = SumRow(total_label, language.amount(statement.total), is_total=True)
    return Table(rows, (*extras, total))


def _in_order(items: tuple[Item, ...]) -> list[Item]:
    """Oldest first; what is not asked for at all stands last."""
    return sorted(items, key=lambda item: (not item.asked, item.due_date or date.max, item.number))


def _interest_rows(statement: Statement, language: Language) -> list[SumRow]:
    rows = []
    if statement.interest:
        rows.append(SumRow(language.labels["interest"], language.amount(statement.interest)))
    if statement.compensation:
        rows.append(SumRow(language.labels["compensation"], language.amount(statement.compensation)))
    return rows


def _row(item: Item, language: Language) -> ItemRow:
    is_credit = item.open.amount_minor < 0
    is_late = item.days_overdue > 0 and not is_credit
    return ItemRow(
        number=f"{language.labels['credit_note']} {item.number}" if is_credit else item.number,
        issued=language.date(item.issue_date, "short"),
        due=language.date(item.due_date, "short") if item.due_date and not is_credit else "",
        days=language.count(item.days_overdue, "days") if is_late else "",
        standing="" if is_credit else _standing(item, language),
        open=language.amount(item.open),
        notes=tuple(_notes(item, language)),
        is_late=is_late,
    )


def _standing(item: Item, language: Language) -> str:
    if item.days_overdue > 0:
        return language.count(item.days_overdue, "overdue")
    return language.labels["due_today" if item.days_overdue == 0 else "not_overdue"]


def _notes(item: Item, language: Language) -> list[str]:
    labels = language.labels
    notes = []
    if item.purchase_order:
        notes.append(labels["order"].format(order=item.purchase_order))
    if item.is_part_paid:
        opened, amount = language.amount(item.open), language.amount(item.amount)
        notes.append(labels["part_paid"].format(open=opened, amount=amount))
    if item.held:
        notes.append(labels["held"].format(held=language.amount(item.held)))
    return notes


def say_later(facts: Facts, language: Language) -> str:
    """The line about what is open but not due yet; empty without such invoices."""
    days = [item.due_date for item in facts.later if item.due_date]
    if not days:
        return ""
    total = language.amounts(sum_by_currency(facts.later))
    return language.count(len(facts.later), "later", total=total, next_due=language.date(min(days)))


def list_payment_details(facts: Facts, language: Language, *, with_amount: bool) -> list[tuple[str, str]]:
    """Label and value, line by line; the amount comes first, the reference last.

    Without the amount, where a message asks for none, the reference is the customer number.
    """
    payment, labels = facts.payment, language.labels
    if payment is None:
        return []
    british = read_british_account(payment.iban) or ("", "")
    amounts = [("amount", language.amount(statement.total)) for statement in facts.statements if with_amount]
    reference = quote_reference(facts) if with_amount else facts.customer.number
    bank = (
        ("account_holder", payment.account_holder),
        ("sort_code", british[0]),
        ("account_number", british[1]),
        ("iban", format_iban(payment.iban)),
        ("bic", payment.bic),
        ("bank", payment.bank),
    )
    lines = [*amounts, *(bank if payment.iban else ()), ("reference", reference)]
    return [(labels[label], value) for label, value in lines if value]


def list_interest(facts: Facts, language: Language) -> list[str]:
    """One line per invoice on which interest has accrued."""
    lines = []
    for item in facts.interest.items if facts.interest else ():
        label = "interest_item" if item.compensation else "interest_item_plain"
        amounts = {"interest": language.amount(item.interest), "compensation": language.amount(item.compensation)}
        lines.append(language.labels[label].format(number=item.number, **amounts))
    return lines
