"""Mail servers on loopback for the tests: a real one, and one that misbehaves as told."""

import datetime
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from socket import create_server, socket
from typing import Any

from aiosmtpd.controller import Controller, InetMixin
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from goodterms.channels.smtp import SmtpServer

HOST = "127.0.0.1"


def plain_server(port: int, **given: Any) -> SmtpServer:
    """How to reach a server on loopback that speaks plain SMTP."""
    return SmtpServer(HOST, port, "none", **{"timeout_seconds": 5, **given})


@dataclass
class Mailbox:
    """What a real server took, and the recipients or senders it answers otherwise (address -> its answer)."""

    taken: list[Envelope] = field(default_factory=list)
    answers: Mapping[str, str] = field(default_factory=dict)
    answer_to_message: str = "250 2.0.0 taken"
    connections: int = 0

    async def handle_EHLO(  # noqa: N802 (aiosmtpd looks for this name)
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return self.answers.get(address, "250 2.1.0 ok")

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.answers.get(address, "250 2.1.5 ok")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.answer_to_message.startswith("250"):
            self.taken.append(envelope)
        return self.answer_to_message


class _Port(Controller):
    """A controller on any free port; aiosmtpd asks itself whether it is up, which needs the port it got."""

    def _trigger_server(self) -> None:
        server: Any = self.server
        self.port = server.sockets[0].getsockname()[1]
        trigger: Any = InetMixin._trigger_server
        trigger(self)


@contextmanager
def mail_server(mailbox: Mailbox, **given: Any) -> Iterator[int]:
    """A real SMTP server (aiosmtpd) in a thread; its port."""
    controller = _Port(mailbox, hostname=HOST, port=0, ready_timeout=10, server_hostname="localhost", **given)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def asks_for(username: str, password: str) -> Mapping[str, Any]:
    """What makes a mail server demand this login."""

    def check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        right = isinstance(data, LoginPassword) and (data.login, data.password) == (
            username.encode(),
            password.encode(),
        )
        return AuthResult(success=right, handled=right, message=None if right else "535 5.7.8 no")

    return {"authenticator": check, "auth_required": True, "auth_require_tls": False}


class BadServer:
    """A server that speaks just enough SMTP, until it comes to what it is to do wrong.

    ``wrong`` maps a verb (``CONNECT``, ``EHLO``, ``MAIL``, ``RCPT``, ``DATA``, ``MESSAGE``) to an answer, or to
    ``drop`` (close the connection) or ``hang`` (never answer). ``times`` is how often it does so before it is good.
    """

    def __init__(self, wrong: Mapping[str, str], times: int = 1_000_000) -> None:
        self.wrong = wrong
        self.times = times
        self.messages: list[bytes] = []
        self.connections = 0
        self._server = create_server((HOST, 0))
        self.port = self._server.getsockname()[1]
        self._ended = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def stop(self) -> None:
        self._ended.set()
        self._server.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._server.accept()
                self.connections += 1
                threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket) -> None:
        good = {"CONNECT": "220 hello", "DATA": "354 go on", "MESSAGE": "250 taken", "QUIT": "221 bye"}
        with suppress(OSError), connection, connection.makefile("rb") as lines:
            verb = "CONNECT"
            while True:
                answer = good.get(verb, "250 ok")
                if verb in self.wrong and self.times > 0:
                    self.times -= 1
                    answer = self.wrong[verb]
                if answer == "drop":
                    return
                if answer == "hang":
                    self._ended.wait(30)
                    return
                connection.sendall(answer.encode() + b"\r\n")
                if verb == "DATA" and answer.startswith("354"):
                    verb, message = "MESSAGE", b""
                    while not message.endswith(b"\r\n.\r\n"):
                        message += lines.readline() or b"\r\n.\r\n"
                    self.messages.append(message)
                    continue
                verb = lines.readline().split(b" ")[0].strip().decode().upper()
                if not verb:
                    return


@contextmanager
def bad_server(wrong: Mapping[str, str], times: int = 1_000_000) -> Iterator[BadServer]:
    server = BadServer(wrong, times)
    try:
        yield server
    finally:
        server.stop()


@dataclass(frozen=True)
class Certificate:
    """A certificate for 127.0.0.1, signed by itself."""

    path: Path

    def server_side(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path)
        return context

    def client_side(self) -> ssl.SSLContext:
        """A client that trusts this certificate alone."""
        return ssl.create_default_context(cafile=str(self.path))


def make_certificate(folder: Path) -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    start = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(secret + certificate.public_bytes(serialization.Encoding.PEM))
    return Certificate(path)
