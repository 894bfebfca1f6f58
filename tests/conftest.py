"""What every test shares: a fixed moment, and a folder of its own (the session's is made by project.testing)."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    """A fixed moment: Tuesday 10 March 2026, 09:00 UTC."""
    return NOW


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder of this test's own."""
    return tmp_path
