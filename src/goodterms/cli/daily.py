"""The day's commands: run, preview, customers."""

import functools
from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Any

import polars as pl
import typer

from goodterms.cli.channels import make_channels
from goodterms.cli.context import DayOption, FormatOption, OrganisationOption, moment_of, open_organisation, today_of
from goodterms.cli.printing import Column, Format, note, print_json, print_table, say
from goodterms.cli.worker import worker_name
from goodterms.core.money import Money
from goodterms.core.plan_touches import WAIT_REASONS
from goodterms.flows.decide_day import Decided, decide_for
from goodterms.flows.describe import describe_customers, describe_touches, describe_waits
from goodterms.flows.gate_touches import judge_effects
from goodterms.flows.preview import preview as foresee_days
from goodterms.flows.relay import relay_due
from goodterms.flows.run_day import count_decision, run_day
from goodterms.followup.policy import policy_of
from goodterms.organizations.models import Organisation

SHOWN = 30
TOUCH_COLUMNS = [
    Column("customer", "Customer"),
    Column("asked", "Asked for", "right"),
    Column("channel", "Channel"),
    Column("step", "Playbook: step"),
    Column("tone", "Tone"),
    Column("because", "Because", is_wrapped=True),
]

DryRun = Annotated[bool, typer.Option("--dry-run", help="Decide and show, but write and send nothing.")]
Days = Annotated[int, typer.Option("--days", min=1, max=366, help="How many days, today included.")]
Search = Annotated[str, typer.Option("--customer", metavar="NUMBER", help="Only this customer.")]


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
        done = run_day(creditor, now, on=day)
        decided = done.decided
        report = {"date": done.run_date, "dry_run": False, "counts": done.counts}
        report["sent"] = _send_due(now, day)
    report["touches"] = describe_touches(creditor, decided.decision.touches, decided.policy)
    report["waits"] = describe_waits(creditor, decided)
    if output == Format.JSON:
        print_json(report)
        return
    _print_run(report, decided)


def _day(creditor: Organisation, on: datetime | None) -> date | None:
    """The day to look back to; None for today, which is read as it stands."""
    return None if on is None or on.date() == today_of(creditor) else on.date()


def _send_due(now: datetime, on: date | None) -> dict[str, int]:
    """Relay what is due; for another day than today the gate and the words know no more than that day did."""
    from goodterms.flows.compose_message import compose_touches

    gate = functools.partial(judge_effects, on=on)
    compose = functools.partial(compose_touches, on=on)
    counts = relay_due(now, worker_name(), make_channels(), gate=gate, compose=compose)
    return {name: count for name, count in asdict(counts).items() if count}


def _print_run(report: dict[str, Any], decided: Decided) -> None:
    counts = report["counts"]
    dry = " (dry run: nothing written or sent)" if report["dry_run"] else ""
    say(f"{report['date']}: {counts['customers']:,} customers{dry}.")
    say(f"  Why late: {_listed(counts['profiles'])}")
    say(f"  Keep or part: {_listed(counts['verdicts'])}")
    if counts["signals"]:
        say(f"  Habits turned: {_listed(counts['signals'])}")
    waits = {WAIT_REASONS[name]: count for name, count in counts["waits"].items()}
    say(f"  Waiting: {_listed(waits) or 'nobody'}")
    say(f"  To send: {_listed(counts['touches']) or 'nothing'}, of which {counts['approvals']} wait for approval.")
    if "sent" in report:
        say(f"  Outbox: {_listed(report['sent']) or 'nothing was due'}.")
    _print_touches("Touches", report["touches"], decided.decision.touches)


def _print_touches(title: str, described: list[dict[str, Any]], frame: pl.DataFrame, *, dated: bool = False) -> None:
    rows = [
        {
            "date": row["planned_date"],
            "customer": row["customer"]["name"],
            "asked": _asked(row["invoices"]),
            "channel": row["channel"],
            "step": f"{row['playbook']}: {row['step']}",
            "tone": row["tone"],
            "because": row["because"] or row["due_reason"],
        }
        for row in described[:SHOWN]
    ]
    columns = [Column("date", "Day"), *TOUCH_COLUMNS] if dated else TOUCH_COLUMNS
    print_table(title, columns, rows, empty="No touch is due.")
    if frame.height > SHOWN:
        note(f"{frame.height - SHOWN:,} more; --format json lists all.")


def _asked(invoices: list[dict[str, Any]]) -> list[Money]:
    """The amounts asked for, per currency."""
    totals: dict[str, int] = {}
    for invoice in invoices:
        amount = invoice["open_amount"]
        totals[amount["currency"]] = totals.get(amount["currency"], 0) + amount["amount_minor"]
    return [Money(total, currency) for currency, total in sorted(totals.items())]


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())


def preview(
    days: Days = 30, on: DayOption = None, output: FormatOption = Format.TABLE, organisation: OrganisationOption = ""
) -> None:
    """Show what would go out in the coming days if nobody pays and nobody answers."""
    creditor = open_organisation(organisation)
    frame = foresee_days(creditor, moment_of(creditor, on), days, on=_day(creditor, on))
    described = describe_touches(creditor, frame, policy_of(creditor))
    if output == Format.JSON:
        print_json({"days": days, "touches": described})
        return
    per_day = frame.group_by("planned_date", "channel").len().sort("planned_date", "channel")
    say(f"{frame.height:,} touches in {days} days.")
    for planned, channel, count in per_day.iter_rows():
        say(f"  {planned:%a %Y-%m-%d}  {channel:<6} {count:>7,}")
    _print_touches("The first of them", described, frame, dated=True)


CUSTOMER_COLUMNS = [
    Column("number", "Number"),
    Column("name", "Customer"),
    Column("overdue", "Overdue", "right"),
    Column("profile", "Profile"),
    Column("because", "Because", is_wrapped=True),
    Column("verdict", "Verdict"),
    Column("signal", "Signal"),
]


def customers(
    on: DayOption = None, only: Search = "", output: FormatOption = Format.TABLE, organisation: OrganisationOption = ""
) -> None:
    """Show each customer's habits, signal, profile and verdict, with the evidence."""
    creditor = open_organisation(organisation)
    decided = decide_for(creditor, moment_of(creditor, on), on=_day(creditor, on))
    day = _day(creditor, on) or today_of(creditor)
    rows = [row for row in describe_customers(creditor, decided, day) if only in ("", row["customer"]["number"])]
    if output == Format.JSON:
        print_json({"date": day, "customers": rows})
        return
    shown = [
        {
            **row["customer"],
            "overdue": [Money(**each["overdue"]) for each in row["balances"] if each["overdue"]["amount_minor"]],
            "profile": row["profile"]["is"],
            "because": row["profile"]["because"],
            "verdict": row["verdict"]["is"],
            "signal": row["signal"]["kind"],
        }
        for row in rows[:SHOWN]
    ]
    print_table("Customers", CUSTOMER_COLUMNS, shown, empty="No customer.")
    if len(rows) > SHOWN:
        note(f"{len(rows) - SHOWN:,} more; --customer NUMBER shows one, --format json lists all.")
