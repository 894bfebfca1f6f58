"""``goodterms fee``: what paying late costs, claimed beside the invoice and never in it."""

from datetime import datetime
from typing import Annotated, Any

import typer

from goodterms.cli.agreeing import (
    ACTOR,
    DATE_FORMATS,
    AmountArgument,
    CurrencyArgument,
    CustomerArgument,
    CustomerOption,
    ReasonOption,
    find_claims,
    read_money,
    show_rows,
    to_day,
    whom,
)
from goodterms.cli.context import FormatOption, OrganisationOption, current_moment, open_organisation
from goodterms.cli.printing import Column, Format, money_text, print_json, say
from goodterms.core.money import Money
from goodterms.core.refusal import Refusal
from goodterms.flows.charge_fee import charge_fee
from goodterms.flows.charge_interest import charge_interest
from goodterms.flows.record_payment import find_customer
from goodterms.flows.waive_fee import waive_fee
from goodterms.followup.models import Fee

fee_app = typer.Typer(
    help="What paying late costs. Each fee is a claim of its own with its own number (F-00001), charged once per "
    "reason and period; the invoice stays as it is, and the fee outlives it. Late fees of the policy are charged by "
    "the run.",
    no_args_is_help=True,
)
_COLUMNS = [
    Column("number", "No."),
    Column("customer", "Customer"),
    Column("reason", "Why"),
    Column("invoice", "For"),
    Column("period", "Period"),
    Column("amount", "Amount", "right"),
    Column("open", "Open", "right"),
    Column("waived_date", "Waived"),
]
ReasonChoice = Annotated[str, typer.Option("--as", metavar="REASON", help=f"One of: {', '.join(Fee.Reason.values)}.")]
ForOption = Annotated[str, typer.Option("--invoice", metavar="NUMBER", help="The invoice it is charged for.")]
PeriodOption = Annotated[str, typer.Option("--period", metavar="TEXT", help="What it is charged for once: 2026-03.")]
UntilOption = Annotated[
    datetime | None,
    typer.Option("--until", formats=DATE_FORMATS, metavar="DATE", help="The last day of interest; without: yesterday."),
]
FeeArgument = Annotated[str, typer.Argument(metavar="FEE", help="Its number: F-00001.", show_default=False)]
ErrorOption = Annotated[bool, typer.Option("--error", help="It was wrong: what was paid of it goes back on account.")]


class UnknownFee(Refusal):
    """There is no fee of this number."""

    def __init__(self, number: str) -> None:
        super().__init__(f"There is no fee {number!r}; goodterms fee list shows them.")


@fee_app.command("charge")
def charge(
    customer: CustomerArgument,
    amount: AmountArgument,
    currency: CurrencyArgument,
    reason: ReasonChoice = Fee.Reason.LATE_FEE.value,
    invoice: ForOption = "",
    period: PeriodOption = "once",
    organisation: OrganisationOption = "",
    format: FormatOption = Format.TABLE,
) -> None:
    """Charge a fee: goodterms fee charge C100 25 EUR --invoice R-17

    A late fee needs a warning that was sent since the invoice is late.
    """
    ours = open_organisation(organisation)
    debtor = find_customer(ours, customer)
    claims = find_claims(debtor, [invoice] if invoice else [])
    fee = charge_fee(
        ours,
        debtor,
        reason=reason,
        amount=read_money(ours, amount, currency),
        for_invoice=claims[0] if claims else None,
        period=period,
        actor=ACTOR,
        now=current_moment(),
    )
    _answer([fee], format)


@fee_app.command("interest")
def interest(
    customer: CustomerArgument,
    until: UntilOption = None,
    organisation: OrganisationOption = "",
    format: FormatOption = Format.TABLE,
) -> None:
    """Claim statutory interest on what is overdue for the days not claimed yet, where it is switched on."""
    ours = open_organisation(organisation)
    debtor = find_customer(ours, customer)
    _answer(charge_interest(ours, debtor, until=to_day(until), actor=ACTOR, now=current_moment()), format)


@fee_app.command("waive")
def waive(
    number: FeeArgument, reason: ReasonOption, error: ErrorOption = False, organisation: OrganisationOption = ""
) -> None:
    """Take a fee back: on good will, once per customer, or because it was wrong (--error)."""
    ours = open_organisation(organisation)
    fee = Fee.objects.filter(organisation=ours, claim__number=number).select_related("claim", "customer").first()
    if fee is None:
        raise UnknownFee(number)
    waive_fee(ours, fee, reason=reason, is_error=error, actor=ACTOR, now=current_moment())
    say(f"{number} is taken back.")


@fee_app.command("list")
def list_fees(
    customer: CustomerOption = "", organisation: OrganisationOption = "", format: FormatOption = Format.TABLE
) -> None:
    """List fees, the newest first."""
    ours = open_organisation(organisation)
    rows = Fee.objects.filter(organisation=ours).select_related("customer", "claim", "for_invoice")
    if customer:
        rows = rows.filter(customer=find_customer(ours, customer))
    show_rows("Fees", [_row(one) for one in rows.order_by("-pk")], _COLUMNS, format, "No fee was charged.")


def _answer(fees: list[Fee], format: Format) -> None:
    if format is Format.JSON:
        print_json([_row(fee) for fee in fees])
        return
    for fee in fees:
        claim = fee.claim
        say(f"{claim.number}: {money_text(Money(claim.amount_minor, claim.currency))}, due {claim.due_date}.")
    if not fees:
        say("There is nothing new to claim.")


def _row(fee: Fee) -> dict[str, Any]:
    claim = fee.claim
    return {
        "number": claim.number,
        "customer": whom(fee.customer),
        "reason": fee.reason,
        "invoice": fee.for_invoice.number if fee.for_invoice else None,
        "period": fee.period,
        "from_date": fee.from_date,
        "until_date": fee.until_date,
        "law": fee.law,
        "amount": Money(claim.amount_minor, claim.currency),
        "open": Money(claim.open_amount_minor, claim.currency),
        "due_date": claim.due_date,
        "waived_date": fee.waived_date,
        "waive_reason": fee.waive_reason,
    }
