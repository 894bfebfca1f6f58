"""The whole history of a ledger as frames, read once, and what was known of it on any day of the past."""

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from goodterms.core import evidence as frames
from goodterms.core.evidence import Evidence

REMEMBERED = timedelta(days=400)
"""Answers, calls and reasons count for so long; as in the day's run."""

CUSTOMERS = pl.Schema(
    {
        "customer_id": pl.Int64(),
        "country": pl.String(),
        "language": pl.String(),
        "timezone": pl.String(),
        "is_protected": pl.Boolean(),
        "override_profile": pl.String(),
        "override_date": pl.Date(),
        "known_from_date": pl.Date(),
    }
)
INVOICES = pl.Schema(
    {
        "invoice_id": pl.Int64(),
        "customer_id": pl.Int64(),
        "kind": pl.String(),
        "currency": pl.String(),
        "issue_date": pl.Date(),
        "due_date": pl.Date(),
        "amount_minor": pl.Int64(),
        "open_amount_minor": pl.Int64(),  # today's
        "is_disputed": pl.Boolean(),  # the source's mark, which carries no date
    }
)
ALLOCATIONS = pl.Schema(
    {
        "invoice_id": pl.Int64(),
        "payment_id": pl.Int64(),  # null: not by a payment
        "allocated_date": pl.Date(),
        "amount_minor": pl.Int64(),
        "payments": pl.Int64(),  # 1 a payment of a known day, -1 one sent back, 0 anything else
    }
)
PAYMENTS = pl.Schema(
    {
        "payment_id": pl.Int64(),
        "customer_id": pl.Int64(),
        "currency": pl.String(),
        "amount_minor": pl.Int64(),
        "paid_date": pl.Date(),
        "returned_date": pl.Date(),
    }
)
CONTACTS = pl.Schema(
    {
        **frames.CONTACTS,
        "known_from_date": pl.Date(),
        "email_failed_date": pl.Date(),
        "phone_failed_date": pl.Date(),
        "post_failed_date": pl.Date(),
        "email_opted_out_date": pl.Date(),
        "sms_opted_out_date": pl.Date(),
    }
)
REPLIES = pl.Schema(
    {
        "reply_id": pl.Int64(),
        "customer_id": pl.Int64(),
        "received_date": pl.Date(),
        "reading": pl.String(),
        "handled_date": pl.Date(),
    }
)
PROMISES = pl.Schema({**frames.PROMISES, "judged_date": pl.Date()})
SETTLEMENTS = pl.Schema({**frames.SETTLEMENTS, "accepted_date": pl.Date(), "ended_date": pl.Date()})
_PLAN_DATES = {"proposed_date": pl.Date(), "accepted_date": pl.Date(), "ended_date": pl.Date()}
INSTALMENTS = pl.Schema({**frames.INSTALMENTS, "paid_date": pl.Date(), **_PLAN_DATES})
PLANNED = pl.Schema({**frames.PLANNED, "plan_state": pl.String(), **_PLAN_DATES})
DISPUTES = pl.Schema({**frames.DISPUTES, "resolution": pl.String()})
AP_PROFILES = pl.Schema({**frames.AP_PROFILES, "confirmed_date": pl.Date()})
HOLDS = pl.Schema({**frames.HOLDS, "lifted_date": pl.Date()})


@dataclass(frozen=True, kw_only=True)
class History:
    """Everything that happened, each frame with the days on which it became known; ``touches`` as they really were."""

    customers: pl.DataFrame
    invoices: pl.DataFrame
    allocations: pl.DataFrame
    payments: pl.DataFrame
    contacts: pl.DataFrame
    touches: pl.DataFrame
    replies: pl.DataFrame
    calls: pl.DataFrame
    promises: pl.DataFrame
    settlements: pl.DataFrame
    instalments: pl.DataFrame
    planned: pl.DataFrame
    disputes: pl.DataFrame
    reasons: pl.DataFrame
    ap_profiles: pl.DataFrame
    holds: pl.DataFrame


