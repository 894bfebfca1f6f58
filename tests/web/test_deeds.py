"""What people do on the pages: overrule, hold, lift, finish, approve, settle; and what is said when it cannot be."""

import pytest
from django.test import Client
from django.urls import reverse

from goodterms.followup.models import CustomerProfile, Hold, TimelineEvent
from tests.factories import make_invoice
from tests.web.world import TODAY, World, make_debtor

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(world: World) -> Client:
    return world.client("owner")


def address(world: World, name: str, row: str) -> str:
    return reverse(name, args=[world.ours.slug, getattr(world, row).pk])


def test_an_override_is_kept_with_the_persons_name_and_shown(world: World, client: Client) -> None:
    given = {"profile": "red_tape", "reason": "They need a PO on every invoice."}
    answer = client.post(address(world, "profile-override", "customer"), given, follow=True)
    page = answer.content.decode()
    assert "Profile overruled" in page
    assert "They need a PO on every invoice." in page
    kept = CustomerProfile.objects.get()
    assert (kept.override_profile, kept.override_by, kept.override_date) == ("red_tape", "Robin Example", TODAY)


def test_an_override_without_reason_keeps_what_was_chosen_and_says_what_is_missing(
    world: World, client: Client
) -> None:
    answer = client.post(address(world, "profile-override", "customer"), {"profile": "chronic", "reason": " "})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Say why; the reason is kept" in page
    assert '<option value="chronic" selected>' in page
    assert CustomerProfile.objects.get().override_profile == ""


def test_an_override_can_be_taken_back(world: World, client: Client) -> None:
    client.post(address(world, "profile-override", "customer"), {"profile": "chronic", "reason": "Always."})
    client.post(address(world, "profile-restore", "customer"))
    assert CustomerProfile.objects.get().override_profile == ""
    page = client.post(address(world, "profile-restore", "customer"), follow=True).content.decode()
    assert "is not overruled; there is nothing to remove" in page


def test_a_hold_is_placed_shown_and_lifted(world: World, client: Client) -> None:
    given = {"until": "2026-04-02", "reason": "goodwill", "note": "Good customer."}
    page = client.post(address(world, "hold-place", "customer"), given, follow=True).content.decode()
    assert "2 Apr 2026" in page
    hold = Hold.objects.get(reason="goodwill")
    assert (hold.note, hold.made_by) == ("Good customer.", "Robin Example")
    page = client.post(reverse("hold-lift", args=[world.ours.slug, hold.pk]), follow=True).content.decode()
    assert "2 Apr 2026" not in page.split("Timeline")[0]


def test_a_hold_may_pause_one_of_the_customers_invoices_alone(world: World, client: Client) -> None:
    invoice = world.customer.invoices.get(number="C1-R1")
    given = {"until": "2026-04-02", "reason": "dispute", "invoice": str(invoice.pk)}
    client.post(address(world, "hold-place", "customer"), given)
    assert Hold.objects.get(reason="dispute").invoice == invoice


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"until": "2026-03-09", "reason": "illness"}, "would be over already"),
        ({"until": "2036-03-09", "reason": "illness"}, "longer than 366 days"),
        ({"until": "", "reason": "illness"}, "Name the last day of the pause."),
        ({"until": "soon", "reason": "illness"}, "Enter a valid date."),
    ],
)
def test_a_hold_that_cannot_be_says_why_and_keeps_the_note(
    world: World, client: Client, given: dict[str, str], words: str
) -> None:
    answer = client.post(address(world, "hold-place", "customer"), {**given, "note": "Typed with care."})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert "Typed with care." in answer.content.decode()
    assert Hold.objects.count() == 1


def test_another_customers_invoice_cannot_be_held_from_here(world: World, client: Client) -> None:
    other = make_debtor(world.ours, "C2")
    foreign = make_invoice(other, "F1", due=TODAY)
    given = {"until": "2026-04-02", "reason": "dispute", "invoice": str(foreign.pk)}
    assert client.post(address(world, "hold-place", "customer"), given).status_code == 422


