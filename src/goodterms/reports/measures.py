"""The measures of receivables by their published definitions: plain numbers in, a number or None out.

Sources: Credit Research Foundation, "Measures of credit and collections performance" (DSO, best possible DSO, average
days delinquent, collection effectiveness index), with CEI as first given by V. Srinivasan (1990); count-back DSO as in
the same foundation's "exhaust method"; concentration by Herfindahl and Hirschman.
"""

from collections.abc import Sequence


def days_sales_outstanding(receivables: int, sales: int, days: int) -> float | None:
    """Receivables at the end, divided by the sales of the period, times its days; None without sales."""
    return receivables / sales * days if sales > 0 and receivables >= 0 else None


def count_back(receivables: int, months: Sequence[tuple[int, int]]) -> float | None:
    """Count-back DSO: days of sales that the receivables contain, the newest month first.

    ``months``: (sales, days) newest first. Each month whose sales fit is taken off with all its days; of the month
    that does not fit its share counts. None where the receivables hold more than all the months given.
    """
    left, found = float(receivables), 0.0
    if left < 0:
        return None
    for sales, days in months:
        if left <= 0:
            return found
        if sales <= max(left, 0.0):
            found += days
            left -= sales
        else:
            return found + days * left / sales
    return found if left <= 0 else None


def average_days_delinquent(dso: float | None, best_possible: float | None) -> float | None:
    """DSO less best possible DSO: how many days of it are owed to lateness."""
    return None if dso is None or best_possible is None else dso - best_possible


def collection_effectiveness(opening: int, sales: int, closing: int, closing_current: int) -> float | None:
    """CEI in percent: what was collected of what could be; 100 is everything that had fallen due.

    (opening + sales - closing) / (opening + sales - closing that is not yet due) · 100.
    """
    collectable = opening + sales - closing_current
    return (opening + sales - closing) / collectable * 100 if collectable > 0 else None


def concentration(amounts: Sequence[int]) -> float | None:
    """The Herfindahl-Hirschman index from 0 (many equal ones) to 10,000 (one alone) of the positive amounts."""
    held = [amount for amount in amounts if amount > 0]
    total = sum(held)
    return sum((100 * amount / total) ** 2 for amount in held) if total else None
