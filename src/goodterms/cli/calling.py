"""``goodterms call``: log what came of a call, and see what recording one would need."""

import mimetypes
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from goodterms.cli.context import FormatOption, OrganisationOption, current_moment, open_organisation, today_of
from goodterms.cli.holding import ACTOR, CustomerArgument, find_customer, find_invoice
from goodterms.cli.printing import Format, note, print_json, say
from goodterms.core.refusal import Refusal
from goodterms.flows.facts import local_day
from goodterms.flows.keep_recording import LARGEST_BYTES, Recording, rule_for
from goodterms.flows.record_call import PromiseGiven, ReasonGiven, record_call
from goodterms.followup.models import Call, LateReason, Task, Touch
from goodterms.importers.amounts import read_amount
from goodterms.ledger.models import Contact, Customer
from goodterms.organizations.models import Organisation

call_app = typer.Typer(no_args_is_help=True, help="Log calls, and see what recording one needs.")

DAY = ["%Y-%m-%d"]
OutcomeOption = Annotated[
    str, typer.Option("--outcome", metavar="OUTCOME", help=f"One of: {', '.join(Call.Outcome.values)}.")
]
NoteOption = Annotated[str, typer.Option("--note", metavar="TEXT", help="What was said.")]
ContactOption = Annotated[str, typer.Option(metavar="NAME", help="Whom you spoke to, as among the contacts.")]
CallBackOption = Annotated[
    datetime | None, typer.Option("--call-back", formats=DAY, metavar="DATE", help="When to call again.")
]
PromiseOption = Annotated[str, typer.Option(metavar="AMOUNT", help="What they promised to pay, such as 1234.50.")]
ByOption = Annotated[datetime | None, typer.Option("--by", formats=DAY, metavar="DATE", help="By when they pay.")]
CurrencyOption = Annotated[str, typer.Option(metavar="CURRENCY", help="Of the promise; else the organisation's.")]
InvoiceOption = Annotated[str, typer.Option(metavar="NUMBER", help="The invoice that promise and reason are about.")]
ReasonOption = Annotated[
    str, typer.Option(metavar="REASON", help=f"Why it is late, one of: {', '.join(LateReason.Reason.values)}.")
]
RecordingOption = Annotated[Path | None, typer.Option(metavar="FILE", help="The recording of the call.")]
ConfirmOption = Annotated[
    bool, typer.Option("--confirm-consent", help="I have done what goodterms call rule says, before recording.")
]
RegionOption = Annotated[str, typer.Option(metavar="REGION", help="The customer's state or region, such as CA.")]


class UnknownContact(Refusal):
    """The customer has no contact of this name."""

    def __init__(self, customer: Customer, name: str, known: list[str]) -> None:
        super().__init__(f"{customer.name} has no contact {name!r}; there is: {', '.join(known) or 'nobody'}.")


class UnreadableRecording(Refusal):
    """A recording cannot be read from the disk."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"The recording {path} cannot be read: {reason}.")


@call_app.command("log")
def log(
    customer: CustomerArgument,
    outcome: OutcomeOption,
    said: NoteOption = "",
    contact: ContactOption = "",
    call_back: CallBackOption = None,
    promise: PromiseOption = "",
    currency: CurrencyOption = "",
    by: ByOption = None,
    invoice: InvoiceOption = "",
    reason: ReasonOption = "",
    recording: RecordingOption = None,
    region: RegionOption = "",
    confirm: ConfirmOption = False,
    organisation: OrganisationOption = "",
    format: FormatOption = Format.TABLE,
) -> None:
    """Log what came of a call, with a promise made and a reason given in it; the task it was for is done."""
    ours = open_organisation(organisation)
    whom = find_customer(ours, customer)
    item = find_invoice(whom, invoice) if invoice else None
    unit = (currency or (item.currency if item else ours.currency)).upper()
    given = PromiseGiven(
        read_amount(promise, unit) if promise else None, by.date() if by else None, [item] if item else ()
    )
    call = record_call(
        ours,
        whom,
        outcome=outcome,
        contact=_find_contact(whom, contact),
        touch=_open_touch(whom),
        note=said,
        call_back=call_back.date() if call_back else None,
        promise=given if promise or by else None,
        reason=ReasonGiven(reason, item, said) if reason else None,
        recording=_read_recording(ours, whom, recording, region, confirm) if recording else None,
        actor=ACTOR,
        now=current_moment(),
    )
    _tell(call, format)


@call_app.command("rule")
def rule(
    customer: CustomerArgument,
    region: RegionOption = "",
    organisation: OrganisationOption = "",
    format: FormatOption = Format.TABLE,
) -> None:
    """Say what recording a call with this customer needs, by the laws at both ends of the line."""
    ours = open_organisation(organisation)
    found = rule_for(ours, find_customer(ours, customer), today_of(ours), region)
    if format is Format.JSON:
        print_json({"needs": found.needs, "text": found.text, "laws": found.laws})
    else:
        say(found.text)


def _find_contact(whom: Customer, name: str) -> Contact | None:
    if not name:
        return None
    contacts = list(whom.contacts.order_by("pk"))
    found = next((one for one in contacts if one.name.casefold() == name.casefold()), None)
    if found is None:
        raise UnknownContact(whom, name, [one.name or one.email for one in contacts])
    return found


def _open_touch(whom: Customer) -> Touch | None:
    """The prepared call that is still to be made, if there is one."""
    keys = Task.objects.filter(customer=whom, kind=Task.Kind.CALL, done_at__isnull=True).values("key")
    return Touch.objects.filter(customer=whom, effect_id__in=keys).order_by("pk").first()


def _read_recording(ours: Organisation, whom: Customer, path: Path, region: str, is_confirmed: bool) -> Recording:
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise UnreadableRecording(path, f"it is larger than {LARGEST_BYTES // 1024 // 1024} MB")
        content = path.read_bytes()
    except OSError as error:
        raise UnreadableRecording(path, error.strerror or "unknown") from None
    kind = mimetypes.guess_type(path.name)[0] or ""
    text = rule_for(ours, whom, local_day(ours, whom, current_moment()), region).text if is_confirmed else ""
    return Recording(content, kind, text, region)


def _tell(call: Call, format: Format) -> None:
    open_tasks = Task.objects.filter(customer=call.customer, done_at__isnull=True, created_at__gte=call.called_at)
    titles = [f"{task.title} (by {task.due_date})" for task in open_tasks.order_by("due_date", "pk")]
    if format is Format.JSON:
        print_json({"call_id": call.pk, "outcome": call.outcome, "called_date": call.called_date, "tasks": titles})
        return
    say(f"Logged: {call.customer.name}, {call.outcome}.")
    for title in titles:
        note(f"To do: {title}")
