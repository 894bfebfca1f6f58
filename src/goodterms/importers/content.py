"""What a file is, by its first bytes, and its text in the right encoding."""

import codecs
from dataclasses import dataclass
from pathlib import Path

from goodterms.importers.refusals import EncodingUnknown, FileEmpty, FileUnreadable, NotATable

LARGEST_BYTES = 4 * 1024**3
_OTHER_FILES = {
    b"%PDF": "a PDF document",
    b"\x89PNG": "a picture (PNG)",
    b"\xff\xd8\xff": "a picture (JPEG)",
    b"GIF8": "a picture (GIF)",
    b"BM": "a picture (BMP)",
    b"II*\x00": "a picture (TIFF)",
    b"\x1f\x8b": "a compressed file (gzip)",
    b"7z\xbc\xaf": "a compressed file (7z)",
    b"Rar!": "a compressed file (RAR)",
    b"SQLite format 3": "a database",
    b"{\\rtf": "a text document (RTF)",
    b"\x7fELF": "a program",
    b"MZ": "a program",
}
_ZIP, _OLD_OFFICE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MARKUP = ("<!doctype", "<html", "<table", "<?xml", "{", "[{")
_PREVIEW = 60


@dataclass(frozen=True)
class Text:
    """A file's text, the encoding it was read in, and what the person should know about that."""

    text: str
    encoding: str
    notes: tuple[str, ...] = ()


def read_content(path: Path) -> bytes:
    """The file's bytes. Raises FileUnreadable or FileEmpty."""
    if path.is_dir():
        raise FileUnreadable(path.name, "it is a folder")
    try:
        size = path.stat().st_size
        if size > LARGEST_BYTES:
            raise FileUnreadable(path.name, "it is larger than 4 GB; split it")
        content = path.read_bytes()
    except FileNotFoundError:
        raise FileUnreadable(str(path), "there is no such file") from None
    except OSError as error:
        raise FileUnreadable(str(path), str(error.strerror)) from None
    if not content.strip(b"\x00 \t\r\n"):
        raise FileEmpty(path.name)
    return content


def is_workbook(content: bytes) -> bool:
    """Whether the bytes are those of a workbook (.xlsx, .xls, .ods), or of something else in the same envelope."""
    return content.startswith((_ZIP, _OLD_OFFICE))


def check_is_text(name: str, content: bytes) -> None:
    """Raises NotATable for pictures, documents, archives, programs and the like."""
    for mark, what in _OTHER_FILES.items():
        if content.startswith(mark):
            raise NotATable(name, what)
    is_marked = any(content.startswith(mark) for mark, _ in _MARKS)
    if not is_marked and content[:4096].count(0) and _wide_encoding(content) is None:
        raise NotATable(name, "a binary file")


def decode(name: str, content: bytes, encoding: str | None, remembered: str | None) -> Text:
    """The text by the encoding named, its byte order mark, strict UTF-8, the remembered encoding, or Windows-1252.

    Raises EncodingUnknown when none fits, NotATable for web pages, XML and JSON.
    """
    text = _named(name, content, encoding) if encoding else _recognised(name, content, remembered)
    start = text.text[:200].lstrip().lower()
    if start.startswith(_MARKUP):
        raise NotATable(name, "JSON" if start[0] in "{[" else "a web page or XML")
    return text


def _named(name: str, content: bytes, encoding: str) -> Text:
    try:
        codecs.lookup(encoding)
    except LookupError:
        raise EncodingUnknown(name, repr(encoding), "there is no encoding of that name") from None
    try:
        return Text(content.decode(_with_mark(content, encoding)), encoding)
    except UnicodeDecodeError as error:
        raise EncodingUnknown(name, encoding, _place(content, error)) from None


def _with_mark(content: bytes, encoding: str) -> str:
    is_utf8 = codecs.lookup(encoding).name == "utf-8"
    return "utf-8-sig" if is_utf8 and content.startswith(codecs.BOM_UTF8) else encoding


def _recognised(name: str, content: bytes, remembered: str | None) -> Text:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _named(name, content, encoding)
    if wide := _wide_encoding(content):
        return _named(name, content, wide)
    try:
        return Text(content.decode("utf-8"), "utf-8")
    except UnicodeDecodeError as error:
        return _eight_bit(name, content, remembered, error)


def _eight_bit(name: str, content: bytes, remembered: str | None, error: UnicodeDecodeError) -> Text:
    if remembered and remembered not in ("utf-8", "utf-8-sig"):
        try:
            return Text(content.decode(remembered), remembered)
        except UnicodeDecodeError:
            pass
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError as second:
        raise EncodingUnknown(name, "UTF-8 or Windows-1252", _place(content, second)) from None
    start = text.rfind("\n", 0, error.start) + 1
    shown = text[max(start, error.start - _PREVIEW) : error.start + _PREVIEW].splitlines()[0]
    note = (
        f"Read as Windows-1252 (it is not UTF-8), for example: {shown.strip()!r}. "
        "If that looks wrong, name the encoding: --encoding cp850."
    )
    return Text(text, "cp1252", (note,))


def _wide_encoding(content: bytes) -> str | None:
    """UTF-16 without a mark: every other byte of Western text is zero."""
    sample = content[:4096]
    half = len(sample) // 2
    if half and sample[1::2].count(0) > 0.6 * half and not sample[::2].count(0):
        return "utf-16-le"
    if half and sample[::2].count(0) > 0.6 * half and not sample[1::2].count(0):
        return "utf-16-be"
    return None


def _place(content: bytes, error: UnicodeDecodeError) -> str:
    line = content.count(b"\n", 0, error.start) + 1
    return f"the byte {content[error.start]:#04x} in line {line} does not fit"
