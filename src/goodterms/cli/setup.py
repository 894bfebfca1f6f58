"""Setting up: the organisation's particulars, its policy, and who may sign in."""

from pathlib import Path
from typing import Annotated, Any

import typer

from goodterms.cli.context import (
    FormatOption,
    OrganisationOption,
    current_moment,
    open_installation,
    open_or_make_organisation,
    open_organisation,
)
from goodterms.cli.printing import Column, Format, print_json, print_table, say
from goodterms.core.refusal import Refusal
from goodterms.flows.approvals import AT_THE_MACHINE
from goodterms.flows.change_policy import change_policy, described_policy
from goodterms.flows.remove_second_factor import remove_second_factor
from goodterms.flows.set_up_organisation import (
    change_logo,
    change_organisation,
    change_password,
    change_test_mode,
    create_organisation,
    give_account,
)
from goodterms.organizations.models import Membership, Organisation, User

organisation_app = typer.Typer(no_args_is_help=True, help="Your company: name, sender, payment details, policy.")
user_app = typer.Typer(no_args_is_help=True, help="The people who may sign in to the pages.")

ACTOR = AT_THE_MACHINE
PARTICULARS = (
    "name",
    "country",
    "language",
    "timezone",
    "currency",
    "sender_name",
    "sender_email",
    "sender_phone",
    "postal_address",
    "website",
    "account_holder",
    "iban",
    "bic",
    "bank_name",
    "payment_link",
    "payment_note",
)

Text = Annotated[str | None, typer.Option(metavar="TEXT")]
Name = Annotated[
    str, typer.Argument(metavar="NAME", help="The company's name, as customers know it.", show_default=False)
]
Country = Annotated[str, typer.Option(metavar="CODE", help="Two letters, such as IE, DE or GB.")]
Email = Annotated[str, typer.Argument(metavar="EMAIL", help="The person's e-mail address.", show_default=False)]
Password = Annotated[str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True, metavar="TEXT")]


class NothingToChange(Refusal):
    """``organisation set`` was given nothing to set."""

    def __init__(self) -> None:
        super().__init__("Nothing was given to change. See goodterms organisation set --help.")


class UnreadableSetting(Refusal):
    """A policy setting is not written as KEY=VALUE."""

    def __init__(self, text: str) -> None:
        super().__init__(f"{text!r} is not written as KEY=VALUE, such as gap_days=5.")


class UnreadableFile(Refusal):
    """A file that was named cannot be read."""

    def __init__(self, path: Path, error: OSError) -> None:
        super().__init__(f"{path} cannot be read: {error.strerror}.")


@organisation_app.command("list")
def list_organisations(format: FormatOption = Format.TABLE) -> None:
    """List the organisations of this installation."""
    open_installation()
    rows = list(Organisation.objects.order_by("slug").values("slug", "name", "country", "currency", "timezone"))
    if format is Format.JSON:
        print_json(rows)
        return
    columns = [Column(key, key) for key in ("slug", "name", "country", "currency", "timezone")]
    print_table("Organisations", columns, rows, empty="There is no organisation yet.")


@organisation_app.command("show")
def show_organisation(organisation: OrganisationOption = "", format: FormatOption = Format.TABLE) -> None:
    """Show an organisation's particulars."""
    described = describe(open_organisation(organisation))
    if format is Format.JSON:
        print_json(described)
        return
    rows = [{"setting": key, "value": value} for key, value in described.items()]
    columns = [Column("setting", "setting"), Column("value", "value", is_wrapped=True)]
    print_table(described["name"], columns, rows)


def describe(organisation: Organisation) -> dict[str, Any]:
    """The particulars in the JSON contract; the logo as its type and size."""
    logo = organisation.logo
    return {
        "slug": organisation.slug,
        **{name: getattr(organisation, name) for name in PARTICULARS},
        "logo": {"type": organisation.logo_type, "bytes": len(logo)} if logo else None,
        "is_test_mode": organisation.is_test_mode,
        "policy": organisation.policy,
    }


@organisation_app.command("add")
def add_organisation(
    name: Name,
    country: Country,
    language: Text = None,
    timezone: Text = None,
    currency: Text = None,
) -> None:
    """Add an organisation; language, time zone and currency follow from its country."""
    open_installation()
    given = {"name": name, "country": country, "language": language, "timezone": timezone, "currency": currency}
    made = create_organisation({key: value or "" for key, value in given.items()}, current_moment())
    say(f"Added {made.name} as {made.slug}: {made.country}, {made.language}, {made.timezone}, {made.currency}.")


