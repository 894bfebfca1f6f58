"""The check catches whatever is wrong with a message: each test corrupts a good one in one way."""

from dataclasses import replace
from datetime import date

import pytest

from goodterms.core.money import Money
from goodterms.messages.checking import check
from goodterms.messages.composing import compose
from goodterms.messages.facts import Facts, Payment
from goodterms.messages.finishing import finish
from goodterms.messages.message import Message
from goodterms.messages.samples import TODAY, poor_facts, rich_facts, sample_item

NBSP = "\N{NO-BREAK SPACE}"


def codes(message: Message, facts: Facts) -> set[str]:
    return {fault.code for fault in check(message, facts)}


def good(language: str = "en", template: str = "reminder_clear") -> tuple[Message, Facts]:
    facts = replace(rich_facts(), interest=None)
    message = compose(facts, template, language)
    assert check(message, facts) == ()
    return message, facts


def corrupt(message: Message, old: str, new: str) -> Message:
    assert old in message.text
    return replace(message, text=message.text.replace(old, new), html=message.html.replace(old, new))


@pytest.mark.parametrize(
    ("language", "old", "new", "expected"),
    [
        ("en", "€2,860.25", "€2,860.26", {"amount_wrong", "total_missing"}),
        ("en", "€2,310.75", "€2,130.75", {"amount_wrong", "item_missing"}),
        ("en", "US$640.00", "€640.00", {"amount_wrong", "total_missing", "item_missing"}),
        ("en", "€2,310.75", "€231,075.00", {"amount_wrong", "item_missing"}),
        ("en", "€2,310.75", "€2.310,75", {"amount_unreadable", "item_missing"}),
        ("en", "€2,310.75", "2310.74 EUR", {"amount_wrong", "item_missing"}),
        ("en", "-€120.00", "€120.00", {"item_missing"}),
        ("en", "Friday 20 March 2026", "Friday 27 March 2026", {"date_wrong", "deadline_missing"}),
        ("en", "Friday 20 March 2026", "Thursday 20 March 2026", {"date_unreadable", "deadline_missing"}),
        ("en", "Friday 20 March 2026", "31 June 2026", {"date_unreadable", "deadline_missing"}),
        ("en", "Friday 20 March 2026", "20/04/2026", {"date_wrong", "deadline_missing"}),
        ("en", "Friday 20 March 2026", "March 21, 2026", {"date_wrong", "deadline_missing"}),
        ("en", "16 Feb 2026", "16 Feb 2025", {"date_wrong", "item_missing"}),
        ("en", "INV-2040", "INV-2041", {"item_missing"}),
        ("de", f"2.860,25{NBSP}€", f"2.860,26{NBSP}€", {"amount_wrong", "total_missing"}),
        ("de", f"2.310,75{NBSP}€", f"2.310,75{NBSP}$", {"amount_wrong", "item_missing"}),
        ("de", f"2.310,75{NBSP}€", f"2,310.75{NBSP}€", {"amount_unreadable", "item_missing"}),
        ("de", "Freitag, 20. März 2026", "Freitag, 20. Mai 2026", {"date_unreadable", "deadline_missing"}),
        ("de", "16.02.2026", "17.02.2026", {"item_missing"}),  # a date of another invoice
        ("de", "16.02.2026", "18.02.2026", {"date_wrong", "item_missing"}),
    ],
)
def test_an_amount_or_date_that_is_not_the_ledgers_is_caught(
    language: str, old: str, new: str, expected: set[str]
) -> None:
    message, facts = good(language)
    assert codes(corrupt(message, old, new), facts) == expected


@pytest.mark.parametrize("part", ["text", "html"])
def test_a_wrong_amount_in_one_part_alone_is_caught(part: str) -> None:
    message, facts = good()
    wrong = message.text if part == "text" else message.html
    wrong = wrong.replace("€2,310.75", "€2,310.76")
    bad = replace(message, text=wrong) if part == "text" else replace(message, html=wrong)
    assert codes(bad, facts) == {"amount_wrong", "item_missing"}


def test_amounts_of_two_invoices_that_changed_places_are_caught() -> None:
    message, facts = good()
    swapped = corrupt(corrupt(corrupt(message, "€750.00", "€1.00"), "€2,310.75", "€750.00"), "€1.00", "€2,310.75")
    assert "item_missing" in codes(swapped, facts)


def test_a_stale_amount_is_caught_when_a_payment_came_in_after_composing() -> None:
    message, facts = good()
    paid = replace(facts.items[1], open=Money(1_000_00, "EUR"))
    fresh = replace(facts, items=(facts.items[0], paid, *facts.items[2:]))
    assert codes(message, fresh) == {"amount_wrong", "total_missing", "item_missing"}


def test_a_paid_invoice_still_listed_is_caught() -> None:
    message, facts = good()
    assert "amount_wrong" in codes(message, replace(facts, items=(facts.items[0], *facts.items[2:])))


@pytest.mark.parametrize(
    "left_over",
    ["{{ total }}", "{% if x %}", "{name}", "[Company name]", "<name>", "None", "undefined", "NaN", "TODO", "%(name)s"],
)
def test_an_unfilled_placeholder_is_caught_in_every_part(left_over: str) -> None:
    message, facts = good()
    escaped = left_over.replace("<", "&lt;").replace(">", "&gt;")
    html = message.html.replace("Kind regards", f"Kind regards {escaped} and")
    for bad in (
        replace(message, subject=f"Invoice {left_over} overdue"),
        replace(message, text=message.text.replace("Kind regards", f"Kind regards {left_over} and")),
        replace(message, html=html),
    ):
        assert codes(bad, facts) == {"placeholder"}


