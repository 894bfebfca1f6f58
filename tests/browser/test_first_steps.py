"""From an empty installation to the first preview, as a newcomer goes."""

from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from goodterms.flows.set_up_organisation import create_organisation, give_account
from goodterms.organizations.models import Membership
from tests.browser.conftest import OpenScreen
from tests.conftest import NOW
from tests.web.world import OPEN_ITEMS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_an_empty_installation_comes_to_its_first_preview(
    live_server: LiveServer, transactional_db: None, open_screen: OpenScreen, tmp_path: Path
) -> None:
    organisation = create_organisation({"name": "Example Newcomer Ltd", "country": "GB"}, NOW)
    owner = give_account(
        "robin@newcomer.example", "a long enough one", organisation.pk, Membership.Role.OWNER, actor="test", now=NOW
    )
    screen = open_screen(owner)
    page = screen.open(reverse("today", args=[organisation.slug]))
    expect(page.get_by_role("heading", name="Three steps to your first preview")).to_be_visible()
    page.get_by_role("link", name="Sender").click()
    page.get_by_label("Address of the sender").fill("accounts@newcomer.example")
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page.get_by_text("Kept. The next messages follow it.")).to_be_visible()
    page.get_by_role("link", name="Payment details").click()
    page.get_by_label("IBAN").fill("GB33 BUKB 2020 1555 5555 55")
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page.frame_locator("iframe").get_by_text("GB33 BUKB 2020 1555 5555 55").first).to_be_visible()
    page.get_by_role("link", name="Today", exact=True).click()
    page.get_by_role("link", name="Import a file").click()
    file = tmp_path / "open.csv"
    file.write_bytes(OPEN_ITEMS.replace(b"2026-01-05", b"05/01/2026").replace(b"2026-02-04", b"04/02/2026"))
    page.get_by_label("CSV or Excel file (.xlsx)").set_input_files(file)
    page.get_by_role("button", name="See how it is read").click()
    page.get_by_role("button", name="Try it: nothing is kept").click()
    expect(page.get_by_text("can be read day first or month first. Which is it?")).to_be_visible()
    page.get_by_label("Dates").select_option("dmy")
    page.get_by_role("button", name="Try it: nothing is kept").click()
    expect(page.get_by_text("What the import would do")).to_be_visible()
    page.get_by_role("button", name="Import it").click()
    expect(page.get_by_role("heading", name="Imported")).to_be_visible()
    page.get_by_role("link", name="See what would go out").click()
    expect(page.get_by_role("heading", name="What would go out")).to_be_visible()
