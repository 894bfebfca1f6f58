"""What a message must not ask for, although it is open: disputed, on hold, or not yet due by a plan."""

from collections.abc import Mapping
from datetime import date

import polars as pl

from goodterms.core.ageing import askable_items
from goodterms.core.evidence import (
    CUSTOMERS,
    DISPUTES,
    INSTALMENTS,
    PLANNED,
    Evidence,
)
from goodterms.flows import evidence_queries as queries
from goodterms.flows.collect_evidence import PLACED_HOLDS, Scope, with_early_ends


def read_held_back(scope: Scope, items: pl.DataFrame, today: Mapping[int, date]) -> dict[int, int]:
    """Minor units held back of each open invoice in ``items`` (evidence.OPEN_ITEMS), by invoice; four queries.

    ``today`` is each customer's own date. The same reckoning as the day's decision: core.ageing.
    """
    days = pl.DataFrame({"customer_id": list(today), "local_date": list(today.values())}, schema_overrides=_DAYS)
    history = scope.on is not None
    evidence = Evidence(
        customers=pl.concat([pl.DataFrame(schema=CUSTOMERS), days], how="diagonal"),
        open_items=items,
        holds=with_early_ends(scope.read(queries.HOLDS_ON if history else queries.HOLDS, PLACED_HOLDS)),
        instalments=scope.read(queries.INSTALMENTS_ON if history else queries.INSTALMENTS, INSTALMENTS),
        planned=scope.read(queries.PLANNED_ON if history else queries.PLANNED, PLANNED),
        disputes=scope.read(queries.DISPUTES_ON if history else queries.DISPUTES, DISPUTES),
    )
    dated = items.filter(pl.col("due_date").is_not_null())
    askable = dated.join(askable_items(evidence), on="invoice_id")
    held = askable.select("invoice_id", pl.col("open_amount_minor") - pl.col("askable_minor"))
    return dict(held.iter_rows())


_DAYS = {"customer_id": pl.Int64(), "local_date": pl.Date()}
