"""Whether a template that a person wrote may be used: every fault found before the first message depends on it."""

from dataclasses import replace
from datetime import UTC, datetime

from goodterms.messages.call_background import Background
from goodterms.messages.catalog import Template, find_template
from goodterms.messages.context import describe_facts, list_names
from goodterms.messages.facts import Facts
from goodterms.messages.finishing import finish
from goodterms.messages.languages import Language, language_of
from goodterms.messages.message import Fault
from goodterms.messages.samples import poor_facts, rich_facts
from goodterms.messages.templates import TemplateFault, compile_words

SOURCE_LIMIT = 20_000


def validate_template(source: str, template: str, language: str) -> tuple[Fault, ...]:
    """Faults of a user's own ``source`` for a template in a language; empty when it may be used.

    It must compile, use known names only, and make messages without faults from two invented accounts: one of which
    little is known, and a rich one. Raises TemplateUnknown or LanguageUnknown.
    """
    kind, tongue = find_template(template), language_of(language)
    if len(source) > SOURCE_LIMIT:
        return (Fault("template_long", f"The template has {len(source)} characters; shorten it to {SOURCE_LIMIT}."),)
    try:
        words = compile_words(source, tongue)
    except TemplateFault as error:
        return (Fault("template_invalid", f"{error}"),)
    unknown = sorted(words.names - known_names(tongue))
    if unknown:
        text = "There is no fact called {name}; see the list of names beside the editor."
        return tuple(Fault("name_unknown", text.format(name=name)) for name in unknown)
    faults = (fault for facts in _trials(kind, words.names) for fault in _try(facts, kind, tongue, source))
    return tuple(dict.fromkeys(faults))


def known_names(language: Language) -> frozenset[str]:
    """Every name that a template may use."""
    return list_names(describe_facts(rich_facts(), language))


def _trials(kind: Template, names: frozenset[str]) -> list[Facts]:
    trials = []
    for facts in (poor_facts(), rich_facts()):
        interest = facts.interest if kind.interest != "none" else None
        claimed = replace(interest, is_claimed=kind.interest == "claimed") if interest else None
        deadline = facts.deadline if "deadline" in names else None
        trials.append(replace(facts, interest=claimed, deadline=deadline))
    return trials


def _try(facts: Facts, kind: Template, language: Language, source: str) -> tuple[Fault, ...]:
    background = Background(local_time=datetime(2026, 3, 10, 9, tzinfo=UTC), zone="Europe/London")
    return finish(facts, kind.name, language.code, background=background, source=source).faults
