"""A letter: everything that its pages show, as plain texts in the order of reading."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Run:
    """Words of one weight."""

    text: str
    is_strong: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One listed invoice, credit note or fee; ``notes`` stand below it."""

    number: str
    issued: str
    due: str
    late: str
    open: str
    notes: tuple[str, ...] = ()
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class Sum:
    """A line below the rows."""

    label: str
    amount: str
    is_total: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A piece of the body. ``kind`` says which of the other fields it uses:

    ``prose`` runs · ``table`` titles, rows, sums · ``payment`` title, pairs, link, lines, code, code_label ·
    ``lines`` title, lines (a list, with a title or without).
    """

    kind: str
    runs: tuple[Run, ...] = ()
    titles: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    sums: tuple[Sum, ...] = ()
    title: str = ""
    pairs: tuple[tuple[str, str], ...] = ()
    link_label: str = ""
    link: str = ""
    lines: tuple[str, ...] = ()
    code: str = ""
    code_label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SwissSlip:
    """The payment part and receipt of a Swiss QR bill, as the Swiss implementation guidelines order them.

    ``code`` is the picture of the code without the cross, ``labels`` are its fixed words by name.
    """

    code: str
    account: tuple[str, ...]
    payable_by: tuple[str, ...]
    currency: str
    amount: str
    information: str
    labels: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One letter. ``layout`` names the positions on the page, ``color`` is #rrggbb, ``logo`` an SVG picture.

    ``recipient_country`` and ``sender_country`` are ISO 3166 codes, empty when unknown.
    ``demand`` are the labels and values that must catch the eye: what is to be paid, and until when.
    """

    layout: str
    language: str
    color: str
    sender_name: str
    sender_lines: tuple[str, ...]
    return_line: str
    recipient: tuple[str, ...]
    recipient_country: str = ""
    sender_country: str = ""
    service: str = ""
    reference: tuple[tuple[str, str], ...]
    subject: str
    demand: tuple[tuple[str, str], ...]
    blocks: tuple[Block, ...]
    signature: tuple[str, ...]
    enclosed_label: str = ""
    enclosed: tuple[str, ...] = ()
    foot: tuple[tuple[str, ...], ...] = ()
    page_label: str
    continued_label: str
    logo: str = ""
    swiss_slip: SwissSlip | None = None

    def as_json(self) -> dict[str, Any]:
        """Mappings, lists and texts only."""
        return asdict(self)

    def read_text(self) -> str:
        """All words of the letter's body in the order of reading, one element per line."""
        return "\n".join(line for line in self._lines() if line)

    def _lines(self) -> Iterator[str]:
        for label, value in (*self.reference, *self.demand):
            yield f"{label}: {value}"
        yield self.subject
        for block in self.blocks:
            yield from _read_block(block)
        yield from self.signature
        yield from self.enclosed


def _read_block(block: Block) -> Iterator[str]:
    yield "".join(run.text for run in block.runs)
    for row in block.rows:
        yield from (row.number, row.issued, row.due, row.late, row.open, *row.notes)
    for one in block.sums:
        yield from (one.label, one.amount)
    yield block.title
    for label, value in block.pairs:
        yield f"{label}: {value}"
    yield block.link
    yield from block.lines
