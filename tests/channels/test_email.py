"""An e-mail's bytes: what any mail program reads from them, and what no customer's data can do to them."""

import email
import email.policy
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodterms.channels.email import build_email, mail_address, message_id, prepare_email
from goodterms.channels.port import Refused
from goodterms.messages.message import Attachment, Image
from tests.channels.messages import make_message
from tests.conftest import NOW

KEY = "1/4711/forgetful/cycle-1/friendly/1/email/sam@customer.example"
LOGO = Image("logo", "image/png", b"\x89PNG" + bytes(range(256)) * 20)


def parse(content: bytes) -> EmailMessage:
    """As the standard library reads it, with no defect anywhere."""
    message = email.message_from_bytes(content, policy=email.policy.SMTP)
    assert isinstance(message, EmailMessage)
    assert [part.defects for part in message.walk() if part.defects] == []
    return message


def read_back(**given: object) -> EmailMessage:
    return parse(build_email(KEY, make_message(**given), NOW))  # type: ignore[arg-type]


def texts(message: EmailMessage) -> list[str]:
    parts = [message.get_body(("plain",)), message.get_body(("html",))]
    return [part.get_content().replace("\r\n", "\n").rstrip("\n") for part in parts if part is not None]


def test_a_mail_program_reads_both_forms_and_all_headers() -> None:
    message = read_back(reply_to="owner@supplies.example")
    assert texts(message) == [make_message().text, make_message().html]
    assert message.get_content_type() == "multipart/alternative"
    assert dict(message.items()) | {"Content-Type": ""} == {
        "Message-ID": message_id(KEY, "accounts@supplies.example"),
        "Date": "Tue, 10 Mar 2026 09:00:00 +0000",
        "From": "Robin Example <accounts@supplies.example>",
        "To": "Sam Example <sam@customer.example>",
        "Reply-To": "owner@supplies.example",
        "Subject": "Invoice 1 is 5 days overdue",
        "Content-Language": "en",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "DR, RN, NRN, OOF, AutoReply",
        "MIME-Version": "1.0",
        "Content-Type": "",
    }


def test_the_message_id_is_the_effects_own_for_ever() -> None:
    first = parse(build_email(KEY, make_message(), NOW))
    again = parse(build_email(KEY, make_message(text="Other words."), datetime(2027, 1, 1, tzinfo=UTC)))
    assert first["Message-ID"] == again["Message-ID"]
    assert first["Message-ID"].endswith("@supplies.example>")
    assert parse(build_email(KEY + "x", make_message(), NOW))["Message-ID"] != first["Message-ID"]


def test_the_same_arguments_give_the_same_bytes() -> None:
    message = make_message(images=(LOGO,))
    assert build_email(KEY, message, NOW) == build_email(KEY, message, NOW)


def test_reply_to_nobody() -> None:
    """Answers go to the owner of the relationship; where there is none, to the sender, never nowhere."""
    assert read_back(reply_to="owner@supplies.example")["Reply-To"] == "owner@supplies.example"
    assert read_back(reply_to="")["Reply-To"] == "accounts@supplies.example"
    assert read_back(reply_to="  ")["Reply-To"] == "accounts@supplies.example"
    assert read_back(reply_to="not an address")["Reply-To"] == "accounts@supplies.example"


def test_later_mails_answer_the_first_of_their_cycle() -> None:
    message = parse(build_email(KEY, make_message(), NOW, replies_to="<first@supplies.example>"))
    assert message["In-Reply-To"] == message["References"] == "<first@supplies.example>"


def test_there_is_no_way_to_unsubscribe_from_a_debt() -> None:
    assert read_back()["List-Unsubscribe"] is None


def test_pictures_stand_in_the_html_and_attachments_beside_it() -> None:
    bill = Attachment("Rechnung Müller 2026.pdf", "application/pdf", b"%PDF-1.7 bytes")
    plain = Attachment("invoice-1.pdf", "application/pdf", b"%PDF")
    message = read_back(images=(LOGO,), attachments=(bill, plain), html='<img src="cid:logo">')
    kinds = [part.get_content_type() for part in message.walk()]
    assert kinds == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
        "application/pdf",
        "application/pdf",
    ]
    picture = next(part for part in message.walk() if part.get_content_type() == "image/png")
    assert (picture["Content-ID"], picture.get_content()) == ("<logo>", LOGO.content)
    assert [(file.get_filename(), file.get_content()) for file in message.iter_attachments()] == [
        (bill.file_name, bill.content),
        (plain.file_name, plain.content),
    ]


@pytest.mark.parametrize(
    "name",
    [
        "Müller & Söhne",
        'Robin "Rob" Example, Ltd.',
        "株式会社例",
        "a" * 200,
        "ä" * 200,
        "=?utf-8?q?x?=",
        "O'Neill (Ltd) \\",
    ],
)
def test_any_name_arrives_as_it_is(name: str) -> None:
    message = email.message_from_bytes(build_email(KEY, make_message(sender_name=name, recipient_name=name), NOW))
    for header in ("From", "To"):
        # The newer parser of Python 3.11 puts a space between the encoded words of a name; the older one is right.
        written, address = parseaddr(message[header])
        assert str(make_header(decode_header(written))) == name
        assert address.endswith(".example")


