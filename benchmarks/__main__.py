"""Every benchmark in turn, each in a process of its own; on PostgreSQL too where DATABASE_URL names a server.

python -m benchmarks
"""

import subprocess
import sys

ALL = ("decide_memory", "day_run", "import_rows", "relay_mail", "letters", "reading", "signals", "pages")


def main() -> int:
    """Run them all; the number of those that failed."""
    failed = 0
    for name in ALL:
        print(f"== {name}", flush=True)
        failed += subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(main())
