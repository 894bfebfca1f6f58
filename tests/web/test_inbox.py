"""The inbox's pages: what waits, what it may mean, and what a click does; and the webhook beside them."""

import base64
import json
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from goodterms.followup.models import Dispute, LateReason, Promise, Reply
from goodterms.project.configuration import InboxSettings
from tests.factories import make_customer
from tests.inbox.samples import as_mail
from tests.web.world import World, make_reply

pytestmark = pytest.mark.django_db
SECRET = "a-long-enough-secret-word"


def post(world: World, name: str, reply: Reply, **data: Any) -> Any:
    return world.client("owner").post(reverse(name, args=[world.ours.slug, reply.pk]), data)


def page(world: World, name: str, *args: object) -> str:
    answer = world.client("owner").get(reverse(name, args=[world.ours.slug, *args]))
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_list_shows_what_waits_and_what_it_may_mean(world: World) -> None:
    shown = page(world, "inbox")
    assert "Re: Friendly reminder" in shown
    assert "Promises to pay" in shown


def test_strangers_are_listed_apart(world: World) -> None:
    stranger = make_reply(make_customer(world.theirs, "X"))
    Reply.objects.filter(pk=stranger.pk).update(organisation=world.ours, customer=None, subject="Who am I")
    client = world.client("owner")
    shown = client.get(reverse("inbox", args=[world.ours.slug]), {"state": "strangers"}).content.decode()
    assert "Who am I" in shown
    assert "Re: Friendly reminder" not in shown
    post(world, "reply-assign", stranger, customer="C1", is_contact="1")
    stranger.refresh_from_db()
    assert stranger.customer == world.customer


def test_the_sentence_that_means_something_is_marked(world: World) -> None:
    shown = page(world, "reply", world.reply.pk)
    assert "<mark>We will pay half on 20 March.</mark>" in shown
    assert 'value="2026-03-20"' in shown
    assert 'value="617.25"' in shown  # half of what is overdue
    assert "proof.pdf" in shown


def test_the_invoices_an_answer_names_are_chosen_already(world: World) -> None:
    reply = make_reply(world.customer, "We dispute C1-R1: the goods arrived broken.")
    invoice = world.customer.invoices.get(number="C1-R1")
    assert f'name="invoices" value="{invoice.pk}" checked>' in page(world, "reply", reply.pk)


def test_another_meaning_may_be_a_dispute_or_the_right_contact(world: World) -> None:
    shown = page(world, "reply", world.reply.pk)
    assert 'name="reason" id="other-reason"' in shown
    post(world, "reply-handle", world.reply, reading="wrong_contact", contact_email="ap@customer.example", is_last="1")
    assert world.customer.contacts.get(email="ap@customer.example").role == "accounts_payable"


def test_the_answers_own_page_is_shut_in(world: World) -> None:
    answer = world.client("owner").get(reverse("reply-html", args=[world.ours.slug, world.reply.pk]))
    assert b"alert" not in answer.content
    assert "sandbox" in answer["Content-Security-Policy"]


def test_files_are_downloaded_and_never_shown(world: World) -> None:
    for name, row in (("reply-file", world.reply_file), ("reply-original", world.reply)):
        answer = world.client("owner").get(reverse(name, args=[world.ours.slug, row.pk]))
        assert answer["Content-Disposition"].startswith("attachment;")
        assert answer["Content-Type"] == "application/octet-stream"


def test_a_promise_is_accepted_by_a_click(world: World) -> None:
    post(world, "reply-handle", world.reply, reading="promise", by="2026-03-20", amount="617.25", currency="GBP")
    promise = Promise.objects.get()
    assert (promise.amount_minor, promise.recorded_by) == (617_25, "Robin Example")
    world.reply.refresh_from_db()
    assert world.reply.handled_by == "Robin Example"
    assert "Promise of" in page(world, "reply", world.reply.pk)


