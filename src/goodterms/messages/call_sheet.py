"""The sheet a caller has before them: whom to call, what is owed, what is known, what to ask, what may be offered."""

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from babel.dates import format_time
from markupsafe import escape

from goodterms.messages.call_background import Background
from goodterms.messages.call_words import (
    describe_agreements,
    describe_authority,
    describe_habits,
    describe_questions,
)
from goodterms.messages.catalog import find_template
from goodterms.messages.context import describe_facts
from goodterms.messages.facts import Facts
from goodterms.messages.fragments import Fragments, load_fragments
from goodterms.messages.html_layout import set_table
from goodterms.messages.languages import Language, language_of
from goodterms.messages.message import Message
from goodterms.messages.tables import SumRow, Table, lay_out_statements, say_later
from goodterms.messages.templates import TemplateFault, compile_words, find_words
from goodterms.messages.text_layout import set_table_text

_HEADING = re.compile(r"^## (\w+)[ \t]*$", re.MULTILINE)
PARTS = ("opening", "tone", "ask", "offer", "avoid", "after")
LISTED = 7
"""Rows of a table that leave room for the rest of the page."""
LINE_LENGTH = 170


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSheet:
    """A prepared call; the words of a template by part, and the facts beside them."""

    template: str
    language: str
    title: str
    recipient_name: str
    phone: str
    who: tuple[str, ...]
    opening: str
    tone: tuple[str, ...]
    questions: tuple[str, ...]
    offers: tuple[str, ...]
    avoid: tuple[str, ...]
    after: tuple[str, ...]
    tables: tuple[Table, ...]
    later: str
    habits: tuple[str, ...]
    agreed: tuple[str, ...]
    authority: tuple[str, ...]
    history: tuple[str, ...]

    def as_message(self, facts: Facts) -> Message:
        """The sheet as the call channel takes it: the phone number is the recipient's address."""
        return Message(
            template=self.template,
            language=self.language,
            subject=self.title,
            text=render_text(self),
            html=render_html(self),
            summary=self.title,
            sender_name=facts.sender.name,
            sender_email=facts.sender.email,
            reply_to=facts.speaker.email,
            recipient_name=self.recipient_name,
            recipient_email=self.phone,
        )


def prepare_call(
    facts: Facts, background: Background, template: str, language: str, source: str | None = None
) -> CallSheet:
    """The sheet for a call template; errors as in composing.compose."""
    tongue = language_of(language)
    find_template(template)
    words = compile_words(source, tongue) if source is not None else find_words(template, tongue)
    title, body = words.render(describe_facts(facts, tongue))
    parts = _read_parts(body)
    return CallSheet(
        template=template,
        language=tongue.code,
        title=title,
        recipient_name=facts.recipient.name,
        phone=facts.recipient.phone,
        who=tuple(_describe_person(facts, background, tongue)),
        opening=" ".join(parts["opening"]),
        tone=parts["tone"],
        questions=(*parts["ask"], *describe_questions(background, tongue)),
        offers=parts["offer"],
        avoid=parts["avoid"],
        after=parts["after"],
        tables=tuple(_shorten(table, tongue) for table in lay_out_statements(facts, tongue)),
        later=say_later(facts, tongue),
        habits=tuple(describe_habits(background, tongue)),
        agreed=tuple(describe_agreements(background, tongue)),
        authority=tuple(describe_authority(background.authority, facts, tongue)),
        history=tuple(f"{tongue.date(day, 'short')}: {_cut(text)}" for day, text in background.history),
    )


def _shorten(table: Table, language: Language) -> Table:
    """The oldest invoices, and how many more there are: a caller needs one page, the total is in it."""
    rows = tuple(replace(row, notes=(" · ".join(row.notes),) if row.notes else ()) for row in table.rows)
    left = len(rows) - LISTED
    if left <= 1:
        return Table(rows, table.sums)
    more = SumRow(language.count_in(language.call_labels, left, "more"), "")
    return Table(rows[:LISTED], (more, *table.sums))


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LINE_LENGTH else line[: LINE_LENGTH - 1].rsplit(" ", 1)[0] + "…"


def _read_parts(body: str) -> Mapping[str, tuple[str, ...]]:
    """The lines below each heading; raises TemplateFault when a part is missing or unknown."""
    pieces = _HEADING.split(body)
    parts = {
        name: tuple(line.strip() for line in text.splitlines() if line.strip())
        for name, text in zip(pieces[1::2], pieces[2::2], strict=True)
    }
    if tuple(parts) != PARTS:
        raise TemplateFault(f"A call sheet has the parts {', '.join(PARTS)}, in this order, each after a line '## …'.")
    return parts


