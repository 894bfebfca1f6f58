"""Mails taken apart: any bytes give something safe."""

import time
from datetime import UTC, date, datetime
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodterms.inbox.auto_reply import read_auto_reply
from goodterms.inbox.bounces import read_bounce
from goodterms.inbox.html import safe_html, text_of_html
from goodterms.inbox.new_text import newly_written
from goodterms.inbox.parse_mail import parse_mail
from tests.inbox.samples import as_mail, sample_files


def test_a_mail_is_taken_apart() -> None:
    mail = parse_mail(as_mail("We will pay.", In_Reply_To="<b@x>", References="<a@x> <b@x>"))
    assert (mail.message_key, mail.references) == ("1@customer.example", ("b@x", "a@x"))
    assert (mail.from_name, mail.from_address) == ("Kim Example", "kim@customer.example")
    assert (mail.text, mail.subject) == ("We will pay.", "Re: Invoice")
    assert mail.sent_at == datetime(2026, 3, 10, 9, tzinfo=UTC)


def test_a_mail_without_id_is_known_by_its_bytes() -> None:
    raw = as_mail(Message_ID="")
    assert parse_mail(raw).message_key.startswith("sha256:")
    assert parse_mail(raw) == parse_mail(raw)


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1", "cp1252", "x-unheard-of", "us-ascii"])
def test_a_wrong_charset_is_survived(charset: str) -> None:
    head = f'From: a@b.example\r\nContent-Type: text/plain; charset="{charset}"\r\n\r\n'.encode()
    for body in ("Grüße".encode(), "Grüße".encode("cp1252")):
        assert "Gr" in parse_mail(head + body).text


def test_html_alone_becomes_text_without_its_quote() -> None:
    message = EmailMessage()
    message["From"] = "a@b.example"
    message.set_content(
        "<p>We pay on Friday.</p><script>alert(1)</script><img src='http://x.example/1.png'>"
        "<div class='gmail_quote'>On Monday you wrote: <blockquote>Please pay</blockquote></div>",
        subtype="html",
    )
    mail = parse_mail(message.as_bytes())
    assert mail.text == "We pay on Friday."
    assert "alert" not in mail.html
    assert "img" not in mail.html
    assert "Please pay" in mail.full_text


def test_dangerous_html_is_made_harmless() -> None:
    bad = '<a href="javascript:alert(1)" onclick="x()">a</a><iframe src="//x"></iframe><form action="/x"><input></form>'
    safe = safe_html(bad + "<style>p{background:url(//x)}</style><svg onload=x()>")
    assert not any(word in safe for word in ("javascript", "onclick", "iframe", "form", "input", "url(", "svg"))


def test_attachments_are_judged_by_their_content() -> None:
    message = EmailMessage()
    message["From"] = "a@b.example"
    message.set_content("see enclosed")
    for name, content in (
        ("copy.pdf", b"%PDF-1.7 x"),
        ("invoice.pdf", b"MZ\x90\x00"),
        ("a.html", b"<html>x"),
        ("../e", b""),
    ):
        message.add_attachment(content, maintype="application", subtype="pdf", filename=name)
    mail = parse_mail(message.as_bytes())
    kept = {file.file_name: (file.media_type, file.content is not None) for file in mail.files}
    assert kept["copy.pdf"] == ("application/pdf", True)
    assert kept["invoice.pdf"] == ("application/x-msdownload", False)
    assert kept["a.html"] == ("text/html", False)
    assert kept["e"][1] is False
    assert "may do harm" in mail.files[1].refusal


@given(st.binary(max_size=600))
def test_any_bytes_give_an_incoming(raw: bytes) -> None:
    assert parse_mail(raw).message_key


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ('Content-Disposition: attachment; filename="=?utf-8?B?a?="', "x"),
        ("Content-Disposition: attachment; filename*=\"a\0b''x\"", "x"),
        ('Content-Type: text/plain; charset="a\0b"', "x"),
        ("Content-Type: text/plain; charset*=a\0b''x", "x"),
        ("Date: Fri, 31 Dec 9999 23:59:59 -0100", "x"),
        ("Content-Type: message/rfc822", "Subject: =?x?B?a?=\r\n\r\nx"),
    ],
)
def test_a_damaged_mail_is_taken_in_all_the_same(head: str, body: str) -> None:
    raw = f"From: a@b.example\r\n{head}\r\n\r\n{body}".encode()
    mail = parse_mail(raw)
    assert mail.from_address == "a@b.example"
    assert mail.sent_at is None


