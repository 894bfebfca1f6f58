"""``goodterms letters``: what left on paper, the day's print batch, and the proofs of posting and receipt.
``goodterms evidence``: everything about a customer in one file.
"""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from goodterms.cli.channels import lob_account
from goodterms.cli.context import FormatOption, OrganisationOption, current_moment, open_organisation, today_of
from goodterms.cli.holding import find_customer
from goodterms.cli.incoming import follow_letters
from goodterms.cli.printing import Column, Format, print_json, print_table, say
from goodterms.core.refusal import Refusal
from goodterms.flows.approvals import AT_THE_MACHINE
from goodterms.flows.evidence_file import EvidenceFile, make_evidence_file
from goodterms.flows.print_batch import Batch, batch_of, confirm_printed, make_batch, read_batch
from goodterms.flows.record_proof import CHANNELS, record_posting, record_receipt, record_return, take_scan
from goodterms.flows.seal_timeline import seal_timeline
from goodterms.followup.models import PostalProof
from goodterms.ledger.models import Customer
from goodterms.organizations.models import Organisation
from goodterms.outbox.models import Effect

ACTOR = AT_THE_MACHINE
COLUMNS = [
    Column("number", "No.", "right"),
    Column("channel", "Kind"),
    Column("customer_name", "Customer"),
    Column("recipient", "To", is_wrapped=True),
    Column("written", "Written"),
    Column("batch", "Batch"),
    Column("posted_date", "Posted"),
    Column("sending_number", "Sending number"),
    Column("received_date", "Received"),
    Column("returned_date", "Came back"),
]

letters_app = typer.Typer(help="Letters: print them, post them, prove that they arrived.")

NumberArgument = Annotated[
    int, typer.Argument(metavar="NO", help="The letter's number in the list.", show_default=False)
]
FolderOption = Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder to write into.")]
PostedOption = Annotated[
    datetime | None, typer.Option("--posted", formats=["%Y-%m-%d"], metavar="DATE", help="The day it was posted.")
]
ReceivedOption = Annotated[
    datetime | None, typer.Option("--received", formats=["%Y-%m-%d"], metavar="DATE", help="The day it was received.")
]
ReturnedOption = Annotated[
    datetime | None, typer.Option("--returned", formats=["%Y-%m-%d"], metavar="DATE", help="The day it came back.")
]
ScanOption = Annotated[
    Path | None,
    typer.Option("--scan", metavar="FILE", exists=True, dir_okay=False, help="A scan of the proof: PDF, PNG or JPEG."),
]


class UnknownLetter(Refusal):
    """No letter has this number."""

    def __init__(self, number: int) -> None:
        super().__init__(f"There is no letter number {number}; goodterms letters list shows them.")


class WhatIsProved(Refusal):
    """A proof was to be recorded without saying of what."""

    def __init__(self) -> None:
        super().__init__("Say what happened: --posted DATE, --received DATE or --returned DATE (one of them).")


class NobodyToAsk(Refusal):
    """Letters are printed by people here, whom no program can ask."""

    def __init__(self) -> None:
        super().__init__('No print-and-mail provider is set up; post.mode = "lob" in settings.toml does that.')


class FolderNotWritable(Refusal):
    """The files cannot be written there."""

    def __init__(self, folder: Path, error: OSError) -> None:
        super().__init__(f"Nothing can be written into {folder}: {error.strerror}. Name another folder with --out.")


@letters_app.command("list")
def list_letters(
    organisation: OrganisationOption = "",
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many, the newest first.")] = 50,
    output: FormatOption = Format.TABLE,
) -> None:
    """Letters that were written, the newest first, with their batch and proofs."""
    ours = open_organisation(organisation)
    rows = _describe(ours, limit)
    if output is Format.JSON:
        print_json(rows)
        return
    print_table("Letters", COLUMNS, rows, empty="No letter was written yet.")


@letters_app.command("batch")
def batch_letters(
    out: FolderOption = Path(),
    again: Annotated[str, typer.Option("--again", metavar="NAME", help="Write this batch once more.")] = "",
    two_sided: Annotated[bool, typer.Option("--two-sided", help="Each letter begins on a sheet of its own.")] = False,
    organisation: OrganisationOption = "",
) -> None:
    """Put all new letters into one PDF for the printer, with a list of what is in it (CSV and JSON, with hashes)."""
    ours = open_organisation(organisation)
    if again:
        batch = read_batch(ours, again, two_sided=two_sided or None)
    else:
        batch = make_batch(ours, today=today_of(ours), actor=ACTOR, now=current_moment(), two_sided=two_sided)
    _write_batch(batch, out)
    say(f"{len(batch.lines)} letters, batch {batch.name}: {out / (batch.name + '.pdf')}")
    say(f"When they are in the post: goodterms letters printed {batch.name}")


