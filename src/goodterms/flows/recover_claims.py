"""Claims whose worker died: nothing handed over goes back, what may have left goes to a person."""

import logging
from collections.abc import Mapping
from datetime import datetime

from goodterms.channels.port import Channel
from goodterms.flows.addressees import read_addressees
from goodterms.flows.record_outcome import record_outcome
from goodterms.outbox.claims import stale_claims
from goodterms.outbox.models import Effect
from goodterms.outbox.moves import MoveLost, State

MAX_DEATHS = 5

logger = logging.getLogger(__name__)


def recover_claims(now: datetime, channels: Mapping[str, Channel]) -> int:
    """End every claim whose lease is over, each in a transaction of its own; how many there were.

    Without mark: queued again (an effect that several workers died of: failed). With mark: ``uncertain``, or, where
    the transport's repeat is harmless, queued with mark and bytes, so that the next worker repeats exactly these.
    """
    repeatable = {channel.name for channel in channels.values() if channel.retry_is_safe}
    effects = stale_claims(now)
    addressees = read_addressees(effects)
    recovered = 0
    for effect in effects:
        target, reason, keeps_mark = _judge(effect, repeatable)
        try:
            record_outcome(effect, addressees.get(effect.pk), target, reason, now, keeps_mark=keeps_mark)
        except MoveLost:
            continue
        logger.warning("%s was claimed by %s and is %s now: %s", effect.key, effect.claimed_by, target, reason)
        recovered += 1
    return recovered


def _judge(effect: Effect, repeatable: set[str]) -> tuple[State, str, bool]:
    """What becomes of a stale claim, why, and whether it keeps its mark."""
    if effect.handed_over_at is None:
        if effect.attempts + 1 >= MAX_DEATHS:
            return State.FAILED, f"{MAX_DEATHS} times the work on it was broken off before anything was sent.", False
        return State.QUEUED, "The worker stopped before anything was handed over.", False
    if effect.transport in repeatable:
        return State.QUEUED, "The worker stopped while handing it over; it is handed over again unchanged.", True
    moment = f"{effect.handed_over_at:%Y-%m-%d %H:%M:%S} UTC"
    return State.UNCERTAIN, f"The worker stopped while handing it over by {effect.transport} at {moment}.", False
