"""``goodterms outbox``: what is to be sent, was sent or needs a person; each message exactly as it was sent."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from goodterms.cli.context import FormatOption, OrganisationOption, current_moment, open_organisation
from goodterms.cli.printing import Column, Format, note, print_json, print_table, say
from goodterms.core.refusal import Refusal
from goodterms.flows.approvals import AT_THE_MACHINE
from goodterms.flows.settle_effect import Settlement, settle_effect
from goodterms.followup.models import Touch
from goodterms.ledger.models import Customer
from goodterms.organizations.models import Organisation
from goodterms.outbox.chain import verify_chain
from goodterms.outbox.models import Effect, SentMessage

ACTOR = AT_THE_MACHINE
COLUMNS = [
    Column("number", "No.", "right"),
    Column("state", "State"),
    Column("customer_name", "Customer"),
    Column("channel", "Channel"),
    Column("recipient", "To"),
    Column("step", "Step"),
    Column("moment", "When"),
    Column("reason", "Why", is_wrapped=True),
]

outbox_app = typer.Typer(help="What is to be sent, was sent or needs a person; messages exactly as they were sent.")


class Answer(StrEnum):
    """What became of an uncertain message, as a person found out."""

    SENT = "sent"
    NOT_SENT = "not-sent"
    DROPPED = "dropped"


SETTLEMENTS = {
    Answer.SENT: Settlement.SENT,
    Answer.NOT_SENT: Settlement.AGAIN,
    Answer.DROPPED: Settlement.DROP,
}
SAID = {
    Answer.SENT: "It counts as sent.",
    Answer.NOT_SENT: "It is queued again; the gate looks at fresh facts before it goes.",
    Answer.DROPPED: "It did not leave and will not; the next run decides anew.",
}

StateOption = Annotated[
    Effect.State | None, typer.Option("--state", metavar="STATE", help=f"One of: {', '.join(Effect.State.values)}.")
]
LimitOption = Annotated[int, typer.Option("--limit", min=1, help="At most so many, the newest first.")]
KeyArgument = Annotated[
    str, typer.Argument(metavar="KEY", help="The effect's key or number, as the list shows it.", show_default=False)
]
AsOption = Annotated[
    Answer, typer.Option("--as", help="It did leave; it did not: send it again; it did not and shall not.")
]
NoteOption = Annotated[str, typer.Option("--note", metavar="TEXT", help="How you found out.")]


class UnknownEffect(Refusal):
    """No effect has this key."""

    def __init__(self, key: str) -> None:
        super().__init__(f"There is nothing called {key!r} in the outbox; goodterms outbox lists keys and numbers.")


class NothingWritten(Refusal):
    """A message was to be shown that has not been handed over."""

    def __init__(self, effect: Effect) -> None:
        why = f" ({effect.reason})" if effect.reason else ""
        super().__init__(
            f"This one is {effect.get_state_display().lower()}{why}: nothing was handed over, so there is nothing "
            "to show. A message is written at the last moment, with the amounts of that moment."
        )


class RecordChanged(Refusal):
    """The hash chain is broken."""

    def __init__(self, position: int, key: str, fault: str) -> None:
        super().__init__(
            f"The record was changed: message {position} ({key}): {fault}. Everything before it is as it was sent. "
            "Compare with a backup; docs/runbooks/broken-chain.md says how."
        )


@outbox_app.callback(invoke_without_command=True)
def outbox(
    context: typer.Context,
    state: StateOption = None,
    limit: LimitOption = 50,
    organisation: OrganisationOption = "",
    output: FormatOption = Format.TABLE,
) -> None:
    """List what is to be sent, was sent or needs a person; the subcommands show, settle and verify."""
    if context.invoked_subcommand is None:
        list_effects(state, limit, organisation, output)


def list_effects(
    state: StateOption = None,
    limit: LimitOption = 50,
    organisation: OrganisationOption = "",
    output: FormatOption = Format.TABLE,
) -> None:
    """List what is to be sent, was sent or needs a person, the newest first."""
    owner = open_organisation(organisation)
    effects = Effect.objects.filter(organisation=owner).defer("content").order_by("-pk")
    found = list((effects.filter(state=state) if state else effects)[:limit])
    rows = _describe(owner, found)
    if output is Format.JSON:
        print_json(rows)
        return
    table = [{**row, **_cells(row)} for row in rows]
    print_table("Outbox", COLUMNS, table, empty=f"Nothing is {state}." if state else "There is nothing in the outbox.")
    if len(found) == limit:
        note(f"These are the newest {limit}; --limit shows more, --state fewer.")


def show(key: KeyArgument, organisation: OrganisationOption = "") -> None:
    """Write a message to standard output, byte for byte as it was handed over (e-mail: an .eml file)."""
    effect = _find(open_organisation(organisation), key)
    kept = SentMessage.objects.filter(effect=effect).first()
    content = kept.content if kept else effect.content
    if content is None:
        raise NothingWritten(effect)
    note(f"{effect.get_state_display()}: {effect.receipt or effect.reason}")
    typer.echo(bytes(content), nl=False)


def settle(key: KeyArgument, answer: AsOption, text: NoteOption = "", organisation: OrganisationOption = "") -> None:
    """Say what became of an uncertain (or failed) message."""
    owner = open_organisation(organisation)
    effect = _find(owner, key)
    settle_effect(owner, effect, SETTLEMENTS[answer], actor=ACTOR, now=current_moment(), note=text)
    say(f"Settled: {SAID[answer]}")


def verify(organisation: OrganisationOption = "", output: FormatOption = Format.TABLE) -> None:
    """Check that every message on record is the one that was sent, in order; name the first that is not."""
    verdict = verify_chain(open_organisation(organisation).pk)
    if output is Format.JSON:
        print_json({"messages": verdict.checked, "head": verdict.head, "broken": verdict.broken})
        if verdict.broken:
            raise typer.Exit(1)
        return
    if verdict.broken:
        raise RecordChanged(verdict.broken.position, verdict.broken.key, verdict.broken.fault)
    say(f"All {verdict.checked:,} messages are exactly as they were sent.")
    say(f"The newest link is {verdict.head}; kept elsewhere, it proves later that nothing was cut off the end.")


outbox_app.command("list")(list_effects)
outbox_app.command("show")(show)
outbox_app.command("settle")(settle)
outbox_app.command("verify")(verify)


def _find(organisation: Organisation, key: str) -> Effect:
    own = Effect.objects.filter(organisation=organisation)
    effect = own.filter(pk=int(key)).first() if key.isdecimal() else own.filter(key=key).first()
    if effect is None:
        raise UnknownEffect(key)
    return effect


def _describe(organisation: Organisation, effects: list[Effect]) -> list[dict[str, Any]]:
    """The rows of the documented JSON."""
    keys = [effect.key for effect in effects]
    touches = {touch.effect_id: touch for touch in Touch.objects.filter(effect__key__in=keys)}
    people = Customer.objects.filter(organisation=organisation, pk__in={effect.customer_id for effect in effects})
    customers = {customer.pk: {"number": customer.number, "name": customer.name} for customer in people}
    rows = []
    for effect in effects:
        touch = touches.get(effect.key)
        rows.append(
            {
                "number": effect.pk,
                "key": effect.key,
                "state": effect.state,
                "reason": effect.reason,
                "customer": customers.get(effect.customer_id, {"number": "", "name": ""}),
                "channel": effect.channel,
                "recipient": effect.recipient,
                "playbook": touch.playbook if touch else "",
                "step": touch.step if touch else "",
                "not_before": effect.not_before,
                "attempts": effect.attempts,
                "handed_over_at": effect.handed_over_at,
                "finished_at": effect.finished_at,
                "receipt": effect.receipt,
            }
        )
    return rows


def _cells(row: dict[str, Any]) -> dict[str, Any]:
    """How the table shows a row: the moment is when it ended, else when it is due."""
    return {
        "number": str(row["number"]),
        "customer_name": row["customer"]["name"],
        "moment": row["finished_at"] or row["handed_over_at"] or row["not_before"],
    }
