"""Within the day's run: who is ready for an agency or a court, because nothing we can do ourselves is left."""

from datetime import date, datetime
from typing import Any

import polars as pl
from django.db.models import Exists, OuterRef

from goodterms.core.ageing import age_items
from goodterms.core.chase import CYCLE_PREFIX
from goodterms.core.habits import sum_overdue
from goodterms.core.money import Money
from goodterms.core.policy import AgencyPolicy
from goodterms.database.writing import insert_frame
from goodterms.flows.ask_person import ask_person
from goodterms.flows.decide_day import Decided
from goodterms.followup.models import AgencyCase, LegalDecision, Task
from goodterms.ledger.models import Customer
from goodterms.organizations.models import Organisation

SPECIAL_BOND = "special_bond"
AGENCY, COURT = "agency", "court"
READY = pl.Schema(
    {
        "customer_id": pl.Int64(),
        "currency": pl.String(),
        "overdue_minor": pl.Int64(),
        "days": pl.Int64(),
        "ends_with": pl.String(),  # agency | court: what the exhausted playbook ends with
    }
)


def judge_agency(organisation: Organisation, decided: Decided, today: date, now: datetime) -> int:
    """Open a case, and its task, for each customer who is ready and was not judged before in this cycle; how many.

    Whose playbook ends with the court gets no case, only the task to decide between court and forget; whose ends with a
    person gets neither.

    Ready: the playbook has no step left, at least the policy's amount may be asked for as overdue in one currency, the
    oldest of it for more than the policy's days. Never a customer under a person's protection. Where nothing is
    overdue any more of one who is in the agency's or the court's hands, a task asks to end that.
    """
    ready = find_ready(decided, decided.policy.numbers.agency)
    ids = ready["customer_id"].to_list()
    known = _judged_before(decided, ids) | set(
        Customer.objects.filter(pk__in=ids, is_protected=True).values_list("pk", flat=True)
    )
    found = [row for row in ready.iter_rows(named=True) if row["customer_id"] not in known]
    rows = [row for row in found if row["ends_with"] == AGENCY]
    AgencyCase.objects.bulk_create(
        AgencyCase(
            organisation=organisation, customer_id=row["customer_id"], ready_date=today, ready_reason=_reason(row)
        )
        for row in rows
    )
    _open_tasks(organisation, decided, found, today, now)
    _ask_to_end(organisation, decided, today, now)
    return len(rows)


def find_ready(decided: Decided, numbers: AgencyPolicy) -> pl.DataFrame:
    """Customers who are ready by the figures alone, with what is overdue most (columns: READY)."""
    decision = decided.decision
    bonds = decision.standings.filter(pl.col("profile") == SPECIAL_BOND).select("customer_id")
    books = decided.policy.playbooks.by_id.values()
    ends = pl.DataFrame([(book.id, book.ends_with) for book in books], schema=["playbook", "ends_with"], orient="row")
    exhausted = decision.problems.filter(pl.col("kind") == "no_step_left").join(ends, on="playbook")
    exhausted = exhausted.filter(pl.col("ends_with").is_in([AGENCY, COURT])).unique("customer_id")
    exhausted = exhausted.select("customer_id", "ends_with").join(bonds, on="customer_id", how="anti")
    least = numbers.least_minor
    minimum = pl.col("currency").replace_strict(
        list(least), list(least.values()), default=numbers.least_elsewhere_minor, return_dtype=pl.Int64
    )
    owed = sum_overdue(age_items(decided.evidence.for_customers(exhausted["customer_id"])))
    days = decision.habits.select("customer_id", pl.col("oldest_days_overdue").alias("days"))
    ready = owed.filter(pl.col("overdue_minor") >= minimum).join(
        days.filter(pl.col("days") > numbers.overdue_days), on="customer_id"
    )
    ready = (
        ready.join(exhausted, on="customer_id")
        .sort("customer_id", "overdue_minor", descending=[False, True])
        .unique("customer_id", keep="first", maintain_order=True)
    )
    return ready.select(READY.names())


