"""Whom a step reaches and through which channel: the first channel for which somebody can be reached."""

import polars as pl

CHANNEL_ADDRESS = {"email": "email", "call": "phone", "letter": "postal", "certified": "postal", "sms": "mobile"}
"""The contact column that a channel needs."""
BEST = pl.Schema(
    {
        "customer_id": pl.Int64(),
        "role_order": pl.Int32(),
        "channel": pl.String(),
        "contact_id": pl.Int64(),
        "recipient": pl.String(),
    }
)


def choose_recipients(
    due: pl.DataFrame, contacts: pl.DataFrame, role_orders: tuple[tuple[str, ...], ...]
) -> pl.DataFrame:
    """Add ``channel``, ``template``, ``contact_id`` and ``recipient`` to the rows of ``due``; null where nobody is.


    ``due`` has customer_id, role_order, channels and templates (lists of equal length, in order of preference).
    A role earlier in the step's order wins, then the contact known first.
    """
    if due.is_empty():
        empty = {"channel": pl.String, "template": pl.String, "contact_id": pl.Int64, "recipient": pl.String}
        return due.with_columns(pl.lit(None, dtype=kind).alias(name) for name, kind in empty.items())
    reachable = contacts.join(due.select("customer_id").unique(), on="customer_id")
    best = _best_contacts(reachable, role_orders, set(due["channels"].explode()))
    rows = due.with_row_index("_row")
    options = rows.select("_row", "customer_id", "role_order", "channels", "templates").explode("channels", "templates")
    options = options.rename({"channels": "channel", "templates": "template"})
    reached = options.join(best, on=["customer_id", "role_order", "channel"], how="inner", maintain_order="left")
    first = reached.group_by("_row", maintain_order=True).first()
    chosen = first.select("_row", "channel", "template", "contact_id", "recipient")
    return rows.join(chosen, on="_row", how="left", maintain_order="left").drop("_row")


def _best_contacts(
    contacts: pl.DataFrame, role_orders: tuple[tuple[str, ...], ...], channels: set[str]
) -> pl.DataFrame:
    """For each customer, order of roles and one of these channels the best contact that has an address for it."""
    parts = [pl.DataFrame(schema=BEST)]
    for position, roles in enumerate(role_orders):
        rank = pl.col("role").replace_strict(list(roles), list(range(len(roles))), default=None, return_dtype=pl.Int32)
        ranked = contacts.with_columns(rank.alias("_rank")).filter(pl.col("_rank").is_not_null())
        ranked = ranked.sort("_rank", "contact_id")
        for channel, column in CHANNEL_ADDRESS.items():
            if channel not in channels:
                continue
            usable = ranked.filter(pl.col(column).is_not_null() & (pl.col(column) != ""))
            parts.append(
                usable.group_by("customer_id", maintain_order=True)
                .first()
                .select(
                    "customer_id",
                    pl.lit(position, dtype=pl.Int32).alias("role_order"),
                    pl.lit(channel).alias("channel"),
                    "contact_id",
                    pl.col(column).alias("recipient"),
                )
            )
    return pl.concat(parts)
