"""``goodterms verify``: is the record still what it was? Every message sent, every word of the timeline."""

from typing import Annotated

import typer

from goodterms.cli.context import FormatOption, OrganisationOption, open_organisation
from goodterms.cli.printing import Format, print_json, say
from goodterms.core.refusal import Refusal
from goodterms.flows.seal_timeline import TimelineVerdict, verify_timeline
from goodterms.followup.models import TimelineEvent
from goodterms.outbox.chain import Verdict, verify_chain

NotedOption = Annotated[
    str, typer.Option("--noted", metavar="HASH", help="A timeline head noted earlier; it must still be in the chain.")
]


class RecordBroken(Refusal):
    """Something on record is not what it was."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"The record was changed: {what}. Everything before it is as it was. "
            "Compare with a backup; docs/runbooks/broken-chain.md says how."
        )


def verify(noted: NotedOption = "", organisation: OrganisationOption = "", output: FormatOption = Format.TABLE) -> None:
    """Check that all messages and the whole timeline are as they were written; name the first that is not."""
    owner = open_organisation(organisation)
    messages, timeline = verify_chain(owner.pk), verify_timeline(owner, noted_head=noted)
    if output is Format.JSON:
        print_json({"messages": messages, "timeline": timeline})
        if _faults(messages, timeline):
            raise typer.Exit(1)
        return
    for fault in _faults(messages, timeline):
        raise RecordBroken(fault)
    say(f"All {messages.checked:,} messages are exactly as they were sent, newest link {messages.head}.")
    say(f"All {timeline.checked:,} lines of the timeline are as they were written, newest link {timeline.head}.")
    if timeline.unsealed:
        say(f"{timeline.unsealed:,} new lines are sealed with the next run or relay.")
    say("Kept elsewhere, the two links prove later that nothing was cut off the end (goodterms verify --noted HASH).")


def _faults(messages: Verdict, timeline: TimelineVerdict) -> list[str]:
    faults = []
    if messages.broken:
        faults.append(f"message {messages.broken.position} ({messages.broken.key}): {messages.broken.fault}")
    if timeline.broken:
        faults.append(f"timeline {timeline.broken.position}{_about(timeline.broken.event_id)}: {timeline.broken.fault}")
    if not timeline.is_noted_head_known:
        faults.append("the head noted earlier is no link of the timeline any more: its end was cut off or rewritten")
    return faults


def _about(event_id: int) -> str:
    """The event as a person finds it again."""
    found = TimelineEvent.objects.filter(pk=event_id).select_related("customer").first()
    return f" ({found.at:%Y-%m-%d}, {found.customer.number}: “{found.text[:60]}”)" if found else ""
