"""After the money has come: what became of the customer, a word for the relationship owner, and referrals noted."""

from datetime import date, datetime
from typing import Any

import polars as pl
from django.db import connection, transaction

from goodterms.core.chase import CYCLE_PREFIX
from goodterms.core.refusal import Refusal
from goodterms.database.writing import insert_frame
from goodterms.flows.decide_day import Decided
from goodterms.flows.facts import write_timeline
from goodterms.flows.import_job import read_by_ids
from goodterms.followup.models import Retention, Task
from goodterms.ledger.models import Customer
from goodterms.organizations.models import Organisation

REMINDED = pl.Schema({"customer_id": pl.Int64(), "cycle": pl.String()})
REMINDED_IN = """
SELECT DISTINCT customer_id, cycle FROM followup_touch
WHERE customer_id IN ({ids}) AND sent_date IS NOT NULL AND level >= 1
"""
OWNERS = pl.Schema({"customer_id": pl.Int64(), "name": pl.String(), "owner": pl.String()})
OWNERS_OF = "SELECT id, name, relationship_owner FROM ledger_customer WHERE id IN ({ids}) AND relationship_owner <> ''"
FACTS = pl.Schema(
    {
        "customer_id": pl.Int64(),
        "collected_count": pl.Int64(),
        "reordered_count": pl.Int64(),
        "last_collected_date": pl.Date(),
        "last_reordered_date": pl.Date(),
    }
)
FACTS_OF = """
SELECT customer_id, COUNT(*), COUNT(reordered_date), MAX(collected_date), MAX(reordered_date)
FROM followup_retention WHERE customer_id IN ({ids}) GROUP BY customer_id
"""
REORDERED = """
UPDATE followup_retention SET reordered_date = (
    SELECT MIN(i.issue_date) FROM ledger_invoice i
    WHERE i.customer_id = followup_retention.customer_id AND i.kind = 'invoice'
      AND i.issue_date > followup_retention.collected_date)
WHERE organisation_id = %s AND reordered_date IS NULL AND EXISTS (
    SELECT 1 FROM ledger_invoice i
    WHERE i.customer_id = followup_retention.customer_id AND i.kind = 'invoice'
      AND i.issue_date > followup_retention.collected_date)
"""


class ReferralUnsaid(Refusal):
    """A referral was to be noted without saying whom."""

    def __init__(self) -> None:
        super().__init__("Say whom they sent; the note stands with the last time they were collected from.")


class NeverCollected(Refusal):
    """A referral was to be noted for a customer nothing was ever collected from."""

    def __init__(self, customer: Customer) -> None:
        super().__init__(f"Nothing was ever collected from {customer.name}; a referral is noted after that.")


def follow_retention(
    organisation: Organisation, decided: Decided, before: pl.DataFrame, today: date, now: datetime
) -> int:
    """Within the day's run: a row for each cycle that ended with money after a reminder; how many are new.

    ``before``: write_standings.BEFORE. Tells the relationship owner by a task, and notes the first invoice issued
    after an earlier collection.
    """
    ended = _ended(decided, before)
    new = insert_frame(
        Retention._meta.db_table,
        ended.select(
            "customer_id",
            "cycle",
            "profile",
            pl.col("last_settled_date").alias("collected_date"),
            pl.lit(organisation.pk).alias("organisation_id"),
            pl.lit("").alias("referral"),
        ),
        skip_existing=True,
    )
    _tell_owners(organisation, ended, today, now)
    with connection.cursor() as cursor:
        cursor.execute(REORDERED, [organisation.pk])
    return new


def _ended(decided: Decided, before: pl.DataFrame) -> pl.DataFrame:
    """The cycles that are over, in which something was sent, and since whose beginning something was paid."""
    ran = before.filter(pl.col("cycle").str.starts_with(CYCLE_PREFIX)).select("customer_id", "cycle", "profile")
    still = decided.decision.cycles.filter(pl.col("cycle").is_not_null()).select("customer_id", "cycle")
    over = ran.join(still, on=["customer_id", "cycle"], how="anti")
    reminded = read_by_ids(REMINDED_IN, over["customer_id"], REMINDED)
    over = over.join(reminded, on=["customer_id", "cycle"], how="semi")
    over = over.join(decided.decision.habits.select("customer_id", "last_settled_date"), on="customer_id")
    began = pl.col("cycle").str.strip_prefix(CYCLE_PREFIX).str.to_date("%Y-%m-%d", strict=False)
    return over.filter(pl.col("last_settled_date") >= began)


def _tell_owners(organisation: Organisation, ended: pl.DataFrame, today: date, now: datetime) -> None:
    owners = read_by_ids(OWNERS_OF, ended["customer_id"], OWNERS)
    rows = ended.join(owners, on="customer_id").select(
        "customer_id",
        "owner",
        pl.lit(organisation.pk).alias("organisation_id"),
        pl.lit(Task.Kind.RELATIONSHIP.value).alias("kind"),
        pl.format("relationship:{}:{}", "customer_id", "cycle").alias("key"),
        pl.format("A good word for {}: they have paid", "name").str.slice(0, 200).alias("title"),
        pl.lit("What was overdue is settled. Thank them, and leave money out of it.").alias("detail"),
        pl.lit(today).alias("due_date"),
        pl.lit(now).dt.convert_time_zone("UTC").alias("created_at"),
        pl.lit("").alias("done_by"),
        pl.lit("").alias("outcome"),
    )
    insert_frame(Task._meta.db_table, rows, skip_existing=True)


@transaction.atomic
def note_referral(
    organisation: Organisation, customer: Customer, *, referral: str, actor: str, now: datetime
) -> Retention:
    """Note whom the customer sent to us, with the last collection. Raises ReferralUnsaid or NeverCollected."""
    if not referral.strip():
        raise ReferralUnsaid
    last = Retention.objects.filter(organisation=organisation, customer=customer).order_by("-collected_date").first()
    if last is None:
        raise NeverCollected(customer)
    last.referral = "; ".join(part for part in (last.referral, referral.strip()) if part)
    last.save(update_fields=["referral"])
    write_timeline(customer, "referral", f"They sent us: {referral.strip()}", actor=actor, now=now)
    return last


def retention_of(customer_ids: pl.Series) -> dict[int, dict[str, Any]]:
    """What became of these customers (columns: FACTS, and ``referrals``), for those who were ever collected from."""
    facts = read_by_ids(FACTS_OF, customer_ids, FACTS)
    named = Retention.objects.exclude(referral="").filter(customer_id__in=facts["customer_id"].to_list()[:1000])
    referrals: dict[int, list[str]] = {}
    for customer_id, referral in named.order_by("pk").values_list("customer_id", "referral"):
        referrals.setdefault(customer_id, []).append(referral)
    found = {}
    for row in facts.iter_rows(named=True):
        key = row.pop("customer_id")
        found[key] = row | {"referrals": referrals.get(key, [])}
    return found
