"""Who reads along: contacts of the roles that a step names, in copy of an e-mail."""

import polars as pl

MOST_COPIES = 3


def add_copies(touches: pl.DataFrame, contacts: pl.DataFrame) -> pl.DataFrame:
    """Add ``cc``, a list of addresses, to the rows of ``touches``; empty where the step asks for nobody.

    ``touches`` has customer_id, channel, recipient and cc_roles (list, in order); ``contacts`` are those of the
    evidence. In copy are, by role in the step's order and then by which contact is known longest, at most
    MOST_COPIES addresses that work, each once and never the recipient's own. Other channels have no copies.
    """
    rows = touches.with_row_index("_row")
    asked = rows.filter((pl.col("channel") == "email") & (pl.col("cc_roles").list.len() > 0))
    if asked.is_empty():
        return touches.with_columns(pl.lit([], dtype=pl.List(pl.String())).alias("cc"))
    wanted = asked.select("_row", "customer_id", "recipient", pl.col("cc_roles").alias("role")).explode("role")
    wanted = wanted.with_columns(pl.int_range(pl.len()).over("_row").alias("_rank"))
    reachable = contacts.select("customer_id", "role", "contact_id", "email").filter(pl.col("email").is_not_null())
    found = wanted.join(reachable, on=["customer_id", "role"]).sort("_row", "_rank", "contact_id")
    others = found.filter(pl.col("email").str.to_lowercase() != pl.col("recipient").str.to_lowercase())
    each = others.unique(["_row", "email"], keep="first", maintain_order=True)
    lists = each.group_by("_row", maintain_order=True).agg(pl.col("email").head(MOST_COPIES).alias("cc"))
    joined = rows.join(lists, on="_row", how="left", maintain_order="left").drop("_row")
    return joined.with_columns(pl.col("cc").fill_null([]))
