"""What has become of promises to pay: kept, partly kept, broken, or still to be waited for."""

import polars as pl

PROMISES_TO_JUDGE = pl.Schema(
    {
        "promise_id": pl.Int64(),
        "customer_id": pl.Int64(),
        "currency": pl.String(),
        "amount_minor": pl.Int64(),
        "promised_date": pl.Date(),
        "tolerance_days": pl.Int32(),
        "local_date": pl.Date(),  # the customer's own day
    }
)
JUDGED_PROMISES = pl.Schema(
    {
        "promise_id": pl.Int64(),
        "paid_minor": pl.Int64(),
        "state": pl.String(),  # open | kept | partly_kept | broken | withdrawn
    }
)


def judge_promises(promises: pl.DataFrame, paid: pl.DataFrame) -> pl.DataFrame:
    """The state of each promise on the customer's own day (columns: JUDGED_PROMISES, in the order of ``promises``).

    ``promises``: PROMISES_TO_JUDGE; ``paid``: agreed_money.PAID with the promise as agreement. A promise is kept as
    soon as what was promised, or all that is open on its invoices, came in. It is partly kept or broken only when
    the promised day and its tolerance are over, never before. It is withdrawn where nothing was paid and nothing is
    left to pay, as when its invoices were credited.
    """
    frame = promises.join(paid, left_on="promise_id", right_on="agreement_id", how="left", maintain_order="left")
    money = pl.col("paid_minor").fill_null(0)
    nothing_left = pl.col("left_minor").fill_null(0) == 0
    last_day = pl.col("promised_date") + pl.duration(days=pl.col("tolerance_days"))
    state = (
        pl.when((money >= pl.col("amount_minor")) | (nothing_left & (money > 0)))
        .then(pl.lit("kept"))
        .when(nothing_left)
        .then(pl.lit("withdrawn"))
        .when(pl.col("local_date") <= last_day)
        .then(pl.lit("open"))
        .when(money > 0)
        .then(pl.lit("partly_kept"))
        .otherwise(pl.lit("broken"))
    )
    return frame.select("promise_id", money.alias("paid_minor"), state.alias("state")).cast(JUDGED_PROMISES)
