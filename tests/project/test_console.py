"""The command starts, or says in one sentence why it cannot."""

import os
import subprocess
import sys
from pathlib import Path


def goodterms(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "GOODTERMS_HOME": str(home)}
    command = [sys.executable, "-c", "from goodterms.project.console import main; main()", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_a_wrong_setting_ends_the_command_without_a_traceback(home: Path) -> None:
    (home / "settings.toml").write_text("[mail]\nmode = 'pigeon'")
    done = goodterms(home, "--version")
    assert done.returncode == 2
    assert done.stderr.startswith("goodterms cannot start: ")
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_the_version_is_told(home: Path) -> None:
    done = goodterms(home, "--version")
    assert (done.returncode, done.stdout.split()[0]) == (0, "goodterms")
