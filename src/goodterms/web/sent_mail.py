"""A message read back from the exact bytes that were sent, for people to look at; nothing in it is trusted."""

import base64
import re
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import default
from io import BytesIO
from mimetypes import guess_type
from zipfile import ZipFile

from goodterms.channels.agency import LETTER
from goodterms.channels.headline import headline
from goodterms.channels.letter_rendering import read_letter
from goodterms.outbox.models import SentMessage

SHOWN_HEADERS = ("Date", "From", "To", "Cc", "Reply-To", "Subject", "Message-ID", "In-Reply-To", "Auto-Submitted")
INLINE_IMAGES = ("image/png", "image/jpeg", "image/gif", "image/svg+xml")


@dataclass(frozen=True)
class Enclosure:
    """A file that travels with a message."""

    file_name: str
    media_type: str
    size: int


@dataclass(frozen=True)
class ReadMail:
    """The parts of a message."""

    subject: str
    headers: list[tuple[str, str]]
    text: str
    html: str
    enclosures: list[Enclosure]


def read_sent(sent: SentMessage) -> ReadMail:
    """The parts of a message that has left."""
    return read_bytes(bytes(sent.content), sent.content_type)


def read_bytes(content: bytes, content_type: str) -> ReadMail:
    """The parts of a message in its own format: an e-mail, a letter, an archive, or a page or text as it is."""
    if content_type == "message/rfc822":
        return _read_mail(message_from_bytes(content, policy=default))
    if content_type == "application/pdf":
        return ReadMail(headline(content_type, content), [], read_letter(content), "", [])
    if content_type == "application/zip":
        return _read_archive(content)
    words = content.decode("utf-8", "replace") if content_type.startswith("text/") else ""
    is_page = content_type.startswith("text/html")
    return ReadMail("", [], "" if is_page else words, words if is_page else "", [])


def _read_archive(content: bytes) -> ReadMail:
    """An agency's hand-over: the letter that goes with it, and the files beside it."""
    with ZipFile(BytesIO(content)) as archive:
        files = [
            Enclosure(entry.filename, guess_type(entry.filename)[0] or "application/octet-stream", entry.file_size)
            for entry in archive.infolist()
        ]
        letter = archive.read(LETTER) if LETTER in archive.namelist() else b""
    subject, _, text = letter.decode("utf-8", "replace").partition("\n\n")
    return ReadMail(subject, [], text, "", files)


def _read_mail(mail: EmailMessage) -> ReadMail:
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    headers = [(name, str(value)) for name in SHOWN_HEADERS for value in mail.get_all(name, [])]
    files = [
        Enclosure(part.get_filename() or "", part.get_content_type(), len(_content(part)))
        for part in mail.iter_attachments()
    ]
    page = html.get_content() if html else ""
    return ReadMail(
        str(mail.get("Subject", "")),
        headers,
        text.get_content() if text else "",
        embed_pictures(page, _pictures(mail)),
        files,
    )


def _pictures(mail: EmailMessage) -> dict[str, tuple[str, bytes]]:
    """The pictures inside the message, by the name under which its page refers to them."""
    found = {}
    for part in mail.walk():
        cid = str(part.get("Content-ID", "")).strip("<> ")
        if cid:
            found[cid] = (part.get_content_type(), _content(part))
    return found


def embed_pictures(page: str, pictures: dict[str, tuple[str, bytes]]) -> str:
    """The page with its ``cid:`` pictures in place, so that showing it fetches nothing."""

    def put(found: re.Match[str]) -> str:
        media_type, content = pictures.get(found[1], ("", b""))
        if media_type not in INLINE_IMAGES:
            return found[0]
        return f"data:{media_type};base64,{base64.b64encode(content).decode()}"

    return re.sub(r"cid:([A-Za-z0-9.@_-]+)", put, page)


def _content(part: Message) -> bytes:
    """The decoded bytes of a part; none for one that is itself made of parts."""
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""
