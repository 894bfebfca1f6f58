"""What the commands about agreements share: whom and what they are about, how they end, and how answers look."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Generic, TypeVar

import typer
from django.db.models import Model

from goodterms.cli.context import FormatOption, OrganisationOption, current_moment, open_organisation
from goodterms.cli.printing import Column, Format, money_text, print_json, print_table, say
from goodterms.core.money import Money
from goodterms.core.refusal import Refusal
from goodterms.flows.agreed_invoices import CLAIMS
from goodterms.flows.approvals import AT_THE_MACHINE
from goodterms.flows.record_payment import find_customer
from goodterms.importers.amounts import read_amount
from goodterms.ledger.models import Customer, Invoice
from goodterms.organizations.models import Organisation

ACTOR = AT_THE_MACHINE
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
CustomerOption = Annotated[str, typer.Option("--customer", metavar="NUMBER", help="Of this customer only.")]
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


@dataclass(frozen=True)
class Agreement(Generic[Row]):
    """One kind of agreement and its commands: ``approve``, ``accept``, the one that ends it, and ``list``.

    ``word`` is the command's own name. A flow is called with the organisation, the agreement, what was typed, and
    with the actor and the moment; what ``said`` returns is told to the person.
    """

    app: typer.Typer
    word: str
    kind: type[Row]
    columns: Sequence[Column]
    describe: Callable[[Row], dict[str, Any]]

    def add_approve(self, flow: Callable[..., None], help: str) -> None:
        """A manager's word on what is above the organisation's limit."""

        @self.app.command("approve", help=help)
        def approve(number: IdArgument, organisation: OrganisationOption = "") -> None:
            self._carry_out(organisation, number, flow)
            say("Approved; the customer may accept it now.")

    def add_accept(self, flow: Callable[..., None], said: Callable[[Row], str], help: str) -> None:
        """Who accepted it, and how."""

        @self.app.command("accept", help=help)
        def accept(
            number: IdArgument,
            by: AcceptedByOption,
            how: HowOption = "email",
            detail: DetailOption = "",
            organisation: OrganisationOption = "",
        ) -> None:
            say(said(self._carry_out(organisation, number, flow, accepted_by=by, how=how, detail=detail)))

    def add_end(self, name: str, flow: Callable[..., None], said: str, help: str) -> None:
        """The command called ``name`` that ends it with a reason."""

        @self.app.command(name, help=help)
        def end(number: IdArgument, reason: ReasonOption, organisation: OrganisationOption = "") -> None:
            self._carry_out(organisation, number, flow, reason=reason)
            say(said)

    def add_list(self, title: str, empty: str, related: Sequence[str], help: str, open_state: str = "") -> None:
        """All of them, the newest first; ``open_state`` is what --open leaves in, where there is such an option."""

        def show(slug: str, customer: str, format: Format, state: str = "") -> None:
            ours = open_organisation(slug)
            rows = self.kind._default_manager.filter(organisation=ours).select_related("customer")
            if customer:
                rows = rows.filter(customer=find_customer(ours, customer))
            if state:
                rows = rows.filter(state=state)
            found = [self.describe(one) for one in rows.prefetch_related(*related).order_by("-pk")]
            show_rows(title, found, self.columns, format, empty)

        def list_all(
            customer: CustomerOption = "", organisation: OrganisationOption = "", format: FormatOption = Format.TABLE
        ) -> None:
            show(organisation, customer, format)

        def list_open(
            customer: CustomerOption = "",
            open_only: Annotated[bool, typer.Option("--open", help="Only those still waited for.")] = False,
            organisation: OrganisationOption = "",
            format: FormatOption = Format.TABLE,
        ) -> None:
            show(organisation, customer, format, open_state if open_only else "")

        self.app.command("list", help=help)(list_open if open_state else list_all)

    def find(self, organisation: Organisation, number: int) -> Row:
        """The organisation's agreement of this id; raises UnknownAgreement."""
        return find_own(organisation, self.kind, self.word, number)

    def _carry_out(self, slug: str, number: int, flow: Callable[..., None], **typed: str) -> Row:
        ours = open_organisation(slug)
        found = self.find(ours, number)
        flow(ours, found, **typed, actor=ACTOR, now=current_moment())
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
