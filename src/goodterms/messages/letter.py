"""A letter out of the same facts and parts as an e-mail: who stands where on the page, and the words between."""

import base64
import re
from functools import lru_cache

from babel import Locale

from goodterms.messages.catalog import Template
from goodterms.messages.facts import Facts
from goodterms.messages.languages import Language
from goodterms.messages.letter_content import Block, Letter, Row, Run, Sum
from goodterms.messages.message import Image
from goodterms.messages.parts import InterestLines, Part, PaymentDetails, Prose, Statements
from goodterms.messages.payment import draw_code_outline, format_iban, write_payment_code
from goodterms.messages.swiss_bill import make_swiss_slip
from goodterms.messages.tables import Table
from goodterms.messages.templates import STRONG_END, STRONG_START

QUIET_COLOR = "#1f3a5f"
DIN, UK, US = "din5008b", "uk_dl", "us10"
LAYOUTS = (DIN, UK, US)
_OF_COUNTRY = {"GB": UK, "IE": UK, "US": US, "CA": US}
# As many lines as fit into the part of the window that is always seen: DIN 5008 gives six; see channels.letter_layouts.
_LINES = {DIN: 6, UK: 6, US: 4}
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_STRONG = re.compile(f"{STRONG_START}(.*?){STRONG_END}", re.DOTALL)
_MARKS = re.compile("[\ue000-\uf8ff]")


def make_letter(subject: str, parts: tuple[Part, ...], facts: Facts, language: Language, kind: Template) -> Letter:
    """The letter that a template's parts make; its body says what the e-mail's would."""
    labels, layout = language.letter_labels, layout_of(facts)
    slip = make_swiss_slip(facts, language) if kind.asks_money else None
    blocks = [block for part in parts for block in _set(part, facts, language, kind, has_slip=slip is not None)]
    return Letter(
        layout=layout,
        language=language.code,
        color=facts.sender.brand_color if _COLOR.fullmatch(facts.sender.brand_color) else QUIET_COLOR,
        sender_name=facts.sender.name,
        sender_lines=facts.sender.address,
        return_line=" · ".join((facts.sender.name, *facts.sender.address)),
        recipient=fit_lines(write_envelope(facts, language), _LINES[layout]),
        recipient_country=facts.recipient.country or facts.sender.country,
        sender_country=facts.sender.country,
        service=labels["certified"] if kind.name == "certified_notice" else "",
        reference=tuple(_refer(facts, language)),
        subject=subject,
        demand=tuple(_demand(facts, language, kind)),
        blocks=tuple(blocks),
        signature=tuple(_sign(facts)),
        enclosed_label=labels["enclosed"] if facts.copies else "",
        enclosed=tuple(copy.file_name for copy in facts.copies),
        foot=tuple(_foot(facts, language)),
        page_label=labels["page"],
        continued_label=labels["continued"],
        logo=picture_of(facts.sender.logo) if facts.sender.logo else "",
        swiss_slip=slip,
    )


def layout_of(facts: Facts) -> str:
    """The organisation's own choice of positions, else those its country's envelopes ask for."""
    chosen = facts.sender.letter_layout
    return chosen if chosen in LAYOUTS else _OF_COUNTRY.get(facts.sender.country, DIN)


def one_line(lines: tuple[str, ...]) -> str:
    """An address as a recipient: on one line."""
    return ", ".join(lines)


def write_envelope(facts: Facts, language: Language) -> tuple[str, ...]:
    """The lines of the address: the customer, the person, street and town, and the country where it is abroad."""
    recipient, name = facts.recipient, facts.customer.name
    lines = [line for line in recipient.postal if line.casefold() != name.casefold()]
    person = recipient.name if recipient.name.casefold() not in {line.casefold() for line in (*lines, name)} else ""
    head = [name, *([language.letter_labels["attention"].format(name=person)] if person else [])]
    return (*head, *lines, *_name_country(facts, lines))


def _name_country(facts: Facts, lines: list[str]) -> list[str]:
    """The country in capitals on the last line (Universal Postal Union, S42), in English as every post reads it."""
    code = facts.recipient.country
    if not code or not facts.sender.country or code == facts.sender.country or not lines:
        return []
    name = Locale.parse("en").territories.get(code, "")
    return [] if not name or is_country_line(lines[-1], code) else [name.upper()]


def is_country_line(line: str, code: str) -> bool:
    """Whether the line of an address is the country's own name, in English, German or French, or its code."""
    names = {Locale.parse(tongue).territories.get(code, code).casefold() for tongue in ("en", "de", "fr")}
    return line.strip().casefold() in {*names, code.casefold()}


