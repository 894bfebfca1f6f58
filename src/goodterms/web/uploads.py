"""Files from people: judged by what is in them, kept small, and handed out so that they can do no harm."""

from collections.abc import Collection
from dataclasses import dataclass

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from goodterms.core.refusal import Refusal
from goodterms.inbox.files import KEPT, LARGEST_FILE, REFUSED_NAMES, judge_type, plain_name

MB = 1024 * 1024
OFFICE = frozenset(kind for kind in KEPT if kind.startswith("application/vnd."))
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
TABLES = frozenset({"text/csv", "text/plain", *(kind for kind in OFFICE if "sheet" in kind)})
DOCUMENTS = frozenset({"application/pdf", "text/plain", *PICTURES, "image/tiff", *OFFICE})
_SHUT_IN = "default-src 'none'; sandbox"


class UploadRefused(Refusal):
    """A file is not taken: too large, empty, or not of a kind that is wanted there."""


@dataclass(frozen=True)
class Upload:
    """A file as it is taken in: its plain name, the kind its content shows, its bytes."""

    file_name: str
    media_type: str
    content: bytes


def read_upload(
    file: "UploadedFile[bytes] | None", accepted: Collection[str] = DOCUMENTS, *, largest: int = LARGEST_FILE
) -> Upload:
    """Take an uploaded file in. What the browser says of its kind counts for nothing, its first bytes do.

    Raises UploadRefused with a sentence for the person: no file, too large, empty, or of a kind not in ``accepted``.
    """
    if file is None:
        raise UploadRefused(_("Choose a file."))
    name = plain_name(file.name or "")
    if file.size is None or file.size > largest:
        raise UploadRefused(_("%(name)s is larger than %(size)s.") % {"name": name, "size": _size(largest)})
    content = file.read(largest + 1)
    if len(content) > largest:
        raise UploadRefused(_("%(name)s is larger than %(size)s.") % {"name": name, "size": _size(largest)})
    if not content:
        raise UploadRefused(_("%(name)s is empty.") % {"name": name})
    kind = judge_type(name, "", content)
    if kind not in accepted or REFUSED_NAMES.search(name.lower()):
        wanted = {"name": name, "kinds": ", ".join(sorted({_short(one) for one in accepted}))}
        raise UploadRefused(_("%(name)s is not of a kind that is taken here: %(kinds)s.") % wanted)
    return Upload(name, kind, content)


def serve_file(content: bytes, file_name: str, media_type: str, *, is_inline: bool = False) -> HttpResponse:
    """Hand a file out as a download; ``is_inline`` shows it in the page, which only pictures are allowed."""
    is_shown = is_inline and media_type in PICTURES
    answer = HttpResponse(content, content_type=media_type if is_shown else "application/octet-stream")
    disposition = content_disposition_header(as_attachment=not is_shown, filename=plain_name(file_name))
    answer["Content-Disposition"] = disposition or "attachment"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = _SHUT_IN
    return answer


def _size(largest: int) -> str:
    return f"{largest // MB} MB" if largest >= MB else f"{largest // 1024} KB"


def _short(kind: str) -> str:
    """How people call a kind of file."""
    names = {"text/plain": "TXT", "application/pdf": "PDF", "image/jpeg": "JPEG", "image/tiff": "TIFF"}
    ending = kind.rpartition(".")[2]
    office = {"document": "DOCX", "sheet": "XLSX", "text": "ODT", "spreadsheet": "ODS"}
    return names.get(kind) or office.get(ending, kind.rpartition("/")[2].upper())
