"""``goodterms playbooks``: read playbooks, look over and publish the draft, compare versions and bring one back."""

from typing import Annotated, Any

import typer

from goodterms.cli.context import FormatOption, OrganisationOption, current_moment, open_organisation
from goodterms.cli.holding import ACTOR
from goodterms.cli.printing import Column, Format, print_json, print_table, say
from goodterms.core.policy_parts import PolicyChange, list_changes
from goodterms.flows.edit_draft import discard_draft, find_book, read_draft
from goodterms.flows.policy_versions import compare_versions, find_version, name_of
from goodterms.flows.publish_playbook import publish_draft
from goodterms.flows.revert_policy import revert_policy
from goodterms.followup.models import PolicyVersion
from goodterms.followup.policy import content_of, own_rules_of

playbooks_app = typer.Typer(
    no_args_is_help=True, help="What is said to whom, when: playbooks, their draft and versions."
)
Because = Annotated[str, typer.Option("--because", metavar="TEXT", help="Why; kept with the version.")]
CHANGES = [
    Column("where", "where", is_wrapped=True),
    Column("what", "what"),
    Column("before", "before", is_wrapped=True),
    Column("after", "after", is_wrapped=True),
]


@playbooks_app.command("list")
def list_playbooks(organisation: OrganisationOption = "", format: FormatOption = Format.TABLE) -> None:
    """List the playbooks in force."""
    ours = open_organisation(organisation)
    content = content_of(ours)
    own = own_rules_of(content).get("playbooks", {})
    rows = [
        {"id": book["id"], "steps": len(book["steps"]), "is_own": book["id"] in own, "intent": book["intent"]}
        for book in content["playbooks"]
    ]
    if format is Format.JSON:
        print_json(rows)
        return
    columns = [Column("id", "playbook"), Column("steps", "steps", "right"), Column("is_own", "own")]
    print_table(f"Playbooks of {ours.name}", [*columns, Column("intent", "what it is for", is_wrapped=True)], rows)


@playbooks_app.command("show")
def show_playbook(
    playbook: Annotated[str, typer.Argument(metavar="PLAYBOOK", help="Such as forgetful.")],
    organisation: OrganisationOption = "",
    format: FormatOption = Format.TABLE,
) -> None:
    """Show a playbook's steps."""
    book = find_book(content_of(open_organisation(organisation)), playbook)
    if format is Format.JSON:
        print_json(book)
        return
    rows = [
        {
            "step": step["id"],
            "anchor": step.get("anchor", "overdue"),
            "days": _window(step),
            "tone": step["tone"],
            "channels": ", ".join(f"{channel}: {name}" for channel, name in step["channels"].items()),
        }
        for step in book["steps"]
    ]
    columns = [Column("step", "step"), Column("anchor", "counted from"), Column("days", "days", "right")]
    columns += [Column("tone", "tone"), Column("channels", "channels and words", is_wrapped=True)]
    print_table(f"{book['name']}: {book['intent']}", columns, rows)


def _window(step: dict[str, Any]) -> str:
    last = step.get("to_day")
    return f"{step['from_day']}+" if last is None else f"{step['from_day']} to {last}"


@playbooks_app.command("draft")
def show_draft(organisation: OrganisationOption = "", format: FormatOption = Format.TABLE) -> None:
    """Show what the draft would change."""
    ours = open_organisation(organisation)
    content, _ = read_draft(ours)
    _print_changes(f"Draft of {ours.name}", list_changes(content_of(ours), content), format, "There is no draft.")


@playbooks_app.command("publish")
def publish(because: Because, organisation: OrganisationOption = "") -> None:
    """Make the draft the policy in force."""
    ours = open_organisation(organisation)
    version = publish_draft(ours, reason=because, actor=ACTOR, now=current_moment())
    say(f"Published as version {version.number}; the next run follows it.")


@playbooks_app.command("discard")
def discard(organisation: OrganisationOption = "") -> None:
    """Throw the draft away."""
    discard_draft(open_organisation(organisation))
    say("The draft is gone; what is in force stays as it is.")


@playbooks_app.command("versions")
def list_versions(organisation: OrganisationOption = "", format: FormatOption = Format.TABLE) -> None:
    """List the versions: who, when, why."""
    ours = open_organisation(organisation)
    rows = [
        {
            "number": version.number,
            "published_at": version.published_at,
            "published_by": version.published_by,
            "reason": version.reason,
            "policy": version.policy_hash,
            "reverts_to": version.reverts_to,
        }
        for version in PolicyVersion.objects.filter(organisation=ours).order_by("-number").defer("content")
    ]
    if format is Format.JSON:
        print_json(rows)
        return
    shown = [{**row, "published_at": f"{row['published_at']:%Y-%m-%d %H:%M}"} for row in rows]
    columns = [Column("number", "version", "right"), Column("published_at", "published"), Column("published_by", "by")]
    columns += [Column("reason", "why", is_wrapped=True), Column("policy", "fingerprint")]
    print_table(
        f"Versions of {ours.name}'s policy", columns, shown, empty="Nothing was published yet; all is as shipped."
    )


@playbooks_app.command("diff")
def diff(
    older: Annotated[int, typer.Argument(metavar="FROM")],
    newer: Annotated[int, typer.Argument(metavar="TO")],
    organisation: OrganisationOption = "",
    format: FormatOption = Format.TABLE,
) -> None:
    """Show what one version says differently from another."""
    ours = open_organisation(organisation)
    changes = compare_versions(find_version(ours, older), find_version(ours, newer))
    _print_changes(f"From version {older} to {newer}", changes, format, "The two say the same.")


@playbooks_app.command("revert")
def revert(
    number: Annotated[int, typer.Argument(metavar="VERSION")], because: Because, organisation: OrganisationOption = ""
) -> None:
    """Bring a version back, as a new one."""
    ours = open_organisation(organisation)
    version = revert_policy(ours, number, reason=because, actor=ACTOR, now=current_moment())
    say(f"Version {number} is back, as version {version.number}.")


def _print_changes(title: str, changes: list[PolicyChange], format: Format, empty: str) -> None:
    if format is Format.JSON:
        print_json(changes)
        return
    rows = [
        {
            "where": name_of(change),
            "what": change.action,
            "before": "" if change.before is None else str(change.before),
            "after": "" if change.after is None else str(change.after),
        }
        for change in changes
    ]
    print_table(title, CHANGES, rows, empty=empty)
