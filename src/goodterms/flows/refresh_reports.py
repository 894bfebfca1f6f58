"""The sums that reports are read from are made anew, where facts have changed since they were."""

from datetime import datetime, timedelta
from functools import partial

from django.db import transaction

from goodterms.flows.collect_evidence import organisation_date
from goodterms.flows.one_by_one import Pauses
from goodterms.followup.models import ReportFrame
from goodterms.ledger.models import Customer
from goodterms.organizations.models import Organisation
from goodterms.reports.frames import Frames, make_frames, open_frames, write_frame
from goodterms.reports.stamps import is_fresh, seal, stamp_of

SMALL_CUSTOMERS = 1_000
"""With up to so many customers a page makes the sums itself, and is never behind the facts."""
PATIENCE = timedelta(minutes=15)
"""In larger ledgers the worker makes them again no sooner than so long after the last time."""


def refresh_reports(organisation: Organisation, now: datetime, *, is_forced: bool = False) -> Frames:
    """Make and keep every frame, unless what is kept was made from the same facts; what is kept then.

    The sums are read before anything is written, and replace the old ones in one transaction. The stamp is taken
    first: facts that change meanwhile make it stale, so nothing is missed.
    """
    today = organisation_date(organisation, now)
    stamp = stamp_of(organisation, today)
    kept = open_frames(organisation)
    if kept and not is_forced and is_fresh(kept.stamp, stamp):
        return kept
    contents = {name: write_frame(frame) for name, frame in make_frames(organisation, today).items()}
    sealed = seal(stamp, contents.values())
    with transaction.atomic():
        Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
        rows = [
            ReportFrame(
                organisation=organisation, name=name, stamp=sealed, as_of_date=today, made_at=now, content=content
            )
            for name, content in contents.items()
        ]
        ReportFrame.objects.filter(organisation=organisation).delete()
        ReportFrame.objects.bulk_create(rows)
    return Frames(organisation.pk, today, now, sealed)


def frames_for_page(organisation: Organisation, now: datetime) -> Frames | None:
    """The frames a page is drawn from: made anew where the ledger is small, else as kept (None: not made yet)."""
    if is_small(organisation):
        return refresh_reports(organisation, now)
    return open_frames(organisation)


def is_small(organisation: Organisation) -> bool:
    """Whether the ledger is small enough to sum it while somebody waits."""
    ids = Customer.objects.filter(organisation=organisation).values_list("pk", flat=True)
    return ids[: SMALL_CUSTOMERS + 1].count() <= SMALL_CUSTOMERS


def refresh_where_stale(now: datetime, pauses: Pauses | None = None) -> list[str]:
    """By the worker: the large organisations whose reports are behind the facts and old enough; their names.

    One whose sums cannot be made leaves the others theirs, and waits as ``pauses`` remembers.
    """
    pauses, refreshed = pauses or Pauses(), []
    for organisation in Organisation.objects.exclude(pk__in=pauses.paused(now)).order_by("pk"):
        if pauses.attempt(organisation, partial(_refresh_if_stale, organisation, now), "The reports", now):
            refreshed.append(organisation.slug)
    return refreshed


def _refresh_if_stale(organisation: Organisation, now: datetime) -> bool:
    if is_small(organisation):
        return False
    kept = open_frames(organisation)
    if kept is not None and now - kept.made_at < PATIENCE:
        return False
    newer = refresh_reports(organisation, now)
    return kept is None or newer.stamp != kept.stamp
