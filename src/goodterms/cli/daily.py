"""The day's commands: run, preview, customers."""

import functools
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import polars as pl
import typer
from django.db.models import Min

from goodterms.cli.channels import make_channels
from goodterms.cli.context import DayOption, FormatOption, OrganisationOption, moment_of, open_organisation, today_of
from goodterms.cli.day_tables import SHOWN, print_coming, print_customer, print_customers, print_day, print_touches
from goodterms.cli.printing import Format, print_json
from goodterms.cli.worker import worker_name
from goodterms.core.policy import Policy
from goodterms.core.refusal import Refusal
from goodterms.flows.compose_message import compose_touches
from goodterms.flows.decide_day import Decided, decide_for
from goodterms.flows.describe import describe_customers, describe_touches, describe_waits
from goodterms.flows.gate_touches import judge_effects
from goodterms.flows.preview import preview as foresee_days
from goodterms.flows.relay import relay_due
from goodterms.flows.run_day import count_decision, run_day
from goodterms.followup.policy import policy_of
from goodterms.ledger.models import Customer
from goodterms.organizations.models import Organisation
from goodterms.outbox.models import Effect

DryRun = Annotated[bool, typer.Option("--dry-run", help="Decide and show, but write and send nothing.")]
Days = Annotated[int, typer.Option("--days", min=1, max=366, help="How many days, today included.")]
Search = Annotated[
    str, typer.Option("--customer", metavar="NUMBER", help="Only this customer, with all that is known.")
]


class DayToCome(Refusal):
    """A day in the future was to be run."""

    def __init__(self, day: date) -> None:
        super().__init__(f"{day} has not come yet. Look ahead with goodterms preview, or with --dry-run.")


class MailWouldLeave(Refusal):
    """A day of the past was to be run where mail really leaves."""

    def __init__(self, day: date) -> None:
        super().__init__(
            f"Mail goes by SMTP here, so running {day} would send old news to real customers. Look back with "
            "--dry-run, or switch test mode on first (goodterms organisation set --test-mode)."
        )


class UnknownCustomer(Refusal):
    """No customer has this number."""

    def __init__(self, number: str) -> None:
        super().__init__(f"There is no customer with the number {number!r}; goodterms customers lists them.")


def run(
    on: DayOption = None,
    dry_run: DryRun = False,
    output: FormatOption = Format.TABLE,
    organisation: OrganisationOption = "",
) -> None:
    """Decide the day for every customer, and send what is due."""
    creditor = open_organisation(organisation)
    day, now = _day(creditor, on), moment_of(creditor, on)
    if dry_run:
        decided = decide_for(creditor, now, on=day)
        report: dict[str, Any] = {"date": day or today_of(creditor), "dry_run": True, "counts": count_decision(decided)}
    else:
        decided, report = _run_for_real(creditor, day, now)
    if output == Format.JSON:
        touches = describe_touches(decided.decision.touches, decided.policy)
        print_json({**report, "touches": touches, "waits": describe_waits(decided)})
        return
    print_day(report)
    print_touches(decided.decision.touches, _describing(decided.policy))


def _day(creditor: Organisation, on: datetime | None) -> date | None:
    """The day to look back to; None for today, which is read as it stands."""
    return None if on is None or on.date() == today_of(creditor) else on.date()


def _run_for_real(creditor: Organisation, day: date | None, now: datetime) -> tuple[Decided, dict[str, Any]]:
    channels = make_channels()
    if day and day > today_of(creditor):
        raise DayToCome(day)
    if day and not creditor.is_test_mode and any(channel.leaves_machine for channel in channels.values()):
        raise MailWouldLeave(day)
    done = run_day(creditor, now, on=day)
    # For another day than today the gate and the words know no more than that day did.
    gate, compose = functools.partial(judge_effects, on=day), functools.partial(compose_touches, on=day)
    sent: Counter[str] = Counter()
    for moment in _moments(creditor, day, now):
        done_now = relay_due(
            moment, worker_name(), channels, gate=gate, compose=compose, organisation_id=creditor.pk if day else None
        )
        sent.update(asdict(done_now))
    return done.decided, {
        "date": done.run_date,
        "dry_run": False,
        "counts": done.counts,
        "sent": {name: count for name, count in sent.items() if count},
        "queued": Effect.objects.filter(organisation=creditor, state=Effect.State.QUEUED).count(),
    }


def _moments(creditor: Organisation, day: date | None, now: datetime) -> Iterator[datetime]:
    """When to look into the outbox: now; for a day of the past also whenever something falls due later that day."""
    yield now
    if day is None:
        return
    midnight = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(creditor.timezone))
    waiting = Effect.objects.filter(organisation=creditor, state=Effect.State.QUEUED, not_before__lt=midnight)
    while moment := waiting.filter(not_before__gt=now).aggregate(first=Min("not_before"))["first"]:
        now = moment
        yield now


def _describing(policy: Policy) -> Any:
    def describe(touches: pl.DataFrame) -> list[dict[str, Any]]:
        return describe_touches(touches, policy)

    return describe


def preview(
    days: Days = 30, on: DayOption = None, output: FormatOption = Format.TABLE, organisation: OrganisationOption = ""
) -> None:
    """Show what would go out in the coming days if nobody pays and nobody answers."""
    creditor = open_organisation(organisation)
    policy = policy_of(creditor)
    frame = foresee_days(creditor, moment_of(creditor, on), days, on=_day(creditor, on))
    if output == Format.JSON:
        print_json({"days": days, "touches": describe_touches(frame, policy)})
        return
    print_coming(frame, _describing(policy), days)


def customers(
    on: DayOption = None, only: Search = "", output: FormatOption = Format.TABLE, organisation: OrganisationOption = ""
) -> None:
    """Show each customer's habits, signal, profile and verdict, with the evidence."""
    creditor = open_organisation(organisation)
    chosen = _customer_ids(creditor, only)
    decided = decide_for(creditor, moment_of(creditor, on), on=_day(creditor, on))
    day = _day(creditor, on) or today_of(creditor)
    if output == Format.JSON:
        print_json({"date": day, "customers": list(describe_customers(decided, day, chosen))})
    elif only:
        for row in describe_customers(decided, day, chosen):
            print_customer(row)
    else:
        habits = decided.decision.habits.sort("oldest_days_overdue", descending=True, maintain_order=True)
        first = habits["customer_id"].head(SHOWN).to_list()
        print_customers(list(describe_customers(decided, day, first)), habits.height)


def _customer_ids(creditor: Organisation, number: str) -> list[int] | None:
    if not number:
        return None
    ids = list(Customer.objects.filter(organisation=creditor, number=number).values_list("pk", flat=True))
    if not ids:
        raise UnknownCustomer(number)
    return ids
