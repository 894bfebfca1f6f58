"""Raw bytes into an Incoming: any bytes at all give one, faults in them are survived."""

import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import Header, decode_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import getaddresses, parsedate_to_datetime

from goodterms.inbox.files import read_file
from goodterms.inbox.html import safe_html, text_of_html
from goodterms.inbox.incoming import File, Incoming
from goodterms.inbox.new_text import newly_written

LONGEST_TEXT = 100_000
LONGEST_HTML = 1_000_000
LONGEST_KEY = 250
MOST_FILES = 40
_RECIPIENT_HEADERS = ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To")
_IDS = re.compile(r"<([^<>\s]{3,300})>")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def open_mail(raw: bytes) -> Message:
    """The mail as the email package reads it; of one nested beyond all measure the head alone."""
    try:
        message = message_from_bytes(raw)
        for _ in message.walk():
            pass
    except RecursionError:
        return BytesHeaderParser().parsebytes(raw)
    return message


def parse_mail(raw: bytes) -> Incoming:
    """Take the mail apart. The same bytes give the same Incoming; without Message-ID their hash is its key."""
    message = open_mail(raw)
    plain, html = _bodies(message)
    full_text = (plain if plain.strip() else text_of_html(html))[:LONGEST_TEXT]
    name, address = _sender(message)
    return Incoming(
        message_key=_key(message, raw),
        references=_references(message),
        from_address=address,
        from_name=name,
        recipients=_recipients(message),
        subject=header_text(message, "Subject")[:500],
        sent_at=_sent_at(message),
        text=newly_written(full_text if plain.strip() else text_of_html(html, without_quotes=True)[:LONGEST_TEXT]),
        full_text=full_text,
        html=safe_html(html),
        files=tuple(_files(message)),
    )


def header_text(message: Message, name: str) -> str:
    """A header decoded to one clean line, whatever its charset claims to be; empty where it is missing."""
    value = message.get(name)
    if value is None:
        return ""
    return " ".join(clean(_decode_words(value)).split())


def _decode_words(value: Header | str) -> str:
    """The value with its encoded words (RFC 2047) decoded; as it stands where they are damaged."""
    try:
        parts = decode_header(value)
    except (HeaderParseError, ValueError, IndexError):
        parts = [(str(value), None)]
    return "".join(_decode(part, charset or "") if isinstance(part, bytes) else part for part, charset in parts)


def clean(text: str) -> str:
    """The text without characters that a database or a page cannot carry."""
    return _CONTROL.sub("", text)


def _decode(content: bytes, charset: str) -> str:
    """The declared charset if it fits, else UTF-8, else what Western mail programs mean: never a fault."""
    for candidate in (charset, "utf-8"):
        try:
            return content.decode(candidate or "utf-8")
        except (LookupError, UnicodeError, ValueError):
            continue
    return content.decode("cp1252", "replace")


def _key(message: Message, raw: bytes) -> str:
    found = _IDS.findall(str(message.get("Message-ID", "")))
    if found and len(found[0]) <= LONGEST_KEY:
        return clean(str(found[0]))
    return key_of_bytes(raw)


def key_of_bytes(raw: bytes) -> str:
    """The key of a mail without a Message-ID of its own."""
    return "sha256:" + hashlib.sha256(raw).hexdigest()


def _references(message: Message) -> tuple[str, ...]:
    """The ids it answers to, nearest first: In-Reply-To, then References from their end."""
    direct = _IDS.findall(str(message.get("In-Reply-To", "")))
    chain = _IDS.findall(str(message.get("References", "")))
    return tuple(dict.fromkeys(clean(part) for part in (*direct, *reversed(chain[-50:]))))


def _sender(message: Message) -> tuple[str, str]:
    for name in ("From", "Reply-To", "Sender"):
        for shown, address in getaddresses([header_text(message, name)]):
            if "@" in address:
                return shown[:200], address.strip().lower()[:254]
    return header_text(message, "From")[:200], ""


def _recipients(message: Message) -> tuple[str, ...]:
    lines = [clean(str(line)) for name in _RECIPIENT_HEADERS for line in message.get_all(name, [])]
    addresses = (address.strip().lower() for _, address in getaddresses(lines))
    return tuple(dict.fromkeys(address for address in addresses if "@" in address))[:50]


def _sent_at(message: Message) -> datetime | None:
    """The moment in the sender's own zone, whose calendar day is the one they write about."""
    try:
        moment = parsedate_to_datetime(str(message.get("Date", "")))
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        moment.astimezone(UTC)  # beyond the years 1 to 9999 there is no such moment
        return moment
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def _bodies(message: Message) -> tuple[str, str]:
    """The plain text and the HTML that are not attachments; several plain parts one after the other."""
    plain, html = [], ""
    for part in _leaves(message):
        kind = part.get_content_type()
        if _is_attached(part) or kind not in ("text/plain", "text/html"):
            continue
        text = _text(part)
        if kind == "text/plain":
            plain.append(text)
        else:
            html = html or text[:LONGEST_HTML]
    return "\n".join(plain), html


def _text(part: Message) -> str:
    text = clean(_decode(_content(part)[: 4 * LONGEST_HTML], _charset(part)))
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _charset(part: Message) -> str:
    """The charset it claims to have; empty where that cannot even be read."""
    try:
        return str(part.get_content_charset() or "")
    except ValueError:
        return ""


def _content(part: Message) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def walk_parts(message: Message) -> Iterator[Message]:
    """The mail and every part of it; a mail enclosed in the mail is one part, not looked into."""
    yield message
    if _is_container(message):
        for part in message.get_payload():
            if isinstance(part, Message):
                yield from walk_parts(part)


def _is_container(part: Message) -> bool:
    return part.is_multipart() and part.get_content_type() != "message/rfc822"


def _leaves(message: Message) -> Iterator[Message]:
    return (part for part in walk_parts(message) if not _is_container(part))


def _is_attached(part: Message) -> bool:
    return part.get_content_disposition() == "attachment" or bool(_written_name(part))


def _files(message: Message) -> Iterator[File]:
    count = 0
    for part in _leaves(message):
        kind = part.get_content_type()
        if not _is_attached(part) and (
            kind.startswith("text/") or kind in ("multipart/alternative", "multipart/mixed")
        ):
            continue
        if part is message and not _is_attached(part):
            continue
        count += 1
        yield read_file(_file_name(part), kind, _enclosed(part), is_one_too_many=count > MOST_FILES)


def _written_name(part: Message) -> str:
    """The file name as it is written in the headers; empty where it is damaged."""
    try:
        return str(part.get_filename() or "")
    except (ValueError, LookupError):
        return ""


def _file_name(part: Message) -> str:
    return clean(_decode_words(_written_name(part)))


def _enclosed(part: Message) -> bytes:
    if part.get_content_type() != "message/rfc822" or not part.is_multipart():
        return _content(part)
    inner = part.get_payload(0)
    try:
        return inner.as_bytes() if isinstance(inner, Message) else b""
    except (HeaderParseError, ValueError, LookupError):  # what can be read in cannot always be written again
        return b""
