"""``goodterms referral``: note whom a customer sent to us after paying."""

from typing import Annotated

import typer

from goodterms.cli.context import OrganisationOption, current_moment, open_organisation
from goodterms.cli.holding import ACTOR, CustomerArgument, find_customer
from goodterms.cli.printing import say
from goodterms.flows.follow_retention import note_referral

WhomArgument = Annotated[str, typer.Argument(metavar="TEXT", help="Whom they sent.")]


def referral(customer: CustomerArgument, whom: WhomArgument, organisation: OrganisationOption = "") -> None:
    """Note whom a customer sent to us; it stands with the last time they were collected from."""
    ours = open_organisation(organisation)
    known = find_customer(ours, customer)
    note_referral(ours, known, referral=whom, actor=ACTOR, now=current_moment())
    say(f"Noted: {known.name} sent {whom}.")
