"""Posting, receipt and return of letters, as a person records them, and the tasks that ask for what is missing."""

from datetime import date, timedelta
from typing import Any

import pytest

from goodterms.flows.check_proofs import check_proofs
from goodterms.flows.record_proof import (
    NoSendingNumber,
    NotALetter,
    ProofInTheFuture,
    Scan,
    UnusableScan,
    record_posting,
    record_receipt,
    record_return,
    take_scan,
)
from goodterms.flows.run_day import run_day
from goodterms.followup.models import PostalProof, Task, TimelineEvent
from goodterms.ledger.models import Customer
from goodterms.organizations.models import Organisation
from tests.conftest import NOW
from tests.factories import make_customer, make_effect, make_organisation
from tests.flows.letters import send_letter

pytestmark = pytest.mark.django_db

TODAY = NOW.date()
SCAN = take_scan(b"%PDF-1.7 a signed receipt")
SAID: dict[str, Any] = {"actor": "Robin Example", "now": NOW + timedelta(days=30)}


@pytest.fixture
def organisation() -> Organisation:
    return make_organisation()


@pytest.fixture
def customer(organisation: Organisation) -> Customer:
    return make_customer(organisation, postal_address="2 Sample Road\nExampleton")


def open_keys(organisation: Organisation) -> list[str]:
    asked = Task.objects.filter(organisation=organisation, done_at__isnull=True)
    return sorted(key.partition(":")[0] for key in asked.values_list("key", flat=True))


def test_the_chain_of_proof_stands_in_the_timeline(organisation: Organisation, customer: Customer) -> None:
    effect = send_letter(customer)
    record_posting(organisation, effect, posted=TODAY, sending_number="RR 123 456", scan=SCAN, **SAID)
    received = TODAY + timedelta(days=2)
    proof = record_receipt(organisation, effect, received=received, received_by="S. Example", scan=SCAN, **SAID)
    assert (proof.sending_number, proof.posted_date, proof.received_date) == ("RR 123 456", TODAY, received)
    assert bytes(PostalProof.objects.get().receipt or b"") == SCAN.content
    events = TimelineEvent.objects.filter(effect_key=effect.key).order_by("pk")
    assert [event.kind for event in events] == ["letter_posted", "letter_received"]
    assert {event.data["scan_sha256"] for event in events} == {SCAN.sha256}
    assert "RR 123 456" in events[0].text


def test_missing_proofs_become_tasks_once_and_are_done_when_they_arrive(
    organisation: Organisation, customer: Customer
) -> None:
    effect = send_letter(customer)
    assert check_proofs(organisation, TODAY + timedelta(days=3), NOW) == 0
    assert check_proofs(organisation, TODAY + timedelta(days=4), NOW) == 1
    assert check_proofs(organisation, TODAY + timedelta(days=5), NOW) == 0
    assert open_keys(organisation) == ["proof_posting"]
    record_posting(organisation, effect, posted=TODAY + timedelta(days=5), sending_number="RR 1", **SAID)
    assert open_keys(organisation) == []
    assert check_proofs(organisation, TODAY + timedelta(days=19), NOW) == 0
    assert check_proofs(organisation, TODAY + timedelta(days=20), NOW) == 1
    assert open_keys(organisation) == ["proof_receipt"]
    record_receipt(organisation, effect, received=TODAY + timedelta(days=21), **SAID)
    assert open_keys(organisation) == []
    assert check_proofs(organisation, TODAY + timedelta(days=99), NOW) == 0


def test_the_days_run_asks_for_overdue_proofs(organisation: Organisation, customer: Customer) -> None:
    send_letter(customer)
    report = run_day(organisation, NOW + timedelta(days=10))
    assert report.counts["proofs_overdue"] == 1
    task = Task.objects.get(kind="proof_overdue")
    assert customer.name in task.title


def test_an_ordinary_letter_needs_no_proof(organisation: Organisation, customer: Customer) -> None:
    send_letter(customer, "letter")
    assert check_proofs(organisation, TODAY + timedelta(days=60), NOW) == 0


@pytest.mark.parametrize("channel", ["letter", "certified"])
def test_a_returned_letter_marks_the_address_and_asks_for_the_right_one(
    organisation: Organisation, customer: Customer, channel: str
) -> None:
    effect, before = send_letter(customer, channel), customer.facts_version
    record_return(organisation, effect, returned=TODAY + timedelta(days=9), reason="moved away", **SAID)
    customer.refresh_from_db()
    assert customer.post_failed_at is not None
    assert customer.facts_version > before
    task = Task.objects.get(kind="contact_repair")
    assert "moved away" in task.detail
    assert check_proofs(organisation, TODAY + timedelta(days=60), NOW) == 0


def test_a_proof_belongs_to_a_letter_that_was_sent(organisation: Organisation, customer: Customer) -> None:
    mail = make_effect(customer, state="sent")
    with pytest.raises(NotALetter, match="a email"):
        record_posting(organisation, mail, posted=TODAY, **SAID)
    with pytest.raises(NotALetter, match="queued"):
        record_posting(organisation, make_effect(customer, channel="letter"), posted=TODAY, **SAID)
    stranger = make_organisation(slug="other")
    with pytest.raises(NotALetter):
        record_posting(stranger, send_letter(customer), posted=TODAY, **SAID)


def test_a_proof_names_a_day_that_can_be_and_a_certified_letter_its_number(
    organisation: Organisation, customer: Customer
) -> None:
    effect = send_letter(customer)
    for day in (TODAY - timedelta(days=1), date(2027, 1, 1)):
        with pytest.raises(ProofInTheFuture):
            record_posting(organisation, effect, posted=day, sending_number="RR 1", **SAID)
    with pytest.raises(NoSendingNumber):
        record_posting(organisation, effect, posted=TODAY, **SAID)
    assert not TimelineEvent.objects.exists()


def test_a_day_counts_as_it_is_here_or_where_the_customer_is(organisation: Organisation) -> None:
    Organisation.objects.update(timezone="Pacific/Auckland")
    organisation.refresh_from_db()
    customer = make_customer(organisation, timezone="America/New_York")
    evening = NOW.replace(hour=22)  # the eleventh in Auckland, still the tenth in New York
    effect = send_letter(customer, at=evening)
    for day in (TODAY, TODAY + timedelta(days=1)):
        record_posting(organisation, effect, posted=day, sending_number="RR 1", actor="Robin", now=evening)
    for day in (TODAY - timedelta(days=1), TODAY + timedelta(days=2)):
        with pytest.raises(ProofInTheFuture):
            record_posting(organisation, effect, posted=day, sending_number="RR 1", actor="Robin", now=evening)


def test_the_address_of_a_special_bond_is_for_its_owner_to_find(organisation: Organisation) -> None:
    customer = make_customer(organisation, "C9", is_protected=True, relationship_owner="Alex Example")
    record_return(organisation, send_letter(customer), returned=TODAY, **SAID)
    assert Task.objects.get(kind="contact_repair").owner == "Alex Example"


@pytest.mark.parametrize("content", [b"MZ\x90 a program", b"<html>", b"%PDF-" + b"x" * (10 * 1024 * 1024)])
def test_a_scan_is_a_picture_or_a_pdf_of_ordinary_size(content: bytes) -> None:
    with pytest.raises(UnusableScan):
        take_scan(content)
    assert take_scan(b"\x89PNG\r\n\x1a\n...") == Scan(b"\x89PNG\r\n\x1a\n...", "image/png", SCAN_OF_PNG)


SCAN_OF_PNG = take_scan(b"\x89PNG\r\n\x1a\n...").sha256
