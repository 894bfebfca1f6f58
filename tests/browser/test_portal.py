"""A debtor on a phone: looks at what is owed, and promises a day."""

import pytest
from playwright.sync_api import expect

from goodterms.followup.models import Promise
from tests.browser.conftest import OpenScreen
from tests.web.world import PORTAL_TOKEN, World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_debtor_promises_a_day_on_a_phone(world: World, open_screen: OpenScreen) -> None:
    screen = open_screen(width=360, height=740)
    page = screen.open(f"/p/{PORTAL_TOKEN}/")
    expect(page.get_by_role("heading", name="How to pay")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.get_by_role("link", name="We will pay on").click()
    page.get_by_label("We will pay on").fill("2026-03-20")
    page.get_by_label("Amount").fill("1234.50")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Your promise is noted.")).to_be_visible()
    expect(page.get_by_text("You promised £1,234.50 by 20 March 2026")).to_be_visible()
    assert Promise.objects.filter(source="portal").count() == 1
    assert page.context.cookies() == []
