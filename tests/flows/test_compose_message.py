"""A touch says what is true at this moment, in the right words, to the right person, or it says nothing."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from goodterms.core.money import Money
from goodterms.flows.compose_message import Composed, compose_preview, compose_touches
from goodterms.followup.models import Hold, TimelineEvent, Touch
from goodterms.ledger.models import Allocation, Contact, Customer, Invoice, Payment
from goodterms.messages.languages import language_of
from goodterms.messages.message import LOGO_CID, PAYMENT_CODE_CID, Message
from goodterms.messages.reading import read_amounts
from goodterms.organizations.models import Organisation
from tests.conftest import NOW
from tests.factories import make_customer, make_effect, make_invoice, make_organisation, make_touch, make_user

pytestmark = pytest.mark.django_db

TODAY = NOW.date()
OVERDUE = date(2026, 2, 10)


@pytest.fixture
def organisation() -> Organisation:
    return make_organisation(currency="GBP")


@pytest.fixture
def customer(organisation: Organisation) -> Customer:
    return make_customer(organisation)


def touch_for(customer: Customer, template: str = "reminder_friendly", **given: Any) -> Touch:
    contact = customer.contacts.first()
    values = {"template": template, "contact_id": contact.pk if contact else None, **given}
    return make_touch(customer, **values)


def compose_one(touch: Touch, **given: Any) -> Composed:
    return compose_touches([touch.pk], NOW, **given)[touch.pk]


def message_of(customer: Customer, template: str = "reminder_friendly", **given: Any) -> Message:
    composed = compose_one(touch_for(customer, template, **given))
    assert composed.faults == ()
    assert composed.message is not None
    return composed.message


def codes(composed: Composed) -> set[str]:
    return {fault.code for fault in composed.faults}


def amounts_in(message: Message) -> set[Money | None]:
    return {found.money for found in read_amounts(message.text, language_of(message.language))}


def test_a_reminder_lists_every_overdue_invoice_in_one_message(customer: Customer) -> None:
    make_invoice(customer, "A-1", due=OVERDUE, amount_minor=120_00)
    make_invoice(customer, "A-2", due=date(2026, 3, 1), amount_minor=80_00)
    message = message_of(customer)
    assert "A-1" in message.text
    assert "A-2" in message.html
    assert "£200.00" in message.text
    assert message.recipient_email == "c1@customer.example"
    assert message.recipient_name == "Sam Example"
    assert message.reply_to == "accounts@supplies.example"


def test_original_not_open_amount_the_live_open_amount_is_shown_and_not_the_decided_one(customer: Customer) -> None:
    invoice = make_invoice(customer, "A-1", due=OVERDUE, amount_minor=100_00, open_minor=100_00)
    decided = json.dumps([{"invoice_id": invoice.pk, "currency": "GBP", "open_amount_minor": 100_00}])
    touch = touch_for(customer, items=decided)
    Invoice.objects.filter(pk=invoice.pk).update(open_amount_minor=40_00)
    message = compose_one(touch).message
    assert message is not None
    assert "£40.00 of £100.00 still open" in message.text
    assert "pay £40.00" in message.text


def test_last_row_wins_the_total_is_the_sum_of_all_invoices(customer: Customer) -> None:
    for number in range(1, 8):
        make_invoice(customer, f"A-{number}", due=OVERDUE, amount_minor=number * 10_01)
    assert Money(28 * 10_01, "GBP") in amounts_in(message_of(customer))


def test_overdue_includes_paid_and_void_neither_is_ever_listed(customer: Customer) -> None:
    make_invoice(customer, "OPEN-1", due=OVERDUE)
    make_invoice(customer, "PAID-1", due=OVERDUE, settled=date(2026, 3, 1))
    make_invoice(customer, "VOID-1", due=OVERDUE, open_minor=0, status="void")
    message = message_of(customer)
    assert "OPEN-1" in message.text
    assert "PAID-1" not in message.text
    assert "VOID-1" not in message.text


def test_due_today_is_late_an_invoice_is_overdue_from_the_day_after_its_due_date(customer: Customer) -> None:
    make_invoice(customer, "LATE-1", due=date(2026, 3, 9))
    make_invoice(customer, "TODAY-1", due=TODAY)
    message = message_of(customer)
    assert "LATE-1" in message.text
    assert "1 day" in message.text
    assert "TODAY-1" not in message.text
    assert "Also open, but not due until 10 March 2026: 1 invoice, £100.00." in message.text


def test_utc_day_overdue_counts_on_the_customers_own_day(organisation: Organisation) -> None:
    far = make_customer(organisation, "FAR", timezone="Pacific/Auckland")
    near = make_customer(organisation, "NEAR", timezone="America/Los_Angeles")
    late_evening = datetime(2026, 3, 10, 20, 0, tzinfo=UTC)
    touches = []
    for customer in (far, near):
        make_invoice(customer, f"{customer.number}-1", due=TODAY)
        touches.append(touch_for(customer))
    composed = compose_touches([touch.pk for touch in touches], late_evening)
    assert composed[touches[0].pk].message is not None
    assert codes(composed[touches[1].pk]) == {"nothing_to_ask"}


def test_unreconciled_cash_and_credit_notes_are_taken_off_and_shown(customer: Customer) -> None:
    make_invoice(customer, "A-1", due=OVERDUE, amount_minor=100_00)
    make_invoice(customer, "CN-1", due=None, amount_minor=-20_00)
    paid = {"paid_date": TODAY, "currency": "GBP", "amount_minor": 30_00, "unallocated_minor": 30_00}
    Payment.objects.create(organisation=customer.organisation, customer=customer, key="p1", **paid)
    message = message_of(customer)
    assert "pay £50.00" in message.text
    assert "Credit note CN-1" in message.text
    assert "-£30.00" in message.text


def test_nothing_is_said_when_credits_cover_what_is_overdue(customer: Customer) -> None:
    make_invoice(customer, "A-1", due=OVERDUE, amount_minor=100_00)
    make_invoice(customer, "CN-1", due=None, amount_minor=-100_00)
    composed = compose_one(touch_for(customer))
    assert composed.message is None
    assert codes(composed) == {"nothing_to_ask"}


def test_a_disputed_invoice_is_shown_as_held_back_and_not_asked_for(customer: Customer) -> None:
    make_invoice(customer, "A-1", due=OVERDUE, amount_minor=100_00)
    make_invoice(customer, "A-2", due=OVERDUE, amount_minor=70_00, is_disputed=True)
    message = message_of(customer)
    assert "£70.00 on hold, not asked for now" in message.text
    assert "pay £100.00" in message.text
    assert "invoice A-1" in message.subject


def test_an_invoice_on_hold_is_not_asked_for_until_the_hold_has_lifted_itself(customer: Customer) -> None:
    make_invoice(customer, "A-1", due=OVERDUE, amount_minor=100_00)
    held = make_invoice(customer, "A-2", due=OVERDUE, amount_minor=70_00)
    hold = {"reason": "goodwill", "from_date": date(2026, 3, 1), "until_date": TODAY, "made_by": "Robin Example"}
    Hold.objects.create(
        organisation=customer.organisation, customer=customer, invoice=held, made_at=NOW, lifted_date=None, **hold
    )
    touch = touch_for(customer)
    today = compose_touches([touch.pk], NOW)[touch.pk].message
    tomorrow = compose_touches([touch.pk], datetime(2026, 3, 11, 9, tzinfo=UTC))[touch.pk].message
    assert today is not None
    assert "pay £100.00" in today.text
    assert tomorrow is not None
    assert "pay £170.00" in tomorrow.text


def test_an_invoice_without_due_date_is_neither_asked_for_nor_mentioned(customer: Customer) -> None:
    make_invoice(customer, "A-1", due=OVERDUE)
    make_invoice(customer, "UNDATED-1", due=None)
    assert "UNDATED-1" not in message_of(customer).text


def test_currencies_are_listed_apart_and_never_added(customer: Customer) -> None:
    make_invoice(customer, "A-1", due=OVERDUE, amount_minor=100_00)
    make_invoice(customer, "A-2", due=OVERDUE, amount_minor=100_00, currency="EUR")
    message = message_of(customer)
    assert "£100.00 and €100.00" in message.text
    assert "To pay in GBP" in message.text
    assert "200.00" not in message.text


def test_a_look_ahead_names_the_invoices_of_its_step(customer: Customer) -> None:
    soon = make_invoice(customer, "SOON-1", due=date(2026, 3, 14))
    make_invoice(customer, "NEXT-MONTH-1", due=date(2026, 4, 14))
    decided = json.dumps([{"invoice_id": soon.pk, "currency": "GBP", "open_amount_minor": 1}])
    message = message_of(customer, "upcoming", items=decided)
    assert message.subject == "Invoice SOON-1 is due on 14 March 2026"
    assert "NEXT-MONTH-1" not in message.text


def test_the_deadline_of_the_step_is_named_with_its_weekday(customer: Customer) -> None:
    make_invoice(customer, "A-1", due=OVERDUE)
    message = message_of(customer, "reminder_firm", deadline_date=date(2026, 3, 20))
    assert "Friday 20 March 2026" in message.text


def test_a_deadline_that_passed_while_the_message_waited_withholds_it(customer: Customer) -> None:
    make_invoice(customer, "A-1", due=OVERDUE)
    assert codes(compose_one(touch_for(customer, "reminder_firm", deadline_date=TODAY))) == {"deadline_passed"}


def test_without_payment_details_nothing_leaves_and_the_fault_says_how_to_mend_it(customer: Customer) -> None:
    Organisation.objects.update(iban="", bic="", payment_link="", payment_note="")
    make_invoice(customer, "A-1", due=OVERDUE)
    composed = compose_one(touch_for(customer))
    assert composed.message is None
    assert codes(composed) == {"payment_details_missing"}
    assert "enter an IBAN" in str(composed.faults[0])
    assert composed.draft is not None


def test_a_check_in_needs_no_payment_details_and_asks_for_no_money(customer: Customer) -> None:
    Organisation.objects.update(iban="", bic="")
    make_invoice(customer, "A-1", due=OVERDUE)
    message = message_of(customer, "check_in")
    assert amounts_in(message) == set()


def test_an_iban_with_a_wrong_check_digit_withholds_the_message(customer: Customer) -> None:
    Organisation.objects.update(iban="GB34BUKB20201555555555")
    make_invoice(customer, "A-1", due=OVERDUE)
    assert "iban_invalid" in codes(compose_one(touch_for(customer)))


def test_the_words_come_in_the_touchs_language(customer: Customer) -> None:
    make_invoice(customer, "A-1", due=OVERDUE, amount_minor=1234_50)
    message = message_of(customer, language="de-AT")
    assert message.language == "de"
    assert "1.234,50\N{NO-BREAK SPACE}£" in message.text


def test_a_language_without_words_falls_back_to_the_organisations_own(customer: Customer) -> None:
    make_invoice(customer, "A-1", due=OVERDUE)
    assert message_of(customer, language="xx").language == "en"


def test_a_message_is_withheld_when_neither_language_has_words(customer: Customer) -> None:
    Organisation.objects.update(language="yy")
    make_invoice(customer, "A-1", due=OVERDUE)
    assert codes(compose_one(touch_for(customer, language="xx"))) == {"language_unknown"}


def test_a_contact_whose_address_changed_since_the_decision_withholds_the_message(customer: Customer) -> None:
    make_invoice(customer, "A-1", due=OVERDUE)
    touch = touch_for(customer)
    Contact.objects.update(email="new@customer.example")
    composed = compose_one(touch)
    assert composed.message is None
    assert codes(composed) == {"recipient_changed"}


def test_reply_to_nobody_a_relationship_owner_speaks_and_gets_the_answer(customer: Customer) -> None:
    owner = {"relationship_owner": "Kim Example", "relationship_owner_email": "kim@supplies.example"}
    Customer.objects.update(**owner)
    make_invoice(customer, "A-1", due=OVERDUE)
    message = message_of(customer, "owner_note", sender="owner")
    assert message.reply_to == "kim@supplies.example"
    assert message.sender_name == "Kim Example, Example Supplies Ltd"
    assert message.sender_email == "accounts@supplies.example"
    assert "Kim Example" in message.text


@pytest.mark.parametrize("email", ["", "left@supplies.example"])
def test_reply_to_nobody_an_owner_who_left_or_has_no_address_falls_back_to_the_sender(
    customer: Customer, email: str
) -> None:
    make_user(customer.organisation, email="left@supplies.example", is_active=False)
    Customer.objects.update(relationship_owner="Kim Example", relationship_owner_email=email)
    make_invoice(customer, "A-1", due=OVERDUE)
    message = message_of(customer, "owner_note", sender="owner")
    assert message.reply_to == "accounts@supplies.example"
    assert "Robin Example" in message.text
    assert "Kim Example" not in message.text


def test_reply_to_nobody_without_any_person_the_organisation_speaks(customer: Customer) -> None:
    Organisation.objects.update(sender_name="")
    make_invoice(customer, "A-1", due=OVERDUE)
    message = message_of(customer)
    assert message.sender_name == "Example Supplies Ltd"
    assert message.reply_to == "accounts@supplies.example"


def test_all_blank_address_one_customer_without_address_does_not_stop_the_others(organisation: Organisation) -> None:
    blank, other = make_customer(organisation, "B", email=None), make_customer(organisation, "O")
    touches = [make_touch(blank, effect=make_effect(blank, recipient=""), contact_id=None), touch_for(other)]
    for customer in (blank, other):
        make_invoice(customer, "A-1", due=OVERDUE)
    composed = compose_touches([touch.pk for touch in touches], NOW)
    assert codes(composed[touches[0].pk]) == {"recipient_missing"}
    assert composed[touches[1].pk].message is not None


def test_a_senior_sender_comes_from_the_policy(customer: Customer) -> None:
    Organisation.objects.update(policy={"senior_sender": {"name": "Alex Example", "email": "alex@supplies.example"}})
    make_invoice(customer, "A-1", due=OVERDUE)
    assert message_of(customer, "senior_notice", sender="senior").reply_to == "alex@supplies.example"


def test_logo_and_payment_code_travel_with_a_message_over_euros(customer: Customer) -> None:
    Organisation.objects.update(
        iban="DE89370400440532013000", bic="COBADEFFXXX", logo=b"\x89PNG picture", logo_type="image/png", currency="EUR"
    )
    make_invoice(customer, "A-1", due=OVERDUE, currency="EUR")
    message = message_of(customer)
    assert [image.cid for image in message.images] == [LOGO_CID, PAYMENT_CODE_CID]
    assert message.logo is not None
    assert message.logo.content == b"\x89PNG picture"
    assert "cid:payment-code" in message.html


def test_interest_is_added_to_the_total_only_where_it_is_switched_on(customer: Customer) -> None:
    make_invoice(customer, "A-1", due=date(2025, 12, 31), amount_minor=5000_00)
    touch = touch_for(customer, "interest_notice")
    assert codes(compose_one(touch)) == {"interest_missing"}
    Organisation.objects.update(policy={"interest": {"enabled": True}})
    message = compose_one(touch).message
    assert message is not None
    # 69 days at 11.75 % on £5,000.00, and £70 by the 1998 Act, section 5A(2)(b).
    assert "£111.06" in message.text
    assert "£70.00" in message.text
    assert "pay £5,181.06" in message.text
    assert "11.75%" in message.text


def test_an_interest_warning_names_the_sum_without_asking_for_it(customer: Customer) -> None:
    Organisation.objects.update(policy={"interest": {"enabled": True}})
    make_invoice(customer, "A-1", due=date(2025, 12, 31), amount_minor=5000_00)
    message = message_of(customer, "interest_warning", deadline_date=date(2026, 3, 17))
    assert "this comes to £181.06" in message.text
    assert "To pay" in message.text
    assert "5,181.06" not in message.text


def test_interest_runs_on_no_more_than_is_owed_when_there_are_credits(customer: Customer) -> None:
    Organisation.objects.update(policy={"interest": {"enabled": True}})
    make_invoice(customer, "A-1", due=date(2025, 12, 31), amount_minor=5000_00)
    make_invoice(customer, "A-2", due=date(2026, 1, 31), amount_minor=5000_00)
    make_invoice(customer, "CN-1", due=None, amount_minor=-5000_00)
    message = message_of(customer, "interest_notice")
    assert "A-1:" not in message.text
    assert "A-2: £61.16 interest and £70.00 compensation" in message.text


def test_a_day_beyond_the_known_rates_withholds_the_claim(customer: Customer) -> None:
    Organisation.objects.update(policy={"interest": {"enabled": True}})
    make_invoice(customer, "A-1", due=OVERDUE)
    touch = touch_for(customer, "interest_notice")
    composed = compose_touches([touch.pk], datetime(2031, 3, 10, tzinfo=UTC))
    assert codes(composed[touch.pk]) == {"interest_missing"}


def test_a_call_becomes_a_sheet_with_number_facts_questions_and_last_words(customer: Customer) -> None:
    make_invoice(customer, "A-1", due=OVERDUE, amount_minor=100_00)
    TimelineEvent.objects.create(
        organisation=customer.organisation, customer=customer, at=NOW, kind="note", text="Asked for a copy.", actor="x"
    )
    effect = make_effect(customer, recipient="+44 1632 960001", channel="call")
    touch = touch_for(customer, "call_help", channel="call", effect=effect)
    composed = compose_touches([touch.pk], datetime(2026, 3, 10, 10, tzinfo=UTC))[touch.pk]
    assert composed.faults == ()
    sheet = composed.message
    assert sheet is not None
    assert sheet.recipient_email == "+44 1632 960001"
    assert "£100.00" in sheet.subject
    assert "What to ask" in sheet.text
    assert "10 Mar 2026: Asked for a copy." in sheet.text
    assert "No invoice settled so far." in sheet.text


def test_a_call_abroad_without_time_zone_does_not_pretend_to_know_the_hour(customer: Customer) -> None:
    Customer.objects.update(timezone="", country="US")
    make_invoice(customer, "A-1", due=OVERDUE)
    effect = make_effect(customer, recipient="+44 1632 960001", channel="call")
    sheet = compose_one(touch_for(customer, "call_help", channel="call", effect=effect)).message
    assert sheet is not None
    assert "Their time zone is not on file" in sheet.text


def test_on_a_past_day_only_what_was_known_then_is_said(customer: Customer) -> None:
    invoice = make_invoice(customer, "A-1", due=date(2026, 1, 10), amount_minor=100_00, settled=date(2026, 2, 20))
    make_invoice(customer, "A-9", due=date(2026, 2, 1), issued=date(2026, 1, 2))
    for amount, day in ((60_00, date(2026, 1, 25)), (40_00, date(2026, 2, 20))):
        Allocation.objects.create(
            organisation=customer.organisation,
            customer=customer,
            invoice=invoice,
            source="reported",
            allocated_date=day,
            amount_minor=amount,
        )
    message = compose_one(touch_for(customer), on=date(2026, 1, 31)).message
    assert message is not None
    assert "£40.00 of £100.00 still open" in message.text
    assert "Also open, but not due until 1 February 2026" in message.text


def test_a_preview_needs_no_touch_and_writes_nothing(customer: Customer) -> None:
    make_invoice(customer, "A-1", due=OVERDUE)
    composed = compose_preview(customer, "reminder_clear", NOW, language="de")
    assert composed.message is not None
    assert "A-1" in composed.message.text
    assert not Touch.objects.exists()


def test_a_preview_tries_a_template_of_ones_own(customer: Customer) -> None:
    make_invoice(customer, "A-1", due=OVERDUE)
    bad = compose_preview(customer, "reminder_clear", NOW, source="Hello\n---\nPay {{ totl }}")
    assert codes(bad) == {"template_invalid"}
    bare = compose_preview(customer, "reminder_clear", NOW, source="Hello\n---\nPay {{ total }}")
    assert codes(bare) == {"item_missing", "payment_details_not_shown"}


def test_names_that_look_like_markup_or_placeholders_are_harmless(organisation: Organisation) -> None:
    odd = make_customer(organisation, "<b>{{ total }}", name="<script>alert(1)</script>", email="odd@customer.example")
    make_invoice(odd, "{{ x }}<img src=x>", due=OVERDUE)
    composed = compose_one(touch_for(odd, effect=make_effect(odd, recipient="odd@customer.example")))
    assert composed.faults == ()
    assert composed.message is not None
    assert "<img src=x>" not in composed.message.html


def test_a_currency_that_does_not_exist_withholds_that_message_alone(organisation: Organisation) -> None:
    wrong, right = make_customer(organisation, "W"), make_customer(organisation, "R")
    make_invoice(wrong, "A-1", due=OVERDUE, currency="QQQ")
    make_invoice(right, "A-1", due=OVERDUE)
    touches = [touch_for(wrong), touch_for(right)]
    composed = compose_touches([touch.pk for touch in touches], NOW)
    assert codes(composed[touches[0].pk]) == {"currency_unknown"}
    assert composed[touches[1].pk].message is not None


def test_a_batch_takes_as_many_queries_as_one_message(organisation: Organisation) -> None:
    touches = []
    for number in range(1, 13):
        customer = make_customer(organisation, f"C{number}")
        make_invoice(customer, "A-1", due=OVERDUE)
        make_invoice(customer, "A-2", due=OVERDUE)
        effect = make_effect(customer, recipient="+44 1632 960001", channel="call")
        touches.append(touch_for(customer, "call_firm", effect=effect) if number % 2 else touch_for(customer))
    compose_touches([touch.pk for touch in touches[:2]], NOW)
    counts = []
    for chosen in (touches[:2], touches):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            composed = compose_touches([touch.pk for touch in chosen], NOW)
        counts.append(len(queries))
        assert all(found.message for found in composed.values()), [found.faults for found in composed.values()]
    assert counts[0] == counts[1]
