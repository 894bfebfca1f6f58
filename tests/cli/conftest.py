"""The command line as a person at a terminal uses it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

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
