"""An owner looks in for five minutes: six figures, a report, its chart, its filters and its file; the control group."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from goodterms.followup.models import Experiment
from tests.browser.conftest import OpenScreen, Screen
from tests.web.world import World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_an_owner_follows_a_figure_to_its_report_and_takes_the_table_along(world: World, screen: Screen) -> None:
    page = screen.open(reverse("reports", args=[world.ours.slug]))
    page.get_by_role("link", name="Open", exact=True).click()
    expect(page.get_by_role("heading", name="Ageing", exact=True)).to_be_visible()
    expect(page.locator("[data-chart] canvas").first).to_be_visible()
    page.get_by_label("Profile").select_option("forgetful")
    page.wait_for_url("**profile=forgetful**")
    expect(page.locator("[data-chart] canvas").first).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV – Open by age").click()
    assert download.value.suggested_filename.endswith(".csv")


def test_a_control_group_is_drawn_and_ended_with_reasons(world: World, open_screen: OpenScreen) -> None:
    page = open_screen(world.people["owner"], width=360, dark=True).open(reverse("experiment", args=[world.ours.slug]))
    page.get_by_label("Why", exact=True).fill("To know.")
    page.get_by_role("button", name="Draw it").click()
    expect(page.get_by_role("heading", name="Running since")).to_be_visible()
    page.get_by_label("End it before its time, because").fill("Enough.")
    page.get_by_role("button", name="End it").click()
    expect(page.get_by_text("Ended by a person")).to_be_visible()
    assert Experiment.objects.get().end_reason == "Enough."
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
