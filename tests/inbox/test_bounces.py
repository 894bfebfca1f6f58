"""Delivery failures: what failed, for good or for now."""

import time

import pytest
from flufl.bounce import all_failures

from goodterms.inbox.bounces import Bounce, Failure, read_bounce
from goodterms.inbox.parse_mail import open_mail, parse_mail
from tests.inbox.samples import as_mail, sample_files

# What these samples hold: automatic answers, warnings, or damaged reports that name nobody.
NAME_NOBODY = {"bounce_01", "dumbass_01", "groupwise_03", "qmail_08", "simple_43"}
# Given up after days of trying: said to be permanent elsewhere, but their status is of class 4.
OF_CLASS_4 = {"dsn_02", "yahoo_01"}


def a_report(status: str, said: str, action: str = "failed") -> bytes:
    return (
        "From: MAILER-DAEMON@mx.example\r\nMessage-ID: <report@mx.example>\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nNot delivered.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; Kim@customer.example\r\nAction: {action}\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: smtp; {said}\r\n"
        "--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <ours@supplies.example>\r\n--b--\r\n"
    ).encode()


@pytest.mark.parametrize(
    ("status", "said", "is_permanent"),
    [
        ("5.1.1", "550 5.1.1 user unknown", True),
        ("5.0.0", "550 5.2.2 mailbox full", False),
        ("5.2.2", "552 quota exceeded", False),
        ("4.4.7", "expired", False),
        ("5.3.4", "552 too big", False),
        ("", "550 no such user", True),
        ("", "451 try again", False),
    ],
)
def test_a_report_says_whether_the_address_is_at_fault(status: str, said: str, is_permanent: bool) -> None:
    found = read_bounce(a_report(status, said))
    assert found is not None
    assert [(failure.address, failure.is_permanent) for failure in found.failures] == [
        ("kim@customer.example", is_permanent)
    ]
    assert found.original_ids == ("ours@supplies.example",)


def test_a_report_of_success_is_no_failure() -> None:
    assert read_bounce(a_report("2.0.0", "250 ok", action="delivered")) is None


def test_a_delay_is_not_permanent() -> None:
    found = read_bounce(a_report("5.1.1", "still trying", action="delayed"))
    assert found
    assert not found.failures[0].is_permanent


def test_a_person_who_quotes_a_failure_is_no_bounce() -> None:
    raw = as_mail("I got this:\n550 5.1.1 <kim@customer.example>... User unknown", Subject="Re: your invoice")
    assert read_bounce(raw) is None


def enclosing(report: bytes, **headers: str) -> bytes:
    """A person's own mail with a delivery report in it."""
    head = as_mail("", Content_Type='multipart/mixed; boundary="m"', **headers).rstrip()
    said = b"\r\n\r\n--m\r\nContent-Type: text/plain\r\n\r\nWhat is this?\r\n"
    return head + said + b"--m\r\nContent-Type: message/rfc822\r\n\r\n" + report + b"\r\n--m--\r\n"


def test_a_report_that_a_person_encloses_is_not_theirs() -> None:
    raw = enclosing(a_report("5.1.1", "550 user unknown"), Subject="A question")
    assert read_bounce(raw) is None
    assert parse_mail(raw).text == "What is this?"


def test_a_header_made_to_stall_the_reader_does_not() -> None:
    report = a_report("5.1.1", "x").replace(b"Kim@customer.example", b"x" * 200_000)
    began = time.process_time()
    read_bounce(report)
    assert time.process_time() - began < 1


def test_every_sample_bounce_is_recognised() -> None:
    for file in sample_files("bounces_flufl"):
        raw = file.read_bytes()
        parse_mail(raw)
        found = read_bounce(raw)
        if file.stem in NAME_NOBODY:
            assert found is None, file.name
            continue
        assert isinstance(found, Bounce), file.name
        assert all(isinstance(failure, Failure) and "@" in failure.address for failure in found.failures), file.name
        is_permanent = bool(all_failures(open_mail(raw))[1]) and file.stem not in OF_CLASS_4
        assert any(failure.is_permanent for failure in found.failures) is is_permanent, file.name
