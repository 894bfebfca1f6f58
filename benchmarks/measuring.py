"""How every benchmark measures and prints: seconds, peak memory, and a reference pass beside each figure."""

import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

Result = TypeVar("Result")


@dataclass(frozen=True)
class Timing:
    """Seconds of one call, the process's peak memory so far, and what the call returned."""

    seconds: float
    peak_mib: int


def timed(work: Callable[[], Result]) -> tuple[Result, Timing]:
    """Call ``work`` once and measure it."""
    start = time.perf_counter()
    result = work()
    seconds = time.perf_counter() - start
    return result, Timing(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)


def best_of(tries: int, work: Callable[[], Result]) -> tuple[Result, Timing]:
    """The fastest of some calls: a shared machine is slow by chance, never fast by chance."""
    runs = [timed(work) for _ in range(tries)]
    return min(runs, key=lambda run: run[1].seconds)


def print_table(title: str, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A plain table; numbers to the right."""
    text = [[_cell(value) for value in row] for row in rows]
    widths = [max(len(head), *(len(row[place]) for row in text)) for place, head in enumerate(heads)]
    print(f"\n{title}")
    print("  ".join(head.ljust(width) for head, width in zip(heads, widths, strict=True)))
    print("  ".join("-" * width for width in widths))
    for row, values in zip(text, rows, strict=True):
        cells = [
            cell.ljust(width) if isinstance(value, str) else cell.rjust(width)
            for cell, width, value in zip(row, widths, values, strict=True)
        ]
        print("  ".join(cells))


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.2f}" if abs(value) < 100 else f"{value:,.0f}"
    if isinstance(value, int):
        return f"{value:,}"
    return str(value)
