"""The worker's sign of life: a small file in the installation's folder."""

import json
import os
from datetime import datetime
from pathlib import Path

HEARTBEAT_FILE = "worker.json"


def write_heartbeat(home: Path, worker: str, now: datetime) -> None:
    """Say that this worker is alive; a reader sees the old sign or the new one, never half of one."""
    beside = home / f".{HEARTBEAT_FILE}.{os.getpid()}"
    beside.write_text(json.dumps({"worker": worker, "at": now.isoformat()}), "utf-8")
    beside.replace(home / HEARTBEAT_FILE)


def last_heartbeat(home: Path) -> datetime | None:
    """When a worker of this folder last gave a sign of life; None when there was none."""
    try:
        return datetime.fromisoformat(json.loads((home / HEARTBEAT_FILE).read_text("utf-8"))["at"])
    except (OSError, ValueError, KeyError):
        return None