def _describe_person(facts: Facts, background: Background, language: Language) -> list[str]:
    labels, contact, customer = language.call_labels, facts.recipient, facts.customer
    role = labels[f"role_{contact.role}"]
    person = f"{contact.name}, {role}" if contact.name else role
    clock = labels["local_time_unknown"]
    if background.local_time:
        time = format_time(background.local_time, "short", locale=language.locale)
        clock = labels["local_time"].format(time=time, zone=background.zone)
    terms = labels["terms_unknown"]
    if customer.terms_days is not None:
        terms = labels["terms"].format(days=language.count(customer.terms_days, "days"))
    return [
        f"{person}: {contact.phone or labels['no_phone']}",
        f"{customer.name.rstrip('.')}. {labels['reference'].format(number=customer.number)}",
        clock,
        terms,
    ]


Section = tuple[str, tuple[str, ...], bool]


def _sections(sheet: CallSheet) -> tuple[list[Section], list[Section], list[Section]]:
    """For the left column, the right one and the foot: label, lines, and whether they are a list to go through."""
    labels = language_of(sheet.language).call_labels
    left = [(labels["ask"], sheet.questions, True), (labels["offer"], sheet.offers, True)]
    if sheet.authority:
        left.append((labels["authority"], sheet.authority, True))
    right = [
        (labels["habits"], (" ".join(sheet.habits),), False),
        (labels["agreed"], sheet.agreed, False),
        (labels["history"], sheet.history or (labels["no_history"],), False),
    ]
    foot = [
        (labels["tone"], sheet.tone, False),
        (labels["avoid"], sheet.avoid, False),
        (labels["after"], sheet.after, False),
    ]
    return left, right, foot


def render_text(sheet: CallSheet) -> str:
    """The sheet in plain text."""
    language = language_of(sheet.language)
    labels = language.call_labels
    owed = "\n\n".join(set_table_text(table, language) for table in sheet.tables)
    blocks = [
        f"{labels['who']}\n" + "\n".join(f"  {line}" for line in sheet.who),
        f"{labels['opening']}\n  {sheet.opening}",
        f"{labels['owed']}\n{owed}" + (f"\n  {sheet.later}" if sheet.later else ""),
    ]
    for label, lines, is_list in itertools.chain(*_sections(sheet)):
        mark = "  - " if is_list else "  "
        blocks.append("\n".join([label, *(f"{mark}{line}" for line in lines)]))
    return "\n\n".join(blocks) + "\n"


def render_html(sheet: CallSheet) -> str:
    """The sheet as a page of its own, made to be printed on one sheet."""
    language = language_of(sheet.language)
    labels, layout = language.call_labels, load_fragments("call.html")
    tables = "".join(set_table(table, language, layout) for table in sheet.tables)
    later = layout.fill("more_to_come", text=sheet.later) if sheet.later else ""
    left, right, foot = ("".join(_set_section(layout, *one) for one in part) for part in _sections(sheet))
    person, *particulars = sheet.who
    return layout.wrap(
        "page",
        language=sheet.language,
        title=str(escape(sheet.title)),
        who=str(escape(labels["who"])),
        person_name=str(escape(person.rpartition(":")[0] or person)),
        phone=_set_phone(sheet, layout),
        particular="".join(layout.fill("particular", text=line) for line in particulars),
        opening_label=str(escape(labels["opening"])),
        opening=str(escape(sheet.opening)),
        owed=str(escape(labels["owed"])),
        table=tables,
        more_to_come=later,
        section=left,
        right=right,
        foot=foot,
    )


def _set_phone(sheet: CallSheet, layout: Fragments) -> str:
    """A link that dials, or the words that there is no number."""
    if not sheet.phone:
        return layout.fill("no_phone", text=language_of(sheet.language).call_labels["no_phone"])
    return layout.fill("phone", number=sheet.phone, dialled=re.sub(r"[^0-9+]", "", sheet.phone))


def _set_section(layout: Fragments, label: str, lines: tuple[str, ...], is_list: bool) -> str:
    if is_list:
        body = {"items": layout.wrap("items", item="".join(layout.fill("item", text=line) for line in lines))}
    else:
        body = {"line": "".join(layout.fill("line", text=line) for line in lines)}
    return layout.wrap("section", label=str(escape(label)), **body)
