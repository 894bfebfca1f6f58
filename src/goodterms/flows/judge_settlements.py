"""Running settlements are judged: the rest is forgiven once the agreed money is in, else they lapse with their day."""

from collections import Counter
from datetime import date, datetime

import polars as pl

from goodterms.core.money import Money
from goodterms.database.reading import read_inside_transaction
from goodterms.database.writing import update_frame
from goodterms.flows.agreed_invoices import amount_words, find_owed
from goodterms.flows.ask_person import close_task
from goodterms.flows.propose_settlement import approval_key, settlement_words
from goodterms.flows.put_to_claims import order_claims, put_cash_to, restate
from goodterms.flows.read_agreed import (
    AGREEMENTS,
    GOODTERMS,
    SETTLED,
    Word,
    raise_facts_versions,
    read_paid,
    with_local_dates,
    write_words,
)
from goodterms.followup.models import Settlement, Task
from goodterms.ledger.models import Allocation, Invoice
from goodterms.organizations.models import Organisation

_RUNNING = pl.Schema(
    {
        "settlement_id": pl.Int64(),
        "customer_id": pl.Int64(),
        "currency": pl.String(),
        "state": pl.String(),
        "pay_minor": pl.Int64(),
        "paid_before": pl.Int64(),
        "pay_by_date": pl.Date(),
        "tolerance_days": pl.Int32(),
        "since_date": pl.Date(),
        "cash_then_minor": pl.Int64(),
        "timezone": pl.String(),
    }
)
_QUERY = (
    "SELECT s.id, s.customer_id, s.currency, s.state, s.pay_minor, s.paid_minor, s.pay_by_date, s.tolerance_days,"
    " s.proposed_date, s.cash_then_minor, c.timezone"
    " FROM followup_settlement s JOIN ledger_customer c ON c.id = s.customer_id"
    " WHERE s.organisation_id = %s AND s.state IN ('draft', 'proposed', 'accepted') ORDER BY s.id"
)


def judge_running_settlements(organisation: Organisation, today: date, now: datetime) -> Counter[str]:
    """Fulfil or lapse settlements in the running transaction, which must hold the organisation; counts by new state.

    The agreed money in time fulfils one that was accepted; where it was only proposed, paying accepts it. Where nothing
    is left to pay otherwise, as when its invoices were credited, there is nothing to settle: it is cancelled.
    """
    rows = read_inside_transaction(_QUERY, [organisation.pk], _RUNNING)
    if rows.is_empty():
        return Counter()
    last_day = pl.col("pay_by_date") + pl.duration(days=pl.col("tolerance_days"))
    rows = with_local_dates(rows, organisation, today, now).with_columns(until_date=last_day)
    counted = rows.with_columns(agreement_id="settlement_id", until_date=pl.min_horizontal("until_date", "local_date"))
    paid = read_paid(counted.select(AGREEMENTS.names()), SETTLED)
    rows = rows.join(paid, left_on="settlement_id", right_on="agreement_id", how="left", maintain_order="left")
    rows = rows.with_columns(pl.col("paid_minor").fill_null(0))
    is_in = (pl.col("paid_minor") >= pl.col("pay_minor")) & (pl.col("state") != "draft")
    is_void = ~is_in & (pl.col("left_minor") == 0)
    fulfilled, void = rows.filter(is_in), rows.filter(is_void)
    lapsed = rows.filter(~is_in & ~is_void & (pl.col("until_date") < pl.col("local_date")))
    changed = rows.filter(pl.col("paid_minor") != pl.col("paid_before"))
    update_frame("followup_settlement", changed.select("paid_minor", id="settlement_id"), ["id"])
    still_agreed = pl.col("pay_minor") - (pl.col("paid_minor") - pl.col("cash_minor"))
    ready = fulfilled.select("settlement_id", "local_date", still_agreed.alias("still_agreed"))
    words = [_fulfil(organisation, *row) for row in ready.iter_rows()]
    words += [_lapsed_word(one) for one in _end(lapsed, "lapsed", now)]
    words += [_void_word(one) for one in _end(void, "cancelled", now)]
    write_words(organisation, words, today, now)
    raise_facts_versions(pl.concat([part["customer_id"] for part in (fulfilled, lapsed, void)]))
    counts = {"fulfilled": fulfilled.height, "lapsed": lapsed.height, "cancelled": void.height}
    return Counter({f"settlements_{state}": count for state, count in counts.items() if count})


