"""A playbook is changed, tried and published, and a template's words are written, in a real browser."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from goodterms.flows.replay_history import run_next_trial
from goodterms.followup.models import PolicyTrial, PolicyVersion, TemplateVersion
from tests.browser.conftest import Screen
from tests.conftest import NOW
from tests.web.world import World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def at(world: World, name: str, *given: object) -> str:
    return reverse(name, args=[world.ours.slug, *given])


def test_a_step_is_changed_checked_tried_and_published(world: World, screen: Screen) -> None:
    screen.expected = ("422",)
    page = screen.open(at(world, "playbooks"))
    page.get_by_role("link", name="Forgetful").click()
    page.get_by_role("link", name="Change: Friendly reminder").click()
    page.get_by_label("At least so many days after the last message").fill("1")
    page.get_by_role("button", name="Keep in the draft").click()
    expect(page.get_by_text("Between any two contacts lie at least 3 days")).to_be_visible()
    page.get_by_label("At least so many days after the last message").fill("6")
    page.get_by_label("First day").fill("9")
    page.get_by_role("button", name="Keep in the draft").click()
    expect(page.get_by_text("changed in the draft").first).to_be_visible()
    page.get_by_role("link", name="Look the draft over").click()
    page.get_by_role("button", name="Look now").click()
    expect(page.get_by_text("None of 1 customers would be judged differently today.")).to_be_visible()
    page.get_by_role("link", name="Try it on history first").click()
    page.get_by_role("button", name="Replay history").click()
    expect(page.get_by_text("Waits for a worker")).to_be_visible()
    PolicyTrial.objects.filter(pk=world.trial.pk).delete()
    run_next_trial("worker", lambda: NOW)
    expect(page.get_by_role("heading", name="Who would have been contacted when")).to_be_visible()
    page = screen.open(at(world, "draft"))
    page.get_by_label("Why").fill("Their pay runs are on day 8.")
    page.get_by_role("button", name="Publish as a new version").click()
    expect(page.get_by_text("Published as version 2")).to_be_visible()
    assert PolicyVersion.objects.get(number=2).reason == "Their pay runs are on day 8."


def test_words_are_shown_and_checked_as_they_are_written_and_kept(world: World, screen: Screen) -> None:
    page = screen.open(at(world, "template", "reminder_friendly", "en"))
    frame = page.frame_locator("iframe[name='words-frame']")
    expect(frame.get_by_text("Dear Sam Example,")).to_be_visible()
    field = page.get_by_label("Subject, a line with ---, and the text")
    words = field.input_value()
    field.fill(words + "\n\nGreetings to {{ customer.nmae }}.\n")
    expect(page.get_by_text("There is no fact called customer.nmae")).to_be_visible()
    field.fill(words + "\n\nGreetings to all at {{ customer.name }}.\n")
    expect(page.get_by_text("These words may be used")).to_be_visible()
    expect(frame.get_by_text("Greetings to all at Example Customer GmbH.")).to_be_visible()
    page.get_by_label("Try it on").select_option(label=world.customer.name)
    expect(frame.get_by_text(f"Greetings to all at {world.customer.name}.")).to_be_visible()
    page.get_by_role("button", name="Keep these words").click()
    expect(page.get_by_text("Kept as version 1")).to_be_visible()
    assert TemplateVersion.objects.get().published_by == "Robin Example"
