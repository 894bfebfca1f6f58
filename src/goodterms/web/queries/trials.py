"""Trials of a draft as the pages show them: how far they are, what they found, for whom."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from goodterms.core.comparison import CHANNELS
from goodterms.flows.try_policy import Assumptions, Kind, State, read_lines
from goodterms.followup.models import PolicyTrial, TrialCustomer
from goodterms.ledger.models import Customer
from goodterms.organizations.models import Organisation
from goodterms.web.lists import Slice, slice_rows


@dataclass(frozen=True)
class Line:
    """One figure under both policies; ``change`` is the draft's less the present one's."""

    name: str
    present: Decimal | int
    draft: Decimal | int

    @property
    def change(self) -> Decimal | int:
        return self.draft - self.present


@dataclass(frozen=True)
class Compared:
    """What a replay or the coming days came to."""

    first_day: date
    last_day: date
    channels: list[Line]
    total: Line
    customers: Line
    approvals: Line
    hours: Line
    time: Line
    fees: Line
    cost: Line
    first_word: tuple[float | None, float | None]
    months: list[tuple[str, int, int]]
    playbooks: list[Line]
    differing: int
    really_sent: int | None


@dataclass(frozen=True)
class TrialRow:
    """A customer whom the draft treats differently: what either course has alone, or both answers.

    ``shared``: how many contacts both courses have.
    """

    customer: Customer
    present: Any
    draft: Any
    shared: int


def find_trial(organisation: Organisation, pk: int) -> PolicyTrial | None:
    """The trial, without the policies it compared."""
    rows = PolicyTrial.objects.filter(organisation=organisation, pk=pk)
    return rows.defer("present", "draft").first()


def list_trials(organisation: Organisation) -> "QuerySet[PolicyTrial]":
    """Replays and looks ahead that are kept, newest first."""
    rows = PolicyTrial.objects.filter(organisation=organisation, kind__in=(Kind.HISTORY, Kind.COMING))
    return rows.defer("present", "draft", "result").order_by("-asked_at", "-pk")


def last_check(organisation: Organisation) -> PolicyTrial | None:
    """The last look at who would be judged anew."""
    rows = PolicyTrial.objects.filter(organisation=organisation, kind=Kind.STANDINGS)
    return rows.order_by("-asked_at", "-pk").defer("present").first()


def percent_done(trial: PolicyTrial) -> int:
    """How far it is; a look ahead lives through its days twice."""
    total = trial.days * (2 if trial.kind == Kind.COMING else 1)
    return min(100, round(100 * trial.days_done / total)) if total else 0


def is_to_come(trial: PolicyTrial) -> bool:
    """Whether it still waits or runs."""
    return trial.state in (State.WAITING, State.RUNNING)


def read_comparison(trial: PolicyTrial) -> Compared:
    """The figures of a trial that is done."""
    result = trial.result
    present, draft = result["present"], result["draft"]

    def line(name: str, key: str) -> Line:
        return Line(name, Decimal(str(present[key])), Decimal(str(draft[key])))

    time = Line("time", int(present["time_minor"]), int(draft["time_minor"]))
    fees = Line("fees", int(present["fees_minor"]), int(draft["fees_minor"]))
    minutes = line("hours", "minutes")
    sent = result.get("really_sent")
    return Compared(
        first_day=date.fromisoformat(result["first_day"]),
        last_day=date.fromisoformat(result["last_day"]),
        channels=_lines(present["by_channel"], draft["by_channel"], CHANNELS),
        total=line("contacts", "contacts"),
        customers=line("customers", "customers"),
        approvals=line("approvals", "approvals"),
        hours=Line("hours", Decimal(minutes.present) / 60, Decimal(minutes.draft) / 60),
        time=time,
        fees=fees,
        cost=Line("cost", time.present + fees.present, time.draft + fees.draft),
        first_word=(present["first_word_days"], draft["first_word_days"]),
        months=_months(present["by_month"], draft["by_month"]),
        playbooks=_lines(present["by_playbook"], draft["by_playbook"], ()),
        differing=result["differing"],
        really_sent=sum(sent.values()) if sent is not None else None,
    )


def _lines(present: Mapping[str, int], draft: Mapping[str, int], first: tuple[str, ...]) -> list[Line]:
    names = [name for name in dict.fromkeys([*first, *present, *draft]) if present.get(name) or draft.get(name)]
    return [Line(name, Decimal(present.get(name, 0)), Decimal(draft.get(name, 0))) for name in names]


def _months(
    present: Mapping[str, Mapping[str, int]], draft: Mapping[str, Mapping[str, int]]
) -> list[tuple[str, int, int]]:
    months = sorted({*present, *draft})
    return [(month, sum(present.get(month, {}).values()), sum(draft.get(month, {}).values())) for month in months]


def slice_customers(trial: PolicyTrial, cursor: str) -> Slice[TrialRow]:
    """The customers that the draft treats differently, the most different first."""
    rows = TrialCustomer.objects.filter(trial=trial).select_related("customer")
    page = slice_rows(rows, ("place",), cursor, size=20)
    return Slice([_row(one) for one in page.rows], page.next, page.previous)


def _row(one: TrialCustomer) -> TrialRow:
    content = read_lines(one.content)
    if "only_present" not in content:
        return TrialRow(one.customer, content["present"], content["draft"], 0)
    present, draft = content["present"] or [], content["draft"] or []
    return TrialRow(
        one.customer, _alone(present, draft), _alone(draft, present), len(present) - content["only_present"]
    )


def _alone(course: list[dict[str, Any]], other: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The contacts that the other course has not."""
    keys = {(each["planned_date"], each["playbook"], each["step"], each["channel"]) for each in other}
    return [
        each for each in course if (each["planned_date"], each["playbook"], each["step"], each["channel"]) not in keys
    ]


def assumptions_of(trial: PolicyTrial | None) -> Assumptions:
    """What the last trial assumed; the usual where there was none."""
    return Assumptions.from_json(trial.assumptions if trial else {})
