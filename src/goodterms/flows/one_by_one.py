"""Work that goes through all organisations: what fails for one is logged, and paused for that one alone."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from goodterms.organizations.models import Organisation

PAUSE = timedelta(minutes=15)
Result = TypeVar("Result")

logger = logging.getLogger(__name__)


@dataclass
class Pauses:
    """The organisations for which some work failed a short while ago; kept by whoever repeats the work."""

    _until: dict[int, datetime] = field(default_factory=dict)

    def paused(self, now: datetime) -> list[int]:
        """Whom to leave out at ``now``."""
        return [pk for pk, until in self._until.items() if until > now]

    def attempt(
        self, organisation: Organisation, work: Callable[[], Result], what: str, now: datetime
    ) -> Result | None:
        """What the work gives; None where it failed, which is logged and not tried again before PAUSE is over."""
        try:
            return work()
        except Exception:
            self._until[organisation.pk] = now + PAUSE
            logger.exception("%s of %s failed; tried again in %s.", what, organisation.slug, PAUSE)
            return None
