"""``goodterms reason``: note why a customer is late, or show what is known of it."""

from typing import Annotated, Any

import typer

from goodterms.cli.context import FormatOption, OrganisationOption, current_moment, open_organisation
from goodterms.cli.holding import ACTOR, CustomerArgument, find_customer, find_invoice
from goodterms.cli.printing import Column, Format, note, print_json, print_table
from goodterms.flows.state_reason import latest_reasons, state_reason
from goodterms.followup.models import LateReason, Task
from goodterms.ledger.models import Customer

ReasonArgument = Annotated[
    str, typer.Argument(metavar="REASON", help=f"One of: {', '.join(LateReason.Reason.values)}.")
]
InvoiceOption = Annotated[str, typer.Option(metavar="NUMBER", help="The invoice it is about; else all that is late.")]
QuoteOption = Annotated[str, typer.Option(metavar="TEXT", help="The customer's own words.")]


def reason(
    customer: CustomerArgument,
    reason: ReasonArgument = "",
    invoice: InvoiceOption = "",
    quote: QuoteOption = "",
    organisation: OrganisationOption = "",
    format: FormatOption = Format.TABLE,
) -> None:
    """Note why a customer is late; what mends it becomes a task. Without a reason: show what is known."""
    ours = open_organisation(organisation)
    whom = find_customer(ours, customer)
    if reason:
        item = find_invoice(whom, invoice) if invoice else None
        now = current_moment()
        stated = state_reason(ours, whom, reason=reason, invoice=item, quote=quote, actor=ACTOR, now=now)
        _tell_fix(stated)
    _show(whom, format)


def _tell_fix(stated: LateReason) -> None:
    kind, about = Task.Kind.FIX, stated.customer
    fix = Task.objects.filter(customer=about, invoice=stated.invoice, kind=kind, done_at__isnull=True).first()
    note(f"Noted. To do by {fix.due_date}: {fix.title}." if fix else "Noted. Nothing needs mending; reminders go on.")


def _show(whom: Customer, format: Format) -> None:
    rows: list[dict[str, Any]] = [
        {
            "invoice": row.invoice.number if row.invoice else None,
            "reason": row.reason,
            "stated_date": row.stated_date,
            "quote": row.quote,
            "recorded_by": row.recorded_by,
        }
        for row in latest_reasons(whom).values()
    ]
    if format is Format.JSON:
        print_json(rows)
        return
    columns = [Column("invoice", "invoice"), Column("reason", "reason"), Column("stated_date", "since")]
    columns += [Column("quote", "in their words", is_wrapped=True), Column("recorded_by", "by")]
    print_table(f"Why {whom.name} is late", columns, rows, empty="Nobody has said why yet.")
