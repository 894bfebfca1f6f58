"""An organisation's own words are what its messages say, in their language and nowhere else."""

from datetime import timedelta
from typing import Any

import pytest

from goodterms.flows.compose_message import compose_preview, compose_touches
from goodterms.flows.publish_template import SameWords, WordsFaulty, publish_template, restore_shipped, shipped_source
from tests.conftest import NOW
from tests.factories import make_customer, make_effect, make_invoice, make_organisation, make_touch

pytestmark = pytest.mark.django_db
WHO: Any = {"reason": "Warmer.", "actor": "Robin Example", "now": NOW}
OWN = shipped_source("reminder_friendly", "en") + "\nGreetings from all of us.\n"


def test_touches_speak_the_own_words_of_their_language() -> None:
    organisation = make_organisation()
    customer = make_customer(organisation)
    invoice = make_invoice(customer, "R-1", due=NOW.date() - timedelta(days=9))
    items = f'[{{"invoice_id": {invoice.pk}, "currency": "GBP", "open_amount_minor": 10000}}]'
    touches = [
        make_touch(customer, effect=make_effect(customer), language=language, items=items) for language in ("en", "de")
    ]
    publish_template(organisation, "reminder_friendly", "en", OWN, **WHO)
    said = compose_touches([touch.pk for touch in touches], NOW)
    english, german = (said[touch.pk].message for touch in touches)
    assert english is not None
    assert german is not None
    assert "Greetings from all of us." in english.text
    assert "Greetings from all of us." not in german.text


def test_the_words_of_one_organisation_are_not_anothers() -> None:
    ours, theirs = make_organisation(), make_organisation(slug="others")
    publish_template(theirs, "reminder_friendly", "en", OWN, **WHO)
    customer = make_customer(ours)
    make_invoice(customer, "R-1", due=NOW.date() - timedelta(days=9))
    message = compose_preview(customer, "reminder_friendly", NOW).message
    assert message is not None
    assert "Greetings from all of us." not in message.text


def test_the_shipped_words_come_back() -> None:
    organisation = make_organisation()
    publish_template(organisation, "reminder_friendly", "en", OWN, **WHO)
    with pytest.raises(SameWords):
        publish_template(organisation, "reminder_friendly", "en", OWN, **WHO)
    restore_shipped(organisation, "reminder_friendly", "en", **WHO)
    with pytest.raises(SameWords):
        restore_shipped(organisation, "reminder_friendly", "en", **WHO)


def test_line_ends_of_a_form_are_no_change() -> None:
    with pytest.raises(SameWords):
        publish_template(
            make_organisation(),
            "reminder_friendly",
            "en",
            shipped_source("reminder_friendly", "en").replace("\n", "\r\n"),
            **WHO,
        )


@pytest.mark.parametrize("fault", ["{{ nonsense }}", "Pay 12,345.00 EUR.", "{% for x in y %}", "Pay by 3 May 2031."])
def test_words_with_a_fault_are_never_kept(fault: str) -> None:
    with pytest.raises(WordsFaulty):
        publish_template(make_organisation(), "reminder_friendly", "en", f"{OWN}\n{fault}\n", **WHO)
