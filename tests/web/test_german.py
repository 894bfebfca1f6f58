"""The pages in German: every string has its words, and the browser's language is what is shown."""

import re
from functools import cache
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from babel.messages.mofile import read_mo
from django.test import Client
from django.urls import reverse

from tests.web.test_matrix import ENTRIES, address_of
from tests.web.world import World

TOOL = Path(__file__).resolve().parents[2] / "tools/messages"
# The file of a case at an agency is of another case than the page, and a customer has one alone.
SHOWN = {name for name, entry in ENTRIES.items() if entry.method == "get" and entry.owner == "200"}
PAGES = sorted(SHOWN - {"agency-file"})
PLACEHOLDER = re.compile(r"%\(\w+\)s|%%|</?\w+>|\{\w[^}]*\}")


@cache
def tool() -> ModuleType:
    spec = spec_from_loader("messages_tool", SourceFileLoader("messages_tool", str(TOOL)))
    assert spec is not None
    assert spec.loader is not None
    made = module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@cache
def on_record() -> dict[tuple[Any, str | None], Any]:
    return words_of(tool().read("de"))


def words_of(catalog: Any) -> dict[tuple[Any, str | None], Any]:
    return {(in_forms(found.id), context_of(found)): in_forms(found.string) for found in catalog if found.id}


def context_of(found: Any) -> str | None:
    """Which of the words that are one in English; read from a compiled file, babel leaves it as bytes."""
    return found.context.decode() if isinstance(found.context, bytes) else found.context


def in_forms(text: Any) -> Any:
    """A string, or one and many."""
    return text if isinstance(text, str) or text is None else tuple(text)


def test_every_string_of_the_pages_has_german_words() -> None:
    strings = words_of(tool().gather("de"))
    assert len(strings) > 1_000
    missing = [string for string in strings if not tool().is_whole(on_record().get(string))]
    assert missing == [], "run tools/messages and translate what it names"


def test_german_words_have_the_same_placeholders() -> None:
    for (string, _), words in on_record().items():
        # What stands for one thing need not name its number.
        wanted = placeholders(string if isinstance(string, str) else string[-1])
        forms = [words] if isinstance(words, str) else words
        assert placeholders(forms[-1]) == wanted, string
        assert all(set(placeholders(form)) <= set(wanted) for form in forms), string


def placeholders(text: str) -> list[str]:
    return sorted(PLACEHOLDER.findall(text))


def test_the_compiled_words_are_those_on_record() -> None:
    compiled = tool().po_file("de").with_suffix(".mo").read_bytes()
    assert words_of(read_mo(BytesIO(compiled))) == on_record()


@pytest.mark.django_db
def test_a_german_browser_is_answered_in_german(world: World) -> None:
    page = customers_page(world, "de-AT,de;q=0.9,en;q=0.5")
    assert '<html lang="de">' in page
    assert "Kunden</h1>" in page
    assert "1.234,50" in page


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["", "en-GB", "ja"])
def test_every_other_browser_is_answered_in_english(world: World, language: str) -> None:
    page = customers_page(world, language)
    assert '<html lang="en">' in page
    assert "Customers</h1>" in page


def customers_page(world: World, language: str) -> str:
    address = reverse("customers", args=[world.ours.slug])
    headers = {"Accept-Language": language} if language else {}
    return world.client("owner").get(address, headers=headers).content.decode()


@pytest.mark.django_db
def test_every_page_can_be_shown_in_german(world: World) -> None:
    client, english = world.client("owner"), []
    for name in PAGES:
        answer = client.get(address_of(name, world), headers={"Accept-Language": "de"})
        page = answer.getvalue() if answer.streaming else answer.content
        # A message is shown as it was written, in its own language and dress.
        if b"web/app.css" in page and b'<html lang="de">' not in page:
            english.append(name)
    assert english == []


@pytest.mark.django_db
def test_a_sentence_of_the_sign_in_page_is_german() -> None:
    page = Client().get(reverse("account_login"), headers={"Accept-Language": "de"}).content.decode()
    assert "Passwort vergessen" in page
