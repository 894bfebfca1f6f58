"""Letters go to the printer in batches that can be made again; cases go to an agency and come back."""

import json
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from goodterms.followup.models import AgencyCase, PostalProof, Task, TimelineEvent
from goodterms.outbox.models import Effect
from tests.web.agreed_world import send_paper
from tests.web.test_lists import ask, rows_of
from tests.web.world import TODAY, World, make_debtor

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(world: World) -> Client:
    return world.client("owner")


def post(client: Client, world: World, name: str, pk: int | None = None, status: int = 200, **given: object) -> str:
    arguments = [world.ours.slug, pk] if pk else [world.ours.slug]
    answer = client.post(reverse(name, args=arguments), given, follow=True)
    assert answer.status_code == status, answer.content[:300]
    return answer.content.decode()


def test_letters_are_put_together_downloaded_and_said_to_be_posted(world: World, client: Client) -> None:
    send_paper(world.customer)
    send_paper(make_debtor(world.ours, "C2"), pages=3)
    assert "2 letters wait for the printer" in " ".join(ask(client, world, "printing").split())
    page = post(client, world, "batch-make")
    assert "Put together: batch 2026-03-10." in page
    assert len(rows_of(page)) == 2
    task = Task.objects.get(kind="print")
    at = [world.ours.slug, task.pk]
    first, again = (client.get(reverse("batch-pdf", args=at)).content for _time in range(2))
    assert first == again, "made again, it is the same"
    assert len(PdfReader(BytesIO(first)).pages) == 4
    both_sides = client.get(reverse("batch-pdf", args=at), {"two_sided": "1"}).content
    assert len(PdfReader(BytesIO(both_sides)).pages) == 6
    manifest = json.loads(client.get(reverse("batch-manifest", args=at)).content)
    assert [line["customer_number"] for line in manifest["letters"]] == ["C1", "C2"]
    assert client.get(reverse("batch-list", args=at)).content.startswith(b"effect_id,")
    assert "There is no new letter" in post(client, world, "batch-make")


def test_printed_is_said_by_a_person_once(world: World, client: Client) -> None:
    batch = world.batch
    assert "That day has not come yet" in post(client, world, "batch-printed", batch.pk, 422, posted="2026-03-11")
    assert "1 letter is in the post." in post(client, world, "batch-printed", batch.pk, posted="2026-03-10")
    proof = PostalProof.objects.exclude(pk=world.proof.pk).get()
    assert (proof.posted_date, proof.posted_by) == (TODAY, "Robin Example")
    batch.refresh_from_db()
    assert batch.done_by == "Robin Example"
    assert "nothing has changed" in post(client, world, "batch-printed", batch.pk, posted="2026-03-10")


def test_a_case_is_approved_handed_over_reported_on_and_closed(world: World, client: Client) -> None:
    assert world.case.state == "ready"
    assert "Every step has been taken" in ask(client, world, "agency")
    page = post(client, world, "agency-open", world.customer.pk)
    assert "Approved; nothing changes until it is handed over." in page
    assert "Name the agency." in post(client, world, "agency-hand-over", world.case.pk, 422)
    page = post(client, world, "agency-hand-over", world.case.pk, agency="Example Collections")
    assert "nothing else goes out meanwhile" in page
    assert Effect.objects.filter(channel="agency", state="queued").count() == 1
    report = (
        b"customer,date,status,text,reference\nC1,2026-03-10,open,They asked for time.,X-7\nC9,2026-03-10,open,?,\n"
    )
    page = post(client, world, "agency-report", file=SimpleUploadedFile("report.csv", report))
    assert "New lines: 1. Known already: 0." in page
    assert "C9" in page
    case = AgencyCase.objects.get()
    assert case.reference == "X-7"
    page = client.get(reverse("agency-case", args=[world.ours.slug, case.pk])).content.decode()
    assert "They asked for time." in page
    assert "Say why" in post(client, world, "agency-close", case.pk, 422)
    assert "Closed." in post(client, world, "agency-close", case.pk, reason="Paid in full.")
    assert rows_of(ask(client, world, "agency", view="ended")) == [world.customer.name]


def test_what_the_agency_got_can_be_looked_at(world: World, client: Client) -> None:
    file = client.get(reverse("agency-file", args=[world.ours.slug, world.handed_case.pk]))
    assert file.content == b"PK\x03\x04 packed"
    assert "hand-over-C1-" in file["Content-Disposition"]


def test_a_case_is_taken_back_with_a_reason_and_has_no_file(world: World, client: Client) -> None:
    case = world.approved_case
    assert client.get(reverse("agency-file", args=[world.ours.slug, case.pk])).status_code == 404
    assert "Taken back; chasing goes on here." in post(client, world, "agency-recall", case.pk, reason="They called.")
    assert TimelineEvent.objects.get(kind="agency_recalled").text == "Taken back: They called."
    over = post(client, world, "agency-hand-over", case.pk, 422, agency="Example Collections")
    assert "has no case for an agency" in over


def test_only_a_manager_hands_over(world: World) -> None:
    collector = world.client("collector")
    page = collector.get(reverse("agency-case", args=[world.ours.slug, world.case.pk])).content.decode()
    assert "An owner or a manager approves the hand-over." in page
    address = reverse("agency-open", args=[world.ours.slug, world.customer.pk])
    assert collector.post(address).status_code == 403