def test_a_refused_suggestion_is_noted_and_the_answer_waits_on(world: World) -> None:
    post(world, "reply-refuse", world.reply, kind="promise")
    shown = page(world, "reply", world.reply.pk)
    assert "refused" in shown
    assert not Promise.objects.exists()
    post(world, "reply-handle", world.reply, reading="already_paid", is_last="1")
    assert LateReason.objects.get().reason == "already_paid"
    world.reply.refresh_from_db()
    assert world.reply.handled_at


def test_a_dispute_needs_its_invoice(world: World) -> None:
    assert "Choose the invoice" in world.client("owner").post(
        reverse("reply-handle", args=[world.ours.slug, world.reply.pk]), {"reading": "dispute"}, follow=True
    ).content.decode().replace("&#x27;", "'")
    invoice = world.customer.invoices.get(number="C1-R1")
    post(world, "reply-handle", world.reply, reading="dispute", reason="faulty", invoices=[invoice.pk])
    assert Dispute.objects.get().invoice == invoice


def listed(world: World, **asked: str) -> str:
    return world.client("owner").get(reverse("inbox", args=[world.ours.slug]), asked).content.decode()


def test_an_answer_is_given_to_a_colleague_and_found_among_theirs(world: World) -> None:
    assert "Re: Friendly reminder" in listed(world, state="unassigned")
    post(world, "reply-give", world.reply, owner="Robin Example")
    assert "Re: Friendly reminder" in listed(world, state="mine")
    assert "Re: Friendly reminder" not in listed(world, state="unassigned")
    post(world, "reply-give", world.reply, owner="Nobody Known")
    world.reply.refresh_from_db()
    assert world.reply.owner == "Robin Example"


def test_an_answer_is_laid_aside_until_a_day_and_still_stops_the_chasing(world: World) -> None:
    task = world.customer.tasks.filter(key=f"reply:{world.reply.pk}")
    post(world, "reply-snooze", world.reply, until="2026-03-12")
    assert "Re: Friendly reminder" not in listed(world)
    assert "Re: Friendly reminder" in listed(world, state="snoozed")
    assert not task.exists() or str(task.get().due_date) == "2026-03-12"
    world.reply.refresh_from_db()
    assert world.reply.handled_at is None
    post(world, "reply-snooze", world.reply, until="2026-03-10")  # today is no day to lay it aside until
    world.reply.refresh_from_db()
    assert str(world.reply.snoozed_until_date) == "2026-03-12"
    post(world, "reply-snooze", world.reply, until="")
    assert "Re: Friendly reminder" in listed(world)


def test_the_thread_shows_what_went_to_and_fro(world: World) -> None:
    make_reply(world.customer, "And the rest in April.")
    shown = page(world, "reply", world.reply.pk)
    assert "And the rest in April." in shown
    assert reverse("message", args=[world.ours.slug, world.sent.pk]) in shown


def test_a_strangers_customer_is_looked_for_by_name(world: World) -> None:
    Reply.objects.filter(pk=world.reply.pk).update(customer=None, from_address="kim@elsewhere.example")
    client = world.client("owner")
    address = reverse("reply", args=[world.ours.slug, world.reply.pk])
    assert "Customer number" in client.get(address).content.decode()
    found = client.get(address, {"customer": "Example Customer C1"}).content.decode()
    assert 'name="customer" value="C1"' in found
    post(world, "reply-assign", world.reply, customer="C1", is_contact="1")
    assert world.customer.contacts.filter(email="kim@elsewhere.example").exists()


def test_a_task_to_read_an_answer_leads_to_it(world: World) -> None:
    reply = make_reply(world.customer)
    task = world.customer.tasks.get(key=f"reply:{reply.pk}")
    answer = world.client("owner").get(reverse("task", args=[world.ours.slug, task.pk]))
    assert answer["Location"] == reverse("reply", args=[world.ours.slug, reply.pk])


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> None:
    given = settings.CONFIGURATION.model_copy(update={"inbox": InboxSettings(webhook_secret=SECRET)})
    monkeypatch.setattr(settings, "CONFIGURATION", given)


