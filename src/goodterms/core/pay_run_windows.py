"""The days before a pay run's cut-off, for every customer whose rule is known."""

from datetime import date, timedelta

import polars as pl

from goodterms.core.pay_runs import PayRunRule, next_pay_run, pay_run_ahead, working_days_before

AHEAD = pl.Schema(
    {
        "opens_date": pl.Date(),  # from here on a word may go out
        "cut_off_date": pl.Date(),  # the last day on which an invoice still gets into the run
        "pay_run_date": pl.Date(),
        "run_after_date": pl.Date(),  # the pay run after that one
    }
)
_RULE = ["country", "local_date", "pay_run", "pay_run_days", "cut_off_working_days", "before_cut_off_days"]


def find_pay_run_windows(rows: pl.DataFrame, ap_profiles: pl.DataFrame) -> pl.DataFrame:
    """The rows of customers with a rule, with the columns AHEAD.

    ``rows``: customer_id, country, local_date, before_cut_off_days, …; ``ap_profiles``: evidence.AP_PROFILES. The same
    rule on the same day is worked out once: there are few of them, however many customers.
    """
    ruled = rows.join(ap_profiles.drop("is_confirmed"), on="customer_id", maintain_order="left")
    rules = ruled.select(_RULE).unique()
    found = [_ahead(*rule) for rule in rules.iter_rows()]
    windows = rules.with_columns(
        pl.Series(name, [each[place] for each in found], dtype=kind) for place, (name, kind) in enumerate(AHEAD.items())
    )
    joined = ruled.join(windows, on=_RULE, how="left", nulls_equal=True, maintain_order="left")
    return joined.drop("pay_run", "pay_run_days", "cut_off_working_days")


def time_chain(chain: pl.DataFrame, ap_profiles: pl.DataFrame) -> pl.DataFrame:
    """The next steps of overdue customers (chain.next_in_chain); one timed to a pay run is due when its window opens.

    Only where the customer's pay run is known: the step's ``from_day`` becomes that of the window's first day.
    """
    timed = chain.filter(pl.col("before_cut_off_days").is_not_null())
    if timed.is_empty() or ap_profiles.is_empty():
        return chain
    rows = timed.select("customer_id", "country", "local_date", "before_cut_off_days")
    opens = find_pay_run_windows(rows, ap_profiles).select("customer_id", "opens_date")
    chain = chain.join(opens, on="customer_id", how="left", maintain_order="left")
    ahead = (pl.col("opens_date") - pl.col("local_date")).dt.total_days()
    from_day = pl.coalesce(pl.col("days_overdue") + ahead, "from_day").cast(pl.Int32)
    return chain.with_columns(from_day.alias("from_day")).drop("opens_date")


def _ahead(
    country: str | None, today: date, kind: str, days: list[int], cut_off: int, lead: int
) -> tuple[date, date, date, date]:
    rule = PayRunRule("weekday" if kind == "weekday" else "day_of_month", tuple(days))
    land = country or ""
    ahead = pay_run_ahead(rule, land, today, cut_off)
    after = next_pay_run(rule, land, ahead.pay_run_date + timedelta(days=1))
    return working_days_before(land, ahead.cut_off_date, lead), ahead.cut_off_date, ahead.pay_run_date, after
