"""``goodterms plan``: paying in instalments, proposed, accepted, changed and watched."""

from datetime import datetime
from typing import Annotated, Any

import typer

from goodterms.cli.agreeing import (
    ACTOR,
    DATE_FORMATS,
    Agreement,
    CurrencyOption,
    CustomerArgument,
    IdArgument,
    InvoicesOption,
    NoteOption,
    find_claims,
    optional_money,
    read_parts,
    to_day,
    whom,
)
from goodterms.cli.context import FormatOption, OrganisationOption, current_moment, open_organisation
from goodterms.cli.printing import Column, Format, money_text, print_json, say
from goodterms.core.money import Money
from goodterms.flows.accept_plan import accept_plan, approve_plan
from goodterms.flows.change_plan import cancel_plan, change_plan
from goodterms.flows.propose_plan import Terms, propose_plan
from goodterms.flows.record_payment import find_customer
from goodterms.followup.models import PaymentPlan
from goodterms.organizations.models import Organisation

plan_app = typer.Typer(
    help="Paying in instalments. A plan is proposed, runs once the customer has accepted it, is filled by payments on "
    "its invoices (oldest instalment first), and ends when it is paid or an instalment is missed.",
    no_args_is_help=True,
)
RhythmOption = Annotated[str, typer.Option("--rhythm", metavar="RHYTHM", help="weekly, two_weekly or monthly.")]
FirstOption = Annotated[
    datetime | None, typer.Option("--first", formats=DATE_FORMATS, metavar="DATE", help="Of the first instalment.")
]
CountOption = Annotated[int, typer.Option("--count", metavar="NUMBER", help="How many equal instalments.")]
DownOption = Annotated[str, typer.Option("--down", metavar="AMOUNT", help="A down payment, due today.")]
PartOption = Annotated[
    list[str] | None,
    typer.Option("--part", metavar="DATE=AMOUNT", help="A day and sum of your own, given once for each instalment."),
]


@plan_app.command("propose")
def propose(
    customer: CustomerArgument,
    rhythm: RhythmOption = "monthly",
    first: FirstOption = None,
    count: CountOption = 0,
    down: DownOption = "",
    part: PartOption = None,
    currency: CurrencyOption = "",
    invoice: InvoicesOption = None,
    note: NoteOption = "",
    organisation: OrganisationOption = "",
    format: FormatOption = Format.TABLE,
) -> None:
    """Propose a plan: goodterms plan propose C100 --first 2026-04-30 --count 6

    It covers all that is overdue, or the invoices named. Days and sums of your own: --part 2026-04-10=300
    --part 2026-05-20=200.
    """
    ours = open_organisation(organisation)
    debtor = find_customer(ours, customer)
    plan = propose_plan(
        ours,
        debtor,
        terms=_terms(ours, rhythm, first, count, down, part, currency),
        invoices=find_claims(debtor, invoice),
        note=note,
        actor=ACTOR,
        now=current_moment(),
    )
    _answer(plan, format)


@plan_app.command("change")
def change(
    number: IdArgument,
    rhythm: RhythmOption = "monthly",
    first: FirstOption = None,
    count: CountOption = 0,
    down: DownOption = "",
    part: PartOption = None,
    currency: CurrencyOption = "",
    note: NoteOption = "",
    organisation: OrganisationOption = "",
    format: FormatOption = Format.TABLE,
) -> None:
    """Propose other terms for the rest of a running plan; it goes on until the new ones are accepted."""
    ours = open_organisation(organisation)
    running = plans.find(ours, number)
    terms = _terms(ours, rhythm, first, count, down, part, currency or running.currency)
    _answer(change_plan(ours, running, terms=terms, note=note, actor=ACTOR, now=current_moment()), format)


def _terms(
    ours: Organisation,
    rhythm: str,
    first: datetime | None,
    count: int,
    down: str,
    part: list[str] | None,
    currency: str,
) -> Terms:
    return Terms(
        rhythm=PaymentPlan.Rhythm.CUSTOM if part else rhythm,
        first=to_day(first),
        count=count,
        custom=read_parts(ours, part, currency),
        down_payment=optional_money(ours, down, currency),
    )


def _answer(plan: PaymentPlan, format: Format) -> None:
    row = _row(plan)
    if format is Format.JSON:
        print_json(row)
        return
    say(f"Proposed to {plan.customer.name}: {money_text(row['total'])} (id {plan.pk}).")
    for one in row["instalments"]:
        say(f"  {one['due_date']}  {money_text(one['amount'])}")
    say(f"When they accept it: goodterms plan accept {plan.pk} --by NAME")


def _row(plan: PaymentPlan) -> dict[str, Any]:
    parts = sorted(plan.instalments.all(), key=lambda one: one.position)
    short = [one.due_date for one in parts if one.paid_minor < one.amount_minor]
    return {
        "id": plan.pk,
        "customer": whom(plan.customer),
        "total": Money(plan.total_minor, plan.currency),
        "paid": Money(sum(one.paid_minor for one in parts), plan.currency),
        "rhythm": plan.rhythm,
        "state": plan.state,
        "proposed_date": plan.proposed_date,
        "accepted_date": plan.accepted_date,
        "accepted_by": plan.accepted_by,
        "ended_date": plan.ended_date,
        "end_reason": plan.end_reason,
        "replaces": plan.replaces_id,
        "next_date": short[0] if short else None,
        "invoices": [link.invoice.number for link in plan.invoices.all()],
        "instalments": [
            {
                "due_date": one.due_date,
                "amount": Money(one.amount_minor, plan.currency),
                "paid": Money(one.paid_minor, plan.currency),
                "paid_date": one.paid_date,
            }
            for one in parts
        ],
    }


plans = Agreement(
    app=plan_app,
    word="plan",
    kind=PaymentPlan,
    columns=[
        Column("id", "Id", "right"),
        Column("customer", "Customer"),
        Column("total", "Total", "right"),
        Column("paid", "Paid", "right"),
        Column("state", "State"),
        Column("next_date", "Next"),
        Column("invoices", "For", is_wrapped=True),
    ],
    describe=_row,
)
plans.add_approve(approve_plan, "Approve a proposal above the organisation's limit, as a manager.")
plans.add_accept(
    accept_plan,
    lambda _plan: "Accepted. Chasing waits while the instalments come in.",
    'Record who accepted a plan, and let it run: goodterms plan accept 3 --by "Sam Example" --how call',
)
plans.add_end(
    "cancel",
    cancel_plan,
    "Cancelled. Chasing goes on with the next run.",
    "End a proposed or running plan; chasing goes on.",
)
plans.add_list(
    "Plans",
    "There is no plan.",
    ("instalments", "invoices__invoice"),
    "List plans, the newest first; as JSON with every instalment.",
)