def fit_lines(lines: tuple[str, ...], limit: int) -> tuple[str, ...]:
    """At most ``limit`` lines; what is too much is joined in the middle, where a reader misses it least."""
    kept = list(lines)
    while len(kept) > limit:
        place = max(1, len(kept) - 3)
        kept[place - 1 : place + 1] = [", ".join(kept[place - 1 : place + 1])]
    return tuple(kept)


def _refer(facts: Facts, language: Language) -> list[tuple[str, str]]:
    labels, speaker = language.letter_labels, facts.speaker
    rows = (
        ("date", language.date(facts.today)),
        ("customer_number", facts.customer.number),
        ("your_contact", speaker.name if speaker.is_person else ""),
        ("phone", speaker.phone),
        ("email", speaker.email),
    )
    return [(labels[label], value) for label, value in rows if value]


def _demand(facts: Facts, language: Language, kind: Template) -> list[tuple[str, str]]:
    """What must catch the eye."""
    labels = language.letter_labels
    if not kind.asks_money or not facts.statements:
        return []
    total = language.amounts([statement.total for statement in facts.statements])
    rows = [(labels["balance" if kind.whole_account else "to_pay"], total)]
    return [*rows, (labels["by"], language.date(facts.deadline, "full"))] if facts.deadline else rows


def _set(part: Part, facts: Facts, language: Language, kind: Template, *, has_slip: bool) -> list[Block]:
    match part:
        case Prose():
            return [Block(kind="prose", runs=read_runs(part.marked))]
        case Statements():
            later = [Block(kind="prose", runs=(Run(part.later),))] if part.later else []
            return [*(_set_table(table, language) for table in part.tables), *later]
        case PaymentDetails():
            return [_set_payment(part, facts, language, asks_money=kind.asks_money and not has_slip)]
        case InterestLines():
            return [Block(kind="lines", lines=part.lines)]
        case _:
            return [Block(kind="lines", title=language.labels["answer_hint"], lines=part.options)]


def read_runs(marked: str) -> tuple[Run, ...]:
    """Prose as words of plain and strong weight."""
    pieces = enumerate(_STRONG.split(marked))
    return tuple(Run(_MARKS.sub("", text), bool(place % 2)) for place, text in pieces if text)


def _set_table(table: Table, language: Language) -> Block:
    labels = language.labels
    return Block(
        kind="table",
        titles=tuple(labels[name] for name in ("invoice", "issued", "due", "late", "open")),
        rows=tuple(
            Row(row.number, row.issued, row.due, row.days, row.open, row.notes, row.is_late) for row in table.rows
        ),
        sums=tuple(Sum(row.label, row.amount, row.is_total) for row in table.sums),
    )


def _set_payment(part: PaymentDetails, facts: Facts, language: Language, *, asks_money: bool) -> Block:
    labels = language.letter_labels
    transfer = write_payment_code(facts) if asks_money else ""
    content = transfer or (part.link if asks_money else "")
    return Block(
        kind="payment",
        title=language.labels["how_to_pay"],
        pairs=part.lines,
        link_label=language.labels["pay_online"] if part.link else "",
        link=part.link,
        lines=part.note,
        code=draw_code_outline(content) if content else "",
        code_label=labels["scan_to_transfer" if transfer else "scan_to_pay"] if content else "",
    )


def _sign(facts: Facts) -> list[str]:
    speaker = facts.speaker
    return [*([speaker.name] if speaker.is_person and speaker.name else []), facts.sender.name]


def _foot(facts: Facts, language: Language) -> list[tuple[str, ...]]:
    """Columns at the foot of the page: where we are, how to reach us, our bank."""
    sender, payment, labels = facts.sender, facts.payment, language.labels
    ways = [(labels["phone"], sender.phone), (labels["email"], sender.email)]
    columns = [
        [sender.name, *sender.address],
        [*(f"{label}: {value}" for label, value in ways if value), *([sender.website] if sender.website else [])],
    ]
    if payment and payment.iban:
        bic = f"{language.labels['bic']}: {payment.bic}" if payment.bic else ""
        account = f"{language.labels['iban']}: {format_iban(payment.iban)}"
        columns.append([line for line in (payment.bank, account, bic) if line])
    return [tuple(column) for column in columns if column]


@lru_cache(maxsize=64)
def picture_of(image: Image) -> str:
    """The same for a picture that stands on letter after letter, such as a logo."""
    return draw_picture(image)


def draw_picture(image: Image) -> str:
    """A bitmap as an SVG picture, the one form that a page's data carries pictures in."""
    data = base64.b64encode(image.content).decode()
    return f'<svg xmlns="http://www.w3.org/2000/svg"><image href="data:{image.media_type};base64,{data}"/></svg>'