@letters_app.command("printed")
def letters_printed(
    name: Annotated[str, typer.Argument(metavar="BATCH", help="The batch's name.", show_default=False)],
    posted: PostedOption = None,
    organisation: OrganisationOption = "",
) -> None:
    """Say that a batch was printed and posted (today, unless told otherwise)."""
    ours = open_organisation(organisation)
    day = posted.date() if posted else today_of(ours)
    count = confirm_printed(ours, name, posted=day, actor=ACTOR, now=current_moment())
    say(f"{count} letters of batch {name} are recorded as posted on {day}.")


@letters_app.command("proof")
def prove_letter(
    number: NumberArgument,
    posted: PostedOption = None,
    sending_number: Annotated[str, typer.Option("--number", metavar="TEXT", help="The sending number.")] = "",
    received: ReceivedOption = None,
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who signed for it.")] = "",
    returned: ReturnedOption = None,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why it came back.")] = "",
    scan: ScanOption = None,
    organisation: OrganisationOption = "",
) -> None:
    """Record that a letter was posted, received, or came back, with a scan of the proof."""
    ours = open_organisation(organisation)
    effect = _find(ours, number)
    if sum(day is not None for day in (posted, received, returned)) != 1:
        raise WhatIsProved
    told: dict[str, Any] = {"actor": ACTOR, "now": current_moment()}
    paper = take_scan(scan.read_bytes()) if scan else None
    if posted:
        record_posting(ours, effect, posted=posted.date(), sending_number=sending_number, scan=paper, **told)
    elif received:
        record_receipt(ours, effect, received=received.date(), received_by=by, scan=paper, **told)
    elif returned:
        record_return(ours, effect, returned=returned.date(), reason=reason, **told)
    say("Recorded.")


@letters_app.command("track")
def track_letters(organisation: OrganisationOption = "") -> None:
    """Ask the print-and-mail provider for the way of the letters it was given in the last sixty days."""
    ours = open_organisation(organisation)
    account = lob_account()
    if account is None:
        raise NobodyToAsk
    say(f"{follow_letters(account, [ours], current_moment())} new events.")


def evidence(
    customer: Annotated[
        str, typer.Argument(metavar="CUSTOMER", help="The customer's number, or its whole name.", show_default=False)
    ],
    out: FolderOption = Path(),
    is_zip: Annotated[bool, typer.Option("--zip", help="One ZIP instead of a folder.")] = False,
    organisation: OrganisationOption = "",
) -> None:
    """Write everything about a customer: one PDF with index, all originals, and a list of their hashes."""
    ours = open_organisation(organisation)
    whom = find_customer(ours, customer)
    now = current_moment()
    seal_timeline(ours, now)  # what was said since the last run belongs to the chain as well
    made = make_evidence_file(ours, whom, actor=ACTOR, now=now)
    try:
        path = _write_archive(made, out) if is_zip else _write_folder(made, out)
    except OSError as error:
        raise FolderNotWritable(out, error) from error
    say(f"{len(made.files)} files about {whom.name}: {path}")


def _write_archive(made: EvidenceFile, out: Path) -> Path:
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{made.name}.zip"
    path.write_bytes(made.pack())
    return path


def _write_folder(made: EvidenceFile, out: Path) -> Path:
    for name, content in made.files.items():
        path = out / made.name / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return out / made.name


def _write_batch(batch: Batch, out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        for ending, content in ((".pdf", batch.pdf), (".json", batch.manifest), (".csv", batch.table)):
            (out / f"{batch.name}{ending}").write_bytes(content)
    except OSError as error:
        raise FolderNotWritable(out, error) from error


def _find(organisation: Organisation, number: int) -> Effect:
    effect = Effect.objects.filter(organisation=organisation, pk=number, channel__in=CHANNELS).first()
    if effect is None:
        raise UnknownLetter(number)
    return effect


def _describe(organisation: Organisation, limit: int) -> list[dict[str, Any]]:
    """The rows of the documented JSON."""
    sent = Effect.objects.filter(organisation=organisation, channel__in=CHANNELS, state=Effect.State.SENT)
    effects = list(sent.order_by("-pk")[:limit])
    names = dict(Customer.objects.filter(pk__in={one.customer_id for one in effects}).values_list("pk", "name"))
    proofs = {proof.effect_id: proof for proof in PostalProof.objects.filter(effect__in=effects)}
    batches = batch_of(organisation, [one.key for one in effects])
    rows = []
    for one in effects:
        proof = proofs.get(one.pk)
        rows.append(
            {
                "number": one.pk,
                "channel": one.channel,
                "customer_name": names.get(one.customer_id, ""),
                "recipient": one.recipient,
                "written": one.finished_at.date() if one.finished_at else None,
                "batch": batches.get(one.key),
                "posted_date": proof.posted_date if proof else None,
                "sending_number": proof.sending_number or None if proof else None,
                "received_date": proof.received_date if proof else None,
                "returned_date": proof.returned_date if proof else None,
            }
        )
    return rows
