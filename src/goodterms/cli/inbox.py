"""``goodterms inbox``: what customers wrote; fetch it, list it, read it, and say what it means."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import typer
from django.conf import settings

from goodterms.cli.agreeing import read_money
from goodterms.cli.context import FormatOption, OrganisationOption, current_moment, open_installation, open_organisation
from goodterms.cli.holding import find_customer, find_invoice
from goodterms.cli.mailbox import fetch_mail
from goodterms.cli.printing import Column, Format, print_json, print_table, say
from goodterms.core.money import Money
from goodterms.core.refusal import Refusal
from goodterms.flows.approvals import AT_THE_MACHINE
from goodterms.flows.assign_reply import assign_reply
from goodterms.flows.handle_reply import READINGS, ReplyOfStranger, handle_reply, open_suggestions, suggestions_of
from goodterms.flows.reply_deeds import Given, proposed_amount
from goodterms.flows.take_mail import take_mail
from goodterms.followup.models import Dispute, Reply
from goodterms.ledger.models import Customer, Invoice
from goodterms.organizations.models import Organisation

ACTOR = AT_THE_MACHINE
COLUMNS = [
    Column("number", "No.", "right"),
    Column("received_at", "Came"),
    Column("customer_name", "Customer"),
    Column("from", "From"),
    Column("subject", "Subject", is_wrapped=True),
    Column("reads_as", "Reads as"),
    Column("state", "State"),
]

inbox_app = typer.Typer(help="What customers wrote: fetch it, read it, and say what it means.")

NumberArgument = Annotated[int, typer.Argument(metavar="NUMBER", help="As goodterms inbox list shows it.")]
AllOption = Annotated[bool, typer.Option("--all", help="Those that were handled, too.")]
LimitOption = Annotated[int, typer.Option("--limit", min=1, help="At most so many, the newest first.")]
FilesArgument = Annotated[
    list[typer.FileBinaryRead] | None, typer.Argument(metavar="FILE…", help="Mails as .eml files, instead.")
]
AsOption = Annotated[str, typer.Option("--as", metavar="READING", help=f"One of: {', '.join(READINGS)}.")]
ByOption = Annotated[
    datetime | None,
    typer.Option("--by", formats=["%Y-%m-%d"], metavar="DATE", help="The promised day; as suggested without it."),
]
AmountOption = Annotated[str, typer.Option("--amount", metavar="AMOUNT", help="As suggested without it.")]
CurrencyOption = Annotated[str, typer.Option("--currency", metavar="CODE", help="Without it the organisation's own.")]
InvoicesOption = Annotated[list[str] | None, typer.Option("--invoice", metavar="NUMBER", help="Give it several times.")]
WhyOption = Annotated[str, typer.Option("--reason", help=f"Of a dispute: {', '.join(Dispute.Reason.values)}.")]
CustomerOption = Annotated[
    str, typer.Option("--customer", metavar="CUSTOMER", help="Whose answer a stranger's mail is.")
]
NoteOption = Annotated[str, typer.Option("--note", metavar="TEXT", help="Whatever a colleague should know.")]


class UnknownReply(Refusal):
    """No answer has this number."""

    def __init__(self, number: int) -> None:
        super().__init__(f"There is no answer number {number}; goodterms inbox list shows them.")


def fetch(files: FilesArgument = None, output: FormatOption = Format.TABLE) -> None:
    """Fetch unseen mail from the mailbox of the settings, or take in the files given."""
    open_installation()
    if files:
        slug = settings.CONFIGURATION.inbox.organisation
        for file in files:
            take_mail(file.read(), now=current_moment(), slug=slug)
        counts = {"taken": len(files), "failed": 0, "set_aside": 0}
    else:
        counts = asdict(fetch_mail())
    if output is Format.JSON:
        print_json(counts)
        return
    say(f"Mails taken in: {counts['taken']}.")
    if counts["failed"]:
        say(f"Left unseen because they could not be stored: {counts['failed']}; the lines above say why.")
    if counts["set_aside"]:
        say(f"Flagged in the mailbox, too large or for no organisation: {counts['set_aside']}; read them there.")


def list_replies(
    everything: AllOption = False,
    limit: LimitOption = 50,
    organisation: OrganisationOption = "",
    output: FormatOption = Format.TABLE,
) -> None:
    """List the answers that wait for a person, strangers' too."""
    ours = open_organisation(organisation)
    replies = Reply.objects.filter(organisation=ours).select_related("customer").defer("content", "html")
    found = (replies if everything else replies.filter(handled_at__isnull=True)).order_by("-received_at", "-pk")[:limit]
    rows = [_row(reply) for reply in found]
    if output is Format.JSON:
        print_json(rows)
        return
    print_table(
        "Inbox", COLUMNS, [row | {"customer_name": row["customer"] or "unknown sender"} for row in rows], empty=NOTHING
    )


