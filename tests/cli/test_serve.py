"""Serving on this machine, with a worker beside, until a signal stops both in good order."""

import re
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.cli.conftest import Installation, MakeInstallation

SET_UP = ("organisation", "set", "--name", "Example Supplies Ltd", "--country", "GB")


@pytest.fixture(scope="module")
def installation(make_installation: MakeInstallation) -> Installation:
    made = make_installation("served")
    assert made.run(*SET_UP).exit_code == 0
    return made


@pytest.fixture
def server(installation: Installation) -> Iterator[subprocess.Popen[str]]:
    process = installation.start("serve", "--port", "0")
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def address_of(server: subprocess.Popen[str]) -> str:
    assert server.stdout is not None
    line = server.stdout.readline()
    found = re.search(r"http://127\.0\.0\.1:\d+", line)
    assert found, line + (server.stderr.read() if server.stderr else "")
    return found.group()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_pages_are_served_on_this_machine_until_a_signal_stops_them(
    server: subprocess.Popen[str], number: signal.Signals
) -> None:
    with urllib.request.urlopen(address_of(server) + "/accounts/login/", timeout=30) as answer:
        assert answer.status == 200
    server.send_signal(number)
    output, errors = server.communicate(timeout=30)
    assert server.returncode == 0, errors
    assert "Stopped." in output
    assert "Traceback" not in errors


def test_a_worker_is_at_work_beside_the_pages(server: subprocess.Popen[str], installation: Installation) -> None:
    address_of(server)
    found = {row["code"] for row in installation.run("doctor", "--format", "json").json["findings"]}
    assert "worker" in found
    assert "worker_silent" not in found


def test_an_address_that_is_taken_is_refused(installation: Installation) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        answer = installation.run("serve", "--port", taken.getsockname()[1])
    assert answer.exit_code == 1
    assert "Choose another one with --port" in answer.errors


def test_others_are_let_in_only_under_a_named_address(installation: Installation) -> None:
    answer = installation.run("serve", "--host", "0.0.0.0", "--port", "0")
    assert answer.exit_code == 1
    assert "public_address" in answer.errors


def test_the_worker_alone_stops_in_good_order(installation: Installation) -> None:
    process = installation.start("worker")
    assert process.stderr is not None
    assert "at work" in process.stderr.readline()
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "Stopped." in errors
    assert "Traceback" not in errors


def test_one_round_of_the_worker_runs_the_days_that_are_due(installation: Installation) -> None:
    answer = installation.run("worker", "--once", "--format", "json")
    assert answer.exit_code == 0, answer.errors
    assert set(answer.json) == {"days_run", "days_failed", "relayed"}


def test_commands_that_start_at_once_make_one_database(make_installation: MakeInstallation) -> None:
    fresh = make_installation("fresh")
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: fresh.run("organisation", "list"), range(4)))
    assert [answer.exit_code for answer in answers] == [0] * 4, [answer.errors for answer in answers]


def test_a_database_out_of_reach_is_told_in_a_sentence(installation: Installation) -> None:
    environment = {**installation.environment, "DATABASE_URL": "postgresql://me@127.0.0.1:1/terms"}
    answer = Installation(installation.home, environment).run("organisation", "list")
    assert answer.exit_code == 1
    assert "terms on 127.0.0.1 cannot be opened" in answer.errors
    assert "Traceback" not in answer.errors