class Days:
    """The history cut into spans of unchanging balances, from which the evidence of a day is one filter."""

    def __init__(self, history: History) -> None:
        self._history = history
        spans = _balance_spans(history)
        self._open = spans.filter(pl.col("left_minor") != 0)
        paid = (pl.col("kind") == "invoice") & (pl.col("left_minor") == 0) & (pl.col("payments") > 0)
        self._settled = spans.filter(paid).sort("from_date")
        self._cash = _cash_spans(history)

    def evidence_on(self, day: date) -> Evidence:
        """What was known on ``day``, as flows.collect_evidence reads it: without touches, cycles, settled invoices."""
        past = self._history
        return Evidence(
            customers=_customers_on(past.customers, day),
            open_items=self._open_items_on(day),
            cash=self._cash_on(day),
            returned=past.payments.filter(pl.col("returned_date") <= day).select(frames.RETURNED.names()),
            contacts=_contacts_on(past.contacts, day),
            replies=_replies_on(past.replies, day),
            calls=_remembered(past.calls, "called_date", day),
            promises=_promises_on(past.promises, day),
            instalments=_instalments_on(past.instalments, day),
            planned=_planned_on(past.planned, day),
            settlements=_settlements_on(past.settlements, day),
            disputes=_disputes_on(past.disputes, day),
            reasons=_remembered(past.reasons, "stated_date", day),
            ap_profiles=past.ap_profiles.filter(pl.col("confirmed_date") <= day).select(frames.AP_PROFILES.names()),
            holds=_holds_on(past.holds, day),
            is_from_the_start=False,
        )

    def settled_on(self, day: date, customer_ids: pl.Series | None = None) -> pl.DataFrame:
        """The invoices that stood settled on ``day``, of all customers or these (columns: evidence.SETTLED)."""
        rows = self._settled
        if customer_ids is not None:
            rows = rows.filter(pl.col("customer_id").is_in(customer_ids.implode()))
        return (
            _standing(rows, day)
            .select(
                "invoice_id",
                "customer_id",
                "currency",
                "issue_date",
                "due_date",
                pl.col("last_date").alias("settled_date"),
                "amount_minor",
                pl.col("payments").alias("payment_count"),
                pl.col("is_disputed").alias("was_disputed"),
            )
            .cast(frames.SETTLED)
        )

    def resettled_between(self, after: date, until: date) -> pl.Series:
        """The customers whose settled invoices changed after one day and until another."""
        began = pl.col("from_date").is_between(after, until, closed="right")
        ended = pl.col("to_date").is_between(after, until, closed="right").fill_null(value=False)
        return self._settled.filter(began | ended)["customer_id"].unique()

    def _open_items_on(self, day: date) -> pl.DataFrame:
        left = pl.col("left_minor")
        disputed = pl.when(pl.col("is_disputed") & (pl.col("open_amount_minor") > 0)).then(left).otherwise(0)
        return _standing(self._open, day).select(
            "invoice_id", "customer_id", "kind", "currency", "issue_date", "due_date", "amount_minor",
            left.alias("open_amount_minor"), disputed.alias("disputed_amount_minor"),
        ).cast(frames.OPEN_ITEMS)  # fmt: skip

    def _cash_on(self, day: date) -> pl.DataFrame:
        sums = (
            _standing(self._cash, day)
            .group_by("customer_id", "currency")
            .agg(pl.col("left_minor").sum().alias("unallocated_minor"))
        )
        return sums.filter(pl.col("unallocated_minor") != 0).cast(frames.CASH)


def _standing(spans: pl.DataFrame, day: date) -> pl.DataFrame:
    return spans.filter((pl.col("from_date") <= day) & (pl.col("to_date").is_null() | (pl.col("to_date") > day)))


def _balance_spans(history: History) -> pl.DataFrame:
    """Per invoice and stretch of days without allocation: ``left_minor``, ``payments`` and ``last_date`` until then."""
    events = history.allocations.group_by("invoice_id", "allocated_date").agg(
        pl.col("amount_minor").sum().alias("taken_minor"), pl.col("payments").sum()
    )
    spans = _spans(history.invoices, events, "invoice_id", "issue_date")
    return spans.with_columns((pl.col("amount_minor") - pl.col("taken_minor")).alias("left_minor"))


def _cash_spans(history: History) -> pl.DataFrame:
    """Per payment and stretch of days: what of it was not allocated, until it was sent back."""
    events = history.allocations.filter(pl.col("payment_id").is_not_null()).group_by("payment_id", "allocated_date")
    taken = events.agg(pl.col("amount_minor").sum().alias("taken_minor"), pl.col("payments").sum())
    spans = _spans(history.payments, taken, "payment_id", "paid_date")
    ends = pl.min_horizontal("to_date", "returned_date")
    spans = spans.with_columns(
        (pl.col("amount_minor") - pl.col("taken_minor")).alias("left_minor"), ends.alias("to_date")
    )
    return spans.filter(
        (pl.col("left_minor") != 0) & (pl.col("to_date").is_null() | (pl.col("to_date") > pl.col("from_date")))
    )


def _spans(rows: pl.DataFrame, events: pl.DataFrame, key: str, begins: str) -> pl.DataFrame:
    """The rows once from their beginning and once from each event on, until the next; the last without an end."""
    first = rows.select(
        key,
        pl.lit(None, dtype=pl.Date()).alias("allocated_date"),
        pl.lit(0, dtype=pl.Int64()).alias("taken_minor"),
        pl.lit(0, dtype=pl.Int64()).alias("payments"),
    )
    columns = [key, "allocated_date", "taken_minor", "payments"]
    later = events.select(columns).cast({"taken_minor": pl.Int64(), "payments": pl.Int64()})
    both = pl.concat([first, later]).sort(key, "allocated_date", nulls_last=False)
    both = both.with_columns(
        pl.col("taken_minor").cum_sum().over(key),
        pl.col("payments").cum_sum().over(key),
        pl.col("allocated_date").shift(-1).over(key).alias("to_date"),
    )
    spans = rows.join(both.rename({"allocated_date": "last_date"}), on=key)
    spans = spans.with_columns(pl.max_horizontal(begins, "last_date").alias("from_date"))
    return spans.filter(pl.col("to_date").is_null() | (pl.col("to_date") > pl.col("from_date")))


