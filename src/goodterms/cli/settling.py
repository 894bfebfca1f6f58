"""``goodterms settle``: pay a part by a day, and the rest is forgiven."""

from datetime import datetime
from typing import Annotated, Any

import typer

from goodterms.cli.agreeing import (
    ACTOR,
    DATE_FORMATS,
    Agreement,
    AmountArgument,
    CurrencyArgument,
    CustomerArgument,
    InvoicesOption,
    ReasonOption,
    find_claims,
    read_money,
    whom,
)
from goodterms.cli.context import FormatOption, OrganisationOption, current_moment, open_organisation
from goodterms.cli.printing import Column, Format, print_json, say
from goodterms.core.money import Money
from goodterms.flows.accept_settlement import accept_settlement, cancel_settlement
from goodterms.flows.propose_settlement import approve_settlement, propose_settlement, settlement_words
from goodterms.flows.record_payment import find_customer
from goodterms.followup.models import Settlement

settle_app = typer.Typer(
    help="Pay a part by a day, and the rest is forgiven: booked by the day's run, and only when the agreed money is "
    "in. If it is not in time, everything is owed again.",
    no_args_is_help=True,
)
ByOption = Annotated[datetime, typer.Option("--by", formats=DATE_FORMATS, metavar="DATE", help="The last day to pay.")]


@settle_app.command("propose")
def propose(
    customer: CustomerArgument,
    amount: AmountArgument,
    currency: CurrencyArgument,
    by: ByOption,
    reason: ReasonOption,
    invoice: InvoicesOption = None,
    organisation: OrganisationOption = "",
    format: FormatOption = Format.TABLE,
) -> None:
    """Propose a settlement: goodterms settle propose C100 600 EUR --by 2026-03-31 --reason "closing down"

    It settles all that is overdue, or the invoices named. To forgive more than the limit it waits for approval.
    """
    ours = open_organisation(organisation)
    debtor = find_customer(ours, customer)
    made = propose_settlement(
        ours,
        debtor,
        pay=read_money(ours, amount, currency),
        by=by.date(),
        reason=reason,
        invoices=find_claims(debtor, invoice),
        actor=ACTOR,
        now=current_moment(),
    )
    if format is Format.JSON:
        print_json(_row(made))
        return
    waits = " It waits for a manager's approval." if made.state == Settlement.State.DRAFT else ""
    say(f"Proposed to {debtor.name}: {settlement_words(made)} (id {made.pk}).{waits}")


def _row(one: Settlement) -> dict[str, Any]:
    return {
        "id": one.pk,
        "customer": whom(one.customer),
        "pay": Money(one.pay_minor, one.currency),
        "owed": Money(one.owed_minor, one.currency),
        "pay_by_date": one.pay_by_date,
        "tolerance_days": one.tolerance_days,
        "state": one.state,
        "paid": Money(one.paid_minor, one.currency),
        "forgiven": Money(one.forgiven_minor, one.currency),
        "reason": one.reason,
        "approved_by": one.approved_by,
        "accepted_by": one.accepted_by,
        "ended_date": one.ended_date,
        "invoices": [link.invoice.number for link in one.invoices.all()],
    }


settlements = Agreement(
    app=settle_app,
    word="settle",
    kind=Settlement,
    columns=[
        Column("id", "Id", "right"),
        Column("customer", "Customer"),
        Column("pay", "To pay", "right"),
        Column("owed", "Of", "right"),
        Column("pay_by_date", "By"),
        Column("state", "State"),
        Column("paid", "Came in", "right"),
        Column("forgiven", "Forgiven", "right"),
    ],
    describe=_row,
)
settlements.add_approve(approve_settlement, "Approve a settlement above the organisation's limit, as a manager.")
settlements.add_accept(
    accept_settlement,
    lambda found: f"Accepted: {settlement_words(found)}.",
    "Record who accepted it; nothing is forgiven before the agreed money is in.",
)
settlements.add_end(
    "cancel",
    cancel_settlement,
    "Called off. Everything is owed again.",
    "Call off, or refuse to approve, a settlement that still runs.",
)
settlements.add_list(
    "Settlements",
    "There is no settlement.",
    ("invoices__invoice",),
    "List settlements, the newest first, with what came in and what was forgiven.",
)
