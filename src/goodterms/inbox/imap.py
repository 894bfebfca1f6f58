"""A mailbox read over IMAP: every unseen mail is handed on, and marked only once it has been taken in."""

import imaplib
import logging
import socket
import ssl
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from imap_tools import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted, MailMessageFlags
from imap_tools.errors import ImapToolsError, MailboxLoginError

from goodterms.core.refusal import Refusal

MOST_AT_ONCE = 500
LARGEST_MAIL = 40 * 1024 * 1024
WAITING = "UNSEEN UNFLAGGED"
SET_ASIDE = "UNSEEN FLAGGED"
_LOST = (OSError, imaplib.IMAP4.error, imaplib.IMAP4.abort, ImapToolsError)

logger = logging.getLogger(__name__)


class InboxUnavailable(Refusal):
    """The mailbox cannot be read now; the message says why and what to look at."""


class MailTooLarge(Refusal):
    """A mail is larger than any that is taken in."""

    def __init__(self, size: int) -> None:
        super().__init__(
            f"It has {size / 1e6:.0f} MB, and at most {LARGEST_MAIL // 1024 // 1024} MB are taken in; read it in the "
            "mailbox itself."
        )


@dataclass(frozen=True, slots=True)
class ImapServer:
    """Where the mailbox is. With ``done_folder`` mails taken in are moved there, else marked as seen."""

    host: str
    port: int
    security: str
    username: str
    password: str
    folder: str = "INBOX"
    done_folder: str = ""
    timeout_seconds: float = 30


@dataclass(frozen=True, slots=True)
class FetchCounts:
    """How many mails were taken in, how many were left because taking them in failed, how many were set aside."""

    taken: int = 0
    failed: int = 0
    set_aside: int = 0


def fetch_unseen(server: ImapServer, take: Callable[[bytes], object]) -> FetchCounts:
    """Hand every unseen mail's bytes to ``take``, oldest first; mark it once ``take`` has returned.

    A mail that is too large, or that ``take`` refuses, is flagged in the mailbox and set aside until a person takes
    the flag off. One that ``take`` fails on is logged, left unseen and tried again next time; the others go on. A lost
    connection is opened once more: a mail taken in but not marked comes again, and is known by its id.
    Raises InboxUnavailable.
    """
    counts: Counter[str] = Counter()
    for is_last_try in (False, True):
        counts["failed"] = 0
        try:
            with _opened(server) as mailbox:
                _take_all(mailbox, server, take, counts)
            break
        except imaplib.IMAP4.abort as lost:
            if is_last_try:
                raise InboxUnavailable(_sentence(server, f"the connection was lost ({lost})")) from lost
    return FetchCounts(**counts)


def check_mailbox(server: ImapServer) -> int:
    """How many unseen mails are waiting; raises InboxUnavailable."""
    with _opened(server) as mailbox:
        return len(mailbox.uids(WAITING))


def count_set_aside(server: ImapServer) -> int:
    """How many unseen mails are flagged, since they could not be taken in; raises InboxUnavailable."""
    with _opened(server) as mailbox:
        return len(mailbox.uids(SET_ASIDE))


def _take_all(
    mailbox: BaseMailBox, server: ImapServer, take: Callable[[bytes], object], counts: "Counter[str]"
) -> None:
    waiting = sorted(mailbox.uids(WAITING), key=int)[:MOST_AT_ONCE]
    if waiting and server.done_folder and not mailbox.folder.exists(server.done_folder):
        mailbox.folder.create(server.done_folder)
    for uid in waiting:
        if outcome := _take_one(mailbox, server, uid, take):
            counts[outcome] += 1


