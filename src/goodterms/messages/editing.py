"""A message's words for a person to change before it goes out, and what they wrote as a template again.

Blocks that a layout sets stand as words in square brackets on a line of their own; what is in bold stands between two
stars. Everything else is taken as it is written, never as a template's own language.
"""

import re
from dataclasses import dataclass

from goodterms.messages.context import ANSWERS_BLOCK, INTEREST_BLOCK, PAYMENT_BLOCK, TABLE_BLOCK
from goodterms.messages.own_words import literal
from goodterms.messages.templates import (
    BLOCK_END,
    BLOCK_START,
    SECTION_MARK,
    STRONG_END,
    STRONG_START,
    Rendered,
)

BLOCK_WORDS = {TABLE_BLOCK: "[invoices]", PAYMENT_BLOCK: "[how to pay]", INTEREST_BLOCK: "[interest]"}
_NAMES = {"[invoices]": "invoice_table", "[how to pay]": "payment_details", "[interest]": "interest_table"}
_BLOCK = re.compile(f"{BLOCK_START}([a-z_]+){BLOCK_END}")
_TOKEN = re.compile(r"\[invoices\]|\[how to pay\]|\[interest\]|\[answers: [a-z_]+\]|\*\*[^*\n]+\*\*", re.IGNORECASE)
_LINE_ENDS = re.compile(r"\r\n?")
_BLANKS = re.compile(r"[ \t\n]+")
"""Spaces at which a line may break; the others stay what they are."""


@dataclass(frozen=True, slots=True)
class EditableWords:
    """Subject and body as a person changes them."""

    subject: str
    body: str


def to_edit(rendered: Rendered) -> EditableWords:
    """The words with blocks and bold as signs that can be typed."""
    text = "\n\n".join(rendered.paragraphs)
    text = _BLOCK.sub(lambda found: _block_word(found.group(1)), text)
    return EditableWords(rendered.subject, text.replace(STRONG_START, "**").replace(STRONG_END, "**"))


def from_edit(words: EditableWords) -> str:
    """The source of a template that says exactly these words."""
    subject = literal(_one_line(words.subject))
    body = _LINE_ENDS.sub("\n", words.body).strip()
    paragraphs = (_one_line(part) for part in re.split(r"\n[ \t]*(?:\n[ \t]*)+", body))
    return f"{subject}\n{SECTION_MARK}\n" + "\n\n".join(_paragraph(part) for part in paragraphs if part)


def _one_line(text: str) -> str:
    return _BLANKS.sub(" ", _LINE_ENDS.sub("\n", text)).strip(" ")


def _block_word(name: str) -> str:
    return BLOCK_WORDS.get(name) or f"[answers: {name.removeprefix(ANSWERS_BLOCK)}]"


def _paragraph(text: str) -> str:
    pieces, at = [], 0
    for found in _TOKEN.finditer(text):
        pieces += [literal(text[at : found.start()]), _token(found.group())]
        at = found.end()
    return "".join(pieces) + literal(text[at:])


def _token(token: str) -> str:
    if token.startswith("**"):
        return _strong(token[2:-2])
    known = _NAMES.get(token.lower())
    return f"{{{{ {known or 'answers.' + token[10:-1].lower()} }}}}"


def _strong(text: str) -> str:
    quote = next((sign for sign in "\"'" if sign not in text), "")
    return f"{{{{ {quote}{text}{quote} | strong }}}}" if quote and "\\" not in text else literal(text)
