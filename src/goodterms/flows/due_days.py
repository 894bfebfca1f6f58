"""The organisations whose day is due: at their own hour, once per calendar day of their own."""

from datetime import datetime
from zoneinfo import ZoneInfo

from goodterms.followup.models import DayRun
from goodterms.organizations.models import Organisation


def organisations_due(now: datetime, run_hour: int) -> list[Organisation]:
    """The organisations whose local hour has come today and whose day has not been run yet.

    Any time from that hour on: after a downtime today is still run, once, and never the days that were missed.
    """
    return [each for each in Organisation.objects.order_by("pk") if _is_due(each, now, run_hour)]


def _is_due(organisation: Organisation, now: datetime, run_hour: int) -> bool:
    local = now.astimezone(ZoneInfo(organisation.timezone))
    if local.hour < run_hour:
        return False
    return not DayRun.objects.filter(organisation=organisation, run_date=local.date()).exists()
