"""The parts a message consists of, in the order its template put them: what both layouts set."""

import re
from dataclasses import dataclass

from goodterms.messages.context import ANSWERS_BLOCK, INTEREST_BLOCK, PAYMENT_BLOCK, TABLE_BLOCK
from goodterms.messages.facts import Facts
from goodterms.messages.languages import Language
from goodterms.messages.tables import Table, lay_out_statements, list_interest, list_payment_details, say_later
from goodterms.messages.templates import BLOCK_END, BLOCK_START, STRONG_END, STRONG_START, Rendered

_BLOCK = re.compile(f"{BLOCK_START}([a-z_]+){BLOCK_END}")
_MARKS = re.compile("[\ue000-\uf8ff]")


@dataclass(frozen=True, slots=True)
class Prose:
    """A paragraph; ``marked`` still has the marks of strong words."""

    marked: str

    @property
    def plain(self) -> str:
        return _MARKS.sub("", self.marked)


@dataclass(frozen=True, slots=True)
class Statements:
    """The tables of what is asked for, and the line about what is not due yet."""

    tables: tuple[Table, ...]
    later: str


@dataclass(frozen=True, slots=True)
class PaymentDetails:
    """Labels and values of the way to pay."""

    lines: tuple[tuple[str, str], ...]
    link: str
    note: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InterestLines:
    """Interest by invoice."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answers:
    """Replies offered to choose from."""

    options: tuple[str, ...]


Part = Prose | Statements | PaymentDetails | InterestLines | Answers


def take_apart(rendered: Rendered, facts: Facts, language: Language, *, asks_money: bool) -> tuple[Part, ...]:
    """Paragraphs as prose, and the blocks they stand for."""
    parts: list[Part] = []
    for paragraph in rendered.paragraphs:
        if BLOCK_START not in paragraph:
            parts.append(Prose(paragraph))
            continue
        # Odd places of the split are the names of blocks, even ones the prose around them.
        for place, piece in enumerate(_BLOCK.split(paragraph)):
            if place % 2:
                parts.append(_make_block(piece, facts, language, asks_money))
            elif piece.strip():
                parts.append(Prose(piece.strip()))
    return tuple(parts)


def _make_block(name: str, facts: Facts, language: Language, asks_money: bool) -> Part:
    if name == TABLE_BLOCK:
        return Statements(lay_out_statements(facts, language), say_later(facts, language))
    if name == PAYMENT_BLOCK:
        payment = facts.payment
        lines = tuple(list_payment_details(facts, language, with_amount=asks_money))
        return PaymentDetails(lines, payment.link if payment else "", payment.note if payment else ())
    if name == INTEREST_BLOCK:
        return InterestLines(tuple(list_interest(facts, language)))
    return Answers(language.answers[name.removeprefix(ANSWERS_BLOCK)])


def mark_strong(escaped: str) -> str:
    """Marks of strong words as HTML, in text that is escaped already."""
    return escaped.replace(STRONG_START, "<strong>").replace(STRONG_END, "</strong>")