def _customers_on(customers: pl.DataFrame, day: date) -> pl.DataFrame:
    known = customers.filter(pl.col("known_from_date") <= day)
    overruled = pl.when(pl.col("override_date") <= day).then(pl.col("override_profile"))
    return known.with_columns(
        overruled.alias("override_profile"),
        pl.lit(day).alias("local_date"),
        pl.lit(None, dtype=pl.String()).alias("cycle"),
        pl.lit(None, dtype=pl.Date()).alias("signal_seen_date"),
    ).select(frames.CUSTOMERS.names())


def _contacts_on(contacts: pl.DataFrame, day: date) -> pl.DataFrame:
    """Addresses that had not failed by then."""
    works = {
        "email": ["email_failed_date", "email_opted_out_date"],
        "phone": ["phone_failed_date"],
        "postal": ["post_failed_date"],
        "mobile": ["phone_failed_date", "sms_opted_out_date"],
    }
    columns = []
    for name, failures in works.items():
        has_failed = pl.any_horizontal([(pl.col(failed) <= day).fill_null(value=False) for failed in failures])
        columns.append(pl.when(~has_failed).then(pl.col(name)).alias(name))
    return contacts.filter(pl.col("known_from_date") <= day).with_columns(columns).select(frames.CONTACTS.names())


def _remembered(rows: pl.DataFrame, column: str, day: date) -> pl.DataFrame:
    return rows.filter(pl.col(column).is_between(day - REMEMBERED, day))


def _replies_on(replies: pl.DataFrame, day: date) -> pl.DataFrame:
    handled = (pl.col("handled_date") <= day).fill_null(value=False)
    reading = pl.when(handled).then(pl.col("reading"))
    rows = _remembered(replies, "received_date", day).with_columns(
        reading.alias("reading"), handled.alias("is_handled")
    )
    return rows.select(frames.REPLIES.names())


def _promises_on(promises: pl.DataFrame, day: date) -> pl.DataFrame:
    state = pl.when(pl.col("judged_date") <= day).then(pl.col("state")).otherwise(pl.lit("open"))
    return (
        promises.filter(pl.col("made_date") <= day).with_columns(state.alias("state")).select(frames.PROMISES.names())
    )


def _state_on(state: str, running: str, day: date) -> pl.Expr:
    return (
        pl.when(pl.col("ended_date") <= day)
        .then(pl.col(state))
        .when(pl.col("accepted_date") <= day)
        .then(pl.lit(running))
        .otherwise(pl.lit("proposed"))
        .alias(state)
    )


def _settlements_on(settlements: pl.DataFrame, day: date) -> pl.DataFrame:
    known = settlements.filter(pl.col("proposed_date") <= day)
    return known.with_columns(_state_on("state", "accepted", day)).select(frames.SETTLEMENTS.names())


def _instalments_on(instalments: pl.DataFrame, day: date) -> pl.DataFrame:
    known = instalments.filter(pl.col("proposed_date") <= day)
    paid = pl.when(pl.col("paid_date") <= day).then(pl.col("paid_minor")).otherwise(0)
    changed = known.with_columns(_state_on("plan_state", "active", day), paid.alias("paid_minor"))
    return changed.select(frames.INSTALMENTS.names())


def _planned_on(planned: pl.DataFrame, day: date) -> pl.DataFrame:
    rows = planned.with_columns(_state_on("plan_state", "active", day))
    return rows.filter(pl.col("plan_state") == "active").select(frames.PLANNED.names())


def _disputes_on(disputes: pl.DataFrame, day: date) -> pl.DataFrame:
    resolved = pl.when(pl.col("resolved_date") <= day).then(pl.col("resolved_date"))
    is_judged = resolved.is_not_null() & (pl.col("resolution") != "withdrawn")
    justified = pl.when(is_judged).then(pl.col("resolution") != "unjustified")
    known = disputes.filter(pl.col("opened_date") <= day)
    return known.with_columns(resolved.alias("resolved_date"), justified.alias("is_justified")).select(
        frames.DISPUTES.names()
    )


def _holds_on(holds: pl.DataFrame, day: date) -> pl.DataFrame:
    """A hold lifted by then held until the day before; one lifted on its first day never held."""
    lifted = pl.when(pl.col("lifted_date") <= day).then(pl.col("lifted_date"))
    ended = holds.filter(pl.col("from_date") <= day).with_columns(
        pl.min_horizontal(pl.col("until_date"), lifted.dt.offset_by("-1d")).alias("until_date")
    )
    return ended.filter((pl.col("until_date") >= pl.col("from_date")).fill_null(value=True)).select(
        frames.HOLDS.names()
    )
