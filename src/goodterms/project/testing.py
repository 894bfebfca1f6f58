"""A pytest plugin that gives a test session a throw-away folder before Django reads the settings.

Named by ``-p`` in pyproject.toml: pytest-django reads the settings before any conftest is loaded.
"""

import os
import tempfile

_HOME = tempfile.TemporaryDirectory(prefix="goodterms-tests-")

os.environ["GOODTERMS_HOME"] = _HOME.name
for name in ("GOODTERMS_SMTP_PASSWORD", "GOODTERMS_SECRET_KEY", "GOODTERMS_ORGANISATION", "GOODTERMS_DEBUG"):
    os.environ.pop(name, None)

# Frames in tests are small: several threads would only wait for each other, the more so beside other test processes.
os.environ.setdefault("POLARS_MAX_THREADS", "1")
