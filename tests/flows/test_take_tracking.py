"""A provider's tracking events become lines of the timeline and the letter's proofs, each once."""

from datetime import timedelta
from typing import Any

import pytest

from goodterms.flows.check_proofs import check_proofs
from goodterms.flows.take_tracking import open_letters, take_tracking
from goodterms.followup.models import PostalProof, Task, TimelineEvent
from goodterms.ledger.models import Customer
from tests.conftest import NOW
from tests.factories import make_customer, make_organisation
from tests.flows.letters import send_letter

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=10)


def event(number: int, name: str, day: int, **given: Any) -> dict[str, Any]:
    at = (NOW + timedelta(days=day)).isoformat().replace("+00:00", "Z")
    return {"id": f"evnt_{number}", "type": "certified", "name": name, "time": at, **given}


@pytest.fixture
def customer() -> Customer:
    return make_customer(make_organisation())


def test_a_letter_is_followed_to_its_delivery_and_each_event_counts_once(customer: Customer) -> None:
    effect = send_letter(customer, transport="lob certified")
    events = [
        event(3, "Delivered", 4),
        event(1, "Mailed", 1),
        event(2, "In Transit", 2, location="12345"),
    ]
    assert take_tracking(customer.organisation, effect, events, now=LATER) == 3
    assert take_tracking(customer.organisation, effect, events, now=LATER, number="9407 1") == 0
    proof = PostalProof.objects.get()
    assert (proof.sending_number, proof.posted_date) == ("9407 1", (NOW + timedelta(days=1)).date())
    assert proof.received_date == (NOW + timedelta(days=4)).date()
    lines = TimelineEvent.objects.filter(kind="letter_tracked").order_by("pk").values_list("data__name", flat=True)
    assert list(lines) == ["Mailed", "In Transit", "Delivered"]


def test_the_sending_number_is_the_letters_and_answers_the_question_for_it(customer: Customer) -> None:
    effect = send_letter(customer, transport="lob certified")
    assert check_proofs(customer.organisation, LATER.date(), LATER) == 1
    take_tracking(customer.organisation, effect, [], now=LATER, number="9407 1")
    assert Task.objects.get().done_at is None
    take_tracking(customer.organisation, effect, [event(1, "Mailed", 1)], now=LATER, number="9407 2")
    assert Task.objects.get().done_at == LATER
    assert PostalProof.objects.get().sending_number == "9407 1"
    assert TimelineEvent.objects.get(kind="letter_numbered").text == "Letter has the sending number 9407 1."


def test_a_returned_letter_marks_the_address(customer: Customer) -> None:
    effect = send_letter(customer, "letter", transport="lob")
    take_tracking(customer.organisation, effect, [event(1, "Returned to Sender", 5)], now=LATER)
    customer.refresh_from_db()
    assert customer.post_failed_at is not None
    assert Task.objects.get().kind == "contact_repair"


def test_letters_are_followed_until_they_arrive_or_come_back(customer: Customer) -> None:
    effect = send_letter(customer, transport="lob certified", receipt="lob ltr_0000000000000001, expected 2026-03-17")
    send_letter(customer, receipt="written to a folder")
    assert open_letters(customer.organisation, LATER) == [(effect, "ltr_0000000000000001")]
    assert open_letters(customer.organisation, LATER + timedelta(days=60)) == []
    take_tracking(customer.organisation, effect, [event(1, "Delivered", 4)], now=LATER)
    assert open_letters(customer.organisation, LATER) == []
