"""A message as the exact bytes of an e-mail: one text in two forms, with what mail servers like to see.

Put together by hand from the standard library's encoders: its EmailMessage needs several milliseconds per message,
more than everything else the relay does. The tests read the result back with the standard library's parser.

There is no List-Unsubscribe header: a payment reminder is a letter between two parties to a contract, not a mailing
one can leave, and a provider's "unsubscribe" button on it would silence what the customer must be told.
"""

import binascii
import re
from collections.abc import Sequence
from datetime import datetime
from email.utils import encode_rfc2231, format_datetime
from functools import lru_cache

import idna

from goodterms.channels.port import Parcel, Refused
from goodterms.messages.message import Attachment, Image, Message
from goodterms.outbox.keys import key_sha256

CONTENT_TYPE = "message/rfc822"
LINE_LIMIT = 76
ENCODED_BYTES = 45
PLAIN_LIMIT = 600
# No machine shall answer, but what bounces must come back: hence neither "All" nor "NDR" (Microsoft, MS-OXCMAIL).
NO_ANSWER = "DR, RN, NRN, OOF, AutoReply"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_LOCAL = re.compile(r"[^\s@<>()\[\]\\,;:\"\x00-\x1f\x7f-\x9f\u2028\u2029]{1,64}")
_DOMAIN = re.compile(
    r"(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+"
)
_ATOMS = re.compile(r"[A-Za-z0-9 !#$%&'*+/=?^_`{|}~-]*")


def build_email(effect_key: str, message: Message, now: datetime, *, replies_to: str = "") -> bytes:
    """The whole message, lines ended by CRLF, none longer than 998 bytes.

    The same key, message and moment give the same bytes. Raises Refused for an address that no mail can be sent to.
    """
    body = _alternatives(message, boundary=f"=_{key_sha256(effect_key)[:24]}")
    return b"".join((_headers(effect_key, message, now, replies_to), *body))


def message_id(effect_key: str, sender_email: str) -> str:
    """The Message-ID, always the same for an effect: a mail sent twice could be recognised as one."""
    return f"<{key_sha256(effect_key)}@{mail_address(sender_email).rpartition('@')[2]}>"


def reply_address(message: Message) -> str:
    """Where answers go: to whom the message names (the relationship's owner), else to its sender; never nowhere."""
    try:
        return mail_address(message.reply_to)
    except Refused:
        return mail_address(message.sender_email)


def prepare_email(effect_key: str, message: Message, now: datetime, replies_to: str) -> Parcel:
    """The message in its envelope: from its sender, so that what bounces comes back there, to all its recipients."""
    content = build_email(effect_key, message, now, replies_to=replies_to)
    recipients = tuple(mail_address(address) for address in (message.recipient_email, *message.cc))
    return Parcel(content, recipients, mail_address(message.sender_email))


@lru_cache(4096)
def mail_address(address: str) -> str:
    """The address as mail servers know it, an international domain in its ASCII form; raises Refused."""
    local, _, domain = address.strip().rpartition("@")
    try:
        domain = domain if domain.isascii() else idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError:
        domain = ""
    if not (_LOCAL.fullmatch(local) and _DOMAIN.fullmatch(domain)) or local[0] == "." or local[-1] == ".":
        raise Refused(f"{address!r} is not an e-mail address; correct it at the customer's contact.")
    return f"{local}@{domain}"


def _headers(effect_key: str, message: Message, now: datetime, replies_to: str) -> bytes:
    lines = [
        f"Message-ID: {message_id(effect_key, message.sender_email)}",
        f"Date: {format_datetime(now)}",
        _person("From", message.sender_name, message.sender_email),
        _person("To", message.recipient_name, message.recipient_email),
        *([_persons("Cc", message.cc)] if message.cc else []),
        _person("Reply-To", "", reply_address(message)),
        _words("Subject", message.subject),
        *([f"In-Reply-To: {replies_to}", f"References: {replies_to}"] if replies_to else []),
        f"Content-Language: {_token(message.language)}",
        "Auto-Submitted: auto-generated",
        f"X-Auto-Response-Suppress: {NO_ANSWER}",
        "MIME-Version: 1.0",
        "",
    ]
    return "\r\n".join(lines).encode()


