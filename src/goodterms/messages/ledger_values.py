"""Whether the amounts and dates of a finished text are those of the ledger: nothing else, and nothing missing."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from goodterms.core.money import Money
from goodterms.messages.facts import Facts, Item
from goodterms.messages.languages import Language
from goodterms.messages.message import Fault
from goodterms.messages.reading import FoundAmount, FoundDate, read_amounts, read_dates


@dataclass(frozen=True, slots=True)
class PartRead:
    """One part of a message: ``text`` as it stands, ``masked`` with suspicious facts covered, and what was read.

    ``amounts`` and ``dates`` are those of the masked text, ``shown_amounts`` and ``shown_dates`` those of the whole.
    """

    name: str
    text: str
    masked: str
    amounts: tuple[FoundAmount, ...]
    dates: tuple[FoundDate, ...]
    shown_amounts: tuple[FoundAmount, ...]
    shown_dates: tuple[FoundDate, ...]


def read_part(name: str, text: str, masked: str, language: Language) -> PartRead:
    """Read a part's amounts and dates back."""
    amounts, dates = tuple(read_amounts(masked, language)), tuple(read_dates(masked, language))
    if masked == text:
        return PartRead(name, text, masked, amounts, dates, amounts, dates)
    shown = tuple(read_amounts(text, language)), tuple(read_dates(text, language))
    return PartRead(name, text, masked, amounts, dates, *shown)


def check_values(part: PartRead, amounts: frozenset[Money], days: frozenset[date]) -> Iterator[Fault]:
    """Every amount and date in the part must be an allowed one."""
    remedy = "Compose the message again, or take it out of the template."
    for found in part.amounts:
        if found.money is None:
            text = f"The {part.name} names {found.written!r}, which cannot be read exactly; write the amount in full."
            yield Fault("amount_unreadable", text)
        elif found.money not in amounts:
            text = f"The {part.name} names {found.written}, which is no amount of this account today. {remedy}"
            yield Fault("amount_wrong", text)
    for seen in part.dates:
        if seen.day is None:
            yield Fault("date_unreadable", f"The {part.name} names {seen.written!r}, which is no day; correct it.")
        elif seen.day not in days:
            text = f"The {part.name} names {seen.written}, which is no date of this account or message. {remedy}"
            yield Fault("date_wrong", text)


def check_presence(part: PartRead, facts: Facts, language: Language) -> Iterator[Fault]:
    """Each total, each listed item beside its own open amount, and the deadline must be there."""
    shown = {found.money for found in part.shown_amounts}
    for statement in facts.statements:
        if statement.total not in shown:
            text = f"The {part.name} does not name the total, {language.amount(statement.total)}"
            yield Fault("total_missing", f"{text}; put {{{{ invoice_table }}}} into the template.")
        for item in (*statement.items, *statement.credits):
            if not _is_listed(item, part):
                amount = language.amount(item.open)
                text = f"The {part.name} does not list {item.number} with its due date and open amount {amount}"
                yield Fault("item_missing", f"{text}; put {{{{ invoice_table }}}} into the template.")
    if facts.deadline and facts.deadline not in {seen.day for seen in part.shown_dates}:
        text = f"This step sets the deadline {facts.deadline}, but the {part.name} does not name it"
        yield Fault("deadline_missing", f"{text}; put {{{{ deadline }}}} into the template.")


def _is_listed(item: Item, part: PartRead) -> bool:
    """Whether somewhere the next amount after the number is the open one, with the due date between them."""
    starts = [found.start for found in part.shown_amounts]
    place = part.text.find(item.number)
    while place >= 0:
        end = place + len(item.number)
        following = bisect_left(starts, end)
        if following < len(starts) and part.shown_amounts[following].money == item.open:
            due = item.due_date if item.open.amount_minor > 0 else None
            if due is None or any(
                end <= seen.start < starts[following] and seen.day == due for seen in part.shown_dates
            ):
                return True
        place = part.text.find(item.number, place + 1)
    return False


def allowed_amounts(facts: Facts) -> frozenset[Money]:
    """Every amount that a message about these facts may name."""
    amounts: set[Money] = set()
    for item in (*facts.items, *facts.credits, *facts.later):
        amounts |= {item.open, item.amount, item.held, item.asked, -item.open}
    for statement in facts.statements:
        amounts |= {statement.total, statement.principal, statement.subtotal, statement.interest}
        amounts |= {statement.compensation, statement.cash, statement.held, -statement.cash, -statement.held}
    amounts |= {_sum_open(facts.later, item.open.currency) for item in facts.later}
    if facts.promised:
        amounts.add(facts.promised[0])
    return frozenset(amounts | _interest_amounts(facts))


def _sum_open(items: tuple[Item, ...], currency: str) -> Money:
    return Money(sum(item.open.amount_minor for item in items if item.open.currency == currency), currency)


def _interest_amounts(facts: Facts) -> set[Money]:
    claim = facts.interest
    if claim is None:
        return set()
    amounts = {amount for item in claim.items for amount in (item.interest, item.compensation)}
    for currency in set(claim.currencies):
        earned, fixed = claim.sum_interest(currency), claim.sum_compensation(currency)
        amounts |= {earned, fixed, earned + fixed}
    return amounts


def allowed_dates(facts: Facts) -> frozenset[date]:
    """Every date that a message about these facts may name."""
    items = (*facts.items, *facts.credits, *facts.later)
    days = {item.issue_date for item in items} | {item.due_date for item in items if item.due_date}
    single = (
        facts.today,
        facts.deadline,
        facts.interest.until if facts.interest else None,
        facts.promised[1] if facts.promised else None,
    )
    return frozenset(days | {day for day in single if day})
