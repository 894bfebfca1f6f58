"""Approvals, repairs in place, messages to settle, and notices: what waits for one person's word."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from goodterms.flows.ask_person import ask_person
from goodterms.flows.repair_contact import mark_email_failed
from goodterms.followup.models import NoticesRead, Task, TimelineEvent, Touch
from goodterms.ledger.models import Contact
from goodterms.outbox.models import Effect
from tests.conftest import NOW
from tests.factories import make_task
from tests.web.world import World, make_debtor, make_touched

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(world: World) -> Client:
    return world.client("owner")


def at(world: World, name: str, *arguments: object) -> str:
    return reverse(name, args=[world.ours.slug, *arguments])


def test_what_waits_stands_with_its_subject_and_when_it_expires(world: World, client: Client) -> None:
    page = client.get(at(world, "approvals")).content.decode()
    assert "A friendly reminder: invoice C1-R1" in page
    assert "14 Mar 2026" in page
    assert "Nothing waits for your approval" in world.client("limited").get(at(world, "approvals")).content.decode()


def test_approving_leads_to_the_next_one(world: World, client: Client) -> None:
    second = make_touched(world.customer, "waiting")
    page = client.get(at(world, "approval", world.waiting.pk)).content.decode()
    assert "Exactly as it would leave now" in page
    answer = client.post(at(world, "approval-approve", world.waiting.pk))
    assert answer["Location"] == at(world, "approval", second.pk)
    answer = client.post(at(world, "approval-refuse", second.pk), {"reason": "They called."})
    assert answer["Location"] == at(world, "approvals")
    states = dict(Effect.objects.filter(pk__in=[world.waiting.pk, second.pk]).values_list("pk", "state"))
    assert states == {world.waiting.pk: "queued", second.pk: "cancelled"}


@pytest.mark.parametrize("name", ["approval", "message"])
def test_words_that_changed_since_they_were_looked_at_are_not_approved(world: World, client: Client, name: str) -> None:
    page = client.get(at(world, name, world.waiting.pk)).content.decode()
    seen = page.split('name="seen" value="')[1].split('"')[0]
    Touch.objects.filter(effect=world.waiting).update(own_words="Other\n---\nQuite other words.")
    page = client.post(at(world, f"{name}-approve", world.waiting.pk), {"seen": seen}, follow=True).content.decode()
    assert "Its words have changed since you looked" in page
    world.waiting.refresh_from_db()
    assert world.waiting.state == "waiting"


def test_a_refusal_without_reason_says_so_at_the_field(world: World, client: Client) -> None:
    answer = client.post(at(world, "approval-refuse", world.waiting.pk), {"reason": " "})
    assert answer.status_code == 422
    assert "Say why; the reason is kept" in answer.content.decode()


def test_other_words_are_kept_and_approved_in_one_go(world: World, client: Client) -> None:
    given = {
        "subject": "About C1-R1",
        "words": "Hello,\n\nplease pay **£1,234.50**.\n\n[invoices]\n\n[how to pay]\n\nKind regards,",
    }
    page = client.post(at(world, "approval-edit", world.waiting.pk), given, follow=True).content.decode()
    assert "both versions stand in the customer" in page
    assert "words changed by a person" in page
    assert TimelineEvent.objects.get(kind="words_edited").actor == "Robin Example"
    client.post(at(world, "approval-edit", world.waiting.pk), {**given, "subject": "C1-R1 again", "approve": "1"})
    world.waiting.refresh_from_db()
    assert world.waiting.state == "queued"
    assert world.waiting.touch.own_words.startswith("C1-R1 again\n---\n")


def test_words_that_fail_the_check_stay_in_the_form_with_the_reason(world: World, client: Client) -> None:
    given = {"subject": "About C1-R1", "words": "Pay £9,999.00 now."}
    answer = client.post(at(world, "approval-edit", world.waiting.pk), given)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Pay £9,999.00 now." in page
    assert 'id="words-fault"' in page
    world.waiting.touch.refresh_from_db()
    assert world.waiting.touch.own_words == ""


def test_messages_are_approved_in_bulk_after_a_look(world: World, client: Client) -> None:
    second = make_touched(make_debtor(world.ours, "C2"), "waiting")
    rows = [str(world.waiting.pk), str(second.pk)]
    page = client.post(at(world, "approvals-bulk"), {"row": rows, "deed": "approve"}).content.decode()
    assert "Let these messages go out?" in page
    assert "Yes, these 2" in page
    assert Effect.objects.filter(pk__in=rows, state="waiting").count() == 2
    answer = client.post(at(world, "approvals-bulk-do"), {"row": rows, "deed": "approve"}, follow=True)
    assert "2 rows done." in answer.content.decode()
    assert Effect.objects.filter(pk__in=rows, state="queued").count() == 2


def test_a_decided_message_says_what_became_of_it(world: World, client: Client) -> None:
    client.post(at(world, "approval-approve", world.waiting.pk))
    page = client.get(at(world, "approval", world.waiting.pk)).content.decode()
    assert "no longer waits for approval" in page
    assert "Approved by Robin Example." in page


def test_an_uncertain_message_is_settled_where_it_stands(world: World, client: Client) -> None:
    make_task(world.customer, kind="uncertain", key=f"uncertain:{world.uncertain.key}", title="Did this arrive?")
    page = client.get(at(world, "questions")).content.decode()
    assert "Did this arrive?" in page
    assert "It was sent" in page
    given = {"settlement": "again", "note": "Not in the log.", "next": at(world, "questions")}
    page = client.post(at(world, "message-settle", world.uncertain.pk), given, follow=True).content.decode()
    assert "Nothing is uncertain" in page


def test_a_contact_is_mended_where_it_stands(world: World, client: Client) -> None:
    contact = Contact.objects.get(customer=world.customer)
    mark_email_failed(world.ours, contact.email, detail="550 no such user", now=NOW)
    Task.objects.filter(kind="contact_repair").update(due_date=NOW.date())
    task = Task.objects.get(kind="contact_repair")
    page = client.get(at(world, "repairs")).content.decode()
    assert f"instead of {contact.email}" in page
    same = {"name": "Sam", "role": "accounts_payable", "email": contact.email, "phone": ""}
    answer = client.post(at(world, "task-mend", task.pk), same)
    assert answer.status_code == 422
    assert "is what failed" in answer.content.decode()
    answer = client.post(at(world, "task-mend", task.pk), {**same, "email": "ap@customer.example"}, follow=True)
    assert "Everybody can be reached" in answer.content.decode()
    contact.refresh_from_db()
    assert (contact.email, contact.email_failed_at) == ("ap@customer.example", None)


# Notices --------------------------------------------------------------------------------------------------------------


def bell(client: Client, world: World) -> str:
    """The number at the bell; empty without one."""
    page = client.get(at(world, "outbox")).content.decode()
    _, _, after = page.partition("notice-count")
    return after.split("<span>")[1].split("<")[0] if after else ""


def notice(world: World, kind: str = "promise_broken", **given: object) -> Task:
    return make_task(world.customer, kind=kind, title=f"Notice {kind}", **given)


def test_the_bell_counts_what_a_person_has_not_read(world: World, client: Client) -> None:
    assert bell(client, world) == ""
    task = notice(world)
    notice(world, "uncertain")
    notice(world, "fix")
    notice(world, "failed", owner="Somebody Else")
    assert bell(client, world) == "2"
    assert client.post(at(world, "notice-open", task.pk))["Location"] == at(world, "task", task.pk)
    assert bell(client, world) == "1"
    assert bell(world.client("manager"), world) == "2"
    page = client.get(at(world, "notices")).content.decode()
    assert "Notice uncertain" in page
    assert "Notice promise_broken" not in page
    assert "Notice promise_broken" in client.get(at(world, "notices"), {"which": "all"}).content.decode()


def test_everything_read_is_quiet_until_something_comes_up_again(world: World, client: Client) -> None:
    task = notice(world)
    client.post(at(world, "notices-read"))
    assert NoticesRead.objects.get().user == world.people["owner"]
    assert bell(client, world) == ""
    later = NOW + timedelta(hours=1)
    ask_person(world.ours, world.customer, Task.Kind.PROMISE_BROKEN, task.key, "Broken again", now=later)
    assert bell(client, world) == "1"


def test_messages_that_wait_are_one_notice(world: World, client: Client) -> None:
    assert "1 message waits for your approval." in client.get(at(world, "notices")).content.decode()


def test_a_limited_colleague_is_told_of_their_own_customers_alone(world: World) -> None:
    notice(world)
    assert bell(world.client("limited"), world) == ""