@lru_cache(4096)
def _person(header: str, name: str, address: str) -> str:
    address, name = mail_address(address), _one_line(name)
    if not name:
        return f"{header}: {address}"
    if not _is_plain(name):
        name = _encoded_words(name)
    elif not _ATOMS.fullmatch(name):
        name = '"' + re.sub(r'(["\\])', r"\\\1", name) + '"'
    return f"{header}: {name} <{address}>"


def _persons(header: str, addresses: Sequence[str]) -> str:
    """Several addresses, one a line."""
    return f"{header}: " + ",\r\n ".join(mail_address(address) for address in addresses)


def _words(header: str, text: str) -> str:
    """A header of free text."""
    text = _one_line(text)
    return f"{header}: {text if _is_plain(text) else _encoded_words(text)}"


def _is_plain(text: str) -> bool:
    """Whether the text may stand in a header as it is, on one line (which may be longer than it should be)."""
    return text.isascii() and "=?" not in text and len(text) <= PLAIN_LIMIT


def _encoded_words(text: str) -> str:
    """The text as encoded words (RFC 2047), one a line; no character is cut in two."""
    words, part = [], b""
    for character in text:
        encoded = character.encode()
        if len(part) + len(encoded) > ENCODED_BYTES:
            words.append(part)
            part = b""
        part += encoded
    return "\r\n ".join(f"=?utf-8?b?{binascii.b2a_base64(word, newline=False).decode()}?=" for word in [*words, part])


def _one_line(text: str) -> str:
    """No control character and no line break: nothing that could begin another header."""
    return _CONTROL.sub(" ", text).strip()


def _token(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9-]", "", text)


def _alternatives(message: Message, boundary: str) -> list[bytes]:
    """The MIME tree, as pieces. No encoded text contains "=_", so no boundary can occur in a part."""
    html = [_text_part("html", message.html)]
    if message.images:
        parts = [html, *([_image_part(image)] for image in message.images)]
        html = _multipart('related; type="text/html"', boundary + "r", parts)
    body = _multipart("alternative", boundary + "a", [[_text_part("plain", message.text)], html])
    if message.attachments:
        body = _multipart("mixed", boundary + "m", [body, *([_attachment_part(file)] for file in message.attachments)])
    return body


def _multipart(kind: str, boundary: str, parts: Sequence[Sequence[bytes]]) -> list[bytes]:
    pieces = [f'Content-Type: multipart/{kind};\r\n boundary="{boundary}"\r\n\r\n'.encode()]
    for part in parts:
        pieces += [f"--{boundary}\r\n".encode(), *part]
    return [*pieces, f"--{boundary}--\r\n".encode()]


def _text_part(kind: str, text: str) -> bytes:
    # The encoder looks at the first line's end to choose its own: hence CRLF throughout, and one at the end.
    lines = "\r\n".join(text.replace("\r\n", "\n").replace("\r", "\n").split("\n")).rstrip("\r\n") + "\r\n"
    head = f'Content-Type: text/{kind}; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
    return head.encode() + binascii.b2a_qp(lines.encode(), istext=True)


@lru_cache(64)
def _image_part(image: Image) -> bytes:
    kind = _media_type(image.media_type)
    cid = re.sub(r"[^A-Za-z0-9.@_-]", "", image.cid)
    return _binary_part(
        f"Content-Type: {kind}\r\nContent-ID: <{cid}>\r\n"
        f'Content-Disposition: inline; filename="{cid}.{kind.rpartition("/")[2].partition("+")[0]}"\r\n',
        image.content,
    )


def _attachment_part(file: Attachment) -> bytes:
    name = _one_line(file.file_name)
    if _ATOMS.fullmatch(name.replace(".", "")):
        written = f'filename="{name}"'
    else:
        written = f"filename*={encode_rfc2231(name, 'utf-8')}"
    head = f"Content-Type: {_media_type(file.media_type)}\r\nContent-Disposition: attachment;\r\n {written}\r\n"
    return _binary_part(head, file.content)


def _binary_part(head: str, content: bytes) -> bytes:
    encoded = binascii.b2a_base64(content, newline=False)
    lines = b"\r\n".join(encoded[start : start + LINE_LIMIT] for start in range(0, len(encoded), LINE_LIMIT))
    return f"{head}Content-Transfer-Encoding: base64\r\n\r\n".encode() + lines + b"\r\n"


def _media_type(text: str) -> str:
    return text if re.fullmatch(r"[a-z]+/[a-z0-9.+-]+", text) else "application/octet-stream"
