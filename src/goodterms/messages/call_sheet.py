"""The sheet a caller has before them: whom to call, what is owed, what is known, what to ask, what may be offered."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from babel.dates import format_time, get_day_names
from markupsafe import escape

from goodterms.messages.catalog import find_template
from goodterms.messages.context import describe_facts
from goodterms.messages.facts import Facts
from goodterms.messages.fragments import Fragments, load_fragments
from goodterms.messages.html_layout import set_table
from goodterms.messages.languages import Language, language_of
from goodterms.messages.message import Message
from goodterms.messages.tables import Table, lay_out_statements, say_later
from goodterms.messages.templates import TemplateFault, compile_words, find_words
from goodterms.messages.text_layout import set_table_text

_HEADING = re.compile(r"^## (\w+)[ \t]*$", re.MULTILINE)
PARTS = ("opening", "tone", "ask", "offer", "avoid", "after")
_OFTEN = 0.5
_SLOWER_BY_DAYS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How this customer pays, as far as known (see core.habits); days are relative to the due date."""

    settled_count: int = 0
    median_days_late: float | None = None
    older_median_days_late: float | None = None
    recent_median_days_late: float | None = None
    pay_weekday: int | None = None  # 1 Monday … 7 Sunday
    pay_weekday_share: float | None = None
    part_payment_share: float | None = None
    prompted_share: float | None = None
    returned_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """What a caller should know besides what is owed.

    ``local_time`` is the customer's, at the time of writing; None when nobody knows where they are.
    """

    local_time: datetime | None
    zone: str
    profile: str = ""
    habits: Habits = Habits()
    history: tuple[tuple[date, str], ...] = ()


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
        questions=parts["ask"],
        offers=parts["offer"],
        avoid=parts["avoid"],
        after=parts["after"],
        tables=lay_out_statements(facts, tongue),
        later=say_later(facts, tongue),
        habits=tuple(_describe_habits(background, tongue)),
        history=tuple(f"{tongue.date(day, 'short')}: {text}" for day, text in background.history),
    )


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


def _describe_habits(background: Background, language: Language) -> list[str]:
    habits, words = background.habits, language.habits
    sentences = [language.profiles[background.profile]] if background.profile in language.profiles else []
    if not habits.settled_count:
        sentences.append(words["none"])
    else:
        sentences.append(language.count_in(words, habits.settled_count, "settled"))
        sentences += _describe_rhythm(habits, language)
    if habits.returned_count:
        sentences.append(language.count_in(words, habits.returned_count, "returned"))
    return sentences


def _describe_rhythm(habits: Habits, language: Language) -> list[str]:
    words, sentences = language.habits, []
    if habits.median_days_late is not None:
        days = round(habits.median_days_late)
        label = "late" if days > 0 else "early"
        sentences.append(language.count_in(words, abs(days), label) if days else words["on_time"])
    older, recent = habits.older_median_days_late, habits.recent_median_days_late
    if older is not None and recent is not None and recent - older >= _SLOWER_BY_DAYS:
        sentences.append(words["slower"].format(older=round(older), recent=round(recent)))
    if habits.pay_weekday and (habits.pay_weekday_share or 0) >= _OFTEN:
        name = get_day_names("wide", locale=language.locale)[habits.pay_weekday - 1]
        sentences.append(words["weekday"].format(weekday=name))
    if (habits.part_payment_share or 0) >= _OFTEN / 2:
        percent = language.whole_percent(habits.part_payment_share or 0)
        sentences.append(words["parts"].format(percent=percent))
    if (habits.prompted_share or 0) >= _OFTEN:
        sentences.append(words["prompted"])
    return sentences


def _sections(sheet: CallSheet) -> list[tuple[str, tuple[str, ...], bool]]:
    """Label, lines, and whether they are a list to go through; the table of what is owed stands between."""
    labels = language_of(sheet.language).call_labels
    return [
        (labels["tone"], sheet.tone, False),
        (labels["ask"], sheet.questions, True),
        (labels["offer"], sheet.offers, True),
        (labels["avoid"], sheet.avoid, False),
        (labels["habits"], sheet.habits, False),
        (labels["history"], sheet.history or (labels["no_history"],), False),
        (labels["after"], sheet.after, False),
    ]


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
    for label, lines, is_list in _sections(sheet):
        mark = "  - " if is_list else "  "
        blocks.append("\n".join([label, *(f"{mark}{line}" for line in lines)]))
    return "\n\n".join(blocks) + "\n"


def render_html(sheet: CallSheet) -> str:
    """The sheet as a page of its own, made to be printed on one sheet."""
    language = language_of(sheet.language)
    labels, layout = language.call_labels, load_fragments("call.html")
    tables = "".join(set_table(table, language, layout) for table in sheet.tables)
    later = layout.fill("line", text=sheet.later) if sheet.later else ""
    return layout.wrap(
        "page",
        language=sheet.language,
        title=str(escape(sheet.title)),
        who=str(escape(labels["who"])),
        person="".join(layout.fill("person", text=line) for line in sheet.who),
        opening_label=str(escape(labels["opening"])),
        opening=str(escape(sheet.opening)),
        owed=str(escape(labels["owed"])),
        table=tables + later,
        section="".join(_set_section(layout, *section) for section in _sections(sheet)),
    )


def _set_section(layout: Fragments, label: str, lines: tuple[str, ...], is_list: bool) -> str:
    if is_list:
        body = {"items": layout.wrap("items", item="".join(layout.fill("item", text=line) for line in lines))}
    else:
        body = {"line": "".join(layout.fill("line", text=line) for line in lines)}
    return layout.wrap("section", label=str(escape(label)), **body)
