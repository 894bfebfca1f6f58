"""Text messages through Twilio's REST API (2010-04-01): sent means that it answered with the message it created.

Twilio knows no key under which a repeated request has no further effect, so nothing is ever repeated by itself.
Error codes: https://www.twilio.com/docs/api/errors.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import httpx

from goodterms.channels.port import Parcel, Receipt, Refused, Unavailable
from goodterms.channels.sms import CONTENT_TYPE, prepare_sms
from goodterms.messages.message import Message

API = "https://api.twilio.com"
SERVICE = "MG"  # begins the id of a messaging service, which stands where a number would
WILL_NEVER_TAKE = {
    21211: "this is no telephone number",
    21212: "the sender's number is not one",
    21214: "this number cannot be reached",
    21217: "this is no telephone number",
    21265: "this number cannot be reached by text message",
    21408: "texts to this country are not switched on in the account",
    21602: "the text is empty",
    21605: "the text is too long",
    21610: "this number has asked for no more texts",
    21612: "this sender cannot write to this number",
    21614: "this is no mobile number",
    21617: "the text is too long",
}
"""Codes with which a message is refused for good, and what they mean."""
NOT_SET_UP = frozenset({20003, 20005, 20008, 20404, 21603, 21606, 21659, 21660, 21701, 21703})
"""Codes that speak of the account or its sender: no message will be taken until a person has mended it."""
NOTHING_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


@dataclass(frozen=True, slots=True)
class TwilioAccount:
    """How to reach the account; ``sender`` is a number, a name or the id of a messaging service.

    ``status_address`` is the public address under which Twilio tells what became of a message; empty: nobody asks.
    """

    account_sid: str
    auth_token: str = field(repr=False)
    sender: str
    status_address: str = ""
    api: str = API
    timeout_seconds: float = 30

    @property
    def path(self) -> str:
        return f"/2010-04-01/Accounts/{self.account_sid}"


class AnswerUnclear(Exception):
    """Twilio got the request, and its answer does not say what became of it."""


class TwilioChannel:
    """One HTTP client; the account is looked at before the first message of a worker."""

    name = "twilio"
    content_type = CONTENT_TYPE
    retry_is_safe = False
    leaves_machine = True

    def __init__(self, account: TwilioAccount) -> None:
        self._account = account
        self._client: httpx.Client | None = None

    def prepare(self, effect_key: str, message: Message, now: datetime, *, replies_to: str = "") -> Parcel:
        return prepare_sms(message)

    def open(self) -> None:
        if self._client is not None:
            return
        account = self._account
        client = httpx.Client(
            base_url=account.api,
            auth=(account.account_sid, account.auth_token),
            timeout=account.timeout_seconds,
            follow_redirects=False,
        )
        try:
            answer = client.get(f"{account.path}.json")
        except httpx.HTTPError as error:
            client.close()
            raise Unavailable(f"Twilio cannot be reached: {error or type(error).__name__}.", is_whole=True) from error
        if answer.status_code != httpx.codes.OK:
            client.close()
            raise Unavailable(f"Twilio does not open the account: {_said(answer)}.", is_whole=True)
        self._client = client

    def hand_over(self, effect_key: str, parcel: Parcel) -> Receipt:
        self.open()
        if self._client is None:
            raise Unavailable("Twilio is not connected.", is_whole=True)
        form = self._form(effect_key, parcel)
        try:
            answer = self._client.post(f"{self._account.path}/Messages.json", data=form)
        except NOTHING_SENT as error:
            self.close()
            raise Unavailable(f"Twilio cannot be reached: {error or type(error).__name__}.", is_whole=True) from error
        except httpx.HTTPError:
            self.close()
            raise
        return self._read(answer)

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
        self._client = None

    def _form(self, effect_key: str, parcel: Parcel) -> dict[str, str]:
        sender = self._account.sender
        form = {"To": parcel.recipients[0], "Body": parcel.content.decode()}
        form["MessagingServiceSid" if sender.startswith(SERVICE) else "From"] = sender
        if self._account.status_address:
            form["StatusCallback"] = f"{self._account.status_address}?{urlencode({'effect': effect_key})}"
        return form

    def _read(self, answer: httpx.Response) -> Receipt:
        """What the answer means: taken, never, later, not until mended, or nobody knows."""
        said = _read_json(answer)
        if answer.status_code in (200, 201) and said.get("sid"):
            return Receipt(f"{said['sid']} {said.get('status', '')}".strip())
        code = said.get("code")
        if answer.status_code in (401, 403) or code in NOT_SET_UP:
            self.close()
            raise Unavailable(f"Twilio does not take messages from this account: {_said(answer)}.", is_whole=True)
        if answer.status_code in (429, 503):
            raise Unavailable(f"Twilio takes nothing just now: {_said(answer)}.", is_whole=True)
        if 400 <= answer.status_code < 500 and code in WILL_NEVER_TAKE:
            raise Refused(f"Twilio did not take it: {WILL_NEVER_TAKE[code]} ({_said(answer)}).")
        raise AnswerUnclear(f"Twilio answered {_said(answer)}; look into its log before sending again.")


def _said(answer: httpx.Response) -> str:
    said = _read_json(answer)
    parts = (str(answer.status_code), str(said.get("code") or ""), str(said.get("message") or ""))
    return " ".join(part for part in parts if part)


def _read_json(answer: httpx.Response) -> dict[str, Any]:
    try:
        content = answer.json()
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}
