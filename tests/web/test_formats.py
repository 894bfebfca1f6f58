"""Amounts, dates and places in lists as people write and follow them."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from babel import Locale

from goodterms.core.money import Money
from goodterms.web.formats import choose_locale, write_amount, write_day, write_moment, write_number
from goodterms.web.sent_mail import embed_pictures, read_bytes
from tests.web.world import mail_bytes


@pytest.mark.parametrize(
    ("accept", "country", "chosen"),
    [
        ("en-US,en;q=0.9", "GB", "en_US"),
        ("de-DE,de;q=0.9", "GB", "en_GB"),
        ("", "IE", "en_IE"),
        ("", "XX", "en"),
        ("en;q=0.5,en-AU", "GB", "en_AU"),
        ("*;garbage", "DE", "en_DE"),
    ],
)
def test_the_region_is_the_browsers_own_within_the_language_of_the_pages(
    accept: str, country: str, chosen: str
) -> None:
    assert str(choose_locale(accept, country)) == chosen


@pytest.mark.parametrize(
    ("amount", "currency", "locale", "written"),
    [
        (123456, "EUR", "en_GB", "1,234.56"),
        (123456, "EUR", "de_DE", "1.234,56"),
        (-50, "EUR", "en_GB", "−0.50"),
        (123456, "JPY", "en_GB", "123,456"),
        (123456, "KWD", "en_GB", "123.456"),
        (9_007_199_254_740_993, "EUR", "en_GB", "90,071,992,547,409.93"),
    ],
)
def test_amounts_are_exact_with_the_digits_of_their_currency(
    amount: int, currency: str, locale: str, written: str
) -> None:
    assert write_amount(Money(amount, currency), Locale.parse(locale)) == written


def test_moments_are_told_on_the_organisations_clock_without_seconds() -> None:
    moment = datetime(2026, 7, 1, 22, 30, 15, tzinfo=UTC)
    assert write_moment(moment, ZoneInfo("Europe/Berlin"), Locale.parse("en_GB")) == "2 Jul 2026, 00:30"
    assert write_day(date(2026, 7, 1), Locale.parse("en_US")) == "Jul 1, 2026"
    assert write_number(1234.56, Locale.parse("en_GB"), 1) == "1,234.6"


def test_a_mail_is_read_back_from_its_bytes() -> None:
    mail = read_bytes(mail_bytes("<p>Größe</p>", subject="Reminder – Größe"), "message/rfc822")
    assert mail.subject == "Reminder – Größe"
    assert "<p>Größe</p>" in mail.html
    assert mail.text.startswith("Dear customer,")
    assert ("To", "Sam Example <sam@customer.example>") in mail.headers


def test_bytes_that_are_no_mail_are_shown_as_text() -> None:
    assert read_bytes(b"Call\n\nsheet", "text/plain").text == "Call\n\nsheet"
    assert read_bytes(b"\xff\xfe broken", "message/rfc822").html == ""


def test_pictures_inside_a_mail_are_put_in_place_and_nothing_else_is() -> None:
    page = '<img src="cid:logo"><img src="cid:script"><img src="cid:unknown">'
    shown = embed_pictures(page, {"logo": ("image/png", b"x"), "script": ("text/html", b"x")})
    assert shown == '<img src="data:image/png;base64,eA=="><img src="cid:script"><img src="cid:unknown">'