NOTHING = "No answer waits for anybody."


def show(number: NumberArgument, organisation: OrganisationOption = "", output: FormatOption = Format.TABLE) -> None:
    """Show an answer: what was newly written, and what it may mean with the sentence that says so."""
    reply = _find(open_organisation(organisation), number)
    row = _row(reply) | {"text": reply.text, "suggestions": suggestions_of(reply), "outcome": reply.outcome}
    if output is Format.JSON:
        print_json(row)
        return
    say(f"{row['from']}, {reply.received_at:%Y-%m-%d %H:%M}: {reply.subject}")
    say(f"Customer: {row['customer'] or 'unknown sender'}")
    say()
    say(reply.text or "(no text)")
    say()
    for found in suggestions_of(reply):
        say(f"May mean {_words(found)}: “{found['quote']}”")
    if reply.handled_at:
        say(f"Handled by {reply.handled_by}: {reply.outcome}")


def handle(
    number: NumberArgument,
    reading: AsOption,
    by: ByOption = None,
    amount: AmountOption = "",
    currency: CurrencyOption = "",
    invoice: InvoicesOption = None,
    reason: WhyOption = "",
    customer: CustomerOption = "",
    note: NoteOption = "",
    organisation: OrganisationOption = "",
) -> None:
    """Say what an answer means; what follows from it is done, and chasing goes on."""
    ours = open_organisation(organisation)
    reply = _find(ours, number)
    now = current_moment()
    if customer:
        assign_reply(ours, reply, find_customer(ours, customer), actor=ACTOR, now=now)
    suggestion = open_suggestions(reply).get(reading, {})
    suggested_day = suggestion.get("day")
    given = Given(
        invoices=_invoices(reply.customer, invoice or ()),
        amount=read_money(ours, amount, currency) if amount else proposed_amount(reply, suggestion, now),
        by=by.date() if by else datetime.fromisoformat(suggested_day).date() if suggested_day else None,
        reason=reason or suggestion.get("reason", ""),
        quote=suggestion.get("quote", ""),
        note=note,
    )
    done = handle_reply(reply, reading=reading, given=given, actor=ACTOR, now=now, is_last=True)
    say(done.outcome)


def _invoices(customer: Customer | None, numbers: Sequence[str]) -> list[Invoice]:
    if numbers and customer is None:
        raise ReplyOfStranger
    return [find_invoice(customer, number) for number in numbers if customer]


def _find(organisation: Organisation, number: int) -> Reply:
    reply = (
        Reply.objects.filter(organisation=organisation, pk=number).select_related("customer", "organisation").first()
    )
    if reply is None:
        raise UnknownReply(number)
    return reply


def _row(reply: Reply) -> dict[str, Any]:
    """The row of the documented JSON."""
    return {
        "number": reply.pk,
        "received_at": reply.received_at,
        "customer": reply.customer.name if reply.customer else "",
        "from": reply.from_address or reply.from_name,
        "subject": reply.subject,
        "kind": reply.kind,
        "reads_as": ", ".join(found["kind"] for found in suggestions_of(reply)) or "none",
        "reading": reply.reading,
        "state": "handled" if reply.handled_at else "waiting",
    }


def _words(found: dict[str, Any]) -> str:
    parts = [found["kind"].replace("_", " ")]
    if "day" in found:
        parts.append(f"by {found['day']}")
    if "amount_minor" in found:
        parts.append(f"of {Money(found['amount_minor'], found['currency']).to_text()}")
    if "share" in found and found["share"] != "1":
        parts.append(f"of {found['share']} of what is owed")
    if "reason" in found:
        parts.append(f"({found['reason'].replace('_', ' ')})")
    return " ".join(parts)


inbox_app.command("fetch")(fetch)
inbox_app.command("list")(list_replies)
inbox_app.command("show")(show)
inbox_app.command("handle")(handle)
