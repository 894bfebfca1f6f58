"""A real Chromium, never downloaded: Debian's or the one that CHROMIUM names; without one these tests are left out."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from django.core.cache import cache
from django.test import Client
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from goodterms.organizations.models import User
from tests.conftest import NOW
from tests.web.world import World, build_world

# Playwright keeps an event loop running in this thread; Django takes that for asynchronous code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where Chromium is; without it a skip with one clear line, and with CI=true a failure."""
    for name in (os.environ.get("CHROMIUM", ""), *NAMES):
        path = shutil.which(name) if name else None
        if path:
            return path
    sentence = "Chromium is not on this machine: install Debian's chromium, or name a browser with CHROMIUM=/path."
    if os.environ.get("CI") == "true":
        pytest.fail(sentence, pytrace=False)
    pytest.skip(sentence)


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """One browser for all tests."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture(autouse=True)
def _fixed_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("goodterms.web.access.current_moment", lambda: NOW)
    monkeypatch.setattr("goodterms.web.views.invitation.current_moment", lambda: NOW)
    monkeypatch.setattr("goodterms.portal.access.current_moment", lambda: NOW)
    cache.clear()


@pytest.fixture(autouse=True)
def _quick_passwords(settings: Settings) -> None:
    """Hashing that is slow on purpose would be most of what these tests do."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def world(live_server: LiveServer, transactional_db: None) -> World:
    """Something of everything, served on loopback."""
    return build_world()


@dataclass
class Screen:
    """A page in the browser, and what it complained about."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)
    expected: tuple[str, ...] = ()

    def open(self, path: str) -> Page:
        self.page.goto(self.address + path)
        return self.page

    def listen(self) -> None:
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not any(words in message.text for words in self.expected):
            self.complaints.append(f"{self.page.url}: {message.text}")


OpenScreen = Callable[..., Screen]


@pytest.fixture
def open_screen(browser: Browser, live_server: LiveServer) -> Iterator[OpenScreen]:
    """Open a browser window (signed in as ``user``); afterwards no page may have complained: no error, no violation."""
    screens: list[Screen] = []

    def opened(user: User | None = None, *, width: int = 1280, height: int = 900, dark: bool = False) -> Screen:
        context = browser.new_context(
            locale="en-GB",
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
        )
        if user is not None:
            client = Client()
            client.force_login(user)
            value = client.cookies["sessionid"].value
            context.add_cookies([{"name": "sessionid", "value": value, "url": live_server.url}])
        screen = Screen(context.new_page(), live_server.url)
        screen.listen()
        screens.append(screen)
        return screen

    yield opened
    complaints = [complaint for screen in screens for complaint in screen.complaints]
    for screen in screens:
        screen.page.context.close()
    assert complaints == []


@pytest.fixture
def screen(world: World, open_screen: OpenScreen) -> Screen:
    """The owner's window."""
    return open_screen(world.people["owner"])
