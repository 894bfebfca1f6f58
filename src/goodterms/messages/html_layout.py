"""The HTML part: one layout whose styles are inlined once, filled in per message."""

import re
from dataclasses import asdict
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import quote

import css_inline
from liquid import BoundTemplate, StrictUndefined
from markupsafe import Markup, escape

from goodterms.messages.facts import Facts
from goodterms.messages.languages import Language
from goodterms.messages.message import PAYMENT_CODE_CID, Image
from goodterms.messages.parts import Answers, InterestLines, Part, PaymentDetails, Prose, Statements, mark_strong
from goodterms.messages.tables import Table
from goodterms.messages.templates import WordsEnvironment

LAYOUTS = files("goodterms.messages") / "layout"


@cache
def load_layout(name: str) -> BoundTemplate:
    """A layout with its styles inlined.

    Tags of the template stand in HTML comments, because the inliner parses the page and would move bare text out of
    tables; afterwards the comment marks go.
    """
    source = (LAYOUTS / name).read_text("utf-8")
    inlined = css_inline.CSSInliner(keep_at_rules=True, keep_style_tags=False).inline(source)
    bare = re.sub(r"<!--(\{%.*?%\})-->", r"\1", inlined, flags=re.DOTALL)
    tight = re.sub(r"\n\s*", "\n", bare)
    return WordsEnvironment(undefined=StrictUndefined, autoescape=True).from_string(tight, name=name)


def lay_out_html(
    subject: str, parts: tuple[Part, ...], facts: Facts, language: Language, images: tuple[Image, ...]
) -> str:
    """The whole page. Facts are escaped; pictures are referred to by ``cid:``."""
    shown = {image.cid for image in images}
    logo = facts.sender.logo
    page = load_layout("email.html").render(
        {
            "language": language.code,
            "subject": subject,
            "sender": facts.sender.name,
            "labels": language.labels,
            "parts": [_describe(part, facts, language) for part in parts],
            "logo": logo.cid if logo and logo.cid in shown else None,
            "code": PAYMENT_CODE_CID if PAYMENT_CODE_CID in shown else None,
            "signature": list(_sign(facts, language)),
            "foot": _foot(facts, language),
        }
    )
    return re.sub(r"\n+", "\n", page)


def _describe(part: Part, facts: Facts, language: Language) -> dict[str, Any]:
    match part:
        case Prose():
            return {"kind": "prose", "html": Markup(mark_strong(str(escape(part.marked))))}
        case Statements():
            return {
                "kind": "statements",
                "later": part.later or None,
                "tables": [_describe_table(t) for t in part.tables],
            }
        case PaymentDetails():
            return {"kind": "payment", "lines": part.lines, "link": part.link or None, "note": part.note}
        case InterestLines():
            return {"kind": "interest", "lines": part.lines}
        case Answers():
            return {"kind": "answers", "options": _describe_answers(part, facts, language)}


def _describe_answers(part: Answers, facts: Facts, language: Language) -> list[dict[str, str]]:
    """Each answer is a link that opens a reply with the answer written in it."""
    described = []
    for place, answer in enumerate(part.options, 1):
        subject = language.labels["answer_subject"].format(number=facts.customer.number, answer=place)
        link = f"mailto:{facts.speaker.email}?subject={quote(subject)}&body={quote(answer)}"
        described.append({"text": answer, "link": link})
    return described


def _sign(facts: Facts, language: Language) -> list[dict[str, str | None]]:
    speaker, sender, labels = facts.speaker, facts.sender, language.labels
    lines = [_line(speaker.name)] if speaker.is_person and speaker.name else []
    lines.append(_line(sender.name))
    if speaker.phone:
        dialled = "".join(character for character in speaker.phone if character.isdigit() or character == "+")
        lines.append(_line(speaker.phone, f"tel:{dialled}", labels["phone"]))
    lines.append(_line(speaker.email, f"mailto:{speaker.email}", labels["email"]))
    if sender.website:
        lines.append(_line(sender.website, sender.website))
    return lines


def _line(text: str, link: str | None = None, label: str | None = None) -> dict[str, str | None]:
    """Liquid holds an empty text for true, so what is not there is None."""
    return {"text": text, "link": link, "label": label}


def _describe_table(table: Table) -> dict[str, Any]:
    described = asdict(table)
    for row in described["rows"]:
        row["standing"] = row["standing"] or None
    return described


def _foot(facts: Facts, language: Language) -> list[str]:
    number = language.labels["customer_number"].format(number=facts.customer.number)
    address = [", ".join((facts.sender.name, *facts.sender.address))] if facts.sender.address else []
    return [number, *address]