def test_a_contact_is_added_and_corrected(world: World, client: Client) -> None:
    given = {"name": "Kim Example", "role": "buyer", "email": "kim@customer.example", "phone": ""}
    page = client.post(address(world, "contact-add", "customer"), given, follow=True).content.decode()
    assert "mailto:kim@customer.example" in page
    client.post(address(world, "contact-correct", "contact"), {**given, "email": "new@customer.example"})
    world.contact.refresh_from_db()
    assert world.contact.email == "new@customer.example"


def test_a_contact_nobody_can_reach_keeps_what_was_typed(world: World, client: Client) -> None:
    given = {"name": "Kim Example", "role": "buyer", "email": "kim at customer", "phone": ""}
    answer = client.post(address(world, "contact-add", "customer"), given)
    assert answer.status_code == 422
    assert "is not an e-mail address" in answer.content.decode()
    assert 'value="Kim Example"' in answer.content.decode()


def test_a_finished_task_leaves_the_list_and_stands_in_the_timeline(world: World, client: Client) -> None:
    given = {"outcome": "Reached", "note": "Pays on Friday."}
    page = client.post(address(world, "task-finish", "task"), given, follow=True).content.decode()
    assert f"Done: {world.task.title}" in page
    assert TimelineEvent.objects.get(kind="task_done").text.endswith("Reached. Pays on Friday.")
    again = client.post(address(world, "task-finish", "task"), given, follow=True).content.decode()
    assert "was done by Robin Example already" in again


def test_a_task_without_outcome_stays_open(world: World, client: Client) -> None:
    page = client.post(address(world, "task-finish", "task"), {"outcome": ""}, follow=True).content.decode()
    assert "Say in a few words what came of it" in page
    world.task.refresh_from_db()
    assert world.task.done_at is None


def test_a_message_is_approved_once(world: World, client: Client) -> None:
    page = client.post(address(world, "message-approve", "waiting"), follow=True).content.decode()
    assert "Approved; it leaves as soon as its hour has come." in page
    again = client.post(address(world, "message-approve", "waiting"), follow=True).content.decode()
    assert "This message is queued by now" in again


def test_a_message_is_refused_with_a_reason(world: World, client: Client) -> None:
    silent = client.post(address(world, "message-refuse", "waiting"), {"reason": ""}, follow=True).content.decode()
    assert "Say why this message shall not go out" in silent
    client.post(address(world, "message-refuse", "waiting"), {"reason": "They called."})
    world.waiting.refresh_from_db()
    assert (world.waiting.state, world.waiting.reason) == ("cancelled", "Refused by Robin Example: They called.")


@pytest.mark.parametrize(("settlement", "state"), [("sent", "sent"), ("again", "queued"), ("drop", "failed")])
def test_an_uncertain_message_is_settled(world: World, client: Client, settlement: str, state: str) -> None:
    client.post(address(world, "message-settle", "uncertain"), {"settlement": settlement, "note": "Asked them."})
    world.uncertain.refresh_from_db()
    assert world.uncertain.state == state


def test_an_answer_that_is_none_settles_nothing(world: World, client: Client) -> None:
    page = client.post(address(world, "message-settle", "uncertain"), {"settlement": "maybe"}, follow=True)
    assert "Say what became of it" in page.content.decode()
    world.uncertain.refresh_from_db()
    assert world.uncertain.state == "uncertain"


def test_a_viewer_sees_no_button_that_would_be_refused(world: World) -> None:
    client = world.client("viewer")
    for name, row in (("customer", "customer"), ("message", "waiting"), ("message", "uncertain"), ("task", "task")):
        page = client.get(address(world, name, row)).content.decode()
        forms = [part.split('"')[0] for part in page.split('method="post" action="')[1:]]
        assert forms == ["/accounts/logout/"], (name, forms)
