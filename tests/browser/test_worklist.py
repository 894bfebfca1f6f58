"""The day's work as a person does it: ranked list by keyboard, in bulk, approvals, one call after the other."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from goodterms.flows.rank_work import rank_changed
from goodterms.followup.models import Call, SavedView, Task
from tests.browser.conftest import OpenScreen, Screen
from tests.conftest import NOW
from tests.factories import make_task
from tests.web.world import TODAY, World, make_debtor

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def at(world: World, name: str, *arguments: object) -> str:
    return reverse(name, args=[world.ours.slug, *arguments])


def test_the_worklist_is_cleared_with_the_keyboard_alone(world: World, screen: Screen) -> None:
    """Put one off, give one away, finish one: no mouse."""
    for number in (2, 3):
        make_task(make_debtor(world.ours, f"C{number}"), title=f"Mend {number}", kind="fix")
    rank_changed(NOW)
    page = screen.open(at(world, "today") + "?sort=title")
    page.keyboard.press("j")
    page.keyboard.press("e")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"Done: {world.task.title}")).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("s")
    expect(page.get_by_label("Put off until").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Put off until 11 Mar 2026: Mend 2")).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("a")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Given to Robin Example: Mend 3")).to_be_visible()
    assert Call.objects.filter(outcome="reached", touch__isnull=False).exists()


def test_ticked_rows_are_put_off_after_a_look(world: World, screen: Screen) -> None:
    make_task(world.customer, title="Second")
    rank_changed(NOW)
    page = screen.open(at(world, "today"))
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("[data-tick-count]")).to_have_text("2")
    page.get_by_text("With the ticked rows").click()
    page.locator("button[value=snooze]").click()
    expect(page.get_by_role("heading", name="Put off these tasks?")).to_be_visible()
    assert Task.objects.filter(due_date=TODAY).count() == 2
    page.get_by_role("button", name="Yes, these 2").click()
    expect(page.get_by_text("2 rows done.")).to_be_visible()
    expect(page.get_by_text("Nothing to do")).to_be_visible()


def test_a_filtered_list_is_saved_and_found_again(world: World, screen: Screen) -> None:
    page = screen.open(at(world, "today"))
    page.get_by_label("Whose").select_option(label="Nobody's yet")
    expect(page.get_by_text("Save this view")).to_be_visible()
    page.get_by_text("Save this view").click()
    page.get_by_label("Name of the view").fill("Free for all")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("link", name="Free for all")).to_have_attribute("aria-current", "true")
    assert SavedView.objects.get(name="Free for all").filters == {"whose": "free"}


def test_a_message_gets_other_words_and_leaves_with_them(world: World, screen: Screen) -> None:
    screen.expected = ("422",)
    page = screen.open(at(world, "approvals"))
    page.locator("[data-row-link]").click()
    expect(page.frame_locator("iframe").get_by_text("Perhaps it has slipped through")).to_be_visible()
    page.get_by_text("Change subject or words").click()
    page.get_by_label("Subject").fill("About C1-R1")
    words = page.get_by_label("Words", exact=True)
    kept = words.input_value()
    words.fill(kept.replace("£1,234.50", "£9,999.00"))
    page.get_by_role("button", name="Keep and approve").click()
    expect(page.locator("#words-fault")).to_contain_text("9,999.00")
    words.fill(kept.replace("Perhaps it has slipped through; that happens to all of us.", "As we said on the phone."))
    page.get_by_role("button", name="Keep and approve").click()
    expect(page.get_by_text("Nothing waits for your approval")).to_be_visible()
    world.waiting.refresh_from_db()
    assert world.waiting.state == "queued"
    assert "As we said on the phone." in world.waiting.touch.own_words


def test_one_call_after_the_other(world: World, open_screen: OpenScreen) -> None:
    make_task(make_debtor(world.ours, "C2"), title="Second call")
    rank_changed(NOW)
    page = open_screen(world.people["owner"], width=390, height=800).open(at(world, "call-mode"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="What came of it")).to_be_visible()
    expect(page.locator("a[href^='tel:']").first).to_be_visible()
    page.get_by_label("No answer").check()
    page.get_by_role("button", name="Done").click()
    page.get_by_role("button", name="Take the next call").click()
    expect(page.get_by_role("button", name="Skip")).to_be_visible()
    page.get_by_role("button", name="Skip").click()
    expect(page.get_by_text("That was the last call for now.")).to_be_visible()
    assert Call.objects.filter(outcome="no_answer").count() == 1
    assert not Task.objects.filter(done_at__isnull=True, owner="Robin Example").exists()