def _take_one(mailbox: BaseMailBox, server: ImapServer, uid: str, take: Callable[[bytes], object]) -> str:
    """Take one mail in and mark it; which of FetchCounts it counts for, empty when it is gone."""
    try:
        raw = _bytes_of(mailbox, uid)
    except MailTooLarge as refusal:
        return _set_aside(mailbox, server, uid, refusal)
    if raw is None:
        return ""
    try:
        take(raw)
    except Refusal as refusal:
        return _set_aside(mailbox, server, uid, refusal)
    except Exception:
        logger.exception("The mail with UID %s in %s could not be taken in; it stays unseen.", uid, server.folder)
        return "failed"
    _mark(mailbox, server, uid)
    return "taken"


def _set_aside(mailbox: BaseMailBox, server: ImapServer, uid: str, refusal: Refusal) -> str:
    """Flag it, so that it is not asked for again and whoever looks into the mailbox sees it."""
    logger.warning("The mail with UID %s in %s is flagged and set aside. %s", uid, server.folder, refusal)
    mailbox.flag(uid, MailMessageFlags.FLAGGED, True)
    return "set_aside"


def _bytes_of(mailbox: BaseMailBox, uid: str) -> bytes | None:
    """The mail exactly as the server has it, without marking it; None when it is gone. Raises MailTooLarge."""
    status, answer = mailbox.client.uid("fetch", uid, "(RFC822.SIZE)")
    size = int("".join(filter(str.isdigit, str(answer[0]).rpartition("RFC822.SIZE")[2])) or 0) if answer[0] else 0
    if status != "OK" or not size:
        return None
    if size > LARGEST_MAIL:
        raise MailTooLarge(size)
    status, answer = mailbox.client.uid("fetch", uid, "(BODY.PEEK[])")
    parts = [part[1] for part in answer if isinstance(part, tuple)]
    return bytes(parts[0]) if status == "OK" and parts else None


def _mark(mailbox: BaseMailBox, server: ImapServer, uid: str) -> None:
    mailbox.flag(uid, MailMessageFlags.SEEN, True)
    if server.done_folder:
        mailbox.move(uid, server.done_folder)


@contextmanager
def _opened(server: ImapServer) -> Iterator[BaseMailBox]:
    mailbox = _logged_in(server)
    try:
        yield mailbox
    except imaplib.IMAP4.abort:
        raise
    except _LOST as error:
        raise InboxUnavailable(_sentence(server, str(error))) from error
    finally:
        with suppress(*_LOST):
            mailbox.logout()


def _logged_in(server: ImapServer) -> BaseMailBox:
    try:
        mailbox = _connected(server)
        mailbox.login(server.username, server.password, initial_folder=server.folder)
    except MailboxLoginError as error:
        raise InboxUnavailable(
            f"The mail server {server.host} refuses the name {server.username!r} or its password; "
            "correct inbox.username and inbox.password in the settings."
        ) from error
    except ssl.SSLError as error:
        raise InboxUnavailable(
            _sentence(server, f"it speaks no {server.security} that can be trusted ({error.reason or error})")
        ) from error
    except ImapToolsError as error:
        raise InboxUnavailable(
            f"The folder {server.folder!r} cannot be opened on {server.host}; correct inbox.folder in the settings."
        ) from error
    except (OSError, imaplib.IMAP4.error) as error:
        reason = "it does not answer in time" if isinstance(error, socket.timeout) else str(error)
        raise InboxUnavailable(_sentence(server, reason)) from error
    return mailbox


def _connected(server: ImapServer) -> BaseMailBox:
    if server.security == "tls":
        return MailBox(server.host, server.port, timeout=server.timeout_seconds)
    if server.security == "starttls":
        return MailBoxStartTls(server.host, server.port, timeout=server.timeout_seconds)
    return MailBoxUnencrypted(server.host, server.port, timeout=server.timeout_seconds)


def _sentence(server: ImapServer, reason: str) -> str:
    return (
        f"The mailbox on {server.host}:{server.port} cannot be read: {reason}. Correct [inbox] in the settings, or "
        "wait until the server answers again; no mail is lost."
    )
