"""Whether a step that a person wrote may stand in its playbook: every fault, at the field where it is to be mended."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from goodterms.core.playbook import Step
from goodterms.core.policy import PolicyNumbers
from goodterms.core.recipients import CHANNEL_ADDRESS
from goodterms.core.refusal import Refusal
from goodterms.messages.catalog import template_catalog

MEDIUM_OF = {"email": "email", "sms": "sms", "call": "call", "letter": "letter", "certified": "letter"}
"""The kind of template that a channel carries."""
Faults = Mapping[str, list[str]]


class FieldFaults(Refusal):
    """A form holds values that cannot be used; ``faults``: field -> sentences ("" is the form itself)."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        super().__init__(" ".join(sentence for sentences in faults.values() for sentence in sentences))


def check_step(row: Mapping[str, Any], steps: list[dict[str, Any]], numbers: PolicyNumbers) -> Step:
    """The step, read; ``steps`` are the playbook's with this one in its place. Raises FieldFaults."""
    faults: defaultdict[str, list[str]] = defaultdict(list)
    for check in (_check_window, _check_repeat, _check_channels):
        for field, sentence in check(row):
            faults[field].append(sentence)
    if not faults:
        for field, sentence in (*_check_neighbours(row, steps), *_check_gap(row, numbers)):
            faults[field].append(sentence)
    step = None
    try:
        step = Step.model_validate(row)
    except ValidationError as error:
        for fault in error.errors():
            field = str(fault["loc"][0]) if fault["loc"] else ""
            if field not in faults and (field or not faults):
                faults[field].append(f"{fault['msg'].removeprefix('Value error, ').capitalize()}.")
    if faults or step is None:
        raise FieldFaults(dict(faults))
    return step


def _check_window(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    first, last, anchor = row.get("from_day"), row.get("to_day"), row.get("anchor", "overdue")
    if first is None:
        return [("from_day", "Say on which day it may go out first.")]
    if anchor != "overdue" and last is None:
        return [("to_day", "Say until which day it may go out; only a step of what is overdue waits without an end.")]
    if last is not None and last < first:
        return [("to_day", f"The last day lies before the first one, {first}.")]
    if row.get("rest_days") is not None and anchor != "overdue":
        return [("rest_days", "Only a step of what is overdue is said again in another cycle; leave this empty.")]
    return []


def _check_repeat(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    repeat, most = row.get("repeat_days"), row.get("at_most", 1)
    if repeat is not None and most < 2:
        return [("at_most", "A repeated step is sent at least twice: say how often, or leave the repetition empty.")]
    if repeat is None and most > 1:
        return [("repeat_days", f"It is to be sent {most} times: say after how many days again.")]
    return []


def _check_channels(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    channels = row.get("channels") or {}
    if not channels:
        return [("channels", "Choose at least one channel with its words.")]
    faults = [fault for channel, name in channels.items() for fault in _check_words(channel, name, row)]
    if row.get("cc_roles") and "email" not in channels:
        faults.append(
            ("cc_roles", "Only an e-mail has copies: give the step e-mail as a channel, or leave this empty.")
        )
    return faults


def _check_words(channel: str, name: str, row: Mapping[str, Any]) -> list[tuple[str, str]]:
    template, field = template_catalog().get(name), f"channels.{channel}"
    anchor = row.get("anchor", "overdue")
    if channel not in CHANNEL_ADDRESS:
        return [(field, f"There is no channel called {channel!r}; there are {', '.join(CHANNEL_ADDRESS)}.")]
    if template is None:
        return [(field, f"There is no template called {name!r}; choose one of the list.")]
    if template.medium != MEDIUM_OF[channel]:
        return [(field, f"{name} is written for another channel ({template.medium}); choose words for {channel}.")]
    if anchor == "due" and template.asks_money and not template.looks_ahead:
        return [(field, f"{name} speaks of what is overdue; around the due date choose words that look ahead.")]
    if anchor in ("paid", "quiet", "first_invoice", "promised") and template.asks_money:
        return [(field, f"{name} asks for money; choose words that do not, for nothing is to be asked for then.")]
    if template.interest != "none" and row.get("needs") != "interest":
        return [(field, f"{name} speaks of interest: let the step depend on interest being switched on.")]
    return []


def _check_neighbours(row: Mapping[str, Any], steps: list[dict[str, Any]]) -> list[tuple[str, str]]:
    if [step["id"] for step in steps].count(row["id"]) > 1:
        return [("id", f"The playbook has a step called {row['id']!r} already; give this one another name.")]
    if row.get("anchor", "overdue") != "overdue":
        return []
    chain = [step for step in steps if step.get("anchor", "overdue") == "overdue"]
    place = next(number for number, step in enumerate(chain) if step["id"] == row["id"])
    level = row.get("level", 0)
    if place and chain[place - 1]["level"] > level:
        before = chain[place - 1]
        return [("level", f"Tones rise and never fall: {before['id']} before it has firmness {before['level']}.")]
    if place + 1 < len(chain) and chain[place + 1]["level"] < level:
        after = chain[place + 1]
        return [("level", f"Tones rise and never fall: {after['id']} after it has firmness {after['level']}.")]
    return []


def _check_gap(row: Mapping[str, Any], numbers: PolicyNumbers) -> list[tuple[str, str]]:
    gap = numbers.gap_days
    faults = []
    for field in ("spacing_days", "repeat_days"):
        days = row.get(field)
        if days is not None and 0 < days < gap:
            faults.append(
                (field, f"Between any two contacts lie at least {gap} days (the settings say so); say {gap} or more.")
            )
    return faults
