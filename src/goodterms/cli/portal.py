"""``goodterms portal``: links by which a customer sees what is owed and answers, without a password."""

from typing import Annotated

import typer
from django.conf import settings
from django.urls import reverse

from goodterms.cli.agreeing import ACTOR, CustomerArgument
from goodterms.cli.context import FormatOption, OrganisationOption, current_moment, open_organisation
from goodterms.cli.printing import Format, print_json, say
from goodterms.core.refusal import Refusal
from goodterms.flows.portal_links import USUAL_DAYS, make_portal_link, revoke_portal_links
from goodterms.flows.record_payment import find_customer
from goodterms.ledger.models import Contact, Customer

portal_app = typer.Typer(
    help="Links into the portal: what is owed, how to pay, and every way to answer, without a password.",
    no_args_is_help=True,
)
DaysOption = Annotated[int, typer.Option("--days", metavar="DAYS", help="How long it holds.")]
ContactOption = Annotated[str, typer.Option("--contact", metavar="ADDRESS", help="In the name of this contact.")]


class UnknownContact(Refusal):
    """The customer has no contact of this address."""

    def __init__(self, customer: Customer, address: str) -> None:
        super().__init__(
            f"{customer.name} has no contact with the address {address!r}; leave --contact out, or add it."
        )


@portal_app.command("link")
def link(
    customer: CustomerArgument,
    days: DaysOption = USUAL_DAYS,
    contact: ContactOption = "",
    organisation: OrganisationOption = "",
    format: FormatOption = Format.TABLE,
) -> None:
    """Make a link: goodterms portal link C100 --days 30. It is shown this once."""
    ours, now = open_organisation(organisation), current_moment()
    debtor = find_customer(ours, customer)
    person = _find_contact(debtor, contact)
    made, token = make_portal_link(ours, debtor, contact=person, days=days, actor=ACTOR, now=now)
    server = settings.CONFIGURATION.server
    address = (server.public_address or f"http://{server.host}:{server.port}") + reverse("portal", args=[token])
    if format is Format.JSON:
        print_json({"id": made.pk, "address": address, "expires_at": made.expires_at})
        return
    say(address)
    say(f"Holds for {days} days; whoever has it sees the account of {debtor.name}.")


@portal_app.command("revoke")
def revoke(customer: CustomerArgument, organisation: OrganisationOption = "") -> None:
    """Let every link of a customer open nothing any more: goodterms portal revoke C100"""
    ours = open_organisation(organisation)
    debtor = find_customer(ours, customer)
    count = revoke_portal_links(ours, debtor, actor=ACTOR, now=current_moment())
    say(f"{count} link{'' if count == 1 else 's'} of {debtor.name} revoked." if count else "No link was working.")


def _find_contact(customer: Customer, address: str) -> Contact | None:
    if not address:
        return None
    found = customer.contacts.filter(email__iexact=address).first()
    if found is None:
        raise UnknownContact(customer, address)
    return found
