"""A person's own words as the source of a message: taken as they are, never as a template's own language."""

import re
import unicodedata

from goodterms.messages.templates import SECTION_MARK

_MARKUP = re.compile(r"\{(?=[{%])")
_UNWANTED = ("Cc", "Co", "Cs")
_LINE_ENDS = re.compile(r"\r\n?")


def write_source(subject: str, words: str, *, shows_invoices: bool = False, shows_payment: bool = False) -> str:
    """Subject and body for ``compose``: each line is a paragraph of its own.

    The table of invoices and the way to pay stand above the last line, which is how one takes leave.
    """
    lines = [line.strip() for line in _LINE_ENDS.sub("\n", words).split("\n") if line.strip()]
    wanted = (("invoice_table", shows_invoices), ("payment_details", shows_payment))
    blocks = [name for name, is_shown in wanted if is_shown]
    place = len(lines) - 1 if len(lines) > 1 else len(lines)
    body = [literal(line) for line in lines]
    body[place:place] = [f"{{{{ {name} }}}}" for name in blocks]
    return f"{literal(' '.join(subject.split()))}\n{SECTION_MARK}\n" + "\n\n".join(body)


def literal(text: str) -> str:
    """The text without control and private-use characters, its braces harmless."""
    kept = "".join(sign for sign in text if unicodedata.category(sign) not in _UNWANTED)
    return _MARKUP.sub("{{ '{' }}", kept)
