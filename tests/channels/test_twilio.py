"""Texts through Twilio: what each of its answers means, and what happens when there is none."""

from typing import Any

import httpx
import pytest

from goodterms.channels.port import Parcel, Refused, Unavailable
from goodterms.channels.twilio import AnswerUnclear, TwilioChannel
from tests.channels.twilio_server import SENDER, SID, TwilioServer, twilio_server

PARCEL = Parcel("Example Supplies Ltd: £100.00 is overdue.".encode(), ("+447700900123",))
KEY = "1/2/forgetful/cycle-1/text/1/sms/+447700900123"


def hand_over(server: TwilioServer, **account: Any) -> str:
    channel = TwilioChannel(server.account(**account))
    try:
        return channel.hand_over(KEY, PARCEL).text
    finally:
        channel.close()


def test_a_text_leaves_as_the_description_says_and_its_id_is_the_receipt() -> None:
    with twilio_server() as server:
        assert hand_over(server) == f"SM{1:032x} queued"
        (form,) = server.taken
    assert (form["To"], form["From"], form["Body"]) == ("+447700900123", SENDER, PARCEL.content.decode())
    assert form["StatusCallback"].startswith("https://terms.example.com/sms/status/?effect=1%2F2%2Fforgetful")
    assert server.by_effect() == {KEY: 1}


def test_a_messaging_service_stands_where_the_number_would() -> None:
    service = "MG" + "1" * 32
    with twilio_server() as server:
        hand_over(server, sender=service, status_address="")
        (form,) = server.taken
    assert (form["MessagingServiceSid"], "From" in form, "StatusCallback" in form) == (service, False, False)


@pytest.mark.parametrize("code", [21211, 21610, 21614, 21408])
def test_what_will_never_be_taken_is_refused_with_its_reason(code: int) -> None:
    wrong = (400, {"code": code, "message": "no", "status": 400})
    with twilio_server(wrong=wrong) as server, pytest.raises(Refused, match=str(code)):
        hand_over(server)


@pytest.mark.parametrize(
    "wrong",
    [
        (429, {"code": 20429, "message": "Too Many Requests", "status": 429}),
        (503, "busy"),
        (401, {"code": 20003, "message": "Authenticate", "status": 401}),
        (400, {"code": 21606, "message": "The From number is not yours", "status": 400}),
    ],
)
def test_what_may_be_taken_later_is_put_off_for_all(wrong: tuple[int, object]) -> None:
    with twilio_server(wrong=wrong) as server, pytest.raises(Unavailable) as outage:
        hand_over(server)
    assert outage.value.is_whole


@pytest.mark.parametrize(
    "wrong",
    [(500, "oops"), (502, "bad gateway"), (201, "not json"), (201, {"status": "queued"}), (400, "a proxy's page")],
)
def test_an_answer_that_says_nothing_leaves_it_uncertain(wrong: tuple[int, object]) -> None:
    with twilio_server(wrong=wrong) as server, pytest.raises(AnswerUnclear):
        hand_over(server)


@pytest.mark.parametrize("wrong", ["drop", "drop-before"])
def test_a_connection_lost_before_the_answer_leaves_it_uncertain(wrong: str) -> None:
    """Whether Twilio took it or not: nobody here can know."""
    with twilio_server(wrong=wrong) as server, pytest.raises(httpx.HTTPError):
        hand_over(server)


def test_a_wrong_token_is_found_out_before_any_message() -> None:
    with twilio_server() as server:
        with pytest.raises(Unavailable, match="does not open the account: 401 20003"):
            TwilioChannel(server.account(auth_token="wrong")).open()
        with pytest.raises(Unavailable, match="404"):
            TwilioChannel(server.account(account_sid=SID[:-1] + "1")).open()


def test_the_token_is_in_no_words_about_the_account() -> None:
    with twilio_server() as server:
        assert "token" not in repr(server.account()).replace("auth_token", "")
