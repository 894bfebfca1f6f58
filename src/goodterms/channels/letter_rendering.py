"""Letters into PDF: one template, plain data in, and the same bytes for the same letter and moment."""

import json
import re
from collections.abc import Sequence
from datetime import datetime
from functools import cache, lru_cache
from importlib.resources import files
from io import BytesIO
from threading import Lock
from typing import Any

import typst
from pypdf import PdfReader, PdfWriter
from pypdf.errors import DependencyError, PyPdfError
from pypdf.generic import NameObject

from goodterms.channels.letter_layouts import LETTER_LAYOUTS
from goodterms.core.refusal import Refusal
from goodterms.messages.letter_content import Letter
from goodterms.messages.message import Attachment

PAGE = "letter.typ"
PICTURE_PPI = 110
_turn = Lock()
# What pypdf raises over damaged files, and over such as are locked by a method it lacks.
_DAMAGED = (PyPdfError, DependencyError, ValueError, LookupError, TypeError, AttributeError, RecursionError)
_NOT_SHOWN = re.compile(r'the text `"(.*?)"` could not be displayed')


class Unprintable(Refusal):
    """A letter holds signs that no font of this machine has."""

    def __init__(self, sign: str) -> None:
        super().__init__(
            f"No font on this machine can print {sign!r}; install one that can, such as Debian's fonts-noto-core, "
            "or fonts-noto-cjk for Chinese, Japanese and Korean, and restart goodterms."
        )


def render_letters(letters: Sequence[Letter], at: datetime) -> bytes:
    """The letters one after the other in one PDF/A, dated ``at``; raises Unprintable."""
    return compile_page(page_source(PAGE), _describe(letters), at)


def draw_letter(letter: Letter, at: datetime) -> list[bytes]:
    """The letter's pages as pictures (PNG), to look at before it is printed; raises Unprintable."""
    drawn = _compile(page_source(PAGE), _describe([letter]), at, format="png", ppi=PICTURE_PPI)
    return [drawn] if isinstance(drawn, bytes) else list(drawn)


def _describe(letters: Sequence[Letter]) -> dict[str, Any]:
    """The plain data of the letters' page."""
    first = letters[0]
    names = sorted({letter.layout for letter in letters})
    return {
        "title": first.subject,
        "author": first.sender_name,
        "fonts": font_families(),
        "layouts": {name: LETTER_LAYOUTS[name].as_json() for name in names},
        "letters": [letter.as_json() for letter in letters],
    }


def compile_page(source: bytes, data: object, at: datetime) -> bytes:
    """A typst source with its data as PDF; raises Unprintable.

    Archivable (ISO 19005-3, level A: text selectable and tagged) and accessible (ISO 14289-1).
    """
    pdf = _compile(source, data, at, format="pdf", pdf_standards=["a-3a", "ua-1"])
    assert isinstance(pdf, bytes)
    return pdf


def _compile(source: bytes, data: object, at: datetime, **how: Any) -> bytes | list[bytes]:
    given = {"data": json.dumps(data, ensure_ascii=False)}
    try:
        # The compiler serves one thread at a time, and says so by an error.
        with _turn:
            made: bytes | list[bytes] | None = _compiler().compile(
                input=source, sys_inputs=given, timestamp=int(at.timestamp()), **how
            )
    except typst.TypstError as error:
        if found := _NOT_SHOWN.search(error.message):
            raise Unprintable(found[1]) from error
        raise
    return made or []


def enclose(letter: bytes, copies: Sequence[Attachment]) -> bytes:
    """The letter with the pages of these PDF files behind it; one that cannot be enclosed is left out.

    With pages of others in it the file is no PDF/A any more, and no longer says so.
    """
    writer = PdfWriter(clone_from=BytesIO(letter))
    for copy in copies:
        if can_be_enclosed(copy.content):
            for page in PdfReader(BytesIO(copy.content)).pages:
                writer.add_page(page)
    writer.root_object.pop(NameObject("/Metadata"), None)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def can_be_enclosed(content: bytes) -> bool:
    """Whether this PDF's pages can be put behind a letter: tried, since pypdf finds some damage only on the way."""
    try:
        writer = PdfWriter()
        for page in PdfReader(BytesIO(content)).pages:
            writer.add_page(page)
        writer.write(BytesIO())
    except _DAMAGED:
        return False
    return len(writer.pages) > 0


def read_letter(content: bytes) -> str:
    """The words of a letter as it was printed."""
    return "\n\n".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)


@cache
def _compiler() -> typst.Compiler:
    """One compiler per process: what it made once, such as a logo, it does not make again."""
    return typst.Compiler(font_paths=_fonts())


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts()


@cache
def font_families() -> list[str]:
    """The fonts that this machine has, those that come with typst among them."""
    return sorted(set(_fonts().families()))


@lru_cache
def page_source(name: str) -> bytes:
    """A template of the folder letter_page."""
    return (files("goodterms.channels") / "letter_page" / name).read_bytes()
