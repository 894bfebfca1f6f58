"""Days out of addresses and forms: only such as a calendar can be reckoned on from."""

from datetime import date

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

EARLIEST, LATEST = date(1900, 1, 1), date(2199, 12, 31)


def read_day(text: str) -> date | None:
    """The day an address names (2026-03-10); None where it names none, or one of no century of ours."""
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        return None
    return day if is_near(day) else None


def is_near(day: date) -> bool:
    """Whether the day lies between EARLIEST and LATEST."""
    return EARLIEST <= day <= LATEST


def check_near(day: date) -> None:
    """For fields of forms; raises ValidationError."""
    if not is_near(day):
        raise ValidationError(_("There is a typing error in the year."))
