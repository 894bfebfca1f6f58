"""The pages of an evidence file: cover, claims, timeline, every word, and the pages of letters behind them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

from pypdf import PdfReader, PdfWriter
from pypdf.errors import PyPdfError
from pypdf.generic import NameObject

from goodterms.channels.letter_rendering import compile_page, font_families, page_source


@dataclass(frozen=True, slots=True)
class Annex:
    """One original as the index lists it; ``text`` is printed, where there are words to print, and ``picture`` (SVG)
    shown on a page of its own.
    """

    path: str
    what: str
    at: str
    sha256: str
    text: str = ""
    picture: str = ""


def render_evidence(
    data: Mapping[str, Any], annexes: Sequence[Annex], pages: Mapping[str, bytes], at: datetime
) -> bytes:
    """The whole PDF. ``pages`` are originals that are PDF themselves, by path: bound in behind, as they are.

    The index names the page of each: hence the front is set twice, the second time with the numbers known. Raises
    Unprintable.
    """
    bound = {path: reader for path, content in pages.items() if (reader := _read(content)) is not None}
    front = _set(data, annexes, {}, at)
    place, places = len(PdfReader(BytesIO(front)).pages) + 1, {}
    for path, reader in bound.items():
        places[path] = place
        place += len(reader.pages)
    writer = PdfWriter(clone_from=BytesIO(_set(data, annexes, places, at)))
    for path, reader in bound.items():
        writer.append(reader, outline_item=path, import_outline=False)
    if bound:
        writer.root_object.pop(NameObject("/Metadata"), None)  # with others' pages in it, it is no PDF/A any more
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def _set(data: Mapping[str, Any], annexes: Sequence[Annex], places: Mapping[str, int], at: datetime) -> bytes:
    rows = [
        {
            "path": annex.path,
            "what": annex.what,
            "at": annex.at,
            "sha256": annex.sha256,
            "text": annex.text,
            "picture": annex.picture,
            "page": places.get(annex.path, 0),
        }
        for annex in annexes
    ]
    return compile_page(page_source("evidence.typ"), {**data, "annexes": rows, "fonts": font_families()}, at)


def _read(content: bytes) -> PdfReader | None:
    try:
        reader = PdfReader(BytesIO(content))
        return reader if len(reader.pages) else None
    except (PyPdfError, ValueError):
        return None
