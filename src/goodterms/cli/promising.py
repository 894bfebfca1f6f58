"""``goodterms promise``: what customers promised to pay, and by when."""

from datetime import datetime
from typing import Annotated, Any

import typer

from goodterms.cli.agreeing import (
    ACTOR,
    DATE_FORMATS,
    Agreement,
    AmountOption,
    CurrencyOption,
    CustomerArgument,
    InvoicesOption,
    NoteOption,
    find_claims,
    optional_money,
    to_day,
    whom,
)
from goodterms.cli.context import FormatOption, OrganisationOption, current_moment, open_organisation
from goodterms.cli.printing import Column, Format, money_text, print_json, say
from goodterms.core.money import Money
from goodterms.flows.make_promise import make_promise
from goodterms.flows.record_payment import find_customer
from goodterms.flows.withdraw_promise import withdraw_promise
from goodterms.followup.models import Promise, Source

promise_app = typer.Typer(
    help="What customers promised to pay, and by when. Chasing waits until the day and its tolerance are over; the "
    "day's run says whether it was kept, and chases on if not.",
    no_args_is_help=True,
)
ByOption = Annotated[
    datetime | None,
    typer.Option("--by", formats=DATE_FORMATS, metavar="DATE", help="The day promised; without: in seven days."),
]
SourceOption = Annotated[str, typer.Option("--source", metavar="WAY", help=f"One of: {', '.join(Source.values)}.")]
ToleranceOption = Annotated[
    int | None,
    typer.Option("--tolerance", metavar="DAYS", help="So late it is still kept; without: as the policy says."),
]


@promise_app.command("make")
def make(
    customer: CustomerArgument,
    amount: AmountOption = "",
    currency: CurrencyOption = "",
    by: ByOption = None,
    source: SourceOption = Source.CALL.value,
    invoice: InvoicesOption = None,
    tolerance: ToleranceOption = None,
    note: NoteOption = "",
    organisation: OrganisationOption = "",
    format: FormatOption = Format.TABLE,
) -> None:
    """Record a promise: goodterms promise make C100 --amount 500 --by 2026-03-31

    Without --amount it is all that is overdue. It takes the place of an open promise in the same currency.
    """
    ours = open_organisation(organisation)
    debtor = find_customer(ours, customer)
    made = make_promise(
        ours,
        debtor,
        amount=optional_money(ours, amount, currency),
        by=to_day(by),
        source=source,
        invoices=find_claims(debtor, invoice),
        note=note,
        tolerance_days=tolerance,
        actor=ACTOR,
        now=current_moment(),
    )
    if format is Format.JSON:
        print_json(_row(made))
        return
    waits = "chasing waits for it" if made.is_pausing else "chasing does not wait for it"
    say(f"{debtor.name} promised {money_text(_amount(made))} by {made.promised_date}; {waits} (id {made.pk}).")


def _amount(promise: Promise) -> Money:
    return Money(promise.amount_minor, promise.currency)


def _row(one: Promise) -> dict[str, Any]:
    return {
        "id": one.pk,
        "customer": whom(one.customer),
        "amount": _amount(one),
        "made_date": one.made_date,
        "promised_date": one.promised_date,
        "tolerance_days": one.tolerance_days,
        "source": one.source,
        "is_pausing": one.is_pausing,
        "state": one.state,
        "paid": Money(one.paid_minor, one.currency),
        "judged_date": one.judged_date,
        "invoices": [link.invoice.number for link in one.invoices.all()],
        "note": one.note,
    }


promises = Agreement(
    app=promise_app,
    word="promise",
    kind=Promise,
    columns=[
        Column("id", "Id", "right"),
        Column("customer", "Customer"),
        Column("amount", "Amount", "right"),
        Column("promised_date", "By"),
        Column("state", "State"),
        Column("paid", "Came in", "right"),
        Column("invoices", "For", is_wrapped=True),
    ],
    describe=_row,
)
promises.add_end(
    "withdraw",
    withdraw_promise,
    "Withdrawn. Chasing goes on with the next run.",
    'Close a promise that no longer stands: goodterms promise withdraw 7 --reason "recorded by mistake"',
)
promises.add_list(
    "Promises",
    "Nothing is promised.",
    ("invoices__invoice",),
    "List promises, the newest first, with what came of them.",
    open_state=Promise.State.OPEN,
)
