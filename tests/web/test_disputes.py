"""Disputes are handed on, get papers and end in words; holds last longer within their maximum; fees are taken back."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from goodterms.followup.models import Dispute, Fee, Hold, Task, TimelineEvent
from goodterms.ledger.models import Invoice
from tests.conftest import NOW
from tests.web.test_lists import ask, rows_of
from tests.web.world import TODAY, World, make_debtor

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(world: World) -> Client:
    return world.client("owner")


def post(client: Client, world: World, name: str, pk: int, status: int = 200, **given: Any) -> str:
    answer = client.post(reverse(name, args=[world.ours.slug, pk]), given, follow=True)
    assert answer.status_code == status, answer.content[:300]
    return answer.content.decode()


def look(client: Client, world: World, name: str, pk: int) -> str:
    return client.get(reverse(name, args=[world.ours.slug, pk])).content.decode()


def test_disputes_are_listed_by_deadline_filtered_and_found(world: World, client: Client) -> None:
    other = make_debtor(world.ours, "C2", name="Zebra Example Ltd")
    first = world.dispute
    late = Dispute.objects.create(
        organisation=world.ours, customer=other, invoice=other.invoices.get(number="C2-R1"), reason="faulty",
        opened_date=TODAY - timedelta(days=30), opened_by="Kim", due_date=TODAY - timedelta(days=1),
    )  # fmt: skip
    assert rows_of(ask(client, world, "disputes")) == ["C2-R1", "C1-R1"]
    assert rows_of(ask(client, world, "disputes", state="late")) == ["C2-R1"]
    assert rows_of(ask(client, world, "disputes", reason="wrong_price")) == ["C1-R1"]
    assert rows_of(ask(client, world, "disputes", owner="Robin Example")) == ["C1-R1"]
    assert rows_of(ask(client, world, "disputes", q="zebra")) == ["C2-R1"]
    post(client, world, "dispute-resolve", late.pk, resolution="withdrawn")
    assert rows_of(ask(client, world, "disputes", state="resolved")) == ["C2-R1"]
    assert rows_of(ask(client, world, "disputes", sort="age")) == [first.invoice.number]


@pytest.mark.parametrize(
    ("resolution", "words", "left"),
    [
        ("credited", "The accounting program issues a credit note.", 1234_50),
        ("adjusted", "The amount is taken off the invoice here and now", 1034_50),
        ("unjustified", "interest has run since the due date", 1234_50),
        ("withdrawn", "The customer let it go", 1234_50),
    ],
)
def test_a_dispute_ends_and_the_page_says_what_happens_then(
    world: World, client: Client, resolution: str, words: str, left: int
) -> None:
    page = post(client, world, "dispute-resolve", world.dispute.pk, resolution=resolution, note="As agreed.")
    assert words in page
    assert "“As agreed.”" in page
    assert Invoice.objects.get(pk=world.invoice.pk).open_amount_minor == left
    assert (Task.objects.filter(key=f"credit_note:{world.dispute.pk}").count() == 1) is (resolution == "credited")
    again = post(client, world, "dispute-resolve", world.dispute.pk, 422, resolution="withdrawn")
    assert "This dispute was resolved on" in again


def test_the_page_says_that_taking_off_much_takes_a_manager(world: World) -> None:
    collector = world.client("collector")
    Invoice.objects.filter(pk=world.invoice.pk).update(amount_minor=9_000_00, open_amount_minor=9_000_00)
    much = post(collector, world, "dispute-resolve", world.dispute.pk, 422, resolution="adjusted", amount="5000")
    assert "it takes an owner or a manager of the organisation" in much


def test_a_resolution_without_word_or_with_too_much_changes_nothing(world: World, client: Client) -> None:
    assert "Say how it ended." in post(client, world, "dispute-resolve", world.dispute.pk, 422)
    much = post(client, world, "dispute-resolve", world.dispute.pk, 422, resolution="adjusted", amount="5000")
    assert "is more than is open" in much
    assert Dispute.objects.get().resolution == ""


def test_a_dispute_is_handed_on_with_its_task(world: World, client: Client) -> None:
    dispute = world.dispute
    Task.objects.create(
        organisation=world.ours, customer=world.customer, kind="dispute_due", key=f"dispute_due:{dispute.pk}",
        title="Resolve", due_date=TODAY, created_at=NOW, owner="Robin Example",
    )  # fmt: skip
    given: dict[str, Any] = {"owner": "collector@supplies.example", "due": "2026-04-15"}
    assert "Noted, and written into the timeline." in post(client, world, "dispute-reassign", dispute.pk, **given)
    dispute.refresh_from_db()
    assert (dispute.owner, dispute.due_date) == ("collector@supplies.example", date(2026, 4, 15))
    assert Task.objects.get(key=f"dispute_due:{dispute.pk}").owner == "collector@supplies.example"
    told = TimelineEvent.objects.get(kind="dispute_reassigned").text
    assert told.startswith("Dispute over 200.00 GBP of invoice C1-R1: collector@supplies.example looks after it and")
    past = post(client, world, "dispute-reassign", dispute.pk, 422, owner="", due="2026-03-01")
    assert "would be over already" in past
    post(client, world, "dispute-reassign", dispute.pk, **given)
    assert TimelineEvent.objects.filter(kind="dispute_reassigned").count() == 1


def test_papers_are_kept_by_content_and_handed_out_as_files_only(world: World, client: Client) -> None:
    def attach(name: str, content: bytes) -> str:
        return post(client, world, "dispute-attach", world.dispute.pk, file=SimpleUploadedFile(name, content))

    assert "note.pdf is kept with the dispute." in attach("note.pdf", b"%PDF-1.7 delivery")
    attach("again.pdf", b"%PDF-1.7 delivery")
    kept = world.dispute.files.get()
    file = client.get(reverse("dispute-file", args=[world.ours.slug, kept.pk]))
    assert (file.content, file["Content-Type"]) == (b"%PDF-1.7 delivery", "application/octet-stream")
    assert file["Content-Disposition"].startswith("attachment")
    assert "is not of a kind that is taken here" in attach("page.html", b"<html><script>alert(1)</script></html>")
    assert "is empty" in attach("empty.pdf", b"")
    assert world.dispute.files.count() == 1


def test_holds_show_their_last_day_and_how_often_one_was_kind(world: World, client: Client) -> None:
    for place in range(3):
        Hold.objects.create(
            organisation=world.ours, customer=world.customer, reason="goodwill", made_by="Robin Example",
            from_date=TODAY - timedelta(days=100 + place), until_date=TODAY - timedelta(days=90), made_at=NOW,
        )  # fmt: skip
    page = ask(client, world, "holds")
    assert rows_of(page) == [world.customer.name]
    assert '<span class="is-late">4 / 4</span>' in page
    assert len(rows_of(ask(client, world, "holds", state="over"))) == 3
    assert rows_of(ask(client, world, "holds", state="ending")) == []
    assert rows_of(ask(client, world, "holds", q="nobody")) == []


def test_a_hold_lasts_longer_within_its_maximum_counted_from_its_beginning(world: World, client: Client) -> None:
    hold = world.hold
    assert "The hold has another last day." in post(client, world, "hold-extend", hold.pk, until="2026-05-01")
    hold.refresh_from_db()
    assert hold.until_date == date(2026, 5, 1)
    assert TimelineEvent.objects.get(kind="hold_extended").text == "Hold lasts until 2026-05-01 instead of 2026-03-30."
    world.ours.policy = {"hold_longest_days": 60}
    world.ours.save()
    assert "is longer than 60 days" in post(client, world, "hold-extend", hold.pk, 422, until="2026-05-20")
    assert "would be over already" in post(client, world, "hold-extend", hold.pk, 422, until="2026-03-09")
    post(client, world, "hold-lift", hold.pk)
    assert "This hold ended on" in post(client, world, "hold-extend", hold.pk, 422, until="2026-05-02")


def test_a_fee_is_charged_listed_and_let_off_once(world: World, client: Client) -> None:
    given: dict[str, Any] = {
        "reason": "costs",
        "amount": "15",
        "currency": "GBP",
        "period": "2026-03",
        "invoice": world.invoice.pk,
    }
    page = post(client, world, "fee-charge", world.customer.pk, **given)
    assert "Charged as F-00001." in page
    assert "This fee was charged on" in post(client, world, "fee-charge", world.customer.pk, 422, **given)
    assert "has not been warned" in post(
        client, world, "fee-charge", world.customer.pk, 422, **given | {"reason": "late_fee"}
    )
    assert rows_of(ask(client, world, "fees")) == ["F-00001"]
    fee = Fee.objects.get()
    assert "Say why" in post(client, world, "fee-waive", fee.claim_id, 422, kind="good_will")
    page = post(client, world, "fee-waive", fee.claim_id, kind="good_will", reason="A good customer.")
    assert "F-00001 is taken back." in page
    assert rows_of(ask(client, world, "fees", state="waived")) == ["F-00001"]
    post(client, world, "fee-charge", world.customer.pk, **given | {"period": "2026-04"})
    second = Fee.objects.get(period="2026-04")
    spent = post(client, world, "fee-waive", second.claim_id, 422, kind="good_will", reason="Again.")
    assert "was let off once" in spent
    assert "taken back" in post(client, world, "fee-waive", second.claim_id, kind="error", reason="Wrong sum.")


def test_an_invoice_that_is_no_fee_is_not_taken_back(world: World, client: Client) -> None:
    answer = client.post(
        reverse("fee-waive", args=[world.ours.slug, world.invoice.pk]), {"kind": "error", "reason": "x"}
    )
    assert answer.status_code == 404
