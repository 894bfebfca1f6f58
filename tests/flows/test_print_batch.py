"""A day's letters in one PDF for the printer, its list, and the person who says they are in the post."""

import csv
import hashlib
import json
from datetime import timedelta
from io import BytesIO, StringIO
from typing import Any

import pytest
from pypdf import PdfReader

from goodterms.flows.print_batch import NothingToPrint, UnknownBatch, confirm_printed, make_batch, read_batch
from goodterms.flows.record_proof import ProofInTheFuture
from goodterms.followup.models import PostalProof, Task, TimelineEvent
from goodterms.organizations.models import Organisation
from goodterms.outbox.models import SentMessage
from tests.conftest import NOW
from tests.factories import make_customer, make_organisation
from tests.flows.letters import send_letter

pytestmark = pytest.mark.django_db

TODAY = NOW.date()


@pytest.fixture
def organisation() -> Organisation:
    return make_organisation()


def test_a_batch_holds_every_new_letter_and_names_its_pages_and_bytes(organisation: Organisation) -> None:
    effects = [send_letter(make_customer(organisation, name)) for name in ("C1", "C2", "=C3")]
    send_letter(make_customer(organisation, "C4"), transport="test letters")
    batch = make_batch(organisation, today=TODAY, actor="Robin Example", now=NOW)
    manifest = json.loads(batch.manifest)
    assert [line["effect_id"] for line in manifest["letters"]] == [effect.pk for effect in effects]
    assert manifest["pdf_sha256"] == hashlib.sha256(batch.pdf).hexdigest()
    assert [line["sha256"] for line in manifest["letters"]] == list(
        SentMessage.objects.filter(effect__in=effects).order_by("effect_id").values_list("content_sha256", flat=True)
    )
    pages = PdfReader(BytesIO(batch.pdf)).pages
    assert sum(line["pages"] for line in manifest["letters"]) == len(pages)
    assert "Reminder" in pages[manifest["letters"][2]["first_page"] - 1].extract_text()
    table = list(csv.DictReader(StringIO(batch.table.decode())))
    assert [row["customer_number"] for row in table] == ["C1", "C2", "'=C3"]
    assert Task.objects.get(kind="print").key == f"print:{TODAY}"


def test_a_letter_is_in_one_batch_and_a_second_one_of_the_day_has_a_number(organisation: Organisation) -> None:
    customer = make_customer(organisation)
    send_letter(customer)
    first = make_batch(organisation, today=TODAY, actor="Robin Example", now=NOW)
    with pytest.raises(NothingToPrint):
        make_batch(organisation, today=TODAY, actor="Robin Example", now=NOW)
    send_letter(customer, "letter")
    second = make_batch(organisation, today=TODAY, actor="Robin Example", now=NOW)
    assert (first.name, second.name) == ("2026-03-10", "2026-03-10-2")
    assert [len(first.lines), len(second.lines)] == [1, 1]
    assert read_batch(organisation, first.name).manifest == first.manifest, "made again, it is the same"


def test_printed_on_both_sides_each_letter_begins_on_a_sheet_of_its_own(organisation: Organisation) -> None:
    for name in ("C1", "C2"):
        send_letter(make_customer(organisation, name))
    batch = make_batch(organisation, today=TODAY, actor="Robin Example", now=NOW, two_sided=True)
    assert all(line.first_page % 2 for line in batch.lines)
    assert read_batch(organisation, batch.name).manifest == batch.manifest, "made again, it is the same"


def test_a_person_says_once_that_the_letters_are_in_the_post(organisation: Organisation) -> None:
    for name in ("C1", "C2"):
        send_letter(make_customer(organisation, name), "letter")
    batch = make_batch(organisation, today=TODAY, actor="Robin Example", now=NOW)
    later = NOW + timedelta(hours=5)
    assert confirm_printed(organisation, batch.name, posted=TODAY, actor="Sam Example", now=later) == 2
    assert confirm_printed(organisation, batch.name, posted=TODAY, actor="Sam Example", now=later) == 0
    assert set(PostalProof.objects.values_list("posted_date", "posted_by")) == {(TODAY, "Sam Example")}
    assert TimelineEvent.objects.filter(kind="letter_posted").count() == 2
    assert Task.objects.get(kind="print").outcome == "printed"


def test_a_batch_takes_as_many_queries_however_many_letters(
    organisation: Organisation, django_assert_max_num_queries: Any
) -> None:
    for number in range(8):
        send_letter(make_customer(organisation, f"C{number}"), "letter")
    with django_assert_max_num_queries(20):
        batch = make_batch(organisation, today=TODAY, actor="Robin Example", now=NOW)
    with django_assert_max_num_queries(14):
        assert confirm_printed(organisation, batch.name, posted=TODAY, actor="Sam Example", now=NOW) == 8


def test_letters_are_posted_on_a_day_that_can_be(organisation: Organisation) -> None:
    send_letter(make_customer(organisation), "letter")
    batch = make_batch(organisation, today=TODAY, actor="Robin Example", now=NOW)
    for day in (TODAY - timedelta(days=1), TODAY + timedelta(days=1)):
        with pytest.raises(ProofInTheFuture):
            confirm_printed(organisation, batch.name, posted=day, actor="Sam Example", now=NOW)
    assert not TimelineEvent.objects.filter(kind="letter_posted").exists()


def test_a_batch_nobody_made_is_named_with_those_there_are(organisation: Organisation) -> None:
    with pytest.raises(UnknownBatch, match="none yet"):
        confirm_printed(organisation, "2026-01-01", posted=TODAY, actor="Sam Example", now=NOW)
