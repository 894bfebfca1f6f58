"""The kinds of paying customer in the example ledger, as numbers a person can read and change."""

from dataclasses import asdict, dataclass

import polars as pl

from goodterms.importers.example.draws import Draws

Range = tuple[int, int]


@dataclass(frozen=True)
class Behaviour:
    """How customers of one kind buy and pay; a range is drawn once per customer, days are calendar days."""

    kind: str
    share: int
    base_days: Range
    spread_tenths: Range = (10, 25)
    scatter_days: Range = (0, 0)
    slip_per_mille: int = 20
    change_days_ago: Range = (0, 0)
    change_days: Range = (0, 0)
    growth_tenths_per_month: Range = (0, 0)
    disputed_per_mille: int = 4
    part_per_mille: int = 8
    returned_per_mille: int = 2
    never_per_mille: int = 2
    amount_percent: int = 100
    invoice_count: Range = (0, 0)
    least_invoices: int = 5
    since_days: Range = (0, 0)
    quiet_days: Range = (0, 12)


BEHAVIOURS = (
    Behaviour("good", 45, base_days=(-8, -1), slip_per_mille=25),
    Behaviour("forgetful", 17, base_days=(-3, 1), scatter_days=(16, 30)),
    Behaviour("red_tape", 12, base_days=(9, 28), spread_tenths=(5, 14)),
    Behaviour("new", 8, base_days=(-6, 3), invoice_count=(1, 3), since_days=(15, 90)),
    Behaviour("chronic", 5, base_days=(32, 58), spread_tenths=(60, 110), part_per_mille=40),
    Behaviour(
        "bad_patch",
        4,
        base_days=(-7, -1),
        change_days_ago=(45, 110),
        change_days=(30, 75),
        least_invoices=18,
    ),
    Behaviour(
        "failing",
        3,
        base_days=(-2, 5),
        spread_tenths=(25, 50),
        change_days_ago=(240, 360),
        growth_tenths_per_month=(55, 95),
        part_per_mille=400,
        returned_per_mille=250,
        never_per_mille=10,
        least_invoices=14,
    ),
    Behaviour("special_bond", 2, base_days=(5, 18), spread_tenths=(30, 60), amount_percent=250),
    Behaviour(
        "avoiding",
        2,
        base_days=(18, 40),
        spread_tenths=(40, 90),
        disputed_per_mille=500,
        never_per_mille=60,
        least_invoices=8,
    ),
    Behaviour(
        "cannot_pay",
        2,
        base_days=(0, 0),
        never_per_mille=1000,
        amount_percent=800,
        invoice_count=(3, 6),
        since_days=(110, 200),
        quiet_days=(45, 75),
        disputed_per_mille=0,
    ),
)

KINDS = tuple(behaviour.kind for behaviour in BEHAVIOURS)

# Kinds whose habit is the same from the first invoice to the last.
STEADY_KINDS = ("good", "forgetful", "red_tape", "chronic", "special_bond")


def assign_kinds(draws: Draws, customers: int, kinds: tuple[str, ...] = KINDS) -> pl.DataFrame:
    """Give each of the customers a kind, by exact shares and with every kind present where there is room.

    Returns customer (UInt64, 0…customers-1) and kind, in the order of customer.
    """
    counters = pl.DataFrame({draws.counter: pl.int_range(customers, dtype=pl.UInt64, eager=True)})
    order = counters.select(draws.counter, by=draws.bits("kind")).sort("by")[draws.counter]
    chosen = [behaviour for behaviour in BEHAVIOURS if behaviour.kind in kinds]
    names = [
        kind
        for behaviour, quota in zip(chosen, _quotas(customers, chosen), strict=True)
        for kind in [behaviour.kind] * quota
    ]
    return pl.DataFrame({draws.counter: order, "kind": names}).sort(draws.counter)


def behaviour_frame() -> pl.DataFrame:
    """One row per kind; a range becomes two columns, name_low and name_high (Int32)."""
    return pl.DataFrame([_flat(behaviour) for behaviour in BEHAVIOURS]).with_columns(pl.col(pl.Int64).cast(pl.Int32))


def _flat(behaviour: Behaviour) -> dict[str, int | str]:
    row: dict[str, int | str] = {}
    for name, value in asdict(behaviour).items():
        if isinstance(value, tuple):
            row[f"{name}_low"], row[f"{name}_high"] = value
        else:
            row[name] = value
    return row


def _quotas(customers: int, chosen: list[Behaviour]) -> list[int]:
    """Whole numbers in proportion to the shares that add up to customers (largest remainders)."""
    total = sum(behaviour.share for behaviour in chosen)
    least = 1 if customers >= len(chosen) else 0
    spare = customers - least * len(chosen)
    quotas = [least + spare * behaviour.share // total for behaviour in chosen]
    remainders = sorted(range(len(chosen)), key=lambda index: (-(spare * chosen[index].share % total), index))
    for index in remainders[: customers - sum(quotas)]:
        quotas[index] += 1
    return quotas
