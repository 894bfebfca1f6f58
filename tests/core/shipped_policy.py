"""The shipped rules and playbooks as a policy, read without Django."""

import tomllib
from functools import lru_cache
from importlib import resources
from typing import Any

from goodterms.core.policy import Policy, PolicyNumbers, compile_policy


@lru_cache(maxsize=1)
def shipped_rows() -> dict[str, list[dict[str, Any]]]:
    """Parsed TOML: ``profiles``, ``verdicts`` and ``playbooks``."""
    folder = resources.files("goodterms") / "followup" / "shipped"
    books = sorted((folder / "playbooks").iterdir(), key=lambda file: file.name)
    return {
        "profiles": tomllib.loads((folder / "profiles.toml").read_text("utf-8"))["rule"],
        "verdicts": tomllib.loads((folder / "verdicts.toml").read_text("utf-8"))["rule"],
        "playbooks": [tomllib.loads(file.read_text("utf-8")) for file in books if file.name.endswith(".toml")],
    }


def make_policy(**numbers: Any) -> Policy:
    """The shipped policy with these numbers changed (PolicyNumbers); compiled once per content."""
    return _compiled(PolicyNumbers(**numbers).model_dump_json())


@lru_cache(maxsize=32)
def _compiled(numbers: str) -> Policy:
    rows = shipped_rows()
    return compile_policy(
        numbers=PolicyNumbers.model_validate_json(numbers),
        profile_rules=rows["profiles"],
        verdict_rules=rows["verdicts"],
        playbooks=rows["playbooks"],
    )
