"""Settings are read once, strictly, and a bad one is refused with a sentence."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from goodterms.project.configuration import (
    SECRET_FILE,
    Configuration,
    UnusableSettings,
    database_from_url,
    home_folder,
    read_configuration,
    read_secret,
)


def read(home: Path, text: str = "", **environment: str) -> Configuration:
    if text:
        (home / "settings.toml").write_text(text, "utf-8")
    return read_configuration({"GOODTERMS_HOME": str(home), **environment})


def test_without_a_file_nothing_leaves_and_only_this_machine_may_look(home: Path) -> None:
    configuration = read(home)
    assert configuration.mail.mode == "folder"
    assert configuration.server.host == "127.0.0.1"
    assert configuration.sqlite_file.parent == home
    assert configuration.outbox_folder.parent == home


def test_the_folder_is_named_by_the_environment_or_stands_in_the_users_own(home: Path) -> None:
    assert home_folder({"GOODTERMS_HOME": str(home)}) == home
    assert home_folder({}).name == ".goodterms"


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("[mail]\nmod = 'smtp'", "there is no setting called mail.mod"),
        ("colour = 'red'", "there is no setting called colour"),
        ("[mail]\nmode = 'pigeon'", "mail.mode = 'pigeon' cannot be used"),
        ("[server]\nport = 0", "server.port = 0 cannot be used"),
        ("[server]\npublic_address = 'terms.example.com'", "write it as https://terms.example.com"),
        ("[mail]\nmode = 'smtp'", "mail.host is empty"),
        ("[mail\nmode = 1", "is not valid TOML"),
        ("home = '/elsewhere'", "GOODTERMS_HOME"),
        ("secret_key = 'short'", "fewer than 40 characters"),
        ("mail = 'smtp'", "mail = 'smtp' cannot be used"),
        ("[new_organisation]\ncurrency = 'euro'", "new_organisation.currency"),
    ],
)
def test_a_wrong_setting_refuses_to_start_and_says_where(home: Path, text: str, part: str) -> None:
    with pytest.raises(UnusableSettings) as refused:
        read(home, text)
    assert part in str(refused.value)


def test_several_faults_are_told_at_once(home: Path) -> None:
    with pytest.raises(UnusableSettings) as refused:
        read(home, "[server]\nport = 0\n[worker]\nrun_hour = 25")
    assert "server.port" in str(refused.value)
    assert "worker.run_hour" in str(refused.value)


def test_a_refused_password_is_not_repeated(home: Path) -> None:
    with pytest.raises(UnusableSettings) as refused:
        read(home, "[mail]\npassword = 20260310")
    assert "20260310" not in str(refused.value)


def test_secrets_may_come_from_the_environment_and_are_not_printed(home: Path) -> None:
    configuration = read(
        home,
        "[mail]\nmode = 'smtp'\nhost = 'mail.example.com'",
        GOODTERMS_SMTP_PASSWORD="open sesame",
        DATABASE_URL="postgresql://me:sesame@db.example.com/terms",
        GOODTERMS_SECRET_KEY="s" * 50,
    )
    assert configuration.mail.password == "open sesame"
    assert "sesame" not in repr(configuration)
    assert read_secret(configuration) == "s" * 50


def test_a_database_address_is_taken_apart() -> None:
    database = database_from_url("postgresql://me:p%40ss@db.example.com:6432/terms?sslmode=require")
    assert database["USER"] == "me"
    assert database["PASSWORD"] == "p@ss"
    assert database["HOST"] == "db.example.com"
    assert database["PORT"] == "6432"
    assert database["NAME"] == "terms"
    assert database["OPTIONS"] == {"sslmode": "require"}


def test_a_database_behind_a_socket_is_named_by_its_folder() -> None:
    assert database_from_url("postgresql://me@/terms?host=%2Frun%2Fpostgresql")["HOST"] == "/run/postgresql"


@pytest.mark.parametrize("url", ["mysql://me@host/terms", "terms.sqlite3", "postgresql://me:sesame@host:port/terms"])
def test_another_database_address_is_refused(home: Path, url: str) -> None:
    with pytest.raises(UnusableSettings) as refused:
        read(home, DATABASE_URL=url)
    assert "DATABASE_URL" in str(refused.value)
    assert "sesame" not in str(refused.value)


def test_the_secret_is_made_once_and_only_its_owner_reads_it(home: Path) -> None:
    configuration = read(home / "new")
    first = read_secret(configuration)
    assert read_secret(configuration) == first
    assert stat.S_IMODE((home / "new" / SECRET_FILE).stat().st_mode) == 0o600
    assert [path.name for path in (home / "new").iterdir()] == [SECRET_FILE]


def test_processes_that_start_at_once_share_one_secret(home: Path) -> None:
    configuration = read(home)
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: read_secret(configuration), range(32)))) == 1


def test_a_folder_that_cannot_be_made_is_refused_in_a_sentence(home: Path) -> None:
    (home / "file").write_text("in the way")
    with pytest.raises(UnusableSettings, match="GOODTERMS_HOME"):
        read_secret(read(home / "file"))
