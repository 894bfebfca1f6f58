"""The worklist: ranked with reasons, filtered, saved as views, worked through by quick actions and in bulk."""

import json
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from goodterms.flows.rank_work import rank_changed
from goodterms.followup.models import Call, Hold, SavedView, Task
from goodterms.organizations.models import Membership
from tests.conftest import NOW
from tests.factories import make_invoice, make_task, make_user
from tests.web.world import TODAY, World, make_debtor

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(world: World) -> Client:
    return world.client("owner")


def at(world: World, name: str, *arguments: object) -> str:
    return reverse(name, args=[world.ours.slug, *arguments])


def titles(page: str) -> list[str]:
    return re.findall(r"data-row-link>([^<]+)</a>", page)


def ask(client: Client, world: World, **words: str) -> str:
    return client.get(at(world, "today"), words).content.decode()


@pytest.fixture
def work(world: World) -> dict[str, Task]:
    """Three tasks beside the world's call: a large debt, a small one, one put off."""
    large, small = make_debtor(world.ours, "C2"), make_debtor(world.ours, "C3")
    make_invoice(large, "big", due=TODAY - timedelta(days=20), amount_minor=50_000_00)
    tasks = {
        "large": make_task(large, title="Large", kind="fix"),
        "small": make_task(small, title="Small", owner="Robin Example"),
        "later": make_task(small, title="Later", due_date=TODAY + timedelta(days=3)),
    }
    rank_changed(NOW)
    return tasks


def test_the_list_begins_with_what_is_worth_most_and_says_why(
    world: World, client: Client, work: dict[str, Task]
) -> None:
    page = ask(client, world)
    assert titles(page)[0] == "Large"
    assert "Later" not in titles(page)
    assert re.search(r"about 1\d,\d{3} GBP to gain by acting now \(\d+% of 51,234\.50 GBP overdue\)", page)
    assert titles(ask(client, world, when="later")) == ["Later"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ({"kind": "fix"}, ["Large"]),
        ({"whose": "mine"}, ["Small"]),
        ({"whose": "free", "kind": "fix"}, ["Large"]),
        ({"channel": "call", "whose": "mine"}, ["Small"]),
        ({"profile": "chronic"}, []),
        ({"least": "40.000,00", "currency": "GBP"}, ["Large"]),
        ({"least": "40,000.00", "currency": "GBP"}, ["Large"]),
        ({"least": "1", "currency": "EUR"}, []),
        ({"currency": "JPY"}, []),
        ({"q": "large"}, ["Large"]),
    ],
)
def test_filters_leave_what_fits(
    world: World, client: Client, work: dict[str, Task], words: dict[str, str], found: list[str]
) -> None:
    assert titles(ask(client, world, **words)) == found


def test_a_view_is_saved_shown_shared_and_dropped(world: World, client: Client) -> None:
    filters = "kind=call&least=100&nonsense=1&sort=rank"
    answer = client.post(at(world, "view-save"), {"name": "My calls", "filters": filters, "share": "1"})
    assert answer["Location"].endswith("?kind=call&least=100")
    view = SavedView.objects.get(name="My calls")
    assert (view.filters, view.is_shared) == ({"kind": "call", "least": "100"}, True)
    assert "My calls" in world.client("collector").get(at(world, "today")).content.decode()
    assert world.saved_view.name not in re.findall(
        r"</svg> (\w+)</a>", world.client("collector").get(at(world, "today")).content.decode()
    )
    client.post(at(world, "view-drop", view.pk))
    assert not SavedView.objects.filter(name="My calls").exists()


def test_a_view_needs_a_name_and_a_viewer_shares_none(world: World, client: Client) -> None:
    page = client.post(at(world, "view-save"), {"name": " ", "filters": "kind=call"}, follow=True).content.decode()
    assert "Give the view a name" in page
    world.client("viewer").post(at(world, "view-save"), {"name": "Mine", "filters": "kind=call", "share": "1"})
    assert not SavedView.objects.get(name="Mine").is_shared


