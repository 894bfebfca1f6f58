"""Text messages: measured as networks do, short, true, and saying who writes."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goodterms.core.money import Money
from goodterms.messages.catalog import template_catalog
from goodterms.messages.checking import check_sms
from goodterms.messages.facts import Facts
from goodterms.messages.finishing import finish
from goodterms.messages.languages import known_languages
from goodterms.messages.message import Message
from goodterms.messages.samples import TODAY, poor_facts, rich_facts
from goodterms.messages.sms import BASIC, EXTENDED, SmsLength, compose_sms, measure_sms, plain_text
from goodterms.messages.validating import validate_template

TEXTS = [name for name, template in template_catalog().items() if template.medium == "sms"]
MOBILE = "+447700900123"


def facts(base: Facts | None = None, **recipient: Any) -> Facts:
    whole = base or rich_facts()
    values = {"phone": MOBILE, "country": "GB", **recipient}
    return replace(whole, recipient=replace(whole.recipient, **values), interest=None, deadline=None)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", SmsLength("GSM-7", 0, 0)),
        ("a" * 160, SmsLength("GSM-7", 160, 1)),
        ("a" * 161, SmsLength("GSM-7", 161, 2)),
        ("a" * 306, SmsLength("GSM-7", 306, 2)),
        ("a" * 307, SmsLength("GSM-7", 307, 3)),
        ("€" * 80, SmsLength("GSM-7", 160, 1)),
        ("€" * 81, SmsLength("GSM-7", 162, 2)),
        ("a" + "€" * 80, SmsLength("GSM-7", 161, 2)),
        # 152 units fill the first part but for one: the escaped sign does not fit and begins the next.
        ("a" * 152 + "€" * 77, SmsLength("GSM-7", 306, 3)),
        ("ю" * 70, SmsLength("UCS-2", 70, 1)),
        ("ю" * 71, SmsLength("UCS-2", 71, 2)),
        ("ю" * 134, SmsLength("UCS-2", 134, 2)),
        ("ю" * 135, SmsLength("UCS-2", 135, 3)),
        ("😀" * 35, SmsLength("UCS-2", 70, 1)),
        ("😀" * 36, SmsLength("UCS-2", 72, 2)),
        ("😀" * 67, SmsLength("UCS-2", 134, 3)),
        ("Grüße, ÄÖÜ ß £ 1", SmsLength("GSM-7", 16, 1)),
        ("a`", SmsLength("UCS-2", 2, 1)),
    ],
)
def test_texts_are_measured_as_networks_do(text: str, length: SmsLength) -> None:
    assert measure_sms(text) == length


def test_the_default_alphabet_has_its_127_signs_and_the_extension_its_ten() -> None:
    assert (len(BASIC), len(EXTENDED), BASIC & EXTENDED) == (127, 10, frozenset())


@settings(max_examples=300)
@given(st.text(alphabet=st.sampled_from(sorted(BASIC | EXTENDED)), max_size=700))
def test_gsm_texts_fit_their_parts(text: str) -> None:
    length = measure_sms(text)
    assert length.encoding == "GSM-7"
    assert length.units == len(text) + sum(sign in EXTENDED for sign in text)
    each = 160 if length.segments <= 1 else 153
    assert length.units <= each * length.segments
    assert length.units > 160 or length.segments <= 1
    # At most one unit is lost at each border between parts.
    assert length.segments <= 1 or length.units > (each - 1) * (length.segments - 1)


@settings(max_examples=300)
@given(st.text(max_size=400).filter(lambda text: measure_sms(text).encoding == "UCS-2"))
def test_other_texts_are_counted_in_utf_16(text: str) -> None:
    length = measure_sms(text)
    assert length.units == len(text.encode("utf-16-be", "surrogatepass")) // 2
    each = 70 if length.segments == 1 else 67
    assert (each - 1) * (length.segments - 1) < length.units <= each * length.segments


@settings(max_examples=200)
@given(st.text(max_size=200), st.text(max_size=50))
def test_more_text_never_takes_fewer_parts(text: str, more: str) -> None:
    assert measure_sms(text + more).segments >= measure_sms(text).segments


def test_typographic_marks_become_those_every_telephone_knows() -> None:
    assert plain_text("„Grüße“ – 1.234,50\N{NO-BREAK SPACE}€ …") == '"Grüße" - 1.234,50 € ...'


@pytest.mark.parametrize("language", known_languages())
@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("base", [poor_facts(), rich_facts()], ids=["one", "many"])
def test_every_shipped_text_is_true_short_and_says_who_writes(name: str, language: str, base: Facts) -> None:
    finished = finish(facts(base), name, language)
    assert finished.faults == ()
    assert finished.message is not None
    length = measure_sms(finished.message.text)
    assert (length.encoding, length.segments <= 2) == ("GSM-7", True)
    assert finished.message.text.startswith("Example Supplies Ltd: ")
    assert (finished.message.html, finished.message.recipient_email) == ("", MOBILE)


@pytest.mark.parametrize("language", known_languages())
@pytest.mark.parametrize("name", TEXTS)
def test_an_ordinary_text_takes_one_part(name: str, language: str) -> None:
    message = finish(facts(poor_facts()), name, language).message
    assert message is not None
    assert measure_sms(message.text).segments == 1


def test_a_reminder_names_what_is_owed_and_since_when() -> None:
    message = finish(facts(poor_facts()), "sms_reminder", "en").message
    assert message is not None
    assert message.text == (
        "Example Supplies Ltd: £480.00 is overdue, invoice INV-2041, since 9 March 2026. "
        "Please pay, or tell us what is missing."
    )


@pytest.mark.parametrize(("country", "says_so"), [("US", True), ("CA", True), ("GB", False), ("", False)])
def test_the_way_out_is_named_where_it_is_expected(country: str, says_so: bool) -> None:
    message = compose_sms(facts(country=country), "sms_reminder", "en")
    assert message.text.endswith("Reply STOP to end these texts.") == says_so


def composed(**changes: Any) -> tuple[Message, Facts]:
    known = facts()
    return replace(compose_sms(known, "sms_reminder", "en"), **changes), known


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"recipient_email": "01632 960000"}, "mobile_missing"),
        ({"recipient_email": ""}, "mobile_missing"),
        ({"text": "Example Supplies Ltd: €9.99 is overdue."}, "amount_wrong"),
        ({"text": "Example Supplies Ltd: since 1 April 2031."}, "date_wrong"),
        ({"text": "You owe us €2,860.25."}, "sender_not_named"),
        ({"text": "Example Supplies Ltd: see https://bit.example/x1"}, "link_foreign"),
        ({"text": "Example Supplies Ltd: see bit.ly/x1"}, "link_foreign"),
        ({"text": "Example Supplies Ltd: pay now, deadbeat"}, "rude_word"),
        ({"text": "Example Supplies Ltd: " + "please " * 60}, "sms_long"),
    ],
)
def test_a_text_with_a_fault_does_not_leave(changes: dict[str, Any], code: str) -> None:
    assert code in {fault.code for fault in check_sms(*composed(**changes))}


def test_the_organisations_own_link_may_stand_in_a_text() -> None:
    assert check_sms(*composed(text="Example Supplies Ltd: https://pay.supplies.example/c1002")) == ()


def test_a_promise_that_is_not_there_is_not_spoken_of() -> None:
    without = replace(facts(), promised=None)
    assert [fault.code for fault in finish(without, "sms_promise_reminder", "en").faults] == ["template_invalid"]


def test_a_promises_amount_and_day_are_those_of_the_ledger() -> None:
    other = replace(facts(), promised=(Money(1_00, "EUR"), TODAY + timedelta(days=2)))
    message = compose_sms(facts(), "sms_promise_reminder", "en")
    assert {fault.code for fault in check_sms(message, other)} >= {"date_wrong"}


def test_a_text_of_ones_own_has_no_room_for_a_table() -> None:
    faults = validate_template("Text\n---\n{{ organisation.name }}: {{ invoice_table }}", "sms_reminder", "en")
    assert any("no room for a block" in str(fault) for fault in faults)
