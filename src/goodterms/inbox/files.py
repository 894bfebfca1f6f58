"""Attachments: their kind judged by what is in them, kept where it is harmless and not too large."""

import re
from collections.abc import Mapping

from goodterms.inbox.incoming import File

LARGEST_FILE = 15 * 1024 * 1024
OCTETS = "application/octet-stream"
_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"MZ", "application/x-msdownload"),
    (b"\x7fELF", "application/x-executable"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"PK\x03\x04", "application/zip"),
    (b"Rar!", "application/vnd.rar"),
    (b"7z\xbc\xaf", "application/x-7z-compressed"),
    (b"BEGIN:VCARD", "text/vcard"),
    (b"BEGIN:VCALENDAR", "text/calendar"),
)
# What a zip archive is, by a name that stands in its beginning.
_OFFICE: Mapping[bytes, str] = {
    b"word/": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    b"xl/": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    b"opendocument.text": "application/vnd.oasis.opendocument.text",
    b"opendocument.spreadsheet": "application/vnd.oasis.opendocument.spreadsheet",
}
_OFFICE_NAMES = {"docx": _OFFICE[b"word/"], "xlsx": _OFFICE[b"xl/"]}
KEPT = frozenset(
    {
        "application/pdf",
        "image/png",
        "image/jpeg",
        "image/gif",
        "image/tiff",
        "image/webp",
        "text/plain",
        "text/csv",
        "text/vcard",
        "text/calendar",
        "message/rfc822",
        *_OFFICE.values(),
    }
)
REFUSED_NAMES = re.compile(r"\.(exe|com|scr|bat|cmd|js|jse|vbs|vbe|ps1|msi|hta|jar|lnk|iso|html?|svg|docm|xlsm|pptm)$")
_MARKUP = re.compile(rb"^\s*(<!doctype html|<html|<script|<svg|<\?xml[^>]*>\s*<svg)", re.IGNORECASE)


def read_file(name: str, declared: str, content: bytes, *, is_one_too_many: bool = False) -> File:
    """The attachment with the kind its content shows, or without content and the reason why."""
    file_name = plain_name(name)
    kind = judge_type(file_name, declared, content)
    refusal = _refusal(file_name, kind, content, is_one_too_many)
    kept = None if refusal else content
    return File(file_name=file_name, media_type=kind, size=len(content), content=kept, refusal=refusal)


def judge_type(name: str, declared: str, content: bytes) -> str:
    """The media type by the content's first bytes; what the mail declares counts for plain text alone."""
    if declared == "message/rfc822":
        return declared
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    kind = next((kind for beginning, kind in _BEGINNINGS if content.startswith(beginning)), "")
    if kind == "application/zip":
        return _archive_type(name, content)
    if kind:
        return kind
    if _MARKUP.match(content[:200]):
        return "text/html"
    return _text_type(name, declared, content)


def _archive_type(name: str, content: bytes) -> str:
    office = next((kind for mark, kind in _OFFICE.items() if mark in content[:4000]), "")
    return (
        office
        or (_OFFICE_NAMES.get(name.rpartition(".")[2].lower(), "") if b"[Content_Types]" in content else "")
        or ("application/zip")
    )


def _text_type(name: str, declared: str, content: bytes) -> str:
    if b"\x00" in content[:4000]:
        return OCTETS
    if name.lower().endswith(".csv") or declared == "text/csv":
        return "text/csv"
    return "text/plain"


def _refusal(name: str, kind: str, content: bytes, is_one_too_many: bool) -> str:
    if is_one_too_many:
        return "The mail has too many attachments; this one is in the original mail only."
    if len(content) > LARGEST_FILE:
        return f"Larger than {LARGEST_FILE // 1024 // 1024} MB; it is in the original mail only."
    if not content:
        return "The attachment is empty."
    if kind not in KEPT or REFUSED_NAMES.search(name.lower()):
        return f"A file of this kind ({kind}) is not kept apart, as it may do harm; it is in the original mail only."
    return ""


def plain_name(name: str) -> str:
    """A file name without folders, one that is never empty."""
    last = re.split(r"[\\/]", name)[-1].strip().strip(".")
    if len(last) > 120:
        stem, dot, ending = last.rpartition(".")
        last = f"{stem[:100]}{dot}{ending[:15]}"
    return last or "attachment"
