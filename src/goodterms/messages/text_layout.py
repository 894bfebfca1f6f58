"""The plain-text part: the same content as the HTML part, set so that columns line up."""

from goodterms.messages.facts import Facts
from goodterms.messages.languages import Language
from goodterms.messages.parts import Answers, InterestLines, Part, PaymentDetails, Prose, Statements
from goodterms.messages.tables import ItemRow, Table

_NUMBER_WIDTH = 22
_SUM_WIDTH = 46


def lay_out_text(parts: tuple[Part, ...], facts: Facts, language: Language) -> str:
    """The parts below each other, then the signature."""
    blocks = [_set(part, language) for part in parts]
    blocks.append(_sign(facts, language))
    blocks.append(_foot(facts, language))
    return "\n\n".join(block for block in blocks if block) + "\n"


def _set(part: Part, language: Language) -> str:
    match part:
        case Prose():
            return part.plain
        case Statements():
            return _set_statements(part, language)
        case PaymentDetails():
            return _set_payment(part, language)
        case InterestLines():
            return "\n".join(f"  {line}" for line in part.lines)
        case Answers():
            hint = language.labels["answer_hint"]
            return "\n".join([hint, *(f"  {place}. {answer}" for place, answer in enumerate(part.options, 1))])


def _set_statements(part: Statements, language: Language) -> str:
    blocks = [_set_table(table, language) for table in part.tables]
    return "\n\n".join([*blocks, *([part.later] if part.later else [])])


def _set_table(table: Table, language: Language) -> str:
    labels = language.labels
    widest = max((len(row.number) for row in table.rows), default=0)
    width = min(max(widest, len(labels["invoice"])), _NUMBER_WIDTH)
    right = max(len(text) for text in (labels["open"], *(r.open for r in table.rows), *(s.amount for s in table.sums)))
    days = max(len(text) for text in (labels["late"], *(row.days for row in table.rows)))
    head = _line(labels["invoice"], labels["issued"], labels["due"], labels["late"], labels["open"], width, days, right)
    lines = [head] if table.rows else []
    for row in table.rows:
        lines += _set_row(row, width, days, right)
    if table.rows:
        lines.append("  " + "-" * (len(head) - 2))
    length = max(len(head) - 4 - right, max(len(row.label) for row in table.sums))
    return "\n".join([*lines, *(f"  {row.label:<{length}}  {row.amount:>{right}}" for row in table.sums)])


def _set_row(row: ItemRow, width: int, days: int, right: int) -> list[str]:
    """One line, or two where the number is longer than its column; notes stand below."""
    is_long = len(row.number) > width
    lines = [f"  {row.number}"] if is_long else []
    lines.append(_line("" if is_long else row.number, row.issued, row.due, row.days, row.open, width, days, right))
    return lines + [f"    {note}" for note in row.notes]


def _line(number: str, issued: str, due: str, late: str, opened: str, width: int, days: int, right: int) -> str:
    return f"  {number:<{width}}  {issued:<11}  {due:<11}  {late:>{days}}  {opened:>{right}}"


def _set_payment(part: PaymentDetails, language: Language) -> str:
    lines = [language.labels["how_to_pay"]]
    width = max((len(label) for label, _ in part.lines), default=0) + 1
    lines += [f"  {label + ':':<{width}}  {value}" for label, value in part.lines]
    if part.link:
        lines.append(f"  {language.labels['pay_online']}: {part.link}")
    return "\n".join([*lines, *(f"  {note}" for note in part.note)])


def _sign(facts: Facts, language: Language) -> str:
    speaker, sender, labels = facts.speaker, facts.sender, language.labels
    lines = [speaker.name if speaker.is_person else "", sender.name]
    if speaker.phone:
        lines.append(f"{labels['phone']}: {speaker.phone}")
    lines.append(f"{labels['email']}: {speaker.email}")
    lines.append(sender.website)
    return "\n".join(line for line in lines if line)


def _foot(facts: Facts, language: Language) -> str:
    number = language.labels["customer_number"].format(number=facts.customer.number)
    address = ", ".join((facts.sender.name, *facts.sender.address)) if facts.sender.address else ""
    return "\n".join(line for line in ("-- ", number, address) if line)
