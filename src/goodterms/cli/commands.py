"""The command ``goodterms``: every subcommand, registered by name."""

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from goodterms.cli.agency import agency_app
from goodterms.cli.ap import ap
from goodterms.cli.backup import backup, restore, resume_sending
from goodterms.cli.calling import call_app
from goodterms.cli.case import case
from goodterms.cli.charging import fee_app
from goodterms.cli.daily import customers, preview, run
from goodterms.cli.demo import demo
from goodterms.cli.disputing import dispute_app
from goodterms.cli.doctor import doctor
from goodterms.cli.holding import hold
from goodterms.cli.importing import import_file, pay, problems
from goodterms.cli.inbox import inbox_app
from goodterms.cli.letters import evidence, letters_app
from goodterms.cli.outbox import outbox_app
from goodterms.cli.planning import plan_app
from goodterms.cli.playbooks import playbooks_app
from goodterms.cli.portal import portal_app
from goodterms.cli.printing import print_refusal
from goodterms.cli.promising import promise_app
from goodterms.cli.reasons import reason
from goodterms.cli.referral import referral
from goodterms.cli.reporting import report
from goodterms.cli.serve import serve, work
from goodterms.cli.settling import settle_app
from goodterms.cli.setup import organisation_app, user_app
from goodterms.cli.templates import templates_app
from goodterms.cli.verifying import verify
from goodterms.cli.what_if import what_if
from goodterms.core.refusal import Refusal

EVERY_DAY = "Every day"
SETTING_UP = "Setting up"
RUNNING = "Keeping it running"


class Commands(TyperGroup):
    """Shows a refusal as its sentence and leaves with exit code 1, instead of a traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except Refusal as refusal:
            print_refusal(refusal)
            raise typer.Exit(1) from None


app = typer.Typer(
    cls=Commands,
    name="goodterms",
    help="Get paid, and stay on good terms: follows up a company's unpaid invoices.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(is_wanted: bool) -> None:
    if is_wanted:
        from importlib.metadata import version

        typer.echo(f"goodterms {version('goodterms')}")
        raise typer.Exit


@app.callback()
def goodterms(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Say which version this is.")
    ] = False,
) -> None:
    """Get paid, and stay on good terms: follows up a company's unpaid invoices."""


app.command("import", rich_help_panel=EVERY_DAY)(import_file)
app.command("pay", rich_help_panel=EVERY_DAY)(pay)
app.command("problems", rich_help_panel=EVERY_DAY)(problems)
app.command("hold", rich_help_panel=EVERY_DAY)(hold)
app.add_typer(promise_app, name="promise", rich_help_panel=EVERY_DAY)
app.add_typer(plan_app, name="plan", rich_help_panel=EVERY_DAY)
app.add_typer(settle_app, name="settle", rich_help_panel=EVERY_DAY)
app.add_typer(portal_app, name="portal", rich_help_panel=EVERY_DAY)
app.add_typer(dispute_app, name="dispute", rich_help_panel=EVERY_DAY)
app.add_typer(fee_app, name="fee", rich_help_panel=EVERY_DAY)
app.add_typer(call_app, name="call", rich_help_panel=EVERY_DAY)
app.command("reason", rich_help_panel=EVERY_DAY)(reason)
app.command("ap", rich_help_panel=EVERY_DAY)(ap)
app.add_typer(agency_app, name="agency", rich_help_panel=EVERY_DAY)
app.command("case", rich_help_panel=EVERY_DAY)(case)
app.command("referral", rich_help_panel=EVERY_DAY)(referral)
app.command("run", rich_help_panel=EVERY_DAY)(run)
app.command("preview", rich_help_panel=EVERY_DAY)(preview)
app.command("customers", rich_help_panel=EVERY_DAY)(customers)
app.add_typer(inbox_app, name="inbox", rich_help_panel=EVERY_DAY)
app.add_typer(outbox_app, name="outbox", rich_help_panel=EVERY_DAY)
app.add_typer(letters_app, name="letters", rich_help_panel=EVERY_DAY)
app.command("evidence", rich_help_panel=EVERY_DAY)(evidence)
app.command("report", rich_help_panel=EVERY_DAY)(report)
app.command("demo", rich_help_panel=SETTING_UP)(demo)
app.add_typer(organisation_app, name="organisation", rich_help_panel=SETTING_UP)
app.add_typer(user_app, name="user", rich_help_panel=SETTING_UP)
app.add_typer(playbooks_app, name="playbooks", rich_help_panel=SETTING_UP)
app.command("what-if", rich_help_panel=SETTING_UP)(what_if)
app.add_typer(templates_app, name="templates", rich_help_panel=SETTING_UP)
app.command("serve", rich_help_panel=RUNNING)(serve)
app.command("worker", rich_help_panel=RUNNING)(work)
app.command("doctor", rich_help_panel=RUNNING)(doctor)
app.command("verify", rich_help_panel=RUNNING)(verify)
app.command("backup", rich_help_panel=RUNNING)(backup)
app.command("restore", rich_help_panel=RUNNING)(restore)
app.command("resume", rich_help_panel=RUNNING)(resume_sending)