def test_a_task_is_put_off_and_given_away_in_place(world: World, client: Client) -> None:
    until = (TODAY + timedelta(days=6)).isoformat()
    page = client.post(at(world, "task-snooze", world.task.pk), {"until": until}, follow=True).content.decode()
    assert "Put off until 16 Mar 2026" in page
    page = client.post(
        at(world, "task-assign", world.task.pk), {"owner": "Robin Example"}, follow=True
    ).content.decode()
    assert "Given to Robin Example" in page
    world.task.refresh_from_db()
    assert (world.task.due_date, world.task.owner) == (TODAY + timedelta(days=6), "Robin Example")
    page = client.post(at(world, "task-snooze", world.task.pk), {"until": ""}, follow=True).content.decode()
    assert "Name the day until which to put it off." in page


def bulk(client: Client, world: World, tasks: list[Task], **given: str) -> str:
    data = {"row": [str(task.pk) for task in tasks], **given}
    answer = client.post(at(world, "tasks-bulk"), data, follow=True)
    return answer.content.decode()


def confirm(client: Client, page: str) -> str:
    """Press the button of the preview."""
    form = page[page.index('<form method="post" action="/o/example-supplies/today/') :].split("</form>")[0]
    fields: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form):
        fields.setdefault(name, []).append(value)
    action = re.search(r'action="([^"]+)"', form)
    assert action
    return client.post(action[1], fields, follow=True).content.decode()


def test_a_bulk_deed_is_looked_at_first_and_does_exactly_that(
    world: World, client: Client, work: dict[str, Task]
) -> None:
    Task.objects.filter(pk=work["small"].pk).update(done_at=NOW, done_by="Kim", outcome="Reached")
    page = bulk(client, world, [work["large"], work["small"]], deed="snooze", snooze_until="2026-03-17")
    assert "put off from 10 Mar 2026 until 17 Mar 2026" in page
    assert "was done by Kim already (Reached)" in page
    assert Task.objects.get(pk=work["large"].pk).due_date == TODAY
    assert "1 row done." in confirm(client, page)
    assert Task.objects.get(pk=work["large"].pk).due_date == TODAY + timedelta(days=7)


def test_customers_are_paused_in_bulk(world: World, client: Client, work: dict[str, Task]) -> None:
    Hold.objects.all().delete()
    page = bulk(
        client, world, [work["large"], work["small"]], deed="hold", hold_until="2026-03-20", hold_reason="goodwill"
    )
    assert "nothing goes out to this customer until 20 Mar 2026 (Goodwill)" in page
    confirm(client, page)
    assert Hold.objects.filter(reason="goodwill").count() == 2


def test_all_that_a_filter_finds_may_be_asked_for(world: World, client: Client, work: dict[str, Task]) -> None:
    page = bulk(client, world, [], deed="assign", owner="Robin Example", all="1", filters="kind=fix")
    assert "given to Robin Example (until now: anybody)" in page
    confirm(client, page)
    assert set(Task.objects.filter(owner="Robin Example")) == {work["large"], work["small"]}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"deed": "snooze"}, "Name the day until which to put them off."),
        ({"deed": "hold", "hold_until": "2026-03-20"}, "Name the last day of the pause, and why."),
        ({"deed": "finish"}, "Say in a few words what came of them."),
        ({"deed": "approve"}, "Choose what to do with the rows"),
        ({"deed": "explode"}, "Choose what to do with the rows"),
    ],
)
def test_a_bulk_deed_that_says_too_little_is_refused_with_a_sentence(
    world: World, client: Client, given: dict[str, str], words: str
) -> None:
    assert words in bulk(client, world, [world.task], **given)


def test_a_bulk_deed_without_a_row_is_refused(world: World, client: Client) -> None:
    assert "Nothing was chosen" in bulk(client, world, [], deed="assign")


def test_a_limited_colleague_reaches_nobody_elses_rows_in_bulk(world: World) -> None:
    page = bulk(world.client("limited"), world, [world.task], deed="assign")
    assert "Nothing was chosen" in page


# Call mode ------------------------------------------------------------------------------------------------------------


