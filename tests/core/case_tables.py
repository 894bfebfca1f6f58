"""Reads the case tables."""

from pathlib import Path
from typing import Any

import yaml

CASES = Path(__file__).parent / "cases"


def read_cases(name: str) -> Any:
    """The parsed table ``cases/<name>.yaml``."""
    return yaml.safe_load((CASES / f"{name}.yaml").read_text("utf-8"))


def without(case: dict[str, Any], *names: str) -> dict[str, Any]:
    """The case's words for the evidence, without its name and what is expected."""
    return {word: value for word, value in case.items() if word not in {"case", *names}}
