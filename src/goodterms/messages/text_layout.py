"""The plain-text part: the same content as the HTML part, set so that columns line up."""

from collections.abc import Sequence

from goodterms.messages.facts import Facts
from goodterms.messages.languages import Language
from goodterms.messages.parts import Answers, InterestLines, Part, PaymentDetails, Prose, Statements
from goodterms.messages.tables import ItemRow, Table

_NUMBER_WIDTH = 22
_DATE_WIDTH = 11
_GAP = 2


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
    blocks = [set_table_text(table, language) for table in part.tables]
    return "\n\n".join([*blocks, *([part.later] if part.later else [])])


def set_table_text(table: Table, language: Language) -> str:
    """A statement in columns."""
    labels = language.labels
    titles = (labels["invoice"], labels["issued"], labels["due"], labels["late"], labels["open"])
    amounts = [labels["open"], *(row.open for row in table.rows), *(row.amount for row in table.sums)]
    right = max(len(amount) for amount in amounts)
    days = max(len(text) for text in (labels["late"], *(row.days for row in table.rows)))
    longest_label = max(len(row.label) for row in table.sums)
    # The sums' labels stand over all columns but the last.
    width = max(_number_width(table, labels["invoice"]), longest_label - 2 * (_DATE_WIDTH + _GAP) - days - _GAP)
    widths = (width, days, right)
    lines: list[str] = []
    if table.rows:
        lines.append(_line(titles, widths))
        lines += [line for row in table.rows for line in _set_row(row, widths)]
        lines.append("  " + "-" * (len(lines[0]) - 2))
    label_width = width + 2 * (_DATE_WIDTH + _GAP) + days + _GAP
    return "\n".join([*lines, *(f"  {row.label:<{label_width}}  {row.amount:>{right}}" for row in table.sums)])


def _number_width(table: Table, title: str) -> int:
    widest = max((len(row.number) for row in table.rows), default=0)
    return min(max(widest, len(title)), _NUMBER_WIDTH)


def _set_row(row: ItemRow, widths: tuple[int, int, int]) -> list[str]:
    """One line, or two where the number is longer than its column; notes stand below."""
    is_long = len(row.number) > widths[0]
    cells = ("" if is_long else row.number, row.issued, row.due, row.days, row.open)
    head = [f"  {row.number}"] if is_long else []
    return [*head, _line(cells, widths), *(f"    {note}" for note in row.notes)]


def _line(cells: Sequence[str], widths: tuple[int, int, int]) -> str:
    number, issued, due, late, opened = cells
    width, days, right = widths
    dates = f"{issued:<{_DATE_WIDTH}}  {due:<{_DATE_WIDTH}}"
    return f"  {number:<{width}}  {dates}  {late:>{days}}  {opened:>{right}}"


def _set_payment(part: PaymentDetails, language: Language) -> str:
    lines = [language.labels["how_to_pay"]]
    details = [*part.lines, *([(language.labels["pay_online"], part.link)] if part.link else [])]
    width = max((len(label) for label, _ in details), default=0) + 1
    lines += [f"  {label + ':':<{width}}  {value}" for label, value in details]
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
