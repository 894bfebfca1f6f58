"""The customer's page as a desk: write, note, call, papers, process, particulars, timeline."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from goodterms.followup.models import ApProfile, Call, PostalProof, TimelineEvent
from goodterms.ledger.models import Customer, Payment
from goodterms.outbox.models import Effect
from tests.web.world import TODAY, World

pytestmark = pytest.mark.django_db
WORDS = {
    "channel": "email",
    "template": "own_words",
    "language": "en",
    "sender": "default",
    "subject": "About your account",
    "words": "Dear Sam,\nplease call us.\nKind regards,",
    "form_key": "0123456789abcdef",
    "overrule_reason": "They asked for it.",
}


def get(world: World, name: str, *args: object, **asked: str) -> str:
    answer = world.client("owner").get(reverse(name, args=[world.ours.slug, *args]), asked)
    assert answer.status_code == 200
    return answer.content.decode()


def post(world: World, name: str, *args: object, **data: Any) -> Any:
    return world.client("owner").post(reverse(name, args=[world.ours.slug, *args]), data)


def written(world: World) -> Any:
    return Effect.objects.filter(touch__playbook="by-hand")


def compose(world: World, name: str = "compose-send", **given: Any) -> Any:
    return post(world, name, world.customer.pk, **{**WORDS, "contact": world.contact.pk, **given})


def test_the_form_shows_the_message_as_it_will_be(world: World) -> None:
    shown = get(world, "compose", world.customer.pk, template="reminder_friendly")
    assert "Exactly as it would leave now" in shown
    assert "A friendly reminder: invoice C1-R1" in shown
    address = re.search(r'src="([^"]*/write/page/[^"]*)"', shown)
    assert address is not None
    frame = world.client("owner").get(address[1].replace("&amp;", "&"))
    assert b"C1-R1" in frame.content
    assert "sandbox" in frame["Content-Security-Policy"]


def test_a_message_is_sent_once_however_often_it_is_clicked(world: World) -> None:
    first, second = compose(world), compose(world)
    effect = written(world).get()
    assert first["Location"] == second["Location"] == reverse("message", args=[world.ours.slug, effect.pk])
    assert "please call us" in get(world, "message", effect.pk)


def test_what_speaks_against_it_is_said_at_the_field(world: World) -> None:
    answer = compose(world, overrule_reason="")
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "On hold" in page
    assert "Say why it shall go out all the same" in page
    assert "please call us." in page  # nothing typed is lost
    assert not written(world).exists()


def test_greeting_and_farewell_alone_do_not_leave(world: World) -> None:
    answer = compose(world, words="Dear Sam Example,\n\n\nKind regards,")
    assert answer.status_code == 422
    assert "between greeting and farewell" in answer.content.decode()
    assert not written(world).exists()


def test_looking_sends_nothing(world: World) -> None:
    assert "please call us" in compose(world, "compose-look").content.decode()
    part = world.client("owner").post(
        reverse("compose-look", args=[world.ours.slug, world.customer.pk]), WORDS, headers={"HX-Request": "true"}
    )
    assert part.content.decode().lstrip().startswith("<section")
    assert not written(world).exists()


def test_a_letter_is_seen_as_a_picture(world: World) -> None:
    Customer.objects.filter(pk=world.customer.pk).update(postal_address="2 Example Street\nExampletown")
    world.ours.postal_address = "1 Example Street\nExampletown"
    world.ours.save()
    shown = get(world, "compose", world.customer.pk, channel="letter", template="reminder_letter")
    address = re.search(r'src="([^"]*/write/picture/[^"]*)"', shown)
    assert address is not None
    assert world.client("owner").get(address[1].replace("&amp;", "&")).content.startswith(b"\x89PNG")


def test_a_preview_of_another_customer_is_not_shown(world: World) -> None:
    shown = get(world, "compose", world.customer.pk, template="reminder_friendly")
    token = re.search(r"draft=([^\"&]+)", shown)
    assert token is not None
    other = Customer.objects.create(organisation=world.ours, number="C9", name="Other", known_from_date=TODAY)
    client = world.client("owner")
    address = reverse("compose-page", args=[world.ours.slug, other.pk])
    assert client.get(address, {"draft": token[1]}).status_code == 404
    assert client.get(address, {"draft": "nonsense"}).status_code == 404


def test_a_note_stands_in_the_timeline_with_its_writer(world: World) -> None:
    post(world, "note-add", world.customer.pk, text="They move offices in May.")
    event = TimelineEvent.objects.get(kind="note")
    assert (event.actor, event.text) == ("Robin Example", "They move offices in May.")
    assert "They move offices in May." in get(world, "customer", world.customer.pk)


def test_a_call_of_ones_own_is_recorded_with_its_promise(world: World) -> None:
    by = (TODAY + timedelta(days=5)).isoformat()
    post(world, "call-record", world.customer.pk, outcome="reached", direction="in", note="They rang.",
         promise_amount="617.25", promise_currency="GBP", promise_by=by)  # fmt: skip
    call = Call.objects.order_by("-pk")[0]
    assert (call.is_incoming, call.note, call.made_by) == (True, "They rang.", "Robin Example")
    assert call.customer.promises.get().amount_minor == 617_25
    refused = post(world, "call-record", world.customer.pk, note="nothing chosen")
    assert refused.status_code == 422
    assert "Say what came of the call" in refused.content.decode()


def test_a_recording_is_judged_by_its_content_and_needs_the_rule(world: World) -> None:
    call = Call.objects.get()
    Call.objects.filter(pk=call.pk).update(recording=None, recording_sha256="", recording_type="")
    page = get(world, "call", call.pk)
    rule = re.search(r'name="rule" value="([^"]*)"', page)
    assert rule is not None
    sound = SimpleUploadedFile("call.mp3", b"ID3 and sound", content_type="audio/mpeg")
    post(world, "recording-add", call.pk, recording=sound)
    call.refresh_from_db()
    assert not call.recording_sha256
    page_itself = SimpleUploadedFile("call.mp3", b"<html>", content_type="audio/mpeg")
    post(world, "recording-add", call.pk, recording=page_itself, rule=rule[1].replace("&#x27;", "'"))
    call.refresh_from_db()
    assert not call.recording_sha256
    sound.seek(0)
    post(world, "recording-add", call.pk, recording=sound, rule=rule[1].replace("&#x27;", "'"))
    call.refresh_from_db()
    assert (call.recording_type, call.consent_by) == ("audio/mpeg", "Robin Example")


def test_the_timeline_is_searched_and_filtered(world: World) -> None:
    post(world, "note-add", world.customer.pk, text="Needle in the hay.")
    pk = world.customer.pk
    assert "Needle" in get(world, "customer-timeline", pk, q="needle")
    assert "Needle" not in get(world, "customer-timeline", pk, q="thread")
    assert "Needle" in get(world, "customer-timeline", pk, kind="notes", person="Robin Example")
    assert "Needle" not in get(world, "customer-timeline", pk, kind="money")
    assert "Needle" not in get(world, "customer-timeline", pk, until="2026-03-09")
    assert "Needle" in get(world, "customer-timeline", pk, since="2026-03-10", until="2026-03-10")
    assert "Needle" not in get(world, "customer-timeline", pk, channel="sms")


def test_older_lines_keep_the_filter(world: World) -> None:
    for number in range(14):
        post(world, "note-add", world.customer.pk, text=f"Note {number}.")
    shown = get(world, "customer-timeline", world.customer.pk, kind="notes")
    more = re.search(r'hx-get="([^"]+)"', shown.partition("timeline-list")[2])
    assert more is not None
    assert "kind=notes" in more[1]
    part = world.client("owner").get(more[1].replace("&amp;", "&"), headers={"HX-Request": "true"}).content.decode()
    assert "Note 0." in part


def test_the_statement_and_the_evidence_file_are_downloaded(world: World) -> None:
    client = world.client("owner")
    for name, method in (("statement", client.get), ("evidence-make", client.post)):
        answer = method(reverse(name, args=[world.ours.slug, world.customer.pk]))
        assert answer.status_code == 200
        assert answer["Content-Disposition"].startswith("attachment;")
        assert answer.content[:4] in (b"%PDF", b"PK\x03\x04")


def test_their_process_is_noted_and_its_faults_said(world: World) -> None:
    answer = post(world, "ap-write", world.customer.pk, pay_run="weekday", needs_purchase_order="yes", system="Coupa")
    assert answer.status_code == 422
    assert "Tick at least one weekday." in answer.content.decode()
    given = {"pay_run": "day_of_month", "days_of_month": "25, 10", "cut_off_working_days": "3", "system": "Coupa"}
    post(world, "ap-write", world.customer.pk, needs_purchase_order="yes", **given)
    kept = ApProfile.objects.get()
    assert (kept.pay_run_days, kept.needs_purchase_order, kept.confirmed_by) == ([10, 25], True, "Robin Example")
    shown = get(world, "customer", world.customer.pk)
    assert "on the 10., 25. of the month" in shown
    assert "2 questions to ask" in shown


def test_a_suggested_pay_run_is_taken_over_by_a_click(world: World) -> None:
    fridays = [TODAY - timedelta(days=TODAY.weekday() + 3 + 7 * week) for week in range(12)]
    for number, day in enumerate(fridays):
        Payment.objects.create(organisation=world.ours, customer=world.customer, key=f"p{number}", paid_date=day,
                               currency="GBP", amount_minor=100, unallocated_minor=0)  # fmt: skip
    shown = get(world, "customer", world.customer.pk)
    assert "They seem to pay every Friday: 12 of the last 12 days" in shown
    assert "On which days their money comes" in shown
    post(world, "ap-accept", world.customer.pk)
    assert (ApProfile.objects.get().pay_run_days, ApProfile.objects.get().confirmed_by) == ([5], "Robin Example")
    assert "They seem to pay" not in get(world, "customer", world.customer.pk)


def test_an_unconfirmed_pay_run_stays_so_when_something_else_is_noted(world: World) -> None:
    ApProfile.objects.create(organisation=world.ours, customer=world.customer, pay_run="weekday", pay_run_days=[5])
    post(
        world,
        "ap-write",
        world.customer.pk,
        pay_run="weekday",
        weekdays=["5"],
        cut_off_working_days="5",
        system="Ariba",
    )
    assert (ApProfile.objects.get().system, ApProfile.objects.get().confirmed_date) == ("Ariba", None)


def test_particulars_are_kept_with_before_and_after(world: World) -> None:
    assert "relationship owner" in post(world, "details-write", world.customer.pk, is_protected="on").content.decode()
    post(world, "details-write", world.customer.pk, relationship_owner="Robin Example", region="ca", language="en",
         timezone="Europe/London", postal_address="2 Example Street\r\n\r\nExampletown ")  # fmt: skip
    customer = Customer.objects.get(pk=world.customer.pk)
    assert (customer.region, customer.postal_address) == ("CA", "2 Example Street\nExampletown")
    event = TimelineEvent.objects.get(kind="customer_corrected")
    assert event.data["region"] == {"before": "", "after": "CA"}
    answer = post(world, "details-write", world.customer.pk, timezone="Mars/Olympus")
    assert "is not a time zone" in answer.content.decode()


def test_a_receipt_joins_the_chain_of_proof(world: World) -> None:
    scan = SimpleUploadedFile("receipt.png", b"\x89PNG\r\n\x1a\n picture", content_type="image/png")
    post(world, "proof-record", world.letter.pk, what="received", day="2026-03-10", who="S. Example", scan=scan)
    proof = PostalProof.objects.get()
    assert (proof.received_by, proof.receipt_type) == ("S. Example", "image/png")
    shown = get(world, "letter-proofs", world.letter.pk)
    assert proof.receipt_sha256 in shown
    answer = world.client("owner").get(reverse("proof-scan", args=[world.ours.slug, proof.pk, "receipt"]))
    assert answer["Content-Disposition"].startswith("attachment;")
    wrong = SimpleUploadedFile("receipt.png", b"<script>", content_type="image/png")
    refused = post(world, "proof-record", world.letter.pk, what="received", day="2026-03-10", scan=wrong)
    assert refused.status_code == 422
    future = post(world, "proof-record", world.letter.pk, what="received", day="2026-04-10")
    assert "cannot be" in future.content.decode()


def test_the_coming_weeks_are_told_with_reasons(world: World) -> None:
    world.customer.holds.all().delete()
    world.customer.replies.all().delete()
    world.customer.touches.all().delete()
    shown = get(world, "customer-coming", world.customer.pk)
    assert "If nobody pays and nobody answers." in shown
    assert "overdue" in shown