def _fulfil(organisation: Organisation, settlement_id: int, day: date, still_agreed: int) -> Word:
    """Put cash on account to the invoices as far as it was agreed, and forgive what is left on them."""
    settlement = Settlement.objects.select_related("customer").get(pk=settlement_id)
    claims = [link.invoice for link in settlement.invoices.select_related("invoice")]
    claims = order_claims(organisation, claims)
    put_cash_to(organisation, claims, most_minor=still_agreed, until=day)
    forgiven = _forgive(settlement, claims, day)
    if settlement.accepted_date is None:
        settlement.accepted_date, settlement.accepted_detail = day, "By paying the agreed amount."
    settlement.state, settlement.ended_date, settlement.forgiven_minor = Settlement.State.FULFILLED, day, forgiven
    settlement.save(update_fields=["state", "ended_date", "forgiven_minor", "accepted_date", "accepted_detail"])
    words = amount_words(Money(forgiven, settlement.currency))
    return Word(
        customer_id=settlement.customer_id,
        kind="settlement_fulfilled",
        text=f"Settlement fulfilled: {settlement_words(settlement)}. {words} forgiven.",
        data={"settlement_id": settlement.pk, "forgiven_minor": forgiven},
    )


def _forgive(settlement: Settlement, claims: list[Invoice], day: date) -> int:
    """Book out what is owed still, up to what was to be forgiven; how much. What a credit note covers stays open."""
    for claim in claims:
        claim.refresh_from_db()
    owed = find_owed(settlement.customer, claims, day, with_cash=False)
    left = settlement.owed_minor - settlement.pay_minor
    rows: list[Allocation] = []
    for claim in claims:
        part = min(owed.parts.get(claim.pk, 0), left - sum(row.amount_minor for row in rows))
        if part > 0:
            rows.append(
                Allocation(
                    organisation_id=settlement.organisation_id,
                    customer_id=settlement.customer_id,
                    invoice=claim,
                    source=Allocation.Source.FORGIVEN,
                    allocated_date=day,
                    amount_minor=part,
                )
            )
    Allocation.objects.bulk_create(rows)
    restate(claims)
    return sum(row.amount_minor for row in rows)


def _end(rows: pl.DataFrame, state: str, now: datetime) -> list[Settlement]:
    """End these settlements in the state; nothing of them is to be approved any more."""
    ends = rows.select(id="settlement_id", state=pl.lit(state), ended_date="local_date")
    update_frame("followup_settlement", ends, ["id"])
    ended = list(Settlement.objects.filter(pk__in=rows["settlement_id"].to_list()).select_related("customer"))
    for one in ended:
        close_task(one.customer, approval_key(one), outcome=state, actor=GOODTERMS, now=now)
    return ended


def _void_word(settlement: Settlement) -> Word:
    text = f"The settlement has no object any more: {settlement_words(settlement)}; nothing is left to pay."
    return Word(settlement.customer_id, "settlement_cancelled", text, {"settlement_id": settlement.pk})


def _lapsed_word(settlement: Settlement) -> Word:
    paid = amount_words(Money(settlement.paid_minor, settlement.currency))
    was_accepted = settlement.accepted_date is not None
    text = f"Settlement lapsed: {settlement_words(settlement)}; {paid} came in. Everything is owed again."
    return Word(
        customer_id=settlement.customer_id,
        kind="settlement_lapsed",
        text=text,
        data={"settlement_id": settlement.pk, "paid_minor": settlement.paid_minor},
        task_kind=Task.Kind.PROMISE_BROKEN if was_accepted else "",
        task_key=f"settlement_lapsed:{settlement.pk}" if was_accepted else "",
        task_title=f"Settlement not kept ({settlement_words(settlement)}): ask why, or go on" if was_accepted else "",
    )
