"""A backup holds everything, and restores into an empty installation only."""

import io
import stat
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from goodterms.flows.backup_installation import NotEmpty, UnusableBackup, read_backup, restore_installation
from tests.cli.conftest import Installation, MakeInstallation
from tests.conftest import NOW

SET_UP = ("organisation", "set", "--name", "Example Supplies Ltd", "--country", "GB")

# Writes rows in pairs, one transaction each, until it is killed: a consistent copy has no half pair.
WRITER = """
import os, django
os.environ["DJANGO_SETTINGS_MODULE"] = "goodterms.project.settings"
django.setup()
from datetime import date
from django.db import transaction
from goodterms.ledger.models import Customer
from goodterms.organizations.models import Organisation
organisation = Organisation.objects.get()
for number in range(1_000_000):
    with transaction.atomic():
        for half in "ab":
            name = f"{number}{half}"
            Customer.objects.create(
                organisation=organisation, number=name, name=name, known_from_date=date(2026, 3, 10)
            )
    if number == 20:
        print("writing", flush=True)
"""
COUNTER = """
import os, django
os.environ["DJANGO_SETTINGS_MODULE"] = "goodterms.project.settings"
django.setup()
from goodterms.ledger.models import Customer
print(Customer.objects.filter(number__endswith="a").count(), Customer.objects.filter(number__endswith="b").count())
"""


@pytest.fixture(scope="module")
def installation(make_installation: MakeInstallation) -> Installation:
    made = make_installation("first")
    assert made.run(*SET_UP).exit_code == 0
    (made.home / "outbox").mkdir()
    (made.home / "outbox" / "one.eml").write_bytes(b"Subject: Invoice 1\r\n\r\nHello\r\n")
    (made.home / "settings.toml").write_text("[worker]\nrun_hour = 7\n")
    return made


@pytest.fixture(scope="module")
def archive(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("backups") / "backup.tar.gz"
    made = installation.run("backup", file)
    assert made.exit_code == 0, made.errors
    return file


def test_a_backup_restores_into_an_empty_installation(
    installation: Installation, archive: Path, make_installation: MakeInstallation
) -> None:
    other = make_installation("second")
    answer = other.run("restore", archive, "--format", "json")
    assert answer.exit_code == 0, answer.errors
    assert answer.json["messages_verified"] == 0
    shown = [each.run("organisation", "show", "--format", "json").output for each in (installation, other)]
    assert shown[0] == shown[1]
    for name in ("outbox/one.eml", "settings.toml", "secret.key"):
        assert (other.home / name).read_bytes() == (installation.home / name).read_bytes()
    assert not list(other.home.glob(".restore-*"))
    assert "hands over again" in other.run("resume").output
    assert "Nothing was paused" in other.run("resume").output


def test_an_installation_that_was_only_looked_at_is_still_empty(
    archive: Path, make_installation: MakeInstallation
) -> None:
    other = make_installation("second")
    assert "no organisation" in other.run("doctor").output
    assert "goodterms resume" in other.run("restore", archive).output


def test_a_backup_is_for_its_owner_alone_and_leaves_nothing_else_behind(
    installation: Installation, archive: Path
) -> None:
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    assert not list(archive.parent.glob(".*partial"))
    assert not list(installation.home.glob(".backup-*"))


def test_a_backup_taken_while_others_write_is_of_one_moment(home: Path, make_installation: MakeInstallation) -> None:
    installation = make_installation("written")
    installation.run(*SET_UP)
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER], env=installation.environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert writer.stdout is not None
        assert writer.stdout.readline().strip() == "writing"
        answers = [installation.run("backup", home / f"{number}.tar.gz") for number in range(2)]
        assert writer.poll() is None
    finally:
        writer.kill()
        writer.wait()
    assert [answer.exit_code for answer in answers] == [0, 0]
    other = make_installation("second")
    assert other.run("restore", home / "1.tar.gz").exit_code == 0
    first, second = map(int, other.run_python(COUNTER).split())
    assert first == second > 20


def test_a_backup_never_overwrites_a_file(installation: Installation, archive: Path) -> None:
    before = archive.read_bytes()
    answer = installation.run("backup", archive)
    assert answer.exit_code == 1
    assert "not overwritten" in answer.errors
    assert archive.read_bytes() == before


def test_a_restore_refuses_an_installation_that_holds_something(installation: Installation, archive: Path) -> None:
    answer = installation.run("restore", archive)
    assert answer.exit_code == 1
    assert "not empty" in answer.errors


@pytest.mark.django_db(transaction=True)
def test_a_restore_refuses_a_database_that_has_tables(archive: Path, home: Path) -> None:
    with pytest.raises(NotEmpty, match="has tables already"):
        restore_installation(archive, home / "another folder", NOW)


Change = Callable[[str, bytes], tuple[str, bytes] | None]


def rewrite(archive: Path, copy: Path, change: Change) -> None:
    """Write a copy of the archive with changed members."""
    with tarfile.open(archive) as source:
        members = [(member.name, source.extractfile(member)) for member in source]
        contents = [(name, file.read()) for name, file in members if file is not None]
    with tarfile.open(copy, "w:gz") as target:
        for name, content in filter(None, (change(*each) for each in contents)):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            target.addfile(member, io.BytesIO(content))


DAMAGES: dict[str, Change] = {
    "changed": lambda name, content: (name, content.replace(b"Hello", b"Howdy")),
    "missing": lambda name, content: None if name == "settings.toml" else (name, content),
    "without manifest": lambda name, content: None if name == "manifest.json" else (name, content),
    "escaping": lambda name, content: ("../outside" if name == "settings.toml" else name, content),
    "unknown format": lambda name, content: (name, content.replace(b'"format": 1', b'"format": 9')),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_or_foreign_backup_is_refused(archive: Path, home: Path, damage: str) -> None:
    rewrite(archive, home / "copy.tar.gz", DAMAGES[damage])
    with pytest.raises(UnusableBackup):
        read_backup(home / "copy.tar.gz", home / "unpacked")
    assert not (home / "outside").exists()


def test_half_a_backup_and_no_backup_are_refused(archive: Path, home: Path) -> None:
    half = home / "half.tar.gz"
    half.write_bytes(archive.read_bytes()[: archive.stat().st_size // 2])
    for file in (half, home / "none.tar.gz"):
        with pytest.raises(UnusableBackup, match="not a whole goodterms backup"):
            read_backup(file, home / "unpacked")


def test_a_backup_of_a_newer_version_is_refused_and_nothing_is_touched(
    archive: Path, home: Path, make_installation: MakeInstallation
) -> None:
    newer = home / "newer.tar.gz"
    rewrite(archive, newer, lambda name, content: (name, content.replace(b'"outbox.0001', b'"outbox.9999')))
    other = make_installation("second")
    answer = other.run("restore", newer)
    assert answer.exit_code == 1
    assert "newer than this one" in answer.errors
    assert len(answer.errors.strip().splitlines()) == 1
    assert [path.name for path in other.home.iterdir()] == ["secret.key"]
