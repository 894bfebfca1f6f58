"""Joining, signing in and guarding an account, as a person does it."""

import os
from collections.abc import Iterator

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.core.mail import EmailMessage
from django.urls import reverse
from playwright.sync_api import Page, expect

from goodterms.organizations.changes import write_change
from goodterms.organizations.models import Change, Membership
from tests.browser.conftest import OpenScreen
from tests.conftest import NOW
from tests.web.test_accounts import link_in
from tests.web.world import World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PASSWORD = "correct horse"


@pytest.fixture(autouse=True)
def _no_attempts_yet() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def picture(page: Page, name: str) -> None:
    """A picture of the page at both widths in both lights, where somebody asked for pictures."""
    folder = os.environ.get("GOODTERMS_PICTURES")
    if not folder:
        return
    size = page.viewport_size
    for width in (1440, 360):
        for light in ("light", "dark"):
            page.emulate_media(color_scheme=light)
            page.set_viewport_size({"width": width, "height": 800})
            page.wait_for_timeout(250)
            page.screenshot(path=f"{folder}/{name}-{width}-{light}.png", full_page=True)
            beyond = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert beyond <= 0, (name, width, beyond)
    page.emulate_media(color_scheme="light")
    if size:
        page.set_viewport_size(size)


def test_a_colleague_is_invited_joins_and_gets_another_role(
    world: World, open_screen: OpenScreen, mailoutbox: list[EmailMessage]
) -> None:
    page = open_screen(world.people["owner"]).open(reverse("members", args=[world.ours.slug]))
    page.get_by_label("E-mail address").fill("kim@supplies.example")
    page.get_by_label("Role").select_option("collector")
    page.get_by_label("Own customers only").check()
    page.get_by_role("button", name="Send the invitation").click()
    expect(page.get_by_text("on its way to kim@supplies.example")).to_be_visible()
    picture(page, "members")

    theirs = open_screen().open(link_in(mailoutbox[0]))
    picture(theirs, "invitation")
    theirs.get_by_label("Your name").fill("Kim Example")
    theirs.get_by_label("Password").fill("a sentence of my own")
    theirs.keyboard.press("Enter")
    expect(theirs.get_by_role("heading", name="Today", level=1)).to_be_visible()

    page.reload()
    page.get_by_role("link", name="Kim Example").click()
    picture(page, "member")
    page.get_by_label("Role").select_option("viewer")
    page.get_by_role("button", name="Keep the role").click()
    expect(page.get_by_role("row", name="Kim Example")).to_contain_text("Viewer")
    assert Membership.objects.get(user__email="kim@supplies.example").role == "viewer"


def test_a_passkey_is_added_and_opens_the_account_without_a_password(world: World, open_screen: OpenScreen) -> None:
    screen = open_screen(world.people["owner"])
    page = screen.open(reverse("mfa_index"))
    picture(page, "security")
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    picture(page, "passkey")
    page.get_by_label("What you call it").fill("My laptop")
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    picture(page, "recovery-codes")
    page.get_by_role("link", name="Done").click()
    expect(page.get_by_role("link", name="Rename My laptop")).to_be_visible()
    picture(page, "security-on")
    assert Authenticator.objects.filter(type="webauthn").count() == 1

    page.context.clear_cookies()
    screen.open("/")
    picture(page, "login")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", name="Today", level=1)).to_be_visible()


def test_the_record_of_changes_is_filtered_as_one_types(world: World, open_screen: OpenScreen) -> None:
    for who, before in (("Robin Example", {"iban": "GB33 0001", "bank_name": "Old Bank"}), ("Alex Example", {})):
        after = {"iban": "GB33 0002", "bank_name": "Example Bank", "website": "https://supplies.example"}
        write_change(
            world.ours, Change.Kind.SETTINGS, "Payment details", before=before, after=after, actor=who, now=NOW
        )
    page = open_screen(world.people["owner"]).open(reverse("changes", args=[world.ours.slug]))
    expect(page.get_by_text("Payment details")).to_have_count(2)
    picture(page, "changes")
    page.keyboard.press("/")
    page.keyboard.type("robin")
    expect(page.get_by_text("Payment details")).to_have_count(1)
    expect(page.get_by_text("Old Bank")).to_be_visible()
