"""Short messages: what a telephone network makes of a text, and a template set into one.

Alphabets and lengths: 3GPP TS 23.038 (GSM 7-bit default alphabet and its extension table), TS 23.040 (a message of
several parts spends six octets of each on saying so).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from goodterms.messages.catalog import find_template
from goodterms.messages.context import describe_facts
from goodterms.messages.facts import Facts
from goodterms.messages.languages import Language, language_of
from goodterms.messages.message import Message
from goodterms.messages.templates import BLOCK_START, TemplateFault, compile_words, find_words, render_words

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("\f^{}\\[~]|€")
MOST_SEGMENTS = 2
OPT_OUT_COUNTRIES = frozenset({"US", "CA"})
"""Where a text to a business's telephone must say how to end them (CTIA Messaging Principles 5.1; CASL, section 6)."""
_PLAIN = str.maketrans(
    {
        "\N{NO-BREAK SPACE}": " ",
        "\N{NARROW NO-BREAK SPACE}": " ",
        "\N{THIN SPACE}": " ",
        "\N{LEFT SINGLE QUOTATION MARK}": "'",
        "\N{RIGHT SINGLE QUOTATION MARK}": "'",
        "\N{LEFT DOUBLE QUOTATION MARK}": '"',
        "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
        "\N{DOUBLE LOW-9 QUOTATION MARK}": '"',
        "\N{EN DASH}": "-",
        "\N{EM DASH}": "-",
        "\N{MINUS SIGN}": "-",
        "\N{HORIZONTAL ELLIPSIS}": "...",
    }
)


@dataclass(frozen=True, slots=True)
class SmsLength:
    """How a network sends a text: in which alphabet, in how many of its units, in how many parts."""

    encoding: Literal["GSM-7", "UCS-2"]
    units: int
    segments: int


def measure_sms(text: str) -> SmsLength:
    """Units are septets (GSM-7) or UTF-16 code units (UCS-2); one part holds 160 or 70, each of several 153 or 67.

    A character that takes two units (an escaped one, or one outside the basic plane) is never cut in two.
    """
    if all(character in BASIC or character in EXTENDED for character in text):
        sizes = [2 if character in EXTENDED else 1 for character in text]
        return SmsLength("GSM-7", sum(sizes), _count_parts(sizes, 160, 153))
    sizes = [len(character.encode("utf-16-be", "surrogatepass")) // 2 for character in text]
    return SmsLength("UCS-2", sum(sizes), _count_parts(sizes, 70, 67))


def _count_parts(sizes: Iterable[int], alone: int, each: int) -> int:
    parts, filled, total = 0, each, 0
    for size in sizes:
        total += size
        if filled + size > each:
            parts, filled = parts + 1, 0
        filled += size
    return min(parts, 1) if total <= alone else parts


def plain_text(text: str) -> str:
    """The same words with typographic marks that every telephone knows, so that one of them does not halve the room."""
    return text.translate(_PLAIN)


def compose_sms(facts: Facts, template: str, language: str, source: str | None = None) -> Message:
    """The text message of a template; errors as in composing.compose. ``recipient_email`` is the mobile number."""
    tongue = language_of(language)
    find_template(template)
    words = compile_words(source, tongue) if source is not None else find_words(template, tongue)
    rendered = render_words(words, describe_facts(facts, tongue))
    text = " ".join(rendered.paragraphs)
    if BLOCK_START in text or BLOCK_START in rendered.subject:
        raise TemplateFault("A text message has no room for a block such as a table; name the total instead.")
    return Message(
        template=template,
        language=tongue.code,
        subject=rendered.subject,
        text=plain_text(_with_way_out(text, facts, tongue)),
        html="",
        summary=f"{rendered.subject} (SMS)",
        sender_name=facts.sender.name,
        sender_email=facts.sender.email,
        reply_to=facts.speaker.email,
        recipient_name=facts.recipient.name,
        recipient_email=re.sub(r"[^0-9+]", "", facts.recipient.phone),
    )


def _with_way_out(text: str, facts: Facts, language: Language) -> str:
    """Say how to end these messages where the law of the recipient's country expects it."""
    return f"{text} {language.labels['sms_opt_out']}" if facts.recipient.country in OPT_OUT_COUNTRIES else text
