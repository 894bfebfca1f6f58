"""What came of a call is written down beside its sheet."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import QuerySet
from django.test import Client
from django.urls import reverse

from goodterms.flows.keep_recording import rule_for
from goodterms.followup.models import Call, LateReason, Promise, Task
from goodterms.ledger.models import Contact
from tests.factories import make_task
from tests.web.world import TODAY, World

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(world: World) -> Client:
    return world.client("owner")


def log(world: World, client: Client, **given: object) -> str:
    address = reverse("call-log", args=[world.ours.slug, world.task.pk])
    return client.post(address, given, follow=True).content.decode()


def logged(world: World) -> "QuerySet[Call]":
    """The calls that a test logged."""
    return Call.objects.exclude(pk=world.call.pk)


def test_the_page_offers_the_number_the_outcomes_and_the_rule_on_recording(world: World, client: Client) -> None:
    page = client.get(reverse("task", args=[world.ours.slug, world.task.pk])).content.decode()
    assert 'href="tel:+441632960001"' in page
    assert "To be called again" in page
    assert "Say at the beginning that the call is recorded" in page


def test_a_call_is_logged_with_a_promise_and_a_reason_and_the_task_is_done(world: World, client: Client) -> None:
    invoice = world.customer.invoices.get(number="C1-R1")
    page = log(
        world,
        client,
        outcome="reached",
        note="They pay half.",
        promise_amount="600.00",
        promise_currency="GBP",
        promise_by="2026-03-20",
        reason="cash",
        invoice=invoice.pk,
    )
    assert f"Done: {world.task.title}" in page
    call = logged(world).get()
    assert (call.outcome, call.made_by, call.phone) == ("reached", "Robin Example", "+44 1632 960001")
    assert (Promise.objects.get().amount_minor, Promise.objects.get().call) == (600_00, call)
    assert LateReason.objects.get().invoice == invoice
    world.task.refresh_from_db()
    assert world.task.outcome == "Reached"


def test_a_call_back_stands_on_the_worklist_and_is_logged_from_there(world: World, client: Client) -> None:
    Contact.objects.create(
        organisation=world.ours, customer=world.customer, name="Kim Example", known_from_date=date(2020, 1, 1)
    )
    log(world, client, outcome="call_back", call_back="2026-03-12", contact=world.contact.pk)
    again = Task.objects.get(kind="call_back")
    page = client.get(reverse("task", args=[world.ours.slug, again.pk])).content.decode()
    assert "To be called again" in page
    assert f'<option value="{world.contact.pk}" selected>' in page
    client.post(reverse("call-log", args=[world.ours.slug, again.pk]), {"outcome": "voicemail"})
    again.refresh_from_db()
    assert again.outcome == "Left a message"


def test_what_cannot_be_is_said_and_nothing_is_kept(world: World, client: Client) -> None:
    assert "Say on which day to call again" in log(world, client, outcome="call_back")
    assert "Say what came of the call." in log(world, client, note="…")
    assert not logged(world).exists()


def test_a_recording_needs_the_confirmed_rule(world: World, client: Client) -> None:
    def sound() -> SimpleUploadedFile:
        return SimpleUploadedFile("call.mp3", b"ID3", "audio/mpeg")

    assert "only when you confirm" in log(world, client, outcome="reached", recording=sound())
    rule = rule_for(world.ours, world.customer, TODAY).text
    log(world, client, outcome="reached", recording=sound(), rule=rule)
    assert (bytes(logged(world).get().recording or b""), logged(world).get().consent_rule) == (b"ID3", rule)


def test_a_task_that_is_no_call_cannot_be_logged_as_one(world: World, client: Client) -> None:
    other = make_task(world.customer, kind="fix")
    address = reverse("call-log", args=[world.ours.slug, other.pk])
    assert client.post(address, {"outcome": "reached"}).status_code == 404
