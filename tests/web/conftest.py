"""What every test of the pages shares: a fixed clock and something of everything to look at."""

import pytest
from django.core.cache import cache
from pytest_django.fixtures import Settings

from tests.conftest import NOW
from tests.web.world import World, build_world


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
def world(db: None) -> World:
    """Something of everything."""
    return build_world()
