"""``goodterms case``: court or forget, in figures, and a person's decision."""

from typing import Annotated

import typer

from goodterms.cli.context import FormatOption, OrganisationOption, current_moment, open_organisation
from goodterms.cli.holding import ACTOR, CustomerArgument, find_customer
from goodterms.cli.printing import Column, Format, money_text, print_json, print_table, say
from goodterms.core.last_resort import CaseFigures
from goodterms.flows.decide_case import CHOICES, decide_case, explain, figure_case, figures_json

DecideOption = Annotated[str, typer.Option("--decide", metavar="CHOICE", help=f"One of: {', '.join(CHOICES.values)}.")]
ReasonOption = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why.")]
ApprovedOption = Annotated[str, typer.Option("--approved-by", metavar="NAME", help="Who approved a write-off.")]


def case(
    customer: CustomerArgument,
    decide: DecideOption = "",
    reason: ReasonOption = "",
    approved_by: ApprovedOption = "",
    organisation: OrganisationOption = "",
    format: FormatOption = Format.TABLE,
) -> None:
    """Show what court would cost and bring, from this ledger's own history; or decide (see --decide)."""
    ours = open_organisation(organisation)
    whom, now = find_customer(ours, customer), current_moment()
    figures = figure_case(ours, whom, now)
    if decide:
        taken = decide_case(ours, whom, choice=decide, reason=reason, approved_by=approved_by, actor=ACTOR, now=now)
        say(f"Decided: {taken.get_choice_display().lower()}. The figures are kept with it.")
        return
    if format is Format.JSON:
        print_json([figures_json(each) for each in figures])
        return
    if not figures:
        say(f"Nothing that {whom.name} owes is overdue; there is nothing to decide.")
    for each in figures:
        _print(whom.name, each)


def _print(name: str, figures: CaseFigures) -> None:
    cost, net = figures.cost, figures.expected_net
    rows = [
        {"what": "claim", "value": money_text(figures.claim)},
        {"what": "fees", "value": money_text(figures.fees)},
        {"what": "interest and compensation to date", "value": money_text(figures.interest)},
        {"what": "overdue for", "value": f"{figures.age_days:,} days"},
        {"what": "court's fee", "value": money_text(cost.amount) if cost else "not known"},
        {"what": "expected after the fee", "value": money_text(net[1]) if net else "not known"},
    ]
    columns = [Column("what", f"Court or forget: {name}"), Column("value", figures.claim.currency, "right")]
    print_table("", columns, rows)
    say(explain(figures))
    say(f"{cost.procedure}: {cost.source}" if cost else figures.cost_problem, style="dim")
