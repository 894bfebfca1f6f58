"""A collector's work on one customer, as a person does it: write, note, look for an old word."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from goodterms.followup.models import Task, TimelineEvent
from goodterms.outbox.models import Effect
from tests.browser.conftest import Screen
from tests.web.world import World

SLOW_MS = 15_000
"""A preview composes a whole message; other tests share the machine."""
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_message_is_written_looked_at_and_sent_once(world: World, screen: Screen) -> None:
    # A newer look at the message takes the place of the one before it, and htmx says so.
    screen.expected = ("htmx:sendAbort", "htmx:afterRequest")
    world.customer.holds.all().delete()
    Task.objects.all().delete()
    page = screen.open(reverse("customer", args=[world.ours.slug, world.customer.pk]))
    page.get_by_role("link", name="Write", exact=True).first.click()
    page.get_by_label("Subject").fill("About your account")
    page.get_by_label("Your words").fill("Dear Sam,\nplease call us today.\nKind regards,")
    shown = page.frame_locator("iframe").get_by_text("please call us today.")
    expect(shown).to_be_visible(timeout=SLOW_MS)
    page.get_by_label("Template").select_option("reminder_friendly")
    expect(page.get_by_label("Your words")).to_be_hidden()
    expect(page.frame_locator("iframe").get_by_text("C1-R1").first).to_be_visible(timeout=SLOW_MS)
    page.get_by_label("Template").select_option("own_words")
    expect(shown).to_be_visible(timeout=SLOW_MS)
    page.get_by_label("Why it shall go out all the same").fill("They asked for a word today.")
    page.get_by_role("button", name="Send").dblclick()
    expect(page.get_by_text("On its way")).to_be_visible()
    assert Effect.objects.filter(touch__playbook="by-hand").count() == 1
    assert TimelineEvent.objects.get(kind="message_written").actor == "Robin Example"


def test_a_note_is_kept_and_found_again(world: World, screen: Screen) -> None:
    page = screen.open(reverse("customer", args=[world.ours.slug, world.customer.pk]))
    page.get_by_label("Note something").fill("Their bookkeeper is back on Monday.")
    page.get_by_role("button", name="Note it").click()
    expect(page.get_by_text("Noted in the timeline.")).to_be_visible()
    page.get_by_role("link", name="Search and filter").click()
    page.get_by_label("Search the timeline").fill("bookkeeper")
    expect(page.get_by_text("Friendly reminder", exact=True)).to_have_count(0)
    expect(page.get_by_text("Their bookkeeper is back on Monday.")).to_be_visible()