@pytest.mark.parametrize(
    "subject",
    [
        "Überfällig: 3 Rechnungen über 1.234,50 €",
        "x" * 150,
        "wörter " * 20 + "end",
        "=?utf-8?q?not_encoded?=",
        "Rechnung\u00a01",
    ],
)
def test_any_subject_arrives_as_it_is(subject: str) -> None:
    assert read_back(subject=subject)["Subject"] == subject


nasty = st.text(st.characters(codec="utf-8"), max_size=300)
INJECTION = "Sam\r\nBcc: everyone@elsewhere.example\r\n\r\nBuy now"


@given(nasty | st.just(INJECTION), nasty | st.just(INJECTION), nasty | st.just(INJECTION))
def test_no_text_can_add_a_header_or_a_body(name: str, subject: str, language: str) -> None:
    given_texts: dict[str, Any] = {
        "sender_name": name,
        "recipient_name": name,
        "subject": subject,
        "language": language,
    }
    content = build_email(KEY, make_message(**given_texts), NOW)
    headers = content.split(b"\r\n\r\n")[0].replace(b"\r\n ", b" ").split(b"\r\n")
    names = [line.split(b":")[0].decode() for line in headers]
    assert names == [
        "Message-ID", "Date", "From", "To", "Reply-To", "Subject", "Content-Language", "Auto-Submitted",
        "X-Auto-Response-Suppress", "MIME-Version", "Content-Type",
    ]  # fmt: skip
    message = email.message_from_bytes(content, policy=email.policy.SMTP)
    assert len(message.get_all("To") or []) == 1
    assert message["To"].addresses[0].addr_spec == "sam@customer.example"


@given(nasty, nasty)
def test_any_body_arrives_as_it_is_in_lines_that_servers_take(text: str, html: str) -> None:
    content = build_email(KEY, make_message(text=text, html=html), NOW)
    assert max(map(len, content.split(b"\r\n"))) <= 998
    assert content.replace(b"\r\n", b"").count(b"\n") == content.replace(b"\r\n", b"").count(b"\r") == 0
    assert content.endswith(b"\r\n")
    assert content.isascii()
    wanted = [part.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n") for part in (text, html)]
    message = email.message_from_bytes(content, policy=email.policy.SMTP)
    parts = [part for part in message.walk() if not part.is_multipart()]
    payloads: list[Any] = [part.get_payload(decode=True) or b"" for part in parts]
    read = [payload.decode() for payload in payloads]
    assert [one.replace("\r\n", "\n").rstrip("\n") for one in read] == wanted


def test_a_line_of_a_megabyte_is_broken_and_whole_again() -> None:
    message = read_back(text="x" * 1_000_000)
    assert texts(message)[0] == "x" * 1_000_000


@pytest.mark.parametrize(
    ("given_address", "known_as"),
    [
        ("sam@customer.example", "sam@customer.example"),
        ("  sam@customer.example ", "sam@customer.example"),
        ("sam@bücher.example", "sam@xn--bcher-kva.example"),
        ("sam@例え.example", "sam@xn--r8jz45g.example"),
        ("jürgen@customer.example", "jürgen@customer.example"),
        ("o'neill+ar/1@sub.customer.example", "o'neill+ar/1@sub.customer.example"),
    ],
)
def test_addresses_as_mail_servers_know_them(given_address: str, known_as: str) -> None:
    assert mail_address(given_address) == known_as


@pytest.mark.parametrize(
    "address",
    [
        "",
        "sam",
        "@customer.example",
        "sam@",
        "sam@customer",
        "sam@-customer.example",
        "sam @customer.example",
        ".sam@customer.example",
        "sam@customer.example\r\nBcc: x@y.example",
        "sam@customer.example>\r\nRCPT TO:<x@y.example",
        "sam,other@customer.example",
        "<sam@customer.example>",
        "sam@cust omer.example",
        "sam@customer..example",
        "a@b@customer.example",
    ],
)
def test_what_is_no_address_is_refused_before_anything_leaves(address: str) -> None:
    with pytest.raises(Refused, match="is not an e-mail address"):
        prepare_email(KEY, make_message(address), NOW, "")


def test_an_international_address_travels_in_the_header_as_it_is() -> None:
    content = build_email(KEY, make_message("jürgen@bücher.example", recipient_name="Jürgen"), NOW)
    message = email.message_from_bytes(content, policy=email.policy.SMTPUTF8)
    assert "jürgen@xn--bcher-kva.example".encode() in content
    assert message["To"].addresses[0].display_name == "Jürgen"


def test_the_envelope_goes_from_the_sender_to_the_recipient_and_those_in_copy() -> None:
    parcel = prepare_email(KEY, make_message(cc=("boss@customer.example", "two@bücher.example")), NOW, "")
    assert parcel.sender == "accounts@supplies.example"
    assert parcel.recipients == ("sam@customer.example", "boss@customer.example", "two@xn--bcher-kva.example")
    copied = parse(parcel.content)["Cc"].addresses
    assert [address.addr_spec for address in copied] == ["boss@customer.example", "two@xn--bcher-kva.example"]
