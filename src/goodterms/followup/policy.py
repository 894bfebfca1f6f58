"""An organisation's policy: the shipped rules and playbooks with its own deviations."""

import json
import tomllib
from functools import lru_cache
from importlib import resources
from typing import Any

from pydantic import ValidationError

from goodterms.core.playbook import PlaybookFault
from goodterms.core.policy import Policy, PolicyNumbers, compile_policy
from goodterms.core.policy_parts import Content, differing_parts, overlay
from goodterms.core.refusal import Refusal
from goodterms.core.rules import RuleFault
from goodterms.organizations.models import Organisation


class PolicyInvalid(Refusal):
    """An organisation's policy names something that does not exist or cannot be."""


@lru_cache(maxsize=1)
def shipped() -> dict[str, list[dict[str, Any]]]:
    """The rules and playbooks that come with goodterms, parsed."""
    folder = resources.files("goodterms.followup") / "shipped"
    files = sorted((folder / "playbooks").iterdir(), key=lambda file: file.name)
    playbooks = [file for file in files if file.name.endswith(".toml")]
    common = tomllib.loads((folder / "every_playbook.toml").read_text("utf-8"))["steps"]
    return {
        "profiles": tomllib.loads((folder / "profiles.toml").read_text("utf-8"))["rule"],
        "verdicts": tomllib.loads((folder / "verdicts.toml").read_text("utf-8"))["rule"],
        "playbooks": [_with_common(tomllib.loads(file.read_text("utf-8")), common) for file in playbooks],
    }


def _with_common(playbook: dict[str, Any], common: list[dict[str, Any]]) -> dict[str, Any]:
    """The playbook with the steps that every playbook has (shipped/every_playbook.toml)."""
    name = playbook["id"]
    own = [step for step in common if name not in step.get("not_in", ()) and name in step.get("only_in", (name,))]
    plain = [{key: value for key, value in step.items() if key not in ("not_in", "only_in")} for step in own]
    return {**playbook, "steps": [*playbook["steps"], *plain]}


def read_numbers(given: dict[str, Any]) -> PolicyNumbers:
    """Check an organisation's own numbers; raises PolicyInvalid with a sentence per fault."""
    try:
        return PolicyNumbers.model_validate(given)
    except ValidationError as error:
        faults = "; ".join(_describe(fault) for fault in error.errors())
        raise PolicyInvalid(f"The organisation's policy cannot be used: {faults}.") from error


def _describe(fault: Any) -> str:
    where = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "extra_forbidden":
        known = ", ".join(PolicyNumbers.model_fields)
        return f"there is no setting called {where}; there are {known}"
    return f"{where} = {fault['input']!r}: {fault['msg']}"


def policy_of(organisation: Organisation) -> Policy:
    """The compiled policy of this organisation; compiled once per content. Raises PolicyInvalid."""
    given = json.dumps([organisation.policy, organisation.own_rules], sort_keys=True)
    return _compiled_own(given, organisation.language, organisation.country, organisation.timezone)


def content_of(organisation: Organisation) -> Content:
    """The policy in force in full, as plain data."""
    return overlay(_shipped_content(), {**organisation.own_rules, "numbers": organisation.policy})


def own_rules_of(content: Content) -> dict[str, Any]:
    """What of a policy's rules and playbooks is not as shipped: what an organisation keeps as its own."""
    parts = differing_parts(_shipped_content(), content)
    return {name: part for name, part in parts.items() if name != "numbers"}


def complete_content(kept: dict[str, Any]) -> Content:
    """A version's content; parts that it does not hold are as shipped."""
    books = {book["id"]: book for book in kept.get("playbooks", [])}
    return overlay(_shipped_content(), {**kept, "playbooks": books, "numbers": kept.get("numbers", {})})


def compile_content(content: Content, organisation: Organisation) -> Policy:
    """A policy given in full, compiled for this organisation; raises PolicyInvalid."""
    given = json.dumps(content, sort_keys=True)
    return _compiled_content(given, organisation.language, organisation.country, organisation.timezone)


def _shipped_content() -> Content:
    parts = shipped()
    return Content(numbers={}, profiles=parts["profiles"], verdicts=parts["verdicts"], playbooks=parts["playbooks"])


@lru_cache(maxsize=64)
def _compiled_own(given: str, language: str, country: str, timezone: str) -> Policy:
    numbers, own = json.loads(given)
    content = overlay(_shipped_content(), {**own, "numbers": numbers})
    return _compile(content, language, country, timezone)


@lru_cache(maxsize=16)
def _compiled_content(given: str, language: str, country: str, timezone: str) -> Policy:
    return _compile(json.loads(given), language, country, timezone)


def _compile(content: Content, language: str, country: str, timezone: str) -> Policy:
    numbers = read_numbers(content["numbers"])
    try:
        return compile_policy(
            numbers=numbers,
            profile_rules=content["profiles"],
            verdict_rules=content["verdicts"],
            playbooks=content["playbooks"],
            language=language,
            country=country,
            timezone=timezone,
        )
    except (RuleFault, PlaybookFault) as fault:
        raise PolicyInvalid(f"The organisation's policy cannot be used: {fault}") from fault