def deliver(provider: str, secret: str = SECRET, **given: Any) -> Any:
    return Client().post(reverse("mail-in", args=[secret, provider]), **given)


def test_a_mail_servers_own_bytes_come_by_webhook(world: World, hook: None) -> None:
    world.theirs.delete()
    raw = as_mail("Paid yesterday.", From="c1@customer.example", Message_ID="<hook@x>")
    for _ in range(2):
        answer = deliver("raw", data=raw, content_type="message/rfc822")
        assert answer.status_code == 200, answer.content
    reply = Reply.objects.get(message_key="hook@x")
    assert bytes(reply.content) == raw
    assert reply.customer == world.customer


def test_a_providers_webhook_is_read_by_anymail(world: World, hook: None) -> None:
    world.theirs.delete()
    raw = as_mail("Paid yesterday.", From="c1@customer.example", Message_ID="<mailjet@x>").decode()
    event = [{"msys": {"relay_message": _relayed(raw)}}]
    answer = deliver("sparkpost", data=json.dumps(event), content_type="application/json")
    assert answer.status_code == 200, answer.content
    assert Reply.objects.get(message_key="mailjet@x").customer == world.customer


def test_a_mail_with_large_attachments_comes_by_webhook(world: World, hook: None) -> None:
    world.theirs.delete()
    raw = as_mail("x" * 3_000_000, From="c1@customer.example", Message_ID="<large@x>").decode()
    event = {"FromFull": {"Email": "c1@customer.example"}, "RawEmail": raw, "To": "inbox@supplies.example"}
    answer = deliver("postmark", data=json.dumps(event), content_type="application/json")
    assert answer.status_code == 200, answer.content
    assert len(bytes(Reply.objects.get(message_key="large@x").content)) > 3_000_000


def test_an_empty_request_is_no_mail(world: World, hook: None) -> None:
    world.theirs.delete()
    assert deliver("raw", data=b"", content_type="message/rfc822").status_code == 400
    assert deliver("raw", data=b"x", content_type="message/rfc822", CONTENT_LENGTH="x").status_code == 400
    assert Reply.objects.count() == 1


def test_our_own_fault_is_not_told_as_the_providers(world: World, hook: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **given: object) -> None:
        raise ValueError("cannot be stored")

    monkeypatch.setattr("goodterms.web.views.mail_hook.take_mail", fail)
    with pytest.raises(ValueError, match="cannot be stored"):
        deliver("raw", data=as_mail(), content_type="message/rfc822")


def _relayed(raw: str) -> dict[str, Any]:
    """What SparkPost's description of relay webhooks shows."""
    content = {"email_rfc822": base64.b64encode(raw.encode()).decode(), "email_rfc822_is_base64": True}
    return {
        "content": content,
        "protocol": "smtp",
        "msg_from": "c1@customer.example",
        "rcpt_to": "inbox@supplies.example",
    }


def test_without_the_secret_there_is_no_webhook(world: World, hook: None) -> None:
    for secret, provider in (("wrong-secret-of-the-same-kind", "raw"), (SECRET, "unheard-of")):
        assert deliver(provider, secret, data=b"x", content_type="message/rfc822").status_code == 404


def test_mail_for_nobody_is_not_accepted(world: World, hook: None) -> None:
    answer = deliver("raw", data=as_mail(To="nobody@example.com"), content_type="message/rfc822")
    assert answer.status_code == 422
    assert b"inbox" in answer.content


def test_what_is_no_mail_of_the_provider_is_refused(world: World, hook: None) -> None:
    for content in ("not json", "[]x", json.dumps([{"msys": {"other": {}}}])):
        assert deliver("sparkpost", data=content, content_type="application/json").status_code in (200, 400)
