"""``goodterms dispute``: what customers do not accept, and how it ended."""

from datetime import datetime
from typing import Annotated, Any

import typer

from goodterms.cli.agreeing import (
    ACTOR,
    DATE_FORMATS,
    AmountOption,
    CustomerArgument,
    CustomerOption,
    IdArgument,
    NoteOption,
    UnknownClaim,
    find_claims,
    find_own,
    optional_money,
    show_rows,
    to_day,
    whom,
)
from goodterms.cli.context import FormatOption, OrganisationOption, current_moment, open_organisation
from goodterms.cli.printing import Column, Format, print_json, say
from goodterms.core.money import Money
from goodterms.flows.open_dispute import disputed_words, open_dispute
from goodterms.flows.record_payment import find_customer
from goodterms.flows.resolve_dispute import resolve_dispute
from goodterms.followup.models import Dispute

dispute_app = typer.Typer(
    help="What customers do not accept: only that part is held back, somebody looks after it by a day, and chasing "
    "goes on (or a credit note follows) when it is resolved.",
    no_args_is_help=True,
)
_COLUMNS = [
    Column("id", "Id", "right"),
    Column("customer", "Customer"),
    Column("invoice", "Invoice"),
    Column("amount", "Disputed", "right"),
    Column("reason", "Why"),
    Column("owner", "Owner"),
    Column("due_date", "By"),
    Column("resolution", "Resolved as"),
]
InvoiceArgument = Annotated[str, typer.Argument(metavar="INVOICE", help="Its number.", show_default=False)]
ReasonChoice = Annotated[
    str, typer.Option("--reason", metavar="REASON", help=f"One of: {', '.join(Dispute.Reason.values)}.")
]
OwnerOption = Annotated[str, typer.Option("--owner", metavar="NAME", help="Who of us looks after it.")]
DueOption = Annotated[
    datetime | None,
    typer.Option("--due", formats=DATE_FORMATS, metavar="DATE", help="By when; without: in ten working days."),
]
ResolutionOption = Annotated[
    str, typer.Option("--as", metavar="RESULT", help=f"One of: {', '.join(Dispute.Resolution.values)}.")
]
OpenOption = Annotated[bool, typer.Option("--open", help="Only those not resolved yet.")]


@dispute_app.command("open")
def open_one(
    customer: CustomerArgument,
    invoice: InvoiceArgument,
    reason: ReasonChoice = Dispute.Reason.OTHER.value,
    amount: AmountOption = "",
    owner: OwnerOption = "",
    due: DueOption = None,
    note: NoteOption = "",
    organisation: OrganisationOption = "",
    format: FormatOption = Format.TABLE,
) -> None:
    """Hold back what is disputed: goodterms dispute open C100 R-17 --reason wrong_price --amount 20

    Without --amount all that is open on the invoice.
    """
    ours = open_organisation(organisation)
    debtor = find_customer(ours, customer)
    claims = find_claims(debtor, [invoice])
    if not claims:
        raise UnknownClaim(debtor, invoice)
    made = open_dispute(
        ours,
        debtor,
        claims[0],
        reason=reason,
        amount=optional_money(ours, amount, claims[0].currency),
        note=note,
        owner=owner,
        due=to_day(due),
        actor=ACTOR,
        now=current_moment(),
    )
    if format is Format.JSON:
        print_json(_row(made))
        return
    say(f"Held back: {disputed_words(made)}, to be resolved by {made.due_date} (id {made.pk}).")


@dispute_app.command("resolve")
def resolve(
    number: IdArgument,
    resolution: ResolutionOption,
    amount: AmountOption = "",
    note: NoteOption = "",
    organisation: OrganisationOption = "",
) -> None:
    """Say how it ended: credited (a credit note follows), adjusted (taken off now), unjustified, withdrawn."""
    ours = open_organisation(organisation)
    found = find_own(ours, Dispute, "dispute", number)
    money = optional_money(ours, amount, found.invoice.currency)
    resolve_dispute(ours, found, resolution=resolution, amount=money, note=note, actor=ACTOR, now=current_moment())
    say(f"Resolved: {disputed_words(found)}, {resolution}.")


@dispute_app.command("list")
def list_disputes(
    customer: CustomerOption = "",
    open_only: OpenOption = False,
    organisation: OrganisationOption = "",
    format: FormatOption = Format.TABLE,
) -> None:
    """List disputes, the newest first."""
    ours = open_organisation(organisation)
    rows = Dispute.objects.filter(organisation=ours).select_related("customer", "invoice")
    if customer:
        rows = rows.filter(customer=find_customer(ours, customer))
    if open_only:
        rows = rows.filter(resolution="")
    show_rows("Disputes", [_row(one) for one in rows.order_by("-pk")], _COLUMNS, format, "Nothing is disputed.")


def _row(one: Dispute) -> dict[str, Any]:
    amount = one.invoice.open_amount_minor if one.amount_minor is None else one.amount_minor
    return {
        "id": one.pk,
        "customer": whom(one.customer),
        "invoice": one.invoice.number,
        "amount": Money(amount, one.invoice.currency),
        "reason": one.reason,
        "owner": one.owner,
        "opened_date": one.opened_date,
        "due_date": one.due_date,
        "resolution": one.resolution,
        "resolved_date": one.resolved_date,
        "note": one.note,
    }