@organisation_app.command("set")
def set_organisation(
    organisation: OrganisationOption = "",
    name: Text = None,
    country: Annotated[str | None, typer.Option(metavar="CODE", help="Two letters, such as IE, DE or GB.")] = None,
    language: Annotated[str | None, typer.Option(metavar="CODE", help="Such as en or de.")] = None,
    timezone: Annotated[str | None, typer.Option(metavar="ZONE", help="Such as Europe/London.")] = None,
    currency: Annotated[str | None, typer.Option(metavar="CODE", help="Of amounts whose file names none.")] = None,
    sender_name: Annotated[str | None, typer.Option(metavar="TEXT", help="The person messages come from.")] = None,
    sender_email: Annotated[str | None, typer.Option(metavar="TEXT", help="Their address; replies go there.")] = None,
    sender_phone: Annotated[str | None, typer.Option(metavar="TEXT", help="Their telephone number.")] = None,
    postal_address: Text = None,
    website: Text = None,
    account_holder: Annotated[str | None, typer.Option(metavar="TEXT", help="Whose account is to be paid.")] = None,
    iban: Annotated[str | None, typer.Option(metavar="IBAN", help="Checked before it is kept.")] = None,
    bic: Text = None,
    bank_name: Text = None,
    payment_link: Annotated[str | None, typer.Option(metavar="URL", help="A page where one can pay.")] = None,
    payment_note: Annotated[str | None, typer.Option(metavar="TEXT", help="Any other way to pay, in words.")] = None,
    logo: Annotated[Path | None, typer.Option(metavar="FILE", help="PNG, JPEG or GIF up to 512 KB.")] = None,
    test_mode: Annotated[
        bool | None, typer.Option("--test-mode/--live", help="Decide everything, let nothing leave.")
    ] = None,
) -> None:
    """Set an organisation's particulars; "" empties one."""
    given = locals()
    changes = {key: given[key] for key in PARTICULARS if given[key] is not None}
    if not changes and logo is None and test_mode is None:
        raise NothingToChange
    current = open_or_make_organisation(organisation, changes)
    if changes:
        current = change_organisation(current.pk, changes, actor=ACTOR, now=current_moment())
    if logo is not None:
        current = change_logo(current.pk, read_bytes(logo), actor=ACTOR, now=current_moment())
    if test_mode is not None:
        current = change_test_mode(current.pk, test_mode, actor=ACTOR, now=current_moment())
    say(f"Saved {current.name}.")


@organisation_app.command("policy")
def show_or_set_policy(
    changes: Annotated[
        list[str] | None,
        typer.Argument(metavar="KEY=VALUE", help="What to change; KEY= takes a deviation back.", show_default=False),
    ] = None,
    organisation: OrganisationOption = "",
    format: FormatOption = Format.TABLE,
) -> None:
    """Show the numbers that decide when and how often customers hear from you, or change them: gap_days=5."""
    current = open_organisation(organisation)
    if changes:
        given = dict(read_setting(text) for text in changes)
        current = change_policy(current.pk, given, actor=ACTOR, now=current_moment())
    rows = described_policy(current)
    if format is Format.JSON:
        print_json(rows)
        return
    shown = [{**row, "value": policy_text(row["value"])} for row in rows]
    columns = [Column("key", "key"), Column("value", "value"), Column("is_own", "own"), Column("meaning", "meaning")]
    print_table(f"Policy of {current.name}", columns, shown)


def read_setting(text: str) -> tuple[str, str]:
    """KEY=VALUE taken apart; raises UnreadableSetting."""
    key, separator, value = text.partition("=")
    if not separator or not key.strip():
        raise UnreadableSetting(text)
    return key.strip(), value.strip()


def policy_text(value: Any) -> str:
    """A policy value as a person would write it."""
    if isinstance(value, dict):
        return ", ".join(f"{key} {policy_text(part)}" for key, part in value.items() if part not in ("", None))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "not set" if value is None else str(value)


def read_bytes(path: Path) -> bytes:
    """The file's content; raises UnreadableFile."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnreadableFile(path, error) from None


@user_app.command("add")
def add_user(
    email: Email,
    password: Password,
    role: Annotated[Membership.Role, typer.Option(help="What they may do.")] = Membership.Role.OWNER,
    organisation: OrganisationOption = "",
) -> None:
    """Give a person an account, or one more organisation."""
    current = open_organisation(organisation)
    user = give_account(email, password, current.pk, role, actor=ACTOR, now=current_moment())
    say(f"{user.email} may sign in as {role.value} of {current.name}.")


@user_app.command("password")
def set_password(email: Email, password: Password) -> None:
    """Set a person's password anew."""
    open_installation()
    say(f"{change_password(email, password).email} has a new password.")


@user_app.command("remove-second-factor")
def forget_second_factor(email: Email) -> None:
    """Let the password alone open an account again, whose owner lost phone and recovery codes."""
    open_installation()
    user = remove_second_factor(email, actor=ACTOR, now=current_moment())
    say(f"{user.email} signs in with the password alone now; ask them to set a second factor up anew.")


@user_app.command("list")
def list_users(format: FormatOption = Format.TABLE) -> None:
    """List who may sign in, and as what."""
    open_installation()
    rows = [
        {"email": user.email, "roles": [f"{m.role} of {m.organisation.slug}" for m in user.memberships.all()]}
        for user in User.objects.order_by("email").prefetch_related("memberships__organisation")
    ]
    if format is Format.JSON:
        print_json(rows)
        return
    print_table("People", [Column("email", "e-mail"), Column("roles", "roles")], rows, empty="Nobody has an account.")
