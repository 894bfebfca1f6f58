"""The SMTP channel against real and misbehaving servers on loopback."""

import ssl
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from goodterms.channels.port import Parcel, Refused, Unavailable
from goodterms.channels.smtp import ConnectionLost, SmtpChannel, SmtpServer
from tests.channels.messages import make_message
from tests.channels.servers import (
    HOST,
    Certificate,
    Mailbox,
    asks_for,
    bad_server,
    mail_server,
    make_certificate,
    plain_server,
)
from tests.conftest import NOW

PARCEL = Parcel(b"Subject: x\r\n\r\n.dot\r\n..two\r\nend\r\n", ("sam@customer.example",), "accounts@supplies.example")


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def channel(mailbox: Mailbox) -> Iterator[SmtpChannel]:
    """A channel to a real server without encryption."""
    with mail_server(mailbox) as port:
        opened = SmtpChannel(plain_server(port))
        yield opened
        opened.close()


def test_the_bytes_arrive_as_they_are_with_their_envelope(channel: SmtpChannel, mailbox: Mailbox) -> None:
    receipt = channel.hand_over("k", PARCEL)
    assert receipt.text == "250 2.0.0 taken"
    taken = mailbox.taken[0]
    assert (taken.content, taken.mail_from, taken.rcpt_tos) == (
        PARCEL.content,
        "accounts@supplies.example",
        ["sam@customer.example"],
    )


def test_one_connection_serves_many_messages(channel: SmtpChannel, mailbox: Mailbox) -> None:
    for _ in range(5):
        channel.open()
        channel.hand_over("k", PARCEL)
    assert (len(mailbox.taken), mailbox.connections) == (5, 1)


def test_a_refused_recipient_is_final_and_the_next_message_goes(channel: SmtpChannel, mailbox: Mailbox) -> None:
    mailbox.answers = {"gone@customer.example": "550 5.1.1 no such user"}
    with pytest.raises(Refused, match="no such user"):
        channel.hand_over("k", replace(PARCEL, recipients=("gone@customer.example",)))
    channel.hand_over("k", PARCEL)
    assert (len(mailbox.taken), mailbox.connections) == (1, 1)


def test_a_refused_copy_does_not_hold_up_the_recipient(channel: SmtpChannel, mailbox: Mailbox) -> None:
    mailbox.answers = {"gone@customer.example": "550 5.1.1 no such user"}
    both = replace(PARCEL, recipients=("sam@customer.example", "gone@customer.example"))
    assert channel.hand_over("k", both).text == "250 2.0.0 taken (not to gone@customer.example)"
    assert mailbox.taken[0].rcpt_tos == ["sam@customer.example"]


def test_a_copy_alone_is_not_enough(channel: SmtpChannel, mailbox: Mailbox) -> None:
    mailbox.answers = {"sam@customer.example": "550 5.1.1 no such user"}
    with pytest.raises(Refused):
        channel.hand_over("k", replace(PARCEL, recipients=("sam@customer.example", "boss@customer.example")))
    assert mailbox.taken == []


@pytest.mark.parametrize(
    ("answer", "error"),
    [("450 4.2.1 mailbox busy", Unavailable), ("451 4.7.1 greylisted", Unavailable), ("553 not allowed", Refused)],
)
def test_a_recipient_who_is_only_busy_is_tried_later(
    channel: SmtpChannel, mailbox: Mailbox, answer: str, error: type[Exception]
) -> None:
    mailbox.answers = {"sam@customer.example": answer}
    with pytest.raises(error, match=answer[:3]):
        channel.hand_over("k", PARCEL)
    mailbox.answers = {}
    channel.hand_over("k", PARCEL)
    assert len(mailbox.taken) == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [("452 4.3.1 disk full", Unavailable), ("554 5.7.1 looks like spam", Refused), ("552 too large", Refused)],
)
def test_a_message_refused_at_its_end_has_not_been_sent(
    channel: SmtpChannel, mailbox: Mailbox, answer: str, error: type[Exception]
) -> None:
    mailbox.answer_to_message = answer
    with pytest.raises(error, match=answer[:3]):
        channel.hand_over("k", PARCEL)
    assert mailbox.taken == []


def test_a_server_that_takes_the_message_and_drops_the_connection_leaves_it_unclear() -> None:
    """Accepted and died before the reply: the one case in which nobody can know."""
    with bad_server({"MESSAGE": "drop"}, times=1) as server:
        channel = SmtpChannel(plain_server(server.port))
        with pytest.raises(ConnectionLost, match="broke off before its answer"):
            channel.hand_over("k", PARCEL)
        assert server.messages == [b"Subject: x\r\n\r\n..dot\r\n...two\r\nend\r\n.\r\n"]
        assert channel.hand_over("k", PARCEL).text == "250 taken"


