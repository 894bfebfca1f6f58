"""What the commands about agreements share: whom and what they are about, and how their answers look."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, TypeVar

import typer
from django.db.models import Model

from goodterms.cli.printing import Column, Format, money_text, print_json, print_table
from goodterms.core.money import Money
from goodterms.core.refusal import Refusal
from goodterms.flows.agreed_invoices import CLAIMS
from goodterms.importers.amounts import read_amount
from goodterms.ledger.models import Customer, Invoice
from goodterms.organizations.models import Organisation

ACTOR = "command line"
Row = TypeVar("Row", bound=Model)
CustomerArgument = Annotated[
    str, typer.Argument(metavar="CUSTOMER", help="The customer's number, or its whole name.", show_default=False)
]
AmountArgument = Annotated[str, typer.Argument(metavar="AMOUNT", help="Such as 1234.50.", show_default=False)]
CurrencyArgument = Annotated[str, typer.Argument(metavar="CURRENCY", help="Such as EUR.", show_default=False)]
IdArgument = Annotated[int, typer.Argument(metavar="ID", help="Its id, as list shows it.", show_default=False)]
AmountOption = Annotated[str, typer.Option("--amount", metavar="AMOUNT", help="Such as 1234.50.")]
CurrencyOption = Annotated[
    str, typer.Option("--currency", metavar="CURRENCY", help="Of the amount; without: the organisation's own.")
]
InvoicesOption = Annotated[
    list[str] | None,
    typer.Option("--invoice", metavar="NUMBER", help="About this invoice or fee, given once for each."),
]
NoteOption = Annotated[str, typer.Option("--note", metavar="TEXT", help="Whatever a colleague should know.")]
ReasonOption = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it stays in the timeline.")]
AcceptedByOption = Annotated[
    str, typer.Option("--by", metavar="NAME", help="Who at the customer accepted it.", show_default=False)
]
HowOption = Annotated[str, typer.Option("--how", metavar="WAY", help="email, call, letter, sms, portal or person.")]
DetailOption = Annotated[str, typer.Option("--detail", metavar="TEXT", help="The words it was accepted with.")]
DATE_FORMATS = ["%Y-%m-%d"]


class UnknownAgreement(Refusal):
    """There is nothing of this id."""

    def __init__(self, what: str, number: int) -> None:
        super().__init__(f"There is no {what} with the id {number}; goodterms {what} list shows them.")


class UnknownClaim(Refusal):
    """The customer has no invoice or fee of this number."""

    def __init__(self, customer: Customer, number: str) -> None:
        super().__init__(f"{customer.name} has no invoice or fee {number!r}; write it as in the ledger.")


class NotADayWithASum(Refusal):
    """A day and sum of a plan cannot be read."""

    def __init__(self, text: str) -> None:
        super().__init__(f"{text!r} is no day with a sum; write it as 2026-03-31=250.00.")


def find_own(organisation: Organisation, kind: type[Row], what: str, number: int) -> Row:
    """The organisation's row of this id; raises UnknownAgreement."""
    found = kind._default_manager.filter(organisation=organisation, pk=number).first()
    if found is None:
        raise UnknownAgreement(what, number)
    return found


def find_claims(customer: Customer, numbers: Sequence[str] | None) -> list[Invoice]:
    """The customer's invoices and fees of these numbers; raises UnknownClaim."""
    found = []
    for number in dict.fromkeys(numbers or ()):
        claim = customer.invoices.filter(number=number.strip(), kind__in=CLAIMS).first()
        if claim is None:
            raise UnknownClaim(customer, number)
        found.append(claim)
    return found


def read_money(organisation: Organisation, amount: str, currency: str) -> Money:
    """An amount as it was typed, in its currency or the organisation's own."""
    return read_amount(amount, (currency or organisation.currency).upper())


def optional_money(organisation: Organisation, amount: str, currency: str) -> Money | None:
    """The same, None where none was typed."""
    return read_money(organisation, amount, currency) if amount else None


def read_parts(organisation: Organisation, parts: Sequence[str] | None, currency: str) -> list[tuple[date, Money]]:
    """Days with sums as they were typed (2026-03-31=250.00); raises NotADayWithASum."""
    read = []
    for part in parts or ():
        day, _, amount = part.partition("=")
        try:
            read.append((date.fromisoformat(day.strip()), read_money(organisation, amount, currency)))
        except ValueError:
            raise NotADayWithASum(part) from None
    return read


def to_day(moment: datetime | None) -> date | None:
    """The day of an option; None where it was not given."""
    return moment.date() if moment else None


def whom(customer: Customer) -> dict[str, Any]:
    """A customer in the JSON contract."""
    return {"number": customer.number, "name": customer.name}


def show_rows(
    title: str, rows: Sequence[dict[str, Any]], columns: Sequence[Column], format: Format, empty: str
) -> None:
    """The rows as JSON, or as a table: money as text, a customer by name."""
    if format is Format.JSON:
        print_json(rows)
        return
    print_table(title, columns, [{key: _cell(value) for key, value in row.items()} for row in rows], empty=empty)


def _cell(value: Any) -> Any:
    if isinstance(value, Money):
        return money_text(value)
    if isinstance(value, dict):
        return f"{value['name']} ({value['number']})"
    if isinstance(value, list):
        return ", ".join(str(one) for one in value if not isinstance(one, dict))
    return value
