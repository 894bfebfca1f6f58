"""How fast letters become PDF/A, and whether memory stays flat: one by one and several to a document, in processes.

    python -m benchmarks.letters --letters 2000

Each letter is another customer's, with three invoices and a code to scan. The reference is the same template compiled
one by one in one process with a compiler kept. Promise: at least 250 letters a second on two quiet cores, with
documents of moderate size in parallel processes, and no more memory at the end than after the first tenth.
"""

import argparse
import os
import resource
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from typing import TYPE_CHECKING

from benchmarks.measuring import print_table

if TYPE_CHECKING:
    from goodterms.messages.letter_content import Letter

# One thread per process: typst would otherwise start as many as there are cores in each.
os.environ.setdefault("RAYON_NUM_THREADS", "1")

NOW = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)
PROMISED = 250
WARM_UP = 4


@dataclass(frozen=True)
class Pass:
    """One worker's share: letters, seconds of the clock and the processor, memory after the first tenth and at last."""

    letters: int
    seconds: float
    cpu_seconds: float
    early_mib: int
    late_mib: int
    size: int


def main() -> None:
    """Run all passes and print the table."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--letters", type=int, default=2000)
    given.add_argument("--processes", type=int, default=2)
    given.add_argument("--each", type=int, nargs="*", default=[1, 10, 25, 50])
    asked = given.parse_args()
    rows = [_row("reference: one by one, one process", _run(asked.letters, 1, 1))]
    for each in asked.each:
        name = "one by one" if each == 1 else f"{each} to a document"
        rows.append(_row(f"{name}, {asked.processes} processes", _run(asked.letters, asked.processes, each)))
    heads = ("pass", "letters/s", "CPU ms each", "MiB early", "MiB at the end", "KiB each")
    print_table(f"{asked.letters} letters ({len(os.sched_getaffinity(0))} cores)", heads, rows)
    best = max(float(row[1]) for row in rows)
    print(f"\nbest {best:,.0f} letters/s, promised {PROMISED}: {'kept' if best >= PROMISED else 'NOT kept'}")


def _row(name: str, passes: Sequence[Pass]) -> tuple[str, float, float, int, int, float]:
    letters, seconds = sum(one.letters for one in passes), max(one.seconds for one in passes)
    memory = sum(one.early_mib for one in passes), sum(one.late_mib for one in passes)
    processor = 1000 * sum(one.cpu_seconds for one in passes) / letters
    return name, letters / seconds, processor, *memory, sum(one.size for one in passes) / letters / 1024


def _run(letters: int, processes: int, each: int) -> list[Pass]:
    """The letters in equal shares, each worker starting from a fresh process."""
    share = letters // processes
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        return list(pool.map(_work, [share] * processes, [each] * processes, range(processes)))


def _work(count: int, each: int, place: int) -> Pass:
    """One worker's share; the clock starts when fonts and template are loaded."""
    from goodterms.channels.letter_rendering import render_letters

    letters = [_letter(place * count + number) for number in range(count + WARM_UP)]
    for letter in letters[count:]:
        render_letters([letter], NOW)
    start, started, size, early = time.perf_counter(), time.process_time(), 0, 0
    for first in range(0, count, each):
        size += len(render_letters(letters[first : min(first + each, count)], NOW))
        if not early and first + each >= count / 10:
            early = _memory()
    seconds, cpu = time.perf_counter() - start, time.process_time() - started
    return Pass(count, seconds, cpu, early, _memory(), size)


def _letter(number: int) -> "Letter":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "goodterms.project.settings")
    from goodterms.core.money import Money
    from goodterms.messages.facts import Debtor, Payment, Recipient
    from goodterms.messages.finishing import finish
    from goodterms.messages.samples import TODAY, rich_facts, sample_item

    items = tuple(
        sample_item(f"INV-{number}-{line}", 10 + line, Money(12_345 + number * 7 + line, "EUR")) for line in range(3)
    )
    facts = replace(
        rich_facts(),
        items=items,
        credits=(),
        cash=(),
        later=(),
        interest=None,
        deadline=TODAY + timedelta(days=14),
        customer=Debtor(number=f"C{number}", name=f"Example Customer {number} Ltd"),
        recipient=Recipient(email="", postal=(f"{number} Sample Road", "Exampleton EX2 3AB"), country="GB"),
        payment=Payment(account_holder="Example Supplies Ltd", iban="DE89370400440532013000", bic="COBADEFFXXX"),
    )
    message = finish(facts, "reminder_letter", "en").message
    assert message is not None
    assert message.letter is not None
    return message.letter


def _memory() -> int:
    """The most this process has held so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    main()