HEADERS = st.sampled_from(
    [
        *("From: a@b.example", "From: =?x-none?Q?=C3?= <a@b>", "From: MAILER-DAEMON", "From: \0\udcff", "Reply-To: <"),
        *(
            "To: =?utf-8?B?a?=",
            "Message-ID: <1@x>",
            "Message-ID: \x0b<\0>",
            "In-Reply-To: <a@b> <c",
            "Subject: =?a?B?a?=",
        ),
        *("Date: Fri, 31 Dec 9999 23:59:59 -0100", "Date: Mon, 1 Jan 0099 00:00 +9999", "Subject: Undelivered \udcff"),
        *("Content-Type: multipart/mixed; boundary=b", 'Content-Type: text/plain; charset="a\0b"', "Content-Type: \0"),
        *(
            "Content-Type: text/html; charset*=a\0b''x",
            "Content-Type: message/rfc822",
            "Content-Type: text; boundary=b",
        ),
        *("Content-Type: message/delivery-status", "Content-Type: multipart/report; boundary=b", "Return-Path: <>"),
        *(
            'Content-Disposition: attachment; filename="=?utf-8?B?a?="',
            "Content-Disposition: inline; filename*=a\0b''x",
        ),
        *("Content-Disposition: attachment; filename*0*=a'b'%FF; filename*1=b", "Content-Disposition: \udcff"),
        *("Content-Transfer-Encoding: base64", "Content-Transfer-Encoding: x-uuencode", "Content-Transfer-Encoding: ü"),
        *(
            "Final-Recipient: rfc822; a@b",
            "Original-Recipient: \0;",
            "Action: failed",
            "Status: 5.1.1",
            "Auto-Submitted: ü",
        ),
    ]
)
LINES = st.sampled_from(
    ["", "--b", "--b--", "begin 644 a", "=ZZ", "YQ=", "On Monday a wrote:", "> x", "550 <a@b>", "\0\udcff"]
)
PARTS = st.builds(
    lambda headers, body: "\r\n".join([*headers, "", *body]),
    st.lists(HEADERS, max_size=6),
    st.lists(LINES, max_size=4),
)
MAILS = st.lists(PARTS, min_size=1, max_size=4).map("\r\n--b\r\n".join)


@given(MAILS)
def test_any_headers_and_parts_give_an_incoming(text: str) -> None:
    raw = text.encode("utf-8", "surrogateescape")
    mail = parse_mail(raw)
    assert mail.message_key
    assert mail.sent_at is None or mail.sent_at.astimezone(UTC)
    read_bounce(raw)
    read_auto_reply(raw, mail, date(2026, 3, 10))


@given(st.text(max_size=400))
def test_any_html_gives_text(html: str) -> None:
    text_of_html(html, without_quotes=True)
    safe_html(html)


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("Paid today.\n\nSent from my iPhone", "Paid today."),
        ("Ja.\n\nVon meinem iPhone gesendet", "Ja."),
        ("Ok\n\nAm 9. März 2026 um 10:15 schrieb Robin Example <r@x.example>:\n> Bitte zahlen", "Ok"),
        ("Ok\n\nAm Mo., 9. März 2026 um 10:15 Uhr schrieb Robin\n<r@x.example>:\n\n> Bitte", "Ok"),
        ("Ok\n\nVon: Robin <r@x.example>\nGesendet: Montag\nAn: Kim\nBetreff: Mahnung\n\nBitte zahlen", "Ok"),
        ("Ok\n\n-----Ursprüngliche Nachricht-----\nVon: Robin\n\nBitte zahlen", "Ok"),
        ("Ok\n\nFrom: Robin\nSent: Monday\nTo: Kim\nSubject: Reminder\n\nPlease pay", "Ok"),
        ("On Monday Robin wrote:\n> Please pay\n\nWe did.\n> Thanks\nWelcome.", "We did.\nWelcome."),
        ("Paid.\n-- \nKim Example\nExample Ltd", "Paid."),
        ("- one\n- two", "- one\n- two"),
        ("It was\nsent from our bank on Friday.", "It was\nsent from our bank on Friday."),
    ],
)
def test_quotes_and_signatures_are_cut(text: str, new: str) -> None:
    assert newly_written(text) == new


def test_every_sample_reply_gives_its_new_text() -> None:
    for file in sample_files("reply_mailparser"):
        new = newly_written(file.read_text("utf-8"))
        assert new, file.name
        assert not any(line.startswith(">") for line in new.splitlines()), file.name
        assert len(new) < 1100, file.name


@pytest.mark.parametrize(
    "text",
    [
        "On " * 5000 + "wrote",
        "Am 1" * 5000,
        "From: a\n" * 2000,
        "We pay." + " " * 6000 + "x" + "\n-----" * 40 + "\nx",
        "We pay." + "\n---\n***" * 2000,
        "a" + "\n" * 19_000 + "b",
        "a" + "\n \t" * 6_000 + "b",
        "_" * 19_000 + "x",
    ],
)
def test_a_text_made_to_stall_the_parser_does_not(text: str) -> None:
    began = time.process_time()
    assert newly_written(text) is not None
    assert time.process_time() - began < 1


def test_lines_that_only_part_are_no_text() -> None:
    assert newly_written("We pay on Friday.\n\n---\n ======\n\n") == "We pay on Friday."
    assert newly_written("-----") == "-----"
