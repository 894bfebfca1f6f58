"""``goodterms hold``: pause the chasing of a customer, of one invoice or of everyone until a date, or end a pause."""

from datetime import date, datetime
from difflib import get_close_matches
from typing import Annotated, Any

import typer

from goodterms.cli.context import FormatOption, OrganisationOption, current_moment, open_organisation, today_of
from goodterms.cli.printing import Column, Format, print_json, print_table, say
from goodterms.core.refusal import Refusal
from goodterms.flows.approvals import AT_THE_MACHINE
from goodterms.flows.lift_hold import lift_hold
from goodterms.flows.place_hold import count_kindness, place_hold
from goodterms.followup.models import Hold
from goodterms.ledger.models import Customer, Invoice
from goodterms.organizations.models import Organisation

ACTOR = AT_THE_MACHINE
SUGGESTIONS = 3
COMPARED = 5_000

CustomerArgument = Annotated[
    str, typer.Argument(metavar="CUSTOMER", help="The customer's number, or its whole name.", show_default=False)
]
UntilOption = Annotated[
    datetime | None,
    typer.Option("--until", formats=["%Y-%m-%d"], metavar="DATE", help="The last day of the pause, e.g. 2026-03-31."),
]
ReasonOption = Annotated[str, typer.Option(metavar="REASON", help=f"One of: {', '.join(Hold.Reason.values)}.")]
NoteOption = Annotated[str, typer.Option(metavar="TEXT", help="Whatever a colleague should know.")]
InvoiceOption = Annotated[str, typer.Option(metavar="NUMBER", help="Pause this invoice alone.")]
EveryoneOption = Annotated[bool, typer.Option("--everyone", help="Pause the whole organisation.")]
LiftOption = Annotated[bool, typer.Option("--lift", help="End the pause now instead of placing one.")]


class UnknownCustomer(Refusal):
    """Nobody has this number or name."""

    def __init__(self, words: str, near: list[str]) -> None:
        hint = f" Did you mean {' or '.join(near)}?" if near else " goodterms customers lists them all."
        super().__init__(f"There is no customer {words!r}.{hint}")


class SeveralCustomers(Refusal):
    """A name fits several customers."""

    def __init__(self, words: str, numbers: list[str]) -> None:
        super().__init__(f"Several customers are called {words!r}; say which by number: {', '.join(numbers)}.")


class UnknownInvoice(Refusal):
    """The customer has no invoice of this number."""

    def __init__(self, customer: Customer, number: str) -> None:
        super().__init__(f"{customer.name} has no invoice {number!r}; its number must be written as in the ledger.")


class WhoIsMeant(Refusal):
    """Neither a customer nor everyone was named, or both."""

    def __init__(self) -> None:
        super().__init__("Name a customer, or say --everyone; an --invoice needs its customer.")


class NothingHeld(Refusal):
    """A hold was to be lifted and there is none."""

    def __init__(self, whom: str) -> None:
        super().__init__(f"Nothing is on hold for {whom}; there is nothing to lift.")


def hold(
    customer: CustomerArgument = "",
    until: UntilOption = None,
    reason: ReasonOption = Hold.Reason.OTHER.value,
    invoice: InvoiceOption = "",
    note: NoteOption = "",
    everyone: EveryoneOption = False,
    lift: LiftOption = False,
    organisation: OrganisationOption = "",
    format: FormatOption = Format.TABLE,
) -> None:
    """Pause chasing until a date (--until), end a pause (--lift), or show what is on hold.

    A hold lifts itself the day after its last day.
    """
    ours = open_organisation(organisation)
    if (until or lift) and bool(customer) == everyone:
        raise WhoIsMeant
    whom = find_customer(ours, customer) if customer else None
    item = find_invoice(whom, invoice) if invoice else None
    if lift:
        _lift(ours, whom, item)
    elif until is not None:
        _place(ours, whom, item, until.date(), reason, note)
    _show(ours, whom, format)


def find_customer(organisation: Organisation, words: str) -> Customer:
    """The customer of this number or name; raises UnknownCustomer or SeveralCustomers."""
    own = Customer.objects.filter(organisation=organisation)
    by_number = own.filter(number=words).first()
    if by_number is not None:
        return by_number
    named = list(own.filter(name__iexact=words)[: SUGGESTIONS + 1])
    if not named:
        near = own.filter(name__icontains=words).values_list("name", flat=True)[:SUGGESTIONS]
        numbers = get_close_matches(words, own.values_list("number", flat=True)[:COMPARED], SUGGESTIONS)
        raise UnknownCustomer(words, [*near, *numbers][:SUGGESTIONS])
    if len(named) > 1:
        raise SeveralCustomers(words, [one.number for one in named])
    return named[0]


def find_invoice(customer: Customer | None, number: str) -> Invoice:
    """The customer's invoice of this number; raises WhoIsMeant or UnknownInvoice."""
    if customer is None:
        raise WhoIsMeant
    found = customer.invoices.filter(number=number, kind=Invoice.Kind.INVOICE).first()
    if found is None:
        raise UnknownInvoice(customer, number)
    return found


def _place(
    ours: Organisation, whom: Customer | None, item: Invoice | None, until: date, reason: str, note: str
) -> None:
    place_hold(ours, whom, until=until, reason=reason, actor=ACTOR, now=current_moment(), note=note, invoice=item)
    say(f"Paused: {_name(whom, item)} until {until}. It lifts itself the day after.")


def _lift(ours: Organisation, whom: Customer | None, item: Invoice | None) -> None:
    """End every hold on exactly this: the invoice, the customer with its invoices, or the organisation."""
    found = [one for one in _in_force(ours) if one.customer == whom and (item is None or one.invoice == item)]
    if not found:
        raise NothingHeld(_name(whom, item))
    for one in found:
        lift_hold(ours, one, actor=ACTOR, now=current_moment())
    say(f"Lifted: {_name(whom, item)}. Chasing goes on with the next run.")


def _show(ours: Organisation, whom: Customer | None, format: Format) -> None:
    rows = [_row(one) for one in _in_force(ours) if whom is None or one.customer in (whom, None)]
    if format is Format.JSON:
        print_json(rows)
        return
    columns = [Column("number", "customer"), Column("name", "name"), Column("invoice", "invoice")]
    columns += [
        Column("until_date", "until"),
        Column("reason", "reason"),
        Column("made_by", "by"),
        Column("within_a_year", "in a year", "right"),
        Column("note", "note"),
    ]
    print_table("On hold", columns, rows, empty="Nothing is on hold.")


def _in_force(ours: Organisation) -> list[Hold]:
    """Holds that pause something today."""
    holds = Hold.objects.filter(organisation=ours, lifted_date__isnull=True, until_date__gte=today_of(ours))
    return list(holds.select_related("customer", "invoice").order_by("until_date", "pk"))


def _row(one: Hold) -> dict[str, Any]:
    return {
        "number": one.customer.number if one.customer else None,
        "name": one.customer.name if one.customer else "everyone",
        "invoice": one.invoice.number if one.invoice else None,
        "from_date": one.from_date,
        "until_date": one.until_date,
        "reason": one.reason,
        "note": one.note,
        "made_by": one.made_by,
        "within_a_year": count_kindness(one.customer, one.from_date) if one.customer else None,
    }


def _name(whom: Customer | None, item: Invoice | None) -> str:
    if whom is None:
        return "everyone"
    return f"invoice {item.number} of {whom.name}" if item else whom.name
