"""Templates written by people: compiled once, rendered from mappings only, and checked before they are used."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from liquid import BoundTemplate, Environment, FalsyStrictUndefined
from liquid.exceptions import LiquidError

from goodterms.messages.filters import bound_filters, plural_in
from goodterms.messages.languages import WORDS, Language

SECTION_MARK = "---"
# Private-use characters mark what a layout must set: blocks stand between the first pair, strong words between the
# second. Facts cannot contain them (see facts.tidy), so only a template can.
BLOCK_START, BLOCK_END, STRONG_START, STRONG_END = "\ue000", "\ue001", "\ue002", "\ue003"

# What reads files, the clock or the layout's own markup has no place in a user's template.
_TAGS_LEFT_OUT = ("include", "render", "tablerow", "increment", "decrement", "cycle", "ifchanged", "doc")
_FILTERS_LEFT_OUT = (
    *("date", "safe", "escape", "escape_once", "escapejs", "newline_to_br", "strip_html"),
    *("base64_decode", "base64_encode", "base64_url_safe_decode", "base64_url_safe_encode", "url_decode", "url_encode"),
)


class TemplateFault(Exception):
    """A template cannot be compiled or rendered; the message says where and why."""


class WordsEnvironment(Environment):
    """Liquid with bounds: strict about unknown names, no files, no clock, no endless loops."""

    loop_iteration_limit = 2_000
    output_stream_limit = 200_000
    local_namespace_limit = 200_000


@dataclass(frozen=True, slots=True)
class Words:
    """A compiled template: the subject line, and the body in paragraphs."""

    subject: BoundTemplate
    body: BoundTemplate
    names: frozenset[str]

    def render(self, context: Mapping[str, Any]) -> tuple[str, str]:
        """Subject on one line, and body as written; raises TemplateFault where a fact that is not there is printed."""
        subject = _join_lines(_render(self.subject, "subject", context)).translate(_UNMARKED)
        return subject, _render(self.body, "body", context)


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a template said: its subject, and its paragraphs with the layout's marks still in them."""

    subject: str
    paragraphs: tuple[str, ...]


@cache
def environment_of(language: Language) -> WordsEnvironment:
    """The environment of a language; its filters ``plural`` and ``strong`` know the language's forms."""
    environment = WordsEnvironment(undefined=FalsyStrictUndefined)
    for name in _TAGS_LEFT_OUT:
        environment.tags.pop(name, None)
    for name in _FILTERS_LEFT_OUT:
        environment.filters.pop(name, None)
    environment.add_filter("plural", plural_in(language))
    environment.add_filter("strong", lambda text: f"{STRONG_START}{text}{STRONG_END}")
    environment.filters = bound_filters(environment.filters)
    return environment


@lru_cache(maxsize=2_000)
def compile_words(source: str, language: Language) -> Words:
    """Compile ``subject --- body``; raises TemplateFault."""
    subject, mark, body = source.partition(f"\n{SECTION_MARK}\n")
    if not mark:
        raise TemplateFault(f"There is no line with only {SECTION_MARK} between the subject and the body; add one.")
    parts = _compile(subject, "subject", language), _compile(body, "body", language)
    return Words(*parts, names=frozenset(name for part in parts for name in _names_in(part)))


def _compile(source: str, part: str, language: Language) -> BoundTemplate:
    try:
        return environment_of(language).from_string(source)
    except LiquidError as error:
        raise TemplateFault(_describe(error, part)) from error
    except (ValueError, RecursionError) as error:
        raise TemplateFault(
            f"This cannot be read: a number is too long, or too much is nested (in the {part})."
        ) from error


def _names_in(template: BoundTemplate) -> set[str]:
    """Dotted names of the facts a template uses."""
    used = template.analyze(include_partials=False).globals
    return {
        ".".join(str(segment) for segment in variable.segments) for variables in used.values() for variable in variables
    }


@cache
def find_words(template: str, language: Language) -> Words:
    """The shipped words of a template; raises TemplateFault when that language lacks them."""
    file = WORDS / language.code / f"{template}.liquid"
    if not file.is_file():
        raise TemplateFault(f"There are no words for the template {template!r} in the language {language.code!r}.")
    return compile_words(file.read_text("utf-8"), language)


def render_words(words: Words, context: Mapping[str, Any]) -> Rendered:
    """Fill a template in; raises TemplateFault where it prints a fact that is not there."""
    subject, body = words.render(context)
    return Rendered(subject, split_paragraphs(body))


def _render(template: BoundTemplate, part: str, context: Mapping[str, Any]) -> str:
    try:
        return template.render(context)
    except LiquidError as error:
        raise TemplateFault(_describe(error, part)) from error


_BLANK_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")
_SPACES = re.compile(r"[ \t\r\n]+")
_TWO_STOPS = re.compile(r"(?<!\.)\.\.(?!\.)")
_UNMARKED = str.maketrans("", "", STRONG_START + STRONG_END)


def split_paragraphs(body: str) -> tuple[str, ...]:
    """Paragraphs stand between blank lines; line ends within one count as spaces."""
    return tuple(_join_lines(part) for part in _BLANK_LINES.split(body) if part.strip())


def _join_lines(text: str) -> str:
    """One line with single spaces; no-break spaces stay what they are.

    A name that ends with a full stop, such as Ltd., ends the sentence with that one.
    """
    return _TWO_STOPS.sub(".", _SPACES.sub(" ", text).strip(" "))


def _describe(error: LiquidError, part: str) -> str:
    text = str(error.message or error).splitlines()[0]
    where = error.context()
    return f"{text} (line {where[0]} of the {part})." if where else f"{text} (in the {part})."