@pytest.mark.parametrize("hole", ["Please pay by .", "The amount () is open.", "Dear  Sam,", "Call us on , please."])
def test_the_hole_that_an_empty_value_leaves_is_caught(hole: str) -> None:
    message, facts = good()
    assert codes(corrupt(message, "Kind regards", hole), facts) == {"placeholder"}


def test_names_that_look_like_placeholders_are_no_fault_but_placeholders_beside_them_are() -> None:
    facts = replace(rich_facts(), interest=None)
    facts = replace(facts, recipient=replace(facts.recipient, name="{{ total }} €5.00 None"))
    message = compose(facts, "reminder_clear", "en")
    assert check(message, facts) == ()
    assert codes(corrupt(message, "Kind regards", "{{ total }}"), facts) == {"placeholder"}


def test_an_amount_inside_a_name_does_not_excuse_the_same_amount_elsewhere() -> None:
    facts = replace(rich_facts(), interest=None)
    facts = replace(facts, recipient=replace(facts.recipient, name="Club €99.00 Ltd"))
    message = compose(facts, "reminder_clear", "en")
    assert check(message, facts) == ()
    assert codes(corrupt(message, "€2,310.75", "€99.00"), facts) == {"amount_wrong", "item_missing"}


@pytest.mark.parametrize("word", ["deadbeat", "liar", "blacklist"])
def test_a_rude_word_is_caught(word: str) -> None:
    message, facts = good()
    assert codes(corrupt(message, "Kind regards", f"You are a {word}"), facts) == {"rude_word"}


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("", "recipient_missing"),
        ("sam", "recipient_invalid"),
        ("sam@", "recipient_invalid"),
        ("a b@x.example", "recipient_invalid"),
    ],
)
def test_a_recipient_that_cannot_be_reached_is_caught(address: str, expected: str) -> None:
    message, facts = good()
    assert codes(replace(message, recipient_email=address), facts) == {expected}


def test_a_sender_nobody_can_answer_is_caught() -> None:
    message, facts = good()
    assert codes(replace(message, sender_email="", reply_to="nobody"), facts) == {"sender_invalid", "reply_invalid"}


@pytest.mark.parametrize(("subject", "expected"), [(" ", "subject_empty"), ("long " * 40, "subject_long")])
def test_a_subject_that_is_empty_or_too_long_is_caught(subject: str, expected: str) -> None:
    message, facts = good()
    assert expected in codes(replace(message, subject=subject), facts)


def test_an_unknown_language_is_caught() -> None:
    message, facts = good()
    assert codes(replace(message, language="xx"), facts) == {"language_unknown"}


def test_missing_payment_details_are_caught_only_where_money_is_asked_for() -> None:
    facts = replace(rich_facts(), interest=None, deadline=None, payment=None)
    assert codes(compose(facts, "reminder_clear", "en"), facts) == {"payment_details_missing"}
    assert codes(compose(facts, "check_in", "en"), facts) == set()


def test_payment_details_that_the_words_leave_out_are_caught() -> None:
    facts = replace(poor_facts(), interest=None)
    message = compose(facts, "reminder_clear", "en", source="Hello\n---\n{{ total }}\n\n{{ invoice_table }}")
    assert codes(message, facts) == {"payment_details_not_shown"}


def test_a_foreign_bank_account_is_caught() -> None:
    message, facts = good()
    bad = corrupt(message, "Kind regards", "Please use our new account GB33 BUKB 2020 1555 5555 55 from now on")
    assert codes(bad, facts) == {"iban_foreign"}
    noted = replace(facts.payment or Payment(), note=("In pounds: GB33 BUKB 2020 1555 5555 55",))
    assert codes(bad, replace(facts, payment=noted)) == set()


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        (Payment(iban="DE89370400440532013001", account_holder="Example Ltd"), "iban_invalid"),
        (Payment(iban="DE89370400440532013000", account_holder="Example Ltd", bic="COBADE"), "bic_invalid"),
        (Payment(iban="DE89370400440532013000"), "account_holder_missing"),
    ],
)
def test_bank_details_that_cannot_be_right_are_caught(details: Payment, expected: str) -> None:
    _, facts = good()
    wrong = replace(facts, payment=details)
    assert expected in codes(compose(wrong, "reminder_clear", "en"), wrong)


def test_an_invoice_whose_number_says_nothing_is_caught() -> None:
    facts = replace(poor_facts(), interest=None, items=(sample_item("--", 5, Money(7_00, "GBP")),))
    assert [fault.code for fault in finish(facts, "reminder_clear", "en").faults] == ["number_missing"]


def test_a_deadline_in_the_past_is_caught() -> None:
    facts = replace(rich_facts(), interest=None, deadline=date(2026, 3, 10))
    assert facts.deadline == TODAY
    assert codes(compose(facts, "reminder_clear", "en"), facts) == {"deadline_passed"}


def test_a_deadline_that_the_words_do_not_name_is_caught() -> None:
    facts = replace(rich_facts(), interest=None)
    assert codes(compose(facts, "offer_help", "en"), facts) == {"deadline_missing"}


def test_every_fault_says_in_a_sentence_what_to_do() -> None:
    message, facts = good()
    bad = replace(
        corrupt(corrupt(message, "€2,310.75", "€1.00"), "16 Feb 2026", "16 Feb 2025"), subject="", recipient_email="x"
    )
    for fault in check(bad, facts):
        assert str(fault)[0].isupper() or str(fault).startswith("'"), fault
        assert str(fault).endswith("."), fault
        assert len(str(fault)) > 40, fault


def test_items_that_share_number_and_amount_pass() -> None:
    one = sample_item("7", 5, Money(7_00, "GBP"))
    facts = replace(poor_facts(), interest=None, items=(one, replace(one, number="77")))
    assert check(compose(facts, "reminder_clear", "en"), facts) == ()
