"""A mail that came in, taken apart: plain values, safe to store and to show."""

from dataclasses import dataclass
from datetime import datetime

CONTENT_TYPE = "message/rfc822"


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """An attachment. ``content`` is None where ``refusal`` says why it was not kept apart."""

    file_name: str
    media_type: str
    size: int
    content: bytes | None
    refusal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One mail: its ids as they stand between angle brackets, addresses in lower case.

    ``references`` are the ids it answers to, the nearest first. ``text`` is what was newly written, ``full_text`` all
    of it with quotes. ``html`` is sanitised, and empty where the mail had none. ``sent_at`` is None where its date
    cannot be read.
    """

    message_key: str
    references: tuple[str, ...]
    from_address: str
    from_name: str
    recipients: tuple[str, ...]
    subject: str
    sent_at: datetime | None
    text: str
    full_text: str
    html: str
    files: tuple[File, ...]
