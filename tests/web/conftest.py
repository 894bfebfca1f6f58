"""What every test of the pages shares: a fixed clock and something of everything to look at."""

import pytest

from tests.conftest import NOW
from tests.web.world import World, build_world


@pytest.fixture(autouse=True)
def _fixed_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("goodterms.web.access.current_moment", lambda: NOW)


@pytest.fixture
def world(db: None) -> World:
    """Something of everything."""
    return build_world()
