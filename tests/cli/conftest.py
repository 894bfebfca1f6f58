"""The command line as a person at a terminal uses it."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from typer.testing import CliRunner

from goodterms.cli.commands import app


@dataclass(frozen=True)
class Answer:
    """What a command said and how it ended."""

    exit_code: int
    output: str
    errors: str

    @property
    def json(self) -> Any:
        return json.loads(self.output)


Run = Callable[..., Answer]


@pytest.fixture
def run() -> Run:
    """Run ``goodterms`` with these arguments; anything but a refusal that escapes fails the test."""

    def goodterms(*arguments: object, input: str | None = None) -> Answer:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments], input=input)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Answer(result.exit_code, result.stdout, result.stderr)

    return goodterms


@dataclass(frozen=True)
class Installation:
    """An installation of its own, used through real processes."""

    home: Path
    environment: Mapping[str, str]

    def run(self, *arguments: object) -> Answer:
        done = subprocess.run(
            self.command(*arguments), env=self.environment, capture_output=True, text=True, timeout=120, check=False
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments: object) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(*arguments),
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run_python(self, code: str) -> str:
        """What a small program prints that runs in this installation."""
        done = subprocess.run(
            [sys.executable, "-c", code], env=self.environment, capture_output=True, text=True, timeout=120, check=True
        )
        return done.stdout

    def command(self, *arguments: object) -> list[str]:
        return [sys.executable, "-c", STARTER, *(str(argument) for argument in arguments)]


STARTER = "from goodterms.project.console import main; main()"
MakeInstallation = Callable[[str], Installation]


@pytest.fixture(scope="module")
def make_installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeInstallation]:
    """Make empty installations: each a folder and, on PostgreSQL, a database of its own."""
    made: list[str] = []

    def make(name: str) -> Installation:
        folder = tmp_path_factory.mktemp("installation") / name
        environment = {**os.environ, "GOODTERMS_HOME": str(folder), "NO_COLOR": "1"}
        if url := os.environ.get("DATABASE_URL"):
            database = f"test_{name}_{uuid.uuid4().hex[:8]}"
            with psycopg.connect(url, autocommit=True) as server:
                server.execute(f'CREATE DATABASE "{database}"')
            made.append(database)
            parts = urlsplit(url)
            environment["DATABASE_URL"] = urlunsplit(parts._replace(path="/" + database))
        return Installation(folder, environment)

    yield make
    for database in made:
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
            server.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
