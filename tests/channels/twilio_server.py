"""Twilio on loopback: takes and answers what its published description says (twilio_messages.json), or misbehaves."""

import base64
import json
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from goodterms.channels.twilio import TwilioAccount

SPEC: dict[str, Any] = json.loads((Path(__file__).parent / "twilio_messages.json").read_text("utf-8"))
SID = "AC" + "0" * 32
TOKEN = "a-token-of-the-tests"
SENDER = "+15005550006"


@dataclass
class TwilioServer:
    """What was taken; ``wrong`` is an answer (status, JSON or text) or "drop" given instead of acceptance."""

    taken: list[dict[str, str]] = field(default_factory=list)
    wrong: tuple[int, object] | str | None = None
    account_status: int = 200
    port: int = 0

    def account(self, **given: Any) -> TwilioAccount:
        """The account as goodterms is told of it."""
        values: dict[str, Any] = {
            "account_sid": SID,
            "auth_token": TOKEN,
            "sender": SENDER,
            "status_address": "https://terms.example.com/sms/status/",
            "api": f"http://127.0.0.1:{self.port}",
            "timeout_seconds": 2,
        }
        return TwilioAccount(**values | given)

    def by_effect(self) -> Counter[str]:
        """How many messages were taken for each effect's key."""
        addresses = (urlsplit(form.get("StatusCallback", "")) for form in self.taken)
        return Counter(parse_qs(address.query)["effect"][0] for address in addresses)


def read_form(body: str) -> dict[str, str]:
    """The form of a request; AssertionError where the description does not allow it."""
    given = dict(parse_qsl(body, keep_blank_values=True, strict_parsing=True))
    form = SPEC["form"]
    assert set(form["required"]) <= set(given)
    assert set(given) <= set(form["properties"])
    for name, value in given.items():
        pattern = form["properties"][name].get("pattern")
        assert pattern is None or re.fullmatch(pattern, value), name
    assert ("From" in given) != ("MessagingServiceSid" in given)
    return given


def describe_message(form: dict[str, str], number: int) -> dict[str, Any]:
    """The message created, with every field of the description and no other."""
    message = dict.fromkeys(SPEC["message"])
    sid = f"SM{number:032x}"
    told = {
        "sid": sid,
        "account_sid": SID,
        "body": form["Body"],
        "to": form["To"],
        "from": form.get("From"),
        "status": "queued",
        "num_segments": "1",
        "direction": "outbound-api",
        "api_version": "2010-04-01",
    }
    assert told["status"] in SPEC["statuses"]
    return message | told


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: TwilioServer

    def do_GET(self) -> None:
        if self.path != f"/2010-04-01/Accounts/{SID}.json":
            return self._answer(404, {"code": 20404, "message": "Not Found", "status": 404})
        if not self._is_known():
            return self._answer(401, {"code": 20003, "message": "Authenticate", "status": 401})
        return self._answer(self.state.account_status, {"sid": SID, "status": "active"})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        assert self.path == SPEC["path"].format(AccountSid=SID)
        assert self.headers["Content-Type"] == "application/x-www-form-urlencoded"
        if not self._is_known():
            return self._answer(401, {"code": 20003, "message": "Authenticate", "status": 401})
        form = read_form(body)
        wrong = self.state.wrong
        if wrong == "drop-before" or wrong is None or wrong == "drop":
            if wrong != "drop-before":
                self.state.taken.append(form)
            if wrong is not None:
                self.connection.close()
                self.close_connection = True
                return None
            return self._answer(201, describe_message(form, len(self.state.taken)))
        assert isinstance(wrong, tuple)
        return self._answer(*wrong)

    def _is_known(self) -> bool:
        expected = base64.b64encode(f"{SID}:{TOKEN}".encode()).decode()
        return self.headers.get("Authorization") == f"Basic {expected}"

    def _answer(self, status: int, content: object) -> None:
        body = (content if isinstance(content, str) else json.dumps(content)).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Says nothing."""


@contextmanager
def twilio_server(**given: Any) -> Iterator[TwilioServer]:
    """A server that lives as long as the block."""
    state = TwilioServer(**given)
    handler = type("Handler", (_Handler,), {"state": state})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    state.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
