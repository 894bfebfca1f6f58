"""``goodterms ap``: how a customer's accounts payable work, when they pay, and what is still to be asked."""

from typing import Annotated, Any

import typer

from goodterms.cli.context import FormatOption, OrganisationOption, current_moment, open_organisation, today_of
from goodterms.cli.holding import ACTOR, CustomerArgument, find_customer
from goodterms.cli.printing import Format, note, print_json, say
from goodterms.core.pay_runs import pay_run_ahead
from goodterms.core.refusal import Refusal
from goodterms.flows.write_ap_profile import (
    confirm_pay_run,
    describe,
    missing_for,
    rule_of,
    suggestion_for,
    write_ap_profile,
)
from goodterms.followup.models import ApProfile
from goodterms.ledger.models import Customer
from goodterms.organizations.models import Organisation

SystemOption = Annotated[str | None, typer.Option(metavar="NAME", help="Their system or portal, such as Coupa.")]
PoOption = Annotated[bool | None, typer.Option("--po/--no-po", help="Whether an invoice needs a purchase order.")]
FormatNameOption = Annotated[str | None, typer.Option("--invoice-format", metavar="NAME", help="PDF, UBL, ZUGFeRD …")]
AddressOption = Annotated[str | None, typer.Option("--invoice-email", metavar="ADDRESS", help="Where invoices go.")]
RunOption = Annotated[
    str | None, typer.Option("--pay-run", metavar="RULE", help="weekday:5 (Fridays) or day_of_month:10,25 (31: last).")
]
CutOffOption = Annotated[int | None, typer.Option("--cut-off", metavar="DAYS", help="Working days before the pay run.")]
ConfirmOption = Annotated[bool, typer.Option("--confirm", help="The suggested pay run is right: they said so.")]


class PayRunUnread(Refusal):
    """A pay run on the command line was not understood."""

    def __init__(self, given: str) -> None:
        super().__init__(
            f"{given!r} is no pay run; write weekday:5 for Fridays or day_of_month:25, several with commas."
        )


def ap(
    customer: CustomerArgument,
    system: SystemOption = None,
    po: PoOption = None,
    invoice_format: FormatNameOption = None,
    invoice_email: AddressOption = None,
    pay_run: RunOption = None,
    cut_off: CutOffOption = None,
    confirm: ConfirmOption = False,
    organisation: OrganisationOption = "",
    format: FormatOption = Format.TABLE,
) -> None:
    """Show how a customer's accounts payable work, or note it: system, purchase order, format, pay run."""
    ours = open_organisation(organisation)
    whom, now = find_customer(ours, customer), current_moment()
    given = {
        "system": system,
        "needs_purchase_order": po,
        "invoice_format": invoice_format,
        "invoice_email": invoice_email,
        "cut_off_working_days": cut_off,
    }
    noted = {name: value for name, value in given.items() if value is not None} | _read_run(pay_run)
    if noted:
        write_ap_profile(ours, whom, actor=ACTOR, now=now, **noted)
    if confirm:
        confirm_pay_run(ours, whom, actor=ACTOR, now=now)
    _show(ours, whom, format)


def _read_run(given: str | None) -> dict[str, Any]:
    if given is None:
        return {}
    kind, _, days = given.partition(":")
    if not days or not all(day.strip().isdecimal() for day in days.split(",")):
        raise PayRunUnread(given)
    return {"pay_run": kind.strip(), "pay_run_days": [int(day) for day in days.split(",")]}


def _show(ours: Organisation, whom: Customer, format: Format) -> None:
    profile = ApProfile.objects.filter(customer=whom).first()
    rule = rule_of(profile) if profile else None
    country, today = whom.country or ours.country, today_of(ours)
    ahead = pay_run_ahead(rule, country, today, profile.cut_off_working_days) if profile and rule else None
    suggested = suggestion_for(ours, whom).drop("customer_id").to_dicts()
    missing = missing_for(whom)
    if format is Format.JSON:
        known = bool(profile and profile.confirmed_date)
        print_json({"process": describe(profile) if profile else "", "is_confirmed": known, "ahead": ahead,
                    "suggested": suggested[0] if suggested else None, "missing": missing})  # fmt: skip
        return
    say(f"{whom.name}: {describe(profile) if profile else 'nothing is known yet'}.")
    if ahead:
        say(f"Next pay run {ahead.pay_run_date}; an invoice must be in by {ahead.cut_off_date}.")
    for one in suggested if not (profile and profile.confirmed_date) else []:
        days = ", ".join(str(day) for day in one["pay_run_days"])
        say(
            f"Their payments suggest {one['pay_run']}:{days} ({one['share']:.0%} of {one['count']} days); --confirm it."
        )
    for gap in missing:
        note(f"To ask: {gap.question}")
