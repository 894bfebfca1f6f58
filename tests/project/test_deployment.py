"""Behind an https:// address Django's own deployment check finds nothing to mend, and cookies never leave by http."""

import os
import subprocess
import sys
from pathlib import Path

CHECK = (
    "import django; django.setup(); from django.core.management import call_command; "
    "call_command('check', deploy=True, fail_level='INFO')"
)
SHOW = (
    "import django; django.setup(); from django.conf import settings as s; "
    "print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_SSL_REDIRECT, s.SECURE_HSTS_SECONDS > 0, s.DEBUG)"
)


def run(home: Path, public_address: str, code: str) -> str:
    """What Python says with an installation of its own under this address."""
    home.mkdir(exist_ok=True)
    (home / "settings.toml").write_text(f'[server]\npublic_address = "{public_address}"\n', "utf-8")
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("GOODTERMS", "DATABASE", "DJANGO"))
    }
    environment = {**kept, "GOODTERMS_HOME": str(home), "DJANGO_SETTINGS_MODULE": "goodterms.project.settings"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, timeout=60)
    return done.stdout + done.stderr


def test_the_deployment_check_finds_nothing(tmp_path: Path) -> None:
    said = run(tmp_path / "home", "https://terms.example.com", CHECK)
    assert "System check identified no issues" in said, said


def test_cookies_leave_by_https_alone_where_there_is_https(tmp_path: Path) -> None:
    assert run(tmp_path / "home", "https://terms.example.com", SHOW).split() == ["True"] * 4 + ["False"]
    assert run(tmp_path / "home", "", SHOW).split() == ["False"] * 5