def test_a_server_that_never_answers_the_message_leaves_it_unclear() -> None:
    with bad_server({"MESSAGE": "hang"}) as server:
        channel = SmtpChannel(plain_server(server.port, timeout_seconds=0.3))
        with pytest.raises(ConnectionLost):
            channel.hand_over("k", PARCEL)


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("wrong", ["drop", "hang"])
def test_a_connection_lost_before_the_message_is_never_unclear(verb: str, wrong: str) -> None:
    with bad_server({verb: wrong}) as server:
        channel = SmtpChannel(plain_server(server.port, timeout_seconds=0.3))
        with pytest.raises(Unavailable):
            channel.hand_over("k", PARCEL)
        assert server.messages == []


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA"])
def test_a_server_that_hung_up_since_the_last_message_is_simply_called_again(verb: str) -> None:
    with bad_server({verb: "drop"}, times=1) as server:
        channel = SmtpChannel(plain_server(server.port))
        assert channel.hand_over("k", PARCEL).text == "250 taken"
        assert (len(server.messages), server.connections) == (1, 2)


def test_a_farewell_on_an_idle_connection_is_noticed(mailbox: Mailbox) -> None:
    with mail_server(mailbox) as port:
        channel = SmtpChannel(plain_server(port))
        channel.hand_over("k", PARCEL)
    with pytest.raises(Unavailable) as outage:
        channel.open()
    assert outage.value.is_whole


@pytest.mark.parametrize("wrong", [{"MAIL": "421 closing"}, {"DATA": "421 closing"}, {"MAIL": "530 login first"}])
def test_a_server_that_closes_its_service_closes_the_channel(wrong: dict[str, str]) -> None:
    with bad_server(wrong) as server:
        channel = SmtpChannel(plain_server(server.port))
        with pytest.raises(Unavailable) as outage:
            channel.hand_over("k", PARCEL)
        assert outage.value.is_whole


@pytest.mark.parametrize(
    "wrong", [{"CONNECT": "drop"}, {"CONNECT": "554 go away"}, {"EHLO": "drop"}, {"CONNECT": "hang"}]
)
def test_a_server_that_does_not_let_us_in_is_out_of_reach(wrong: dict[str, str]) -> None:
    with bad_server(wrong) as server:
        channel = SmtpChannel(plain_server(server.port, timeout_seconds=0.3))
        with pytest.raises(Unavailable) as outage:
            channel.open()
        assert outage.value.is_whole


def test_a_server_that_is_down_is_out_of_reach() -> None:
    with mail_server(Mailbox()) as port:
        pass
    with pytest.raises(Unavailable, match="cannot be reached") as outage:
        SmtpChannel(plain_server(port)).open()
    assert outage.value.is_whole


def test_implicit_tls_and_login(mailbox: Mailbox, certificate: Certificate) -> None:
    with mail_server(mailbox, ssl_context=certificate.server_side(), **asks_for("user", "word")) as port:
        server = SmtpServer(HOST, port, "tls", "user", "word", 5, certificate.client_side)
        SmtpChannel(server).hand_over("k", PARCEL)
        with pytest.raises(Unavailable, match="refused the user name or password"):
            SmtpChannel(replace(server, password="wrong")).open()
    assert len(mailbox.taken) == 1


def test_starttls_and_login(mailbox: Mailbox, certificate: Certificate) -> None:
    given = {"tls_context": certificate.server_side(), "require_starttls": True, **asks_for("user", "word")}
    with mail_server(mailbox, **given) as port:
        SmtpChannel(SmtpServer(HOST, port, "starttls", "user", "word", 5, certificate.client_side)).hand_over(
            "k", PARCEL
        )
        unknown = SmtpServer(HOST, port, "starttls", "user", "word", 5, ssl.create_default_context)
        with pytest.raises(Unavailable, match=r"certificate verify failed|CERTIFICATE_VERIFY_FAILED"):
            SmtpChannel(unknown).open()
    assert len(mailbox.taken) == 1


def test_encryption_asked_for_is_never_left_out(mailbox: Mailbox) -> None:
    """A server (or somebody in between) that offers no STARTTLS gets no password and no message."""
    with mail_server(mailbox) as port, pytest.raises(Unavailable, match=r"mail.security"):
        SmtpChannel(SmtpServer(HOST, port, "starttls", "user", "word", 5)).open()


def test_a_server_without_the_extension_refuses_letters_before_the_at_sign(mailbox: Mailbox) -> None:
    foreign = replace(PARCEL, recipients=("jürgen@customer.example",))
    with mail_server(mailbox, enable_SMTPUTF8=False) as port, pytest.raises(Refused, match="jürgen"):
        SmtpChannel(plain_server(port)).hand_over("k", foreign)
    with mail_server(mailbox, enable_SMTPUTF8=True) as port:
        channel = SmtpChannel(plain_server(port))
        channel.hand_over("k", channel.prepare("k", make_message("jürgen@bücher.example"), NOW))
    assert mailbox.taken[0].rcpt_tos == ["jürgen@xn--bcher-kva.example"]


def test_the_password_is_not_shown() -> None:
    assert "secret-word" not in repr(SmtpServer(HOST, 25, "tls", "user", "secret-word"))


def test_large_messages_arrive_whole(channel: SmtpChannel, mailbox: Mailbox, tmp_path: Path) -> None:
    parcel = channel.prepare("k", make_message(text="A line of text.\n.\n" * 100_000), NOW)
    channel.hand_over("k", parcel)
    assert mailbox.taken[0].content == parcel.content
