"""How a day's decision reads at a terminal: what happens, to whom, and why, in the words of an office."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

import polars as pl

from goodterms.cli.printing import Column, note, print_table, say, to_text
from goodterms.core.money import Money
from goodterms.core.plan_touches import WAIT_REASONS

SHOWN = 15
SIGNALS = {"later": "later than they used to", "irregular": "irregularly"}
PROBLEMS = {
    "contact_missing": "nobody can be reached",
    "no_step_left": "no step left in the playbook",
}
OUTCOMES = {
    "sent": "handed over",
    "withheld": "withheld at the last moment",
    "failed": "refused",
    "uncertain": "uncertain",
    "unavailable": "to be tried again",
    "lost": "taken by another worker",
    "expired": "drafts expired unapproved",
}
TOUCH_COLUMNS = [
    Column("customer", "Customer"),
    Column("asked", "Asks for", "right"),
    Column("oldest", "Oldest due"),
    Column("step", "Step"),
    Column("tone", "Tone"),
    Column("why", "Why this customer is late", is_wrapped=True),
]
PHONE = Column("recipient", "Number")
DAY = Column("date", "Day")
CHANNEL = Column("channel", "By")
CUSTOMER_COLUMNS = [
    Column("number", "Number"),
    Column("name", "Customer"),
    Column("overdue", "Overdue", "right"),
    Column("profile", "Profile"),
    Column("because", "Because", is_wrapped=True),
    Column("verdict", "Verdict"),
    Column("signal", "Pays now"),
]
HABITS = {
    "settled_count": "invoices settled",
    "median_days_late": "days late, usually",
    "recent_median_days_late": "days late, the newest",
    "spread_days": "spread in days",
    "late_share": "share paid late",
    "oldest_days_overdue": "days overdue now, the oldest",
    "touch_count": "messages in this cycle",
    "silence_days": "days without an answer",
}
Describe = Callable[[pl.DataFrame], list[dict[str, Any]]]


def print_day(report: Mapping[str, Any]) -> None:
    """The day in numbers."""
    counts = report["counts"]
    dry = " (only looked at: nothing written, nothing sent)" if report["dry_run"] else ""
    say(f"{report['date']:%A, %-d %B %Y}: {counts['customers']:,} customers{dry}")
    _line("Profiles", _listed(counts["profiles"]))
    _line("Verdicts", _listed(counts["verdicts"]))
    _line("Paying", _listed({SIGNALS.get(kind, kind): count for kind, count in counts["signals"].items()}))
    _line("Waiting", _listed({WAIT_REASONS[reason]: count for reason, count in counts["waits"].items()}, ": "))
    _line("To mend", _listed({PROBLEMS[kind]: count for kind, count in counts["problems"].items()}, ": "))
    _line("Today", count_channels(counts["touches"], counts["approvals"]))
    if not report["dry_run"]:
        _print_outcome(report)


def _line(word: str, text: str) -> None:
    if text:
        say(f"  {word:<9} {text}")


def count_channels(counts: Mapping[str, int], approvals: int = 0) -> str:
    """How many of each channel, in words."""
    words = {"email": ("e-mail", "e-mails"), "call": ("call", "calls")}
    parts = [f"{count:,} {words.get(name, (name, name))[count != 1]}" for name, count in counts.items()]
    waiting = f"; {approvals:,} of them only after approval" if approvals else ""
    return (", ".join(parts) or "nobody is due") + waiting


def _print_outcome(report: Mapping[str, Any]) -> None:
    done = {words: report["sent"][name] for name, words in OUTCOMES.items() if report["sent"].get(name)}
    _line("Outbox", _listed(done, ": "))
    if report["queued"]:
        _line(
            "Later", f"{report['queued']:,} leave in the customers' own working hours (goodterms serve, or run again)"
        )
    for name in ("withheld", "failed", "uncertain"):
        if report["sent"].get(name):
            note(f"goodterms outbox --state {name} says which and why.")


def _listed(counts: Mapping[str, int], between: str = " ") -> str:
    return ", ".join(f"{in_words(name)}{between}{count:,}" for name, count in counts.items())


def in_words(name: str) -> str:
    """An id as a person writes it."""
    return name.replace("_", " ").replace("-", " ")


def print_touches(touches: pl.DataFrame, describe: Describe) -> None:
    """The day's touches (columns: PLANNED) by who must do something: calls and approvals first."""
    approval = touches.filter("needs_approval")
    own = touches.filter(~pl.col("needs_approval"))
    parts = [
        ("To call", own.filter(pl.col("channel") == "call"), [TOUCH_COLUMNS[0], PHONE, *TOUCH_COLUMNS[1:]]),
        ("To approve", approval, [TOUCH_COLUMNS[0], CHANNEL, *TOUCH_COLUMNS[1:]]),
        ("By e-mail", own.filter(pl.col("channel") == "email"), TOUCH_COLUMNS),
    ]
    for title, frame, columns in parts:
        _print_some(title, columns, frame.sort("level", descending=True, maintain_order=True), describe)