def _ask_to_end(organisation: Organisation, decided: Decided, today: date, now: datetime) -> None:
    """While an agency or a court has the case nothing goes out: somebody must end it once nothing is overdue."""
    later = LegalDecision.objects.filter(customer=OuterRef("customer"), pk__gt=OuterRef("pk"))
    filed = LegalDecision.objects.filter(~Exists(later), organisation=organisation, choice=LegalDecision.Choice.FILED)
    handed_over = AgencyCase.objects.filter(organisation=organisation, state=AgencyCase.State.HANDED_OVER)
    cases = [
        (case.customer, case.pk, Task.Kind.AGENCY_READY, "agency") for case in handed_over.select_related("customer")
    ]
    cases += [(case.customer, case.pk, Task.Kind.LEGAL, "court") for case in filed.select_related("customer")]
    overdue = decided.decision.cycles.filter(pl.col("cycle").is_not_null())["customer_id"]
    ids = pl.Series([customer.pk for customer, *_ in cases], dtype=pl.Int64)
    owing = set(ids.filter(ids.is_in(overdue.implode())))
    for customer, number, kind, whose in cases:
        if customer.pk not in owing:
            title = f"Nothing of {customer.name} is overdue any more: end the case of the {whose}"
            detail = "Until it is ended nothing goes out to them, whatever they come to owe."
            key = f"{whose}_over:{number}"
            ask_person(
                organisation, customer, kind, key, title, now=now, detail=detail, due=today, owner="", reopens=False
            )


def _judged_before(decided: Decided, ids: list[int]) -> set[int]:
    """Those with a running case, and those whose case or court decision belongs to the running cycle."""
    running = AgencyCase.objects.filter(
        customer_id__in=ids, state__in=[AgencyCase.State.READY, AgencyCase.State.APPROVED, AgencyCase.State.HANDED_OVER]
    )
    found = set(running.values_list("customer_id", flat=True))
    cycles = decided.decision.cycles.filter(pl.col("customer_id").is_in(ids), pl.col("cycle").is_not_null())
    since = {row[0]: date.fromisoformat(row[1].removeprefix(CYCLE_PREFIX)) for row in cycles.iter_rows()}
    for model, day in ((AgencyCase, "ready_date"), (LegalDecision, "decided_date")):
        for customer_id, on in model.objects.filter(customer_id__in=ids).values_list("customer_id", day):
            if on >= since.get(customer_id, on):
                found.add(customer_id)
    return found


def _reason(row: dict[str, Any]) -> str:
    owed = Money(row["overdue_minor"], row["currency"])
    return f"Every step has been taken; {owed.to_text()} overdue, the oldest for {row['days']} days."


def _open_tasks(
    organisation: Organisation, decided: Decided, rows: list[dict[str, Any]], today: date, now: datetime
) -> None:
    cycles = dict(decided.decision.cycles.iter_rows())
    names = dict(Customer.objects.filter(pk__in=[row["customer_id"] for row in rows]).values_list("pk", "name"))
    tasks = [
        {
            "organisation_id": organisation.pk,
            "customer_id": row["customer_id"],
            **_asked(row, names[row["customer_id"]], cycles[row["customer_id"]] or "", today),
            "due_date": today,
            "created_at": now,
            "done_by": "",
            "outcome": "",
        }
        for row in rows
    ]
    if tasks:
        insert_frame(Task._meta.db_table, pl.DataFrame(tasks), skip_existing=True)


def _asked(row: dict[str, Any], name: str, cycle: str, today: date) -> dict[str, str]:
    """What the task asks: where the playbook ends with the court, once per cycle, since no case tells of it."""
    if row["ends_with"] == COURT:
        return {
            "kind": Task.Kind.LEGAL.value,
            "key": f"court_ready:{row['customer_id']}:{cycle}",
            "title": f"Court or forget? {name}"[:200],
            "detail": f"{_reason(row)} Look at the figures and decide whether to sue, to write off or to let it be.",
        }
    return {
        "kind": Task.Kind.AGENCY_READY.value,
        "key": f"agency_ready:{row['customer_id']}:{today.isoformat()}",
        "title": f"Agency, court or a plan? {name}"[:200],
        "detail": f"{_reason(row)} Approve the hand-over, look at court or forget, or agree on a plan.",
    }
