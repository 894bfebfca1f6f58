"""Templates and their words as the pages show them: the organisation's own, the shipped ones, and examples."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from goodterms.flows.compose_message import compose_preview
from goodterms.flows.publish_template import shipped_source
from goodterms.followup.models import CustomerProfile, TemplateVersion
from goodterms.followup.policy import content_of
from goodterms.ledger.models import Customer, Invoice
from goodterms.messages.call_background import Background
from goodterms.messages.catalog import Template, find_template, template_catalog
from goodterms.messages.context import describe_facts
from goodterms.messages.finishing import finish
from goodterms.messages.languages import known_languages, language_of
from goodterms.messages.message import Fault, Message
from goodterms.messages.samples import poor_facts, rich_facts
from goodterms.messages.templates import BLOCK_START, TemplateFault, compile_words
from goodterms.organizations.models import Organisation

INVENTED = ("rich", "poor")
SAMPLE_CUSTOMERS = 12
BY_HAND = "own_"
"""Frames that people's own messages are set in; no playbook speaks by them."""


@dataclass(frozen=True)
class TemplateRow:
    """A template in the list: in which languages it has own words, and how many steps use it."""

    template: Template
    own: list[str]
    steps: int


@dataclass(frozen=True)
class WordsPage:
    """A template in one language as the editor shows it."""

    template: Template
    language: str
    languages: list[str]
    source: str
    shipped: str
    current: TemplateVersion | None
    versions: list[TemplateVersion]
    steps: list[tuple[str, str]]

    @property
    def is_own(self) -> bool:
        return self.current is not None and bool(self.current.source)


@dataclass(frozen=True)
class Tried:
    """What words say to somebody: the message (or as much of it as there is) and every fault."""

    message: Message | None
    faults: tuple[Fault, ...]


def list_templates(organisation: Organisation) -> list[TemplateRow]:
    """All templates of playbooks, in the catalogue's order."""
    own: dict[str, list[str]] = {}
    rows = TemplateVersion.objects.filter(organisation=organisation, is_current=True).exclude(source="")
    for name, language in rows.order_by("language").values_list("template", "language"):
        own.setdefault(name, []).append(language)
    used = _steps_by_template(organisation)
    return [
        TemplateRow(template, own.get(name, []), len(used.get(name, [])))
        for name, template in template_catalog().items()
        if not name.startswith(BY_HAND)
    ]


def _steps_by_template(organisation: Organisation) -> Mapping[str, list[tuple[str, str]]]:
    used: dict[str, list[tuple[str, str]]] = {}
    for book in content_of(organisation)["playbooks"]:
        for step in book["steps"]:
            for name in dict.fromkeys(step["channels"].values()):
                used.setdefault(name, []).append((book["id"], step["id"]))
    return used


def read_words(organisation: Organisation, name: str, language: str) -> WordsPage:
    """One template in one language; raises NoSuchTemplate."""
    shipped = shipped_source(name, language)
    rows = TemplateVersion.objects.filter(organisation=organisation, template=name, language=language)
    versions = list(rows.order_by("-number")[:20])
    current = next((version for version in versions if version.is_current), None)
    return WordsPage(
        template=find_template(name),
        language=language,
        languages=list(known_languages()),
        source=current.source if current and current.source else shipped,
        shipped=shipped,
        current=current,
        versions=versions,
        steps=_steps_by_template(organisation).get(name, [])[:12],
    )


def list_placeholders(language: str) -> list[tuple[str, str]]:
    """Every name that words may use, with what it says for an invented account; blocks say that they are one."""
    tongue = language_of(language)
    return sorted(_flat(describe_facts(rich_facts(), tongue)))


def _flat(context: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, value in context.items():
        if isinstance(value, Mapping):
            found += _flat(value, f"{prefix}{name}.")
        elif isinstance(value, str) and BLOCK_START in value:
            found.append((prefix + name, ""))
        else:
            found.append((prefix + name, str(value)))
    return found


def sample_customers(organisation: Organisation, customers: QuerySet[Customer]) -> list[Customer]:
    """Some customers to try words on: those in a running cycle first."""
    chased = CustomerProfile.objects.filter(organisation=organisation, customer__in=customers).exclude(cycle="")
    ids = list(chased.order_by("profile").values_list("pk", flat=True)[:SAMPLE_CUSTOMERS])
    found = list(customers.filter(pk__in=ids).order_by("name"))
    return found or list(customers.order_by("name")[:SAMPLE_CUSTOMERS])


def try_words(name: str, language: str, source: str, customer: Customer | None, which: str, now: datetime) -> Tried:
    """What these words would say now to a customer, or to an invented one (``which``: rich or poor)."""
    if customer is None:
        return _try_invented(name, language, source, which)
    kind = find_template(name)
    today = now.date()
    ahead = Invoice.objects.filter(customer=customer).exclude(open_amount_minor=0).values_list("pk", flat=True)
    composed = compose_preview(
        customer,
        name,
        now,
        language=language,
        source=source,
        deadline_date=_deadline(source, language, today),
        invoice_ids=list(ahead) if kind.looks_ahead else (),
    )
    return Tried(composed.message or composed.draft, composed.faults)


def _deadline(source: str, language: str, today: date) -> date | None:
    """A deadline where the words speak of one: a step that uses them sets it."""
    try:
        names = compile_words(source, language_of(language)).names
    except TemplateFault:
        return None
    return today + timedelta(days=10) if "deadline" in names else None


def _try_invented(name: str, language: str, source: str, which: str) -> Tried:
    kind = find_template(name)
    facts = poor_facts() if which == "poor" else rich_facts()
    interest = facts.interest if kind.interest != "none" else None
    facts = replace(
        facts,
        interest=replace(interest, is_claimed=kind.interest == "claimed") if interest else None,
        deadline=_deadline(source, language, facts.today),
    )
    background = Background(local_time=datetime(2026, 3, 10, 9, tzinfo=UTC), zone="Europe/London")
    finished = finish(facts, name, language, background=background, source=source)
    return Tried(finished.message or finished.draft, finished.faults)
