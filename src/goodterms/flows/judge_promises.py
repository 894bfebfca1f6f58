"""Promises are judged by what came in and stayed: part of the day's run, and of what a person does for a customer."""

from collections import Counter
from datetime import date, datetime
from typing import Any

import polars as pl

from goodterms.core.money import Money
from goodterms.core.promises import PROMISES_TO_JUDGE, judge_promises
from goodterms.database.reading import read_inside_transaction
from goodterms.database.writing import update_frame
from goodterms.flows.agreed_invoices import amount_words
from goodterms.flows.read_agreed import (
    AGREEMENTS,
    PROMISED,
    Word,
    raise_facts_versions,
    read_paid,
    with_local_dates,
    write_words,
)
from goodterms.followup.models import Task
from goodterms.organizations.models import Organisation

_JUDGED = pl.Schema(
    {
        **{name: kind for name, kind in PROMISES_TO_JUDGE.items() if name != "local_date"},
        "made_date": pl.Date(),
        "cash_then_minor": pl.Int64(),
        "paid_before": pl.Int64(),
        "state_before": pl.String(),
        "judged_before": pl.Date(),
        "timezone": pl.String(),
    }
)
_QUERY = (
    "SELECT p.id, p.customer_id, p.currency, p.amount_minor, p.promised_date, p.tolerance_days, p.made_date,"
    " p.cash_then_minor, p.paid_minor, p.state, p.judged_date, c.timezone"
    " FROM followup_promise p JOIN ledger_customer c ON c.id = p.customer_id"
    " WHERE p.organisation_id = %s AND "
)
_IS_OPEN = "p.state = 'open'"
# Money that kept a promise may be sent back by the bank long after.
_MAY_BE_UNDONE = (
    f"({_IS_OPEN} OR p.state IN ('kept', 'partly_kept') AND p.id IN ("
    "SELECT v.promise_id FROM ledger_payment y JOIN ledger_allocation a ON a.payment_id = y.id"
    " JOIN followup_promisedinvoice v ON v.invoice_id = a.invoice_id"
    " WHERE y.organisation_id = %s AND y.returned_date IS NOT NULL))"
)


def judge_open_promises(
    organisation: Organisation,
    today: date,
    now: datetime,
    *,
    customer_id: int | None = None,
    only_settled: bool = False,
) -> Counter[str]:
    """Judge the organisation's open promises (or one customer's) in the running transaction; counts by new state.

    Promises are never judged broken before their day and tolerance are over in the customer's own time zone, nor by
    money that came later than ``today``. With ``only_settled`` those that are kept, or have nothing left to pay, are
    closed, and the others stay open: only the day's run says that a promise is broken, since money that has come in
    time may become known any moment. One that was kept by a payment which the bank sent back is judged once more,
    unless ``only_settled``, as soon as its day is over.
    """
    rows = _read(organisation, customer_id, _IS_OPEN if only_settled else _MAY_BE_UNDONE)
    if rows.is_empty():
        return Counter()
    rows = with_local_dates(rows, organisation, today, now)
    last_day = pl.col("promised_date") + pl.duration(days=pl.col("tolerance_days"))
    agreements = rows.with_columns(
        agreement_id="promise_id", since_date="made_date", until_date=pl.min_horizontal(last_day, "local_date")
    )
    paid = read_paid(agreements.select(AGREEMENTS.names()), PROMISED)
    judged = judge_promises(rows.select(PROMISES_TO_JUDGE.names()), paid)
    if only_settled:
        judged = judged.filter(pl.col("state").is_in(["kept", "withdrawn"]))
    found = rows.join(judged, on="promise_id", maintain_order="left")
    # What was judged before is only ever judged worse: money that came after its day betters nothing.
    found = found.filter((pl.col("state_before") == "open") | pl.col("state").is_in(["partly_kept", "broken"]))
    _store(found)
    closed = found.filter(pl.col("state") != pl.col("state_before"))
    write_words(organisation, [_word(row) for row in closed.iter_rows(named=True)], today, now)
    raise_facts_versions(closed["customer_id"])
    return Counter(f"promises_{state}" for state in closed["state"])


def _read(organisation: Organisation, customer_id: int | None, which: str) -> pl.DataFrame:
    query, parameters = f"{_QUERY}{which}", [organisation.pk] * (1 + which.count("%s"))
    if customer_id is None:
        return read_inside_transaction(f"{query} ORDER BY p.id", parameters, _JUDGED)
    return read_inside_transaction(f"{query} AND p.customer_id = %s", [*parameters, customer_id], _JUDGED)


def _store(found: pl.DataFrame) -> None:
    is_new = pl.col("state") != pl.col("state_before")
    differs = is_new | (pl.col("paid_minor") != pl.col("paid_before"))
    judged_date = pl.when((pl.col("state") != "open") & is_new).then("local_date").otherwise("judged_before")
    changed = found.filter(differs).select("paid_minor", "state", judged_date.alias("judged_date"), id="promise_id")
    update_frame("followup_promise", changed, ["id"])


def _word(row: dict[str, Any]) -> Word:
    amount = amount_words(Money(row["amount_minor"], row["currency"]))
    paid = amount_words(Money(row["paid_minor"], row["currency"]))
    promise = f"promise of {amount} by {row['promised_date']}"
    texts = {
        "kept": f"Kept the {promise}: {paid} came in.",
        "partly_kept": f"Kept the {promise} in part: {paid} came in. Chasing goes on for the rest.",
        "broken": f"Broke the {promise}: nothing came in. Chasing goes on.",
        "withdrawn": f"The {promise} has no object any more: nothing is left to pay on its invoices.",
    }
    undone = {
        "partly_kept": f"A payment was sent back: of the {promise} only {paid} stayed. Chasing goes on for the rest.",
        "broken": f"A payment was sent back: the {promise} is broken after all. Chasing goes on.",
    }
    if row["state_before"] != "open":
        texts |= undone
    is_short = row["state"] in ("partly_kept", "broken")
    return Word(
        customer_id=row["customer_id"],
        kind=f"promise_{row['state']}",
        text=texts[row["state"]],
        data={"promise_id": row["promise_id"], "paid_minor": row["paid_minor"]},
        task_kind=Task.Kind.PROMISE_BROKEN if is_short else "",
        task_key=f"promise_broken:{row['promise_id']}" if is_short else "",
        task_title=f"Promise of {amount} not kept: ask why, and what is possible" if is_short else "",
    )
