"""A server on loopback that keeps to Lob's published description of ``/v1/letters`` (version 2020-02-11), as far as it
is used: required fields, idempotency keys, the list by metadata, errors in its form.
"""

import base64
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from goodterms.channels.lob import LobAccount

KEY = "test_0123456789"
REQUIRED = ("to[name]", "to[address_line1]", "to[address_country]", "from[name]", "color", "use_type")


class LobServer:
    """What arrived, and how to answer: ``answers`` are statuses given before all is well (0: hang up after reading)."""

    def __init__(self) -> None:
        self.letters: dict[str, dict[str, Any]] = {}
        self.files: list[bytes] = []
        self.answers: list[int] = []
        self.forgets_keys = False
        self.port = 0

    def account(self, key: str = KEY) -> LobAccount:
        return LobAccount(key, api=f"http://127.0.0.1:{self.port}", timeout_seconds=5)

    def create(self, form: dict[str, Any], key: str) -> tuple[int, dict[str, Any]]:
        absent = [name for name in REQUIRED if not form.get(name)] + ([] if form.get("file") else ["file"])
        if absent:
            return 422, fault(422, f"{absent[0]} is required")
        if not form["file"].startswith(b"%PDF-") or len(key) > 256:
            return 422, fault(422, "file must be a PDF")
        if form["to[address_country]"] == "US" and not re.fullmatch(r"\d{5}(-\d{4})?", form.get("to[address_zip]", "")):
            return 422, fault(422, "to.address_zip must be in a valid zip format")
        if key in self.letters and not self.forgets_keys:
            return 200, self.letters[key]
        self.files.append(form["file"])
        made: dict[str, Any] = {
            "id": f"ltr_{len(self.files):016}",
            "object": "letter",
            "expected_delivery_date": "2026-03-17",
            "metadata": {"effect": form.get("metadata[effect]", "")},
            "extra_service": form.get("extra_service"),
            "tracking_events": [],
        }
        self.letters[key] = made
        return 200, made

    def find(self, effect: str) -> list[dict[str, Any]]:
        return [one for one in self.letters.values() if not effect or one["metadata"]["effect"] == effect]


def fault(status: int, words: str) -> dict[str, Any]:
    return {"error": {"message": words, "status_code": status, "code": "invalid"}}


class Handler(BaseHTTPRequestHandler):
    """One request; ``served`` is set for each server."""

    served: LobServer

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing is printed."""

    def do_GET(self) -> None:
        if not self._is_known():
            return self._answer(401, fault(401, "Invalid API key"))
        parts = urlsplit(self.path)
        if parts.path == "/v1/letters":
            effect = parse_qs(parts.query).get("metadata[effect]", [""])[0]
            return self._answer(200, {"object": "list", "data": self.served.find(effect)})
        found = [one for one in self.served.letters.values() if parts.path == f"/v1/letters/{one['id']}"]
        return self._answer(200, found[0]) if found else self._answer(404, fault(404, "letter not found"))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not self._is_known():
            return self._answer(401, fault(401, "Invalid API key"))
        status = self.served.answers.pop(0) if self.served.answers else 200
        if status not in (200, 0):
            return self._answer(status, fault(status, "not now"))
        done = self.served.create(self._form(body), self.headers.get("Idempotency-Key", ""))
        if status == 0:
            self.close_connection = True
            return None
        return self._answer(*done)

    def _is_known(self) -> bool:
        return self.headers.get("Authorization") == "Basic " + base64.b64encode(f"{KEY}:".encode()).decode()

    def _form(self, body: bytes) -> dict[str, Any]:
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        form: dict[str, Any] = {}
        for part in message_from_bytes(head + body, policy=HTTP).iter_parts():
            name = str(part.get_param("name", header="content-disposition"))
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            form[name] = content if name == "file" else content.decode()
        return form

    def _answer(self, status: int, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def lob_server() -> Iterator[LobServer]:
    """A running server, as long as the block lasts."""
    served = LobServer()
    handler = type("Serving", (Handler,), {"served": served})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    served.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
