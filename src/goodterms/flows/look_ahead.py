"""A first look at what would go out in the coming days, after which the first steps are done."""

from datetime import datetime

import polars as pl

from goodterms.flows.preview import preview
from goodterms.organizations.models import Organisation

DAYS = 7


def look_ahead(organisation: Organisation, now: datetime) -> pl.DataFrame:
    """The touches of the coming week (columns: plan_touches.PLANNED); that somebody looked is noted once."""
    coming = preview(organisation, now, DAYS)
    Organisation.objects.filter(pk=organisation.pk, previewed_at__isnull=True).update(previewed_at=now)
    return coming
