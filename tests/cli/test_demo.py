"""The demo shows the product on an invented ledger, may be repeated, and never touches anything real."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from goodterms.flows.prepare_demo import demo_moment
from tests.cli.conftest import Answer, Installation, MakeInstallation

# Every table with the number of its rows and a hash over all of them.
EVERY_ROW = """
import hashlib, os, django
os.environ["DJANGO_SETTINGS_MODULE"] = "goodterms.project.settings"
django.setup()
from django.apps import apps
for model in sorted(apps.get_models(include_auto_created=True), key=lambda model: model._meta.db_table):
    rows = [
        [bytes(value) if isinstance(value, memoryview) else value for value in row]
        for row in model.objects.order_by("pk").values_list()
    ]
    print(model._meta.db_table, len(rows), hashlib.sha256(repr(rows).encode()).hexdigest())
"""
SMALL = ("demo", "--no-serve", "--customers", "60")
DAY = "2026-03-10"


@pytest.fixture(scope="module")
def installation(make_installation: MakeInstallation) -> Installation:
    return make_installation("demo")


@pytest.fixture(scope="module")
def told(installation: Installation) -> Answer:
    answer = installation.run(*SMALL, "--on", DAY)
    assert answer.exit_code == 0, answer.errors
    return answer


def test_the_demo_tells_what_was_decided_and_why(told: Answer) -> None:
    assert "60 customers" in told.output
    assert "Decided for Tuesday, 10 March 2026" in told.output
    assert "Is the relationship worth keeping?" in told.output
    assert "E-mails: " in told.output
    assert told.output.count("  So: ") == 3
    assert "Subject: " in told.output
    assert "Traceback" not in told.errors


def test_the_demos_messages_are_files_in_its_folder(told: Answer, installation: Installation) -> None:
    messages = list((installation.home / "outbox").rglob("*.eml"))
    assert messages
    assert all(b"Example Supplies Ltd" in message.read_bytes() for message in messages)


def test_the_demo_can_be_repeated_and_duplicates_nothing(told: Answer, installation: Installation) -> None:
    before = sorted(path.name for path in (installation.home / "outbox").rglob("*.eml"))
    again = installation.run(*SMALL, "--on", DAY)
    assert again.exit_code == 0, again.errors
    assert "60 customers" in again.output
    assert "Going on with the demo" in again.errors
    assert sorted(path.name for path in (installation.home / "outbox").rglob("*.eml")) == before
    listed = installation.run("organisation", "list", "--format", "json").json
    assert [row["slug"] for row in listed] == ["example-supplies-ltd"]


def test_the_demos_organisation_leaves_the_doctor_nothing_to_mend(told: Answer, installation: Installation) -> None:
    found = installation.run("doctor", "--format", "json").json["findings"]
    assert {row["code"] for row in found if row["severity"] == "error"} <= {"run_overdue", "effects_stuck"}


def test_its_backup_restores_row_for_row_and_the_record_holds(
    told: Answer, installation: Installation, make_installation: MakeInstallation, tmp_path: Path
) -> None:
    assert installation.run("backup", tmp_path / "backup.tar.gz").exit_code == 0
    other = make_installation("restored")
    answer = other.run("restore", tmp_path / "backup.tar.gz", "--format", "json")
    assert answer.exit_code == 0, answer.errors
    assert answer.json["messages_verified"] > 0
    rows = [each.run_python(EVERY_ROW) for each in (installation, other)]
    assert "ledger_invoice" in rows[0]
    assert rows[0] == rows[1]
    assert (other.home / "outbox").is_dir()


def test_the_demo_does_not_mix_with_a_real_organisation(make_installation: MakeInstallation) -> None:
    real = make_installation("real")
    real.run("organisation", "set", "--name", "Real Example Ltd")
    answer = real.run(*SMALL)
    assert answer.exit_code == 1
    assert "real-example-ltd" in answer.errors
    assert "GOODTERMS_HOME" in answer.errors


def test_the_demo_refuses_where_mail_would_leave(make_installation: MakeInstallation) -> None:
    sending = make_installation("sending")
    sending.home.mkdir()
    (sending.home / "settings.toml").write_text('[mail]\nmode = "smtp"\nhost = "mail.example.com"\n')
    answer = sending.run(*SMALL)
    assert answer.exit_code == 1
    assert "must not" in answer.errors
    assert not (sending.home / "example").exists()


@pytest.mark.parametrize(
    ("now", "looked_at"),
    [
        (datetime(2026, 3, 10, 11, 0, tzinfo=UTC), datetime(2026, 3, 10, 11, 0, tzinfo=UTC)),
        (datetime(2026, 3, 10, 20, 0, tzinfo=UTC), datetime(2026, 3, 10, 15, 30, tzinfo=UTC)),
        (datetime(2026, 3, 10, 7, 0, tzinfo=UTC), datetime(2026, 3, 9, 15, 30, tzinfo=UTC)),
        (datetime(2026, 3, 8, 12, 0, tzinfo=UTC), datetime(2026, 3, 6, 15, 30, tzinfo=UTC)),
        (datetime(2026, 3, 17, 12, 0, tzinfo=UTC), datetime(2026, 3, 16, 15, 30, tzinfo=UTC)),
    ],
    ids=["at work", "in the evening", "before work", "on Sunday", "on Saint Patrick's day"],
)
def test_the_demo_looks_at_the_newest_working_hour(now: datetime, looked_at: datetime) -> None:
    assert demo_moment(now) == looked_at


def test_a_day_that_is_named_is_taken(now: datetime) -> None:
    assert demo_moment(now, date(2025, 1, 15)) == datetime(2025, 1, 15, 15, 30, tzinfo=UTC)
