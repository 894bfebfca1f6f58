"""E-mail through an SMTP server: sent means that the server said 250 to the whole message, and nothing else does."""

import select
import smtplib
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Literal

from goodterms.channels.email import CONTENT_TYPE, prepare_email
from goodterms.channels.port import Parcel, Receipt, Refused, Unavailable
from goodterms.messages.message import Message

SERVICE_CLOSING = 421
NEEDS_LOGIN = (530, 534, 535, 538)
NOT_HANDED_OVER = (OSError, smtplib.SMTPException)


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where and how to reach the server; ``security`` as in the settings (mail.security)."""

    host: str
    port: int
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str = ""
    password: str = field(default="", repr=False)
    timeout_seconds: float = 30
    tls: Callable[[], ssl.SSLContext] = ssl.create_default_context

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class ConnectionLost(Exception):
    """The connection broke after the whole message was on its way: the server may have taken it."""


class SmtpChannel:
    """One connection, kept open between messages and made anew when the server has closed it."""

    name = "smtp"
    content_type = CONTENT_TYPE
    retry_is_safe = False
    leaves_machine = True

    def __init__(self, server: SmtpServer) -> None:
        self._server = server
        self._connection: smtplib.SMTP | None = None

    def prepare(self, effect_key: str, message: Message, now: datetime, *, replies_to: str = "") -> Parcel:
        return prepare_email(effect_key, message, now, replies_to)

    def open(self) -> None:
        if self._connection is not None and not _has_ended(self._connection):
            return
        self.close()
        try:
            self._connection = self._connect()
        except smtplib.SMTPAuthenticationError as error:
            raise self._unreachable(f"refused the user name or password ({_reply(error)})") from error
        except smtplib.SMTPNotSupportedError as error:
            raise self._unreachable(f"cannot do what mail.security or mail.username asks for ({error})") from error
        except NOT_HANDED_OVER as error:
            raise self._unreachable(f"cannot be reached: {error or type(error).__name__}") from error

    def hand_over(self, effect_key: str, parcel: Parcel) -> Receipt:
        self.open()
        try:
            refused = self._envelope(parcel)
        except (smtplib.SMTPServerDisconnected, ConnectionError):
            # The server had hung up since the last message; up to here nothing was handed over.
            self.close()
            self.open()
            refused = self._envelope_once(parcel)
        except OSError as error:
            raise self._dropped(f"stopped answering: {error}") from error
        said = self._deliver(parcel.content)
        return Receipt(f"{said} (not to {', '.join(refused)})" if refused else said)

    def close(self) -> None:
        if self._connection is not None:
            with suppress(*NOT_HANDED_OVER):
                self._connection.close()
        self._connection = None

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        if server.security == "tls":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, _own_name(), timeout=server.timeout_seconds, context=server.tls()
            )
        else:
            connection = smtplib.SMTP(server.host, server.port, _own_name(), timeout=server.timeout_seconds)
        try:
            # The message's last line goes in a packet of its own, which must not wait for the others' receipt.
            _socket(connection).setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if server.security == "starttls":
                connection.starttls(context=server.tls())
            connection.ehlo_or_helo_if_needed()
            if server.username:
                connection.login(server.username, server.password)
        except BaseException:
            connection.close()
            raise
        return connection

    def _envelope_once(self, parcel: Parcel) -> list[str]:
        try:
            return self._envelope(parcel)
        except NOT_HANDED_OVER as error:
            raise self._dropped(f"hung up before the message: {error}") from error

    def _envelope(self, parcel: Parcel) -> list[str]:
        """Name sender and recipients and ask to begin; those in copy whom the server refused."""
        connection = self._open_connection()
        self._expect(connection.mail(parcel.sender, self._options(parcel)), 250, f"the sender {parcel.sender}")
        refused = []
        for position, recipient in enumerate(parcel.recipients):
            code, said = connection.rcpt(recipient)
            if code not in (250, 251):
                if position == 0:
                    self._expect((code, said), 250, f"the recipient {recipient}")
                refused.append(recipient)
        self._expect(connection.docmd("DATA"), 354, "the message")
        return refused

    def _deliver(self, content: bytes) -> str:
        """Send the message and its last line; the server's word of acceptance.

        Until the last line has begun to leave, a server must not deliver (RFC 5321, 4.1.1.4); from then on until its
        reply nobody knows.
        """
        connection = self._open_connection()
        try:
            connection.send(_stuffed(content))
        except NOT_HANDED_OVER as error:
            raise self._dropped(f"hung up during the message: {error}") from error
        try:
            connection.send(b".\r\n")
            code, said = connection.getreply()
        except NOT_HANDED_OVER as error:
            self.close()
            raise ConnectionLost(
                f"{self._server} got the whole message and broke off before its answer ({error})."
            ) from error
        self._expect((code, said), 250, "the message")
        return f"{code} {said.decode('utf-8', 'replace')}"

    def _expect(self, answer: tuple[int, bytes], wanted: int, what: str) -> None:
        code, said = answer
        if code == wanted:
            return
        text = f"{self._server} did not take {what}: {code} {said.decode('utf-8', 'replace')}"
        if code == SERVICE_CLOSING or code in NEEDS_LOGIN or code < 200:
            self.close()
            raise Unavailable(text, is_whole=True)
        self._reset()
        if 500 <= code < 600:
            raise Refused(text)
        raise Unavailable(text)

    def _reset(self) -> None:
        """Make the connection ready for another message; where that fails, the next one opens a new connection."""
        try:
            if self._open_connection().rset()[0] != 250:
                self.close()
        except NOT_HANDED_OVER:
            self.close()

    def _options(self, parcel: Parcel) -> list[str]:
        foreign = [address for address in (parcel.sender, *parcel.recipients) if not address.isascii()]
        if not foreign:
            return []
        if not self._open_connection().has_extn("smtputf8"):
            raise Refused(f"{self._server} takes only plain letters before the @, not {foreign[0]}.")
        return ["SMTPUTF8"]

    def _open_connection(self) -> smtplib.SMTP:
        if self._connection is None:
            raise Unavailable(f"The mail server {self._server} is not connected.", is_whole=True)
        return self._connection

    def _unreachable(self, text: str) -> Unavailable:
        self.close()
        return Unavailable(f"The mail server {self._server} {text}.", is_whole=True)

    def _dropped(self, text: str) -> Unavailable:
        self.close()
        return Unavailable(f"The mail server {self._server} {text}.")


@cache
def _own_name() -> str:
    """This machine's name for the greeting; asked of the name service once, since that may take long."""
    return socket.getfqdn()


def _has_ended(connection: smtplib.SMTP) -> bool:
    """Whether the server has hung up or said something unasked (a farewell) on an idle connection."""
    if connection.sock is None:
        return True
    waiting, _, _ = select.select([connection.sock], [], [], 0)
    return bool(waiting)


def _socket(connection: smtplib.SMTP) -> socket.socket:
    if connection.sock is None:
        raise smtplib.SMTPServerDisconnected("no connection")
    return connection.sock


def _stuffed(content: bytes) -> bytes:
    """The message with its leading dots doubled (RFC 5321, 4.5.2)."""
    stuffed = content.replace(b"\r\n.", b"\r\n..")
    return b"." + stuffed if stuffed.startswith(b".") else stuffed


def _reply(error: smtplib.SMTPResponseException) -> str:
    said = error.smtp_error
    return f"{error.smtp_code} {said.decode('utf-8', 'replace') if isinstance(said, bytes) else said}"