def print_coming(touches: pl.DataFrame, describe: Describe, days: int) -> None:
    """The touches of some days: how many on each, and the first of them."""
    counts = touches.group_by("planned_date").agg(
        (pl.col("channel") == "email").sum().alias("email"),
        (pl.col("channel") == "call").sum().alias("call"),
        pl.col("needs_approval").sum().alias("approval"),
    )
    say(f"{touches.height:,} touches in {days} days, if nobody pays and nobody answers.")
    rows = [{**row, "day": day_name(row["planned_date"])} for row in counts.sort("planned_date").iter_rows(named=True)]
    columns = [
        Column("day", "Day"),
        Column("email", "E-mails", "right"),
        Column("call", "Calls", "right"),
        Column("approval", "To approve", "right"),
    ]
    if rows:
        print_table("Per day", columns, rows)
        _print_some("The first of them", [DAY, TOUCH_COLUMNS[0], CHANNEL, *TOUCH_COLUMNS[1:]], touches, describe)


def day_name(day: date) -> str:
    """A day with its weekday."""
    return f"{day:%a %Y-%m-%d}"


def _print_some(title: str, columns: list[Column], frame: pl.DataFrame, describe: Describe) -> None:
    if frame.is_empty():
        return
    rows = [_touch_row(row) for row in describe(frame.head(SHOWN))]
    print_table(f"{title} ({frame.height:,})", columns, rows)
    if frame.height > SHOWN:
        note(f"{frame.height - SHOWN:,} more; --format json lists all.")


def _touch_row(row: Mapping[str, Any]) -> dict[str, Any]:
    due = [invoice["due_date"] for invoice in row["invoices"] if invoice["due_date"]]
    return {
        "date": day_name(row["planned_date"]),
        "customer": row["customer"]["name"],
        "recipient": row["recipient"],
        "channel": {"email": "e-mail"}.get(row["channel"], row["channel"]),
        "asked": total(invoice["open_amount"] for invoice in row["invoices"]),
        "oldest": min(due, default=None),
        "step": in_words(row["step"]),
        "tone": row["tone"],
        "why": f"{in_words(row['profile'])}: {row['because'] or 'a person says so'}",
    }


def total(amounts: Iterable[Mapping[str, Any]]) -> list[Money]:
    """The sum per currency; currencies are never added together."""
    sums: dict[str, int] = {}
    for amount in amounts:
        sums[amount["currency"]] = sums.get(amount["currency"], 0) + amount["amount_minor"]
    return [Money(minor, currency) for currency, minor in sorted(sums.items())]


def print_customers(rows: list[dict[str, Any]], count: int) -> None:
    """Some of ``count`` customers, those longest overdue first."""
    shown = [
        {
            **row["customer"],
            "overdue": total(each["overdue"] for each in row["balances"] if each["overdue"]["amount_minor"]),
            "profile": in_words(row["profile"]["is"]),
            "because": row["profile"]["because"] or "a person says so",
            "verdict": row["verdict"]["is"],
            "signal": SIGNALS.get(row["signal"]["kind"], ""),
        }
        for row in sorted(rows, key=lambda row: -row["habits"]["oldest_days_overdue"])
    ]
    print_table(f"Customers ({count:,}), the longest overdue first", CUSTOMER_COLUMNS, shown, empty="No customer yet.")
    if count > len(rows):
        note(f"{count - len(rows):,} more; --customer NUMBER shows one, --format json lists all.")


def print_customer(row: Mapping[str, Any]) -> None:
    """All that is known about one customer."""
    say(f"{row['customer']['name']} ({row['customer']['number']})", style="bold")
    for name in ("profile", "verdict"):
        answer = row[name]
        _line(
            name.capitalize(), f"{in_words(answer['is'])}: {answer['because'] or 'a person says so'} [{answer['rule']}]"
        )
    signal = row["signal"]
    if signal["kind"]:
        _line("Signal", f"pays {SIGNALS[signal['kind']]}, seen on {signal['seen_date']}, strength {signal['strength']}")
    for balance in row["balances"]:
        open_amount, overdue = total([balance["open"]]), total([balance["overdue"]])
        _line("Balance", f"{to_text(open_amount)} open, {to_text(overdue)} of it overdue")
    for habit, words in HABITS.items():
        value = row["habits"][habit]
        if value is not None:
            _line("Habit", f"{words}: {value}")
