"""Delivery failures: standard reports (RFC 3464) by their own fields, home-made ones by flufl.bounce."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message

from flufl.bounce import all_failures

from goodterms.inbox.parse_mail import clean, header_text, open_mail, walk_parts

LONGEST_DETAIL = 400
LONGEST_HEADER = 1_000  # an address is searched for in no more of it
# Enhanced status codes (RFC 3463) of class 5 that speak of the moment or of this mail, not of the address:
# mailbox full, message too long, message too big for the system, too many recipients.
_NOT_THE_ADDRESS = frozenset({"5.2.2", "5.2.3", "5.3.4", "5.5.3"})
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_SMTP_CODE = re.compile(r"(?<!\d)([45])\d\d(?!\d)")
_IDS = re.compile(r"<([^<>\s]{3,300})>")
_ADDRESS = re.compile(r"[^\s<>;,\"']+@[^\s<>;,\"']+")
_SENDERS = re.compile(
    r"mailer-?daemon|postmaster|mail-?delivery|mdaemon|bounce|mail ?system|no-?reply|administrator", re.I
)
_SUBJECTS = re.compile(
    r"undeliver|non.?deliver|not (be )?deliver|delivery|returned|return(ed)? (mail|to sender)|failure|failed|bounce|"
    r"unzustellbar|nicht zugestellt|zustell|mail (system )?error|user unknown|warning: could not send",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Failure:
    """One address that was not reached; ``detail`` is what the mail server said, on one line."""

    address: str
    is_permanent: bool
    status: str
    detail: str


@dataclass(frozen=True, slots=True)
class Bounce:
    """A report of failed delivery. ``original_ids`` are the Message-IDs of the mail that came back, as far as told."""

    failures: tuple[Failure, ...]
    original_ids: tuple[str, ...]


def read_bounce(raw: bytes) -> Bounce | None:
    """What failed, or None for a mail that reports no failure."""
    message = open_mail(raw)
    reported = tuple(_reported(message))
    if reported:
        failures = tuple(failure for failure, is_failure in reported if is_failure)
        return Bounce(failures, _original_ids(message, raw)) if failures else None
    if not _looks_like_one(message):
        return None
    told = tuple(_home_made(message, raw))
    return Bounce(told, _original_ids(message, raw)) if told else None


def _reported(message: Message) -> Iterator[tuple[Failure, bool]]:
    """Per recipient of a delivery-status part what became of it, and whether it is a failure (a delay is one).

    A report that somebody encloses in a mail of their own is no report to us.
    """
    for part in walk_parts(message):
        if part.get_content_type() != "message/delivery-status" or not part.is_multipart():
            continue
        for block in part.get_payload():
            if isinstance(block, Message) and (block["Final-Recipient"] or block["Original-Recipient"]):
                yield from _of_recipient(block)


def _of_recipient(block: Message) -> Iterator[tuple[Failure, bool]]:
    address = _typed_address(block, "Original-Recipient") or _typed_address(block, "Final-Recipient")
    action = header_text(block, "Action").lower()
    said = header_text(block, "Diagnostic-Code").partition(";")[2] or header_text(block, "Diagnostic-Code")
    found = _STATUS.search(header_text(block, "Status")) or _STATUS.search(said)
    status = found.group(1) if found else ""
    is_failure = not action.startswith(("delivered", "relayed", "expanded"))
    is_permanent = not action.startswith("delay") and _is_permanent(status, said)
    if address:
        yield Failure(address, is_permanent, status, said.strip()[:LONGEST_DETAIL]), is_failure


def _is_permanent(status: str, said: str) -> bool:
    """By the enhanced status; 5.0.0 says nothing, then the server's own code counts, else the report's "failed"."""
    precise = _STATUS.search(said)
    if precise and status in ("", "5.0.0", "4.0.0", "5.1.0", "5.5.0"):
        status = precise.group(1)
    if status:
        return status.startswith("5") and status not in _NOT_THE_ADDRESS
    code = _SMTP_CODE.search(said)
    return code is None or code.group(1) == "5"


def _typed_address(block: Message, name: str) -> str:
    """``rfc822; someone@example.com`` without its type."""
    value = header_text(block, name)[:LONGEST_HEADER]
    found = _ADDRESS.search(value.partition(";")[2] or value)
    return found.group().lower()[:254] if found else ""


def _looks_like_one(message: Message) -> bool:
    """Sent by no one, by a mail server, or under such a subject: only then is its text searched for addresses."""
    return (
        header_text(message, "Return-Path") == "<>"
        or not header_text(message, "From")
        or message.get_content_type() == "multipart/report"
        or bool(_SENDERS.search(header_text(message, "From")))
        or bool(_SUBJECTS.search(header_text(message, "Subject")))
    )


def _home_made(message: Message, raw: bytes) -> Iterator[Failure]:
    try:
        temporary, permanent = all_failures(message)
    except (ValueError, LookupError, AttributeError, TypeError):  # flufl trips over some damaged mails
        return
    text = raw.decode("utf-8", "replace")
    for addresses, is_permanent in ((permanent, True), (temporary - permanent, False)):
        for address in sorted(addresses):
            plain = clean(address.decode("utf-8", "replace")).strip().lower()[:254]
            yield _described(plain, text, is_permanent=is_permanent)


def _described(address: str, text: str, *, is_permanent: bool) -> Failure:
    """The line that names the address and the next one, as the server's words."""
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    at = next((number for number, line in enumerate(lines) if address in line.lower()), None)
    said = "" if at is None else clean(" ".join(lines[at : at + 3]))[:LONGEST_DETAIL]
    status = _STATUS.search(said)
    code = status.group(1) if status else ""
    return Failure(address, is_permanent and code not in _NOT_THE_ADDRESS and not code.startswith("4"), code, said)


def _original_ids(message: Message, raw: bytes) -> tuple[str, ...]:
    """The Message-IDs in what was returned, and in what the report answers to; not the report's own."""
    own = set(_IDS.findall(str(message.get("Message-ID", ""))))
    headers = " ".join(str(message.get(name, "")) for name in ("In-Reply-To", "References"))
    text = raw.decode("ascii", "replace")
    returned = re.findall(r"^[> \t]*message-id:\s*<([^<>\s]{3,300})>", text, re.IGNORECASE | re.MULTILINE)
    found = dict.fromkeys((*_IDS.findall(headers), *returned))
    return tuple(name for name in found if name not in own)
