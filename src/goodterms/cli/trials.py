"""The part of a worker that imports files and tries drafts of the policy, in a thread: no message waits for it."""

import logging
from collections.abc import Callable
from datetime import datetime
from threading import Event

from django.db import close_old_connections, connection

from goodterms.cli.worker import worker_name
from goodterms.flows.carry_out_import import run_next_upload
from goodterms.flows.replay_history import run_next_trial

PAUSE_SECONDS = 1.0

logger = logging.getLogger(__name__)


def try_policies(stopping: Event, clock: Callable[[], datetime]) -> None:
    """Carry out one file or trial after the other until ``stopping`` is set; a fault ends one, never the thread."""
    name = worker_name()
    done: object = None
    while not stopping.is_set():
        try:
            done = run_next_upload(name, clock) or run_next_trial(name, clock, stopping.is_set)
        except Exception:
            logger.exception("An import or a trial of the policy broke off.")
            connection.close()
            done = None
        close_old_connections()
        if done is None:
            stopping.wait(PAUSE_SECONDS)
    connection.close()
