"""What every test shares: a throw-away home folder, and an organisation to work in."""

import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

_HOME = tempfile.TemporaryDirectory(prefix="goodterms-tests-")
os.environ["GOODTERMS_HOME"] = _HOME.name
os.environ.pop("GOODTERMS_SMTP_PASSWORD", None)

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    """A fixed moment: Tuesday 10 March 2026, 09:00 UTC."""
    return NOW


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder of this test's own."""
    return tmp_path
