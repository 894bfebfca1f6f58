"""How well answers are read, by kind, on the labelled set: what shaped the rules, and what was kept apart.

    python -m benchmarks.reading [--faults]

The test half was labelled and committed before the first rule was written, and no rule was changed for it; both halves
and the rules were written by the same hand, so expect real mail to be read somewhat less well.
"""

import argparse
from functools import partial

from benchmarks.measuring import best_of
from tests.core.reply_set import labelled, measure, table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faults", action="store_true", help="List every answer of the train half read otherwise.")
    given = parser.parse_args()
    for part in ("train", "test"):
        measured, timing = best_of(3, partial(measure, part))
        count = len(labelled(part))
        print(f"\n{part}: {count} answers, {count / timing.seconds:,.0f} read per second")
        print(table(measured))
        if given.faults and part == "train":
            print("\n".join(measured.faults))


if __name__ == "__main__":
    main()
