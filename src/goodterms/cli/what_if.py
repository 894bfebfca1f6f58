"""``goodterms what-if``: history replayed, or the coming days foreseen, under the draft and under what is in force."""

from typing import Annotated, Any

import typer

from goodterms.cli.context import FormatOption, OrganisationOption, current_moment, open_organisation
from goodterms.cli.holding import ACTOR
from goodterms.cli.printing import Column, Format, money_text, note, print_json, print_table, say
from goodterms.cli.worker import worker_name
from goodterms.core.money import Money
from goodterms.core.refusal import Refusal
from goodterms.flows.edit_draft import read_draft
from goodterms.flows.replay_history import run_trial
from goodterms.flows.try_policy import COMING_DAYS, Kind, State, ask_trial, claim_own_trial
from goodterms.followup.models import PolicyTrial

HONEST = (
    "Customers' behaviour stays as it was: payments, answers and promises happen on the days on which they really did. "
    "The figures tell what you would have done, not what you would have been paid."
)
AHEAD = "This is what would go out if nobody paid and nobody answered."


class TrialEndedEarly(Refusal):
    """The replay has no answer."""


def what_if(
    months: Annotated[int, typer.Option(min=1, max=24, help="How much history to replay.")] = 3,
    coming: Annotated[bool, typer.Option("--coming", help="Look at the coming 30 days instead.")] = False,
    organisation: OrganisationOption = "",
    format: FormatOption = Format.TABLE,
) -> None:
    """Compare the draft of the playbooks with what is in force, on your own history or the coming days."""
    ours = open_organisation(organisation)
    content, draft = read_draft(ours)
    if draft is None:
        note("There is no draft: both sides are the policy in force.")
    kind = Kind.COMING if coming else Kind.HISTORY
    days = COMING_DAYS if coming else round(months * 365 / 12)
    trial = ask_trial(ours, kind, content, days=days, actor=ACTOR, now=current_moment())
    name = worker_name()
    if claim_own_trial(trial, name, current_moment()):
        run_trial(trial, name, current_moment)
    trial = PolicyTrial.objects.get(pk=trial.pk)
    if trial.state != State.DONE:
        raise TrialEndedEarly(trial.fault or "The replay was stopped, or a worker has taken it over; see the pages.")
    if format is Format.JSON:
        print_json(trial.result)
        return
    _tell(trial.result, ours.currency)
    say(AHEAD if coming else HONEST)


def _tell(result: dict[str, Any], currency: str) -> None:
    present, draft = result["present"], result["draft"]
    channels = dict.fromkeys([*present["by_channel"], *draft["by_channel"]])
    rows = [
        {"what": name, "present": present["by_channel"].get(name, 0), "draft": draft["by_channel"].get(name, 0)}
        for name in channels
    ]
    rows += [
        {"what": key, "present": present[key], "draft": draft[key]} for key in ("contacts", "customers", "approvals")
    ]
    rows.append(
        {
            "what": "people's hours",
            **{name: f"{float(result[name]['minutes']) / 60:.1f}" for name in ("present", "draft")},
        }
    )
    for key, word in (("time_minor", "people's time"), ("fees_minor", "fees")):
        rows.append(
            {"what": word, **{name: money_text(Money(result[name][key], currency)) for name in ("present", "draft")}}
        )
    columns = [Column("what", ""), Column("present", "in force", "right"), Column("draft", "draft", "right")]
    print_table(f"{result['first_day']} to {result['last_day']}", columns, rows)
    say(f"Customers treated differently: {result['differing']:,}.")
