"""How often a link may be opened and used, counted in Django's cache; several processes need one they share."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.core.cache import cache


@dataclass(frozen=True)
class Limit:
    """So many times within so many seconds."""

    name: str
    most: int
    seconds: int

    def is_above(self, who: str, now: datetime) -> bool:
        """Count one more for ``who`` and say whether that is too many."""
        key = self._key(who, now)
        cache.add(key, 0, self.seconds)
        try:
            return cache.incr(key) > self.most
        except ValueError:  # the cache let go of it between the two calls
            return False

    def is_reached(self, who: str, now: datetime) -> bool:
        """Whether there were too many already, without counting."""
        return int(cache.get(self._key(who, now), 0)) >= self.most

    def _key(self, who: str, now: datetime) -> str:
        window = int(now.timestamp()) // self.seconds
        return f"portal:{self.name}:{hashlib.sha256(who.encode()).hexdigest()}:{window}"


OPENED = Limit("opened", 120, 60)
"""Pages of one link."""
SENT = Limit("sent", 20, 3600)
"""Forms sent through one link."""
ASKED = Limit("asked", 300, 60)
"""Pages from one address, whatever the links."""
WRONG = Limit("wrong", 20, 600)
"""Links from one address that open nothing; after that it gets no answer for a while, whatever it asks for."""
