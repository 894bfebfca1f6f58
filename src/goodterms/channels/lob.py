"""Letters printed and mailed by Lob (https://api.lob.com/v1): accepted means that it answered with the letter it made.

Lob gives the same letter again for the same idempotency key, for 24 hours. A hand-over that was begun before, by this
process or another, is looked up by the key in the letter's metadata first: a repeat is harmless after that, too.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from typing import Any, cast

import httpx
from pypdf import PdfReader, PdfWriter

from goodterms.channels.letter import CONTENT_TYPE, print_letter
from goodterms.channels.lob_address import read_address
from goodterms.channels.port import Parcel, Receipt, Refused, Unavailable
from goodterms.messages.message import Message

API = "https://api.lob.com"
NOTHING_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
# The request itself is wrong for good, as against account and quota (401, 403, 429) or their side (5xx).
WILL_NEVER_TAKE = frozenset({400, 404, 413, 415, 422})
NOT_SET_UP = frozenset({401, 403})
TOO_MANY = 429
POST_FIELD = "/GoodtermsPost"  # where the PDF carries the addresses, so that its bytes alone can be handed over again


@dataclass(frozen=True, slots=True)
class LobAccount:
    """How to reach the account; a key that begins with test_ prints nothing."""

    key: str = field(repr=False)
    api: str = API
    color: bool = False
    timeout_seconds: float = 30


@dataclass(frozen=True, slots=True)
class Tracking:
    """A letter's way: its sending number (empty: none yet), and what happened to it, oldest first."""

    number: str
    events: list[Mapping[str, Any]]


class AnswerUnclear(Exception):
    """Lob got the request, and its answer does not say what became of it."""


class LobChannel:
    """One HTTP client; the account is looked at before the first letter of a worker."""

    content_type = CONTENT_TYPE
    retry_is_safe = True
    leaves_machine = True

    def __init__(self, account: LobAccount, *, is_certified: bool = False) -> None:
        self.name = "lob certified" if is_certified else "lob"
        self._account = account
        self._is_certified = is_certified
        self._client: httpx.Client | None = None
        self._own: set[str] = set()

    def prepare(self, effect_key: str, message: Message, now: datetime, *, replies_to: str = "") -> Parcel:
        content, letter = print_letter(message, now), message.letter
        assert letter is not None  # print_letter has seen to that
        sender = (letter.sender_name, *letter.sender_lines)
        post = {
            "to": read_address(letter.recipient, letter.recipient_country),
            "from": read_address(sender, letter.sender_country),
        }
        self._own.add(effect_key)
        return Parcel(_write_post(content, post), (message.recipient_email,))

    def open(self) -> None:
        if self._client is not None:
            return
        account = self._account
        client = httpx.Client(base_url=account.api, auth=(account.key, ""), timeout=account.timeout_seconds)
        try:
            answer = client.get("/v1/letters", params={"limit": 1})
        except httpx.HTTPError as error:
            client.close()
            raise _out_of_reach(error) from error
        if answer.status_code != httpx.codes.OK:
            client.close()
            raise Unavailable(f"Lob does not open the account: {_said(answer)}.", is_whole=True)
        self._client = client

    def hand_over(self, effect_key: str, parcel: Parcel) -> Receipt:
        is_first_time = effect_key in self._own
        self._own.discard(effect_key)
        known = "" if is_first_time else self._find(effect_key)
        return Receipt(f"lob {known}") if known else self._post(effect_key, parcel)

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
        self._client = None

    def read_tracking(self, letter_id: str) -> Tracking:
        """What Lob knows of a letter's way; raises Unavailable."""
        answer = self._ask(f"/v1/letters/{letter_id}", {})
        return Tracking(str(answer.get("tracking_number") or ""), list(answer.get("tracking_events") or []))

    def _find(self, effect_key: str) -> str:
        """The letter that was made for this key already; empty without one."""
        listed = self._ask("/v1/letters", {"metadata[effect]": _short(effect_key), "limit": 1}).get("data") or []
        return str(listed[0]["id"]) if listed else ""

    def _post(self, effect_key: str, parcel: Parcel) -> Receipt:
        try:
            answer = self._connected().post(
                "/v1/letters",
                headers={"Idempotency-Key": _short(effect_key)},
                data=self._form(effect_key, parcel),
                files={"file": ("letter.pdf", parcel.content, CONTENT_TYPE)},
            )
        except NOTHING_SENT as error:
            self.close()
            raise _out_of_reach(error) from error
        except httpx.HTTPError:
            self.close()
            raise
        return self._read(answer)

    def _form(self, effect_key: str, parcel: Parcel) -> dict[str, str]:
        post = _read_post(parcel.content)
        form = {f"{side}[{name}]": value for side in ("to", "from") for name, value in post[side].items()}
        form |= {
            "color": "true" if self._account.color else "false",
            "use_type": "operational",
            "address_placement": "insert_blank_page",
            "metadata[effect]": _short(effect_key),
        }
        return form | ({"extra_service": "certified_return_receipt"} if self._is_certified else {})

    def _read(self, answer: httpx.Response) -> Receipt:
        status = answer.status_code
        if status in WILL_NEVER_TAKE:
            raise Refused(f"Lob refuses the letter: {_said(answer)}.")
        if status in NOT_SET_UP or status == TOO_MANY:
            self.close()
            raise Unavailable(f"Lob takes no letters now: {_said(answer)}.", is_whole=True)
        made = _json(answer)
        if status != httpx.codes.OK or not str(made.get("id", "")).startswith("ltr_"):
            raise AnswerUnclear(f"Lob answered {_said(answer)}.")
        return Receipt(f"lob {made['id']}, expected {made.get('expected_delivery_date') or 'on no known day'}")

    def _ask(self, path: str, params: dict[str, str | int]) -> dict[str, Any]:
        try:
            answer = self._connected().get(path, params=params)
        except httpx.HTTPError as error:
            self.close()
            raise _out_of_reach(error) from error
        if answer.status_code != httpx.codes.OK:
            raise Unavailable(f"Lob does not answer: {_said(answer)}.")
        return _json(answer)

    def _connected(self) -> httpx.Client:
        self.open()
        if self._client is None:
            raise Unavailable("Lob is not connected.", is_whole=True)
        return self._client


def letter_id_of(receipt: str) -> str:
    """The provider's id in a receipt; empty when another channel took the letter."""
    words = receipt.split()
    return words[1].rstrip(",") if len(words) > 1 and words[0] == "lob" and words[1].startswith("ltr_") else ""


def _short(effect_key: str) -> str:
    """The key as Lob takes it: of a length it allows, and without anything about a person."""
    return hashlib.sha256(effect_key.encode()).hexdigest()


def _write_post(pdf: bytes, post: Mapping[str, Any]) -> bytes:
    writer = PdfWriter(clone_from=BytesIO(pdf))
    writer.add_metadata({POST_FIELD: json.dumps(post, ensure_ascii=True, sort_keys=True)})
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def _read_post(pdf: bytes) -> dict[str, dict[str, str]]:
    written = cast(Any, PdfReader(BytesIO(pdf)).metadata)[POST_FIELD]
    post: dict[str, dict[str, str]] = json.loads(str(written))
    return post


def _out_of_reach(error: httpx.HTTPError) -> Unavailable:
    return Unavailable(f"Lob cannot be reached: {error or type(error).__name__}.", is_whole=True)


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        content = answer.json()
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _said(answer: httpx.Response) -> str:
    fault = _json(answer).get("error")
    words = fault.get("message") if isinstance(fault, dict) else ""
    return f"{answer.status_code} {words or answer.reason_phrase}".strip()
