"""The list of templates: what each is for, and what the check asks of it."""

import tomllib
from collections.abc import Mapping
from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict

from goodterms.messages.languages import WORDS


class Template(BaseModel):
    """One template of words/templates.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    purpose: str
    medium: Literal["email", "call", "letter", "sms"] = "email"
    asks_money: bool = False
    looks_ahead: bool = False
    whole_account: bool = False
    by_hand: bool = False
    interest: Literal["none", "announced", "claimed"] = "none"


class TemplateUnknown(ValueError):
    """No template has that name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no template called {name!r}; use one of: {', '.join(template_catalog())}.")


@cache
def template_catalog() -> Mapping[str, Template]:
    """All templates by name."""
    content = tomllib.loads((WORDS / "templates.toml").read_text("utf-8"))
    return {name: Template(name=name, **row) for name, row in content.items()}


def find_template(name: str) -> Template:
    """The template of that name; raises TemplateUnknown."""
    try:
        return template_catalog()[name]
    except KeyError:
        raise TemplateUnknown(name) from None
