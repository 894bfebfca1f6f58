"""A text cut into sentences and clauses, each with its exact place."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_END = re.compile(r"[.!?…]+[\"”“»)]*(?=\s|$)|\n\s*\n|\n(?=\s*[-*•])")
_SHORT = re.compile(
    r"(?:\b(?:no|nr|inv|approx|ca|ref|mr|mrs|ms|dr|ltd|inc|co|st|tel|zb|bzw|evtl|inkl|zzgl|str|fr|hr|max|etc|eg|ie|vgl|"
    r"mon|tue|wed|thu|fri|jan|feb|mar|apr|jun|jul|aug|sep|sept|oct|okt|nov|dec|dez|p\.o|e\.g|i\.e|z\.b|u\.a|d\.h))$",
    re.IGNORECASE,
)
_FIGURE_END = re.compile(r"\b\d{1,2}$")
_MONTH_NEXT = re.compile(
    r"\s?(?:jan|jän|feb|mär|mrz|apr|mai|jun|jul|aug|sep|okt|nov|dez|des\b|d\.|nächst|kommend|[a-zäöü])", re.IGNORECASE
)
_CLAUSE = re.compile(
    r"\s*;\s+|\s+[-–—]+\s+|,?\s+(?=(?:but|however|although|though|aber|jedoch|allerdings|sondern|doch)\s)|,\s+(?=and\s(?:we|i)\s)",
    re.IGNORECASE,
)
_HARD_BREAK = 60


@dataclass(frozen=True, slots=True)
class Span:
    """A part of the text and where it stands; line ends in it are read as spaces."""

    start: int
    end: int
    text: str

    @property
    def is_question(self) -> bool:
        return self.text.rstrip(' "”)').endswith("?")


def sentences(text: str) -> Iterator[Span]:
    """Every sentence, without the white space around it."""
    start = 0
    for end in _ends(text):
        yield from _span(text, start, end)
        start = end
    yield from _span(text, start, len(text))


def clauses(sentence: Span) -> Iterator[Span]:
    """The clauses of a sentence that stand against each other ("…, but …")."""
    start = 0
    for match in _CLAUSE.finditer(sentence.text):
        if match.start() > start:
            yield Span(sentence.start + start, sentence.start + match.start(), sentence.text[start : match.start()])
        start = match.end()
    yield Span(sentence.start + start, sentence.end, sentence.text[start:])


def _ends(text: str) -> Iterator[int]:
    for match in _END.finditer(text):
        if match.group().startswith(".") and _goes_on(text, match.start(), match.end()):
            continue
        yield match.end()


def _goes_on(text: str, start: int, end: int) -> bool:
    """A full stop behind an abbreviation or a German ordinal number ends no sentence."""
    before, after = text[max(0, start - 12) : start], text[end : end + 12]
    if _SHORT.search(before):
        return True
    if not _FIGURE_END.search(before):
        return False
    return bool(_MONTH_NEXT.match(after)) and not re.match(
        r"\s[A-ZÄÖÜ](?!an|än|eb|är|rz|pr|ai|un|ul|ug|ep|kt|ov|ez)", after
    )


def _span(text: str, start: int, end: int) -> Iterator[Span]:
    """Lines that end early end a sentence as well, as in a greeting or a list; long ones were broken by a program."""
    part_start = start
    for match in re.finditer(r"\n", text[start:end]):
        line_start = text.rfind("\n", 0, start + match.start()) + 1
        if start + match.start() - line_start < _HARD_BREAK:
            yield from _stripped(text, part_start, start + match.start())
            part_start = start + match.end()
    yield from _stripped(text, part_start, end)


def _stripped(text: str, start: int, end: int) -> Iterator[Span]:
    part = text[start:end]
    plain = part.strip()
    if plain:
        first = start + len(part) - len(part.lstrip())
        yield Span(first, first + len(plain), plain.replace("\n", " ").replace("\xa0", " "))
