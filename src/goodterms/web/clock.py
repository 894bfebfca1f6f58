"""The pages' only look at the clock; everything below is given ``now``."""

from datetime import UTC, datetime


def current_moment() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)
