"""A process of its own that reads an SQLite file by ADBC and hands the rows over as Arrow files.

The ADBC driver brings a second copy of SQLite. Two copies in one process break each other's POSIX file locks (the
second to close releases the locks of the first, see sqlite.org/howtocorrupt.html, 2.2.1), so the driver never runs in
the process that writes. All queries of one process see one snapshot.

Started as ``python -m goodterms.database.sqlite_reader FILE``: reads one JSON object per line, ``{"query", "target"}``,
writes the result to the file ``target`` in Arrow's IPC format and answers with a line, empty or the error.
"""

import json
import sys
from contextlib import closing

import adbc_driver_manager
import adbc_driver_sqlite.dbapi

BATCH_ROWS = "65536"


def main() -> None:
    """Answer queries until standard input ends."""
    path = sys.argv[1]
    with (
        closing(adbc_driver_sqlite.dbapi.connect(f"file:{path}?mode=ro")) as reader,
        closing(reader.cursor()) as cursor,
    ):
        cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": BATCH_ROWS})
        for line in sys.stdin:
            asked = json.loads(line)
            answer = ""
            try:
                cursor.execute(asked["query"])
                cursor.fetch_polars().write_ipc(asked["target"], compression="uncompressed")
            except adbc_driver_manager.Error as error:
                answer = " ".join(str(error).split())
            sys.stdout.write(answer + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
