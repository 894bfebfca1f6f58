"""An answer is read and taken for what it means, in a real browser."""

import os

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from goodterms.followup.models import Promise
from tests.browser.conftest import Screen
from tests.web.world import World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_an_answer_is_read_and_its_promise_accepted(world: World, screen: Screen) -> None:
    page = screen.open(reverse("inbox", args=[world.ours.slug]))
    expect(page.get_by_text("Promises to pay")).to_be_visible()
    page.get_by_role("link", name="Re: Friendly reminder").click()
    expect(page.locator("mark")).to_have_text("We will pay half on 20 March.")
    expect(page.get_by_label("By", exact=True).first).to_have_value("2026-03-20")
    if folder := os.environ.get("GOODTERMS_PICTURES"):
        page.screenshot(path=f"{folder}/reply.png", full_page=True)
        page.set_viewport_size({"width": 360, "height": 740})
        page.screenshot(path=f"{folder}/reply-narrow.png", full_page=True)
    page.get_by_role("button", name="Accept, as it stands here").click()
    expect(page.get_by_role("heading", name="Handled")).to_be_visible()
    assert Promise.objects.get().amount_minor == 617_25
    page = screen.open(reverse("inbox", args=[world.ours.slug]))
    expect(page.get_by_role("heading", name="Every answer is read")).to_be_visible()
