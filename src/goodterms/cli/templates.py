"""``goodterms templates``: the words of messages, the organisation's own before the shipped ones."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from goodterms.cli.context import FormatOption, OrganisationOption, current_moment, open_organisation
from goodterms.cli.holding import ACTOR
from goodterms.cli.printing import Column, Format, print_json, print_table, say
from goodterms.cli.setup import read_bytes
from goodterms.flows.publish_template import publish_template, restore_shipped, shipped_source
from goodterms.followup.models import TemplateVersion
from goodterms.followup.own_words import read_own_words
from goodterms.messages.catalog import template_catalog

templates_app = typer.Typer(no_args_is_help=True, help="The words of messages: your own, or the shipped ones.")
Name = Annotated[str, typer.Argument(metavar="TEMPLATE", help="Such as reminder_friendly.")]
Tongue = Annotated[str, typer.Argument(metavar="LANGUAGE", help="Such as en or de.")]
Because = Annotated[str, typer.Option("--because", metavar="TEXT", help="Why; kept with the version.")]


@templates_app.command("list")
def list_templates(organisation: OrganisationOption = "", format: FormatOption = Format.TABLE) -> None:
    """List the templates, and in which languages they have words of your own."""
    ours = open_organisation(organisation)
    current = TemplateVersion.objects.filter(organisation=ours, is_current=True).exclude(source="")
    own: dict[str, list[str]] = {}
    for name, language in current.order_by("language").values_list("template", "language"):
        own.setdefault(name, []).append(language)
    rows = [
        {"name": name, "medium": template.medium, "own": own.get(name, []), "purpose": template.purpose}
        for name, template in template_catalog().items()
    ]
    if format is Format.JSON:
        print_json(rows)
        return
    shown = [{**row, "own": ", ".join(own.get(str(row["name"]), []))} for row in rows]
    columns = [Column("name", "template"), Column("medium", "medium"), Column("own", "own words")]
    print_table(f"Templates of {ours.name}", [*columns, Column("purpose", "for", is_wrapped=True)], shown)


@templates_app.command("show")
def show_template(template: Name, language: Tongue, organisation: OrganisationOption = "") -> None:
    """Write the words in force to standard output, as a file for ``templates set``."""
    ours = open_organisation(organisation)
    shipped = shipped_source(template, language)
    sys.stdout.write(read_own_words(ours.pk, [template]).get((template, language), shipped))


@templates_app.command("set")
def set_template(
    template: Name,
    language: Tongue,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Subject, a line with ---, and the text.")],
    because: Because = "",
    organisation: OrganisationOption = "",
) -> None:
    """Use your own words from a file; they are checked before they are kept."""
    ours, source = open_organisation(organisation), read_bytes(file).decode("utf-8", "replace")
    version = publish_template(ours, template, language, source, reason=because, actor=ACTOR, now=current_moment())
    say(f"Kept as version {version.number}; the next messages use it.")


@templates_app.command("restore")
def restore_template(
    template: Name, language: Tongue, because: Because = "", organisation: OrganisationOption = ""
) -> None:
    """Go back to the shipped words."""
    ours = open_organisation(organisation)
    version = restore_shipped(ours, template, language, reason=because, actor=ACTOR, now=current_moment())
    say(f"The shipped words are in force again, as version {version.number}.")
