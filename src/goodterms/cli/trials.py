"""The part of a worker that tries drafts of the policy, in a thread of its own: a replay never holds up a message."""

import logging
from collections.abc import Callable
from datetime import datetime
from threading import Event

from django.db import close_old_connections, connection

from goodterms.cli.worker import worker_name
from goodterms.flows.replay_history import run_next_trial

PAUSE_SECONDS = 1.0

logger = logging.getLogger(__name__)


def try_policies(stopping: Event, clock: Callable[[], datetime]) -> None:
    """Carry out one trial after the other until ``stopping`` is set; a fault ends a trial, never the thread."""
    name = worker_name()
    while not stopping.is_set():
        try:
            done = run_next_trial(name, clock, stopping.is_set)
        except Exception:
            logger.exception("A trial of the policy broke off.")
            connection.close()
            done = None
        close_old_connections()
        if done is None:
            stopping.wait(PAUSE_SECONDS)
    connection.close()