def test_call_mode_takes_the_most_worth_while_call_that_can_be_made(world: World, client: Client) -> None:
    far = make_debtor(world.ours, "C2", timezone="America/Los_Angeles", country="US")
    make_invoice(far, "big", due=TODAY - timedelta(days=20), amount_minor=50_000_00)
    asleep = make_task(far, title="Asleep")
    rank_changed(NOW)
    page = client.get(at(world, "call-mode")).content.decode()
    assert "1 call now" in page
    assert "1 later" in page
    answer = client.post(at(world, "call-next"))
    assert answer["Location"] == at(world, "call-sheet", world.task.pk)
    world.task.refresh_from_db()
    assert world.task.owner == "Robin Example"
    asleep.refresh_from_db()
    assert asleep.owner == ""
    sheet = client.get(at(world, "call-sheet", world.task.pk)).content.decode()
    assert 'href="tel:+441632960001"' in sheet
    assert "Their office is closed" in client.get(at(world, "call-sheet", asleep.pk)).content.decode()


def test_a_skipped_call_is_anybodys_again_and_one_can_go_back(world: World, client: Client) -> None:
    second = make_task(make_debtor(world.ours, "C2"))
    make_invoice(world.customer, "big", due=TODAY - timedelta(days=20), amount_minor=50_000_00)
    rank_changed(NOW)
    client.get(client.post(at(world, "call-next"))["Location"])
    answer = client.post(at(world, "call-next"), {"after": str(world.task.pk)})
    assert answer["Location"] == at(world, "call-sheet", second.pk)
    world.task.refresh_from_db()
    assert world.task.owner == ""
    page = client.get(answer["Location"]).content.decode()
    assert f'data-page="previous" href="{at(world, "call-sheet", world.task.pk)}"' in page
    page = client.post(at(world, "call-next"), {"after": str(second.pk)}, follow=True).content.decode()
    assert "That was the last call for now." in page


def test_a_call_that_was_mine_before_stays_mine_when_skipped(world: World, client: Client) -> None:
    Task.objects.filter(pk=world.task.pk).update(owner="Robin Example")
    client.post(at(world, "call-next"))
    client.post(at(world, "call-next"), {"after": str(world.task.pk)})
    world.task.refresh_from_db()
    assert world.task.owner == "Robin Example"


def test_two_callers_never_get_the_same_call(world: World, client: Client) -> None:
    make_user(world.ours, Membership.Role.COLLECTOR, email="kim@supplies.example", first_name="Kim")
    client.post(at(world, "call-next"))
    answer = world.client("collector").post(at(world, "call-next"))
    assert answer["Location"] == at(world, "call-mode")


def test_a_logged_call_leads_back_to_the_next_one(world: World, client: Client) -> None:
    client.post(at(world, "call-next"))
    given = {"outcome": "voicemail", "next": at(world, "call-mode")}
    page = client.post(at(world, "call-log", world.task.pk), given, follow=True).content.decode()
    assert "No call is left" in page
    assert Call.objects.filter(outcome="voicemail").exists()


def test_a_call_back_offers_the_number_of_the_last_call(world: World, client: Client) -> None:
    task = make_task(world.customer, kind="call_back")
    page = client.get(at(world, "call-sheet", task.pk)).content.decode()
    assert 'href="tel:' in page


def test_reasons_kept_by_a_newer_version_are_left_out(world: World, client: Client) -> None:
    Task.objects.filter(pk=world.task.pk).update(rank_reasons=json.dumps([{"reason": "moon"}]))
    assert client.get(at(world, "today")).status_code == 200


def test_the_page_of_a_task_offers_to_put_it_off_or_give_it_away(world: World, client: Client) -> None:
    rank_changed(NOW)
    page = client.get(at(world, "task", world.task.pk)).content.decode()
    assert "Later, or somebody else" in page
    assert "to gain by acting now" in page
    assert at(world, "task-snooze", world.task.pk) in page
    seen = world.client("viewer").get(at(world, "task", world.task.pk)).content.decode()
    assert "Later, or somebody else" not in seen
