"""``goodterms agency``: customers ready for a collections agency, and the way there and back."""

from pathlib import Path
from typing import Annotated, Any

import typer

from goodterms.cli.context import FormatOption, OrganisationOption, current_moment, open_organisation
from goodterms.cli.holding import ACTOR, CustomerArgument, find_customer
from goodterms.cli.printing import Column, Format, note, print_json, print_table, say
from goodterms.flows import agency_cases
from goodterms.flows.take_agency_report import take_agency_report
from goodterms.followup.models import AgencyCase

agency_app = typer.Typer(help="Customers ready for a collections agency, and the way there and back.")

AgencyOption = Annotated[str, typer.Option("--agency", metavar="NAME", help="Else the organisation's own agency.")]
ReasonOption = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why it is taken back.")]
OutcomeOption = Annotated[str, typer.Option("--outcome", metavar="TEXT", help="What came of it.")]
ReportArgument = Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="CSV or JSON.")]
COLUMNS = [
    Column("number", "No."),
    Column("name", "Customer"),
    Column("state", "State"),
    Column("ready_date", "Ready"),
    Column("agency", "Agency"),
    Column("handed_over_date", "Handed over"),
    Column("why", "Why", is_wrapped=True),
]


@agency_app.command("list")
def list_cases(organisation: OrganisationOption = "", format: FormatOption = Format.TABLE) -> None:
    """List all cases, the running ones first."""
    ours = open_organisation(organisation)
    agency_cases.settle_files(ours)
    cases = AgencyCase.objects.filter(organisation=ours).select_related("customer").order_by("ended_date", "-pk")
    rows = [_row(case) for case in cases]
    if format is Format.JSON:
        print_json(rows)
        return
    print_table("Agency", COLUMNS, rows, empty="Nobody is ready for an agency.")


@agency_app.command("approve")
def approve(customer: CustomerArgument, organisation: OrganisationOption = "") -> None:
    """Agree that a customer's claims are handed over."""
    ours = open_organisation(organisation)
    case = agency_cases.approve_hand_over(ours, find_customer(ours, customer), actor=ACTOR, now=current_moment())
    say(f"Approved: {case.customer.name}. goodterms agency hand-over {case.customer.number} does it.")


@agency_app.command("hand-over")
def hand_over(customer: CustomerArgument, agency: AgencyOption = "", organisation: OrganisationOption = "") -> None:
    """Stop chasing and queue the hand-over file; the next relay sends it."""
    ours = open_organisation(organisation)
    whom = find_customer(ours, customer)
    case = agency_cases.hand_over(ours, whom, actor=ACTOR, now=current_moment(), agency=agency)
    say(f"{whom.name} is in the hands of {case.agency}; nothing else goes out meanwhile.")


@agency_app.command("report")
def report(file: ReportArgument, organisation: OrganisationOption = "") -> None:
    """Take the agency's report (customer, date, status, text, reference) into the customers' timelines."""
    ours = open_organisation(organisation)
    taken = take_agency_report(ours, file.read_bytes(), actor=ACTOR, now=current_moment())
    say(f"{taken.added} new, {taken.known} known already.")
    for number in taken.strangers:
        note(f"Customer {number!r} was never handed over; the row was left out.")


@agency_app.command("recall")
def recall(customer: CustomerArgument, reason: ReasonOption = "", organisation: OrganisationOption = "") -> None:
    """Take a case back; chasing goes on with the next run."""
    ours = open_organisation(organisation)
    whom = find_customer(ours, customer)
    agency_cases.recall_case(ours, whom, reason=reason, actor=ACTOR, now=current_moment())
    say(f"Taken back: {whom.name}.")


@agency_app.command("close")
def close(customer: CustomerArgument, outcome: OutcomeOption = "", organisation: OrganisationOption = "") -> None:
    """The agency has finished."""
    ours = open_organisation(organisation)
    whom = find_customer(ours, customer)
    agency_cases.close_case(ours, whom, outcome=outcome, actor=ACTOR, now=current_moment())
    say(f"Closed: {whom.name}.")


def _row(case: AgencyCase) -> dict[str, Any]:
    return {
        "number": case.customer.number,
        "name": case.customer.name,
        "state": case.state,
        "ready_date": case.ready_date,
        "agency": case.agency,
        "reference": case.reference,
        "approved_by": case.approved_by,
        "handed_over_date": case.handed_over_date,
        "file_name": case.file_name,
        "file_sha256": case.file_sha256,
        "ended_date": case.ended_date,
        "why": case.outcome or case.ready_reason,
    }
