"""Whether what was kept still tells the truth: a stamp of all facts that reports are made from."""

import hashlib
from collections.abc import Iterable
from datetime import date

from django.db.models import Count, Max, Sum

from goodterms.followup.models import DayRun
from goodterms.ledger.models import Customer
from goodterms.organizations.models import Organisation
from goodterms.outbox.models import SentMessage


def stamp_of(organisation: Organisation, today: date) -> str:
    """The facts as they stand: equal stamps, equal reports.

    Made of the day, the facts versions (raised by every flow that changes a fact), the last message sent and the last
    run, which judges profiles.
    """
    customers = Customer.objects.filter(organisation=organisation).aggregate(
        count=Count("pk"), versions=Sum("facts_version"), collectors=Sum("collector_id")
    )
    own_version = Organisation.objects.values_list("facts_version", flat=True).get(pk=organisation.pk)
    sent = SentMessage.objects.filter(organisation=organisation).aggregate(last=Max("position"))["last"]
    run = DayRun.objects.filter(organisation=organisation).aggregate(last=Max("pk"))["last"]
    parts = (today, own_version, customers["count"], customers["versions"], customers["collectors"], sent, run)
    return "/".join("-" if part is None else str(part) for part in parts)


def seal(stamp: str, contents: Iterable[bytes]) -> str:
    """The stamp with a mark of what was made: kept frames are told apart by it."""
    digest = hashlib.sha256()
    for content in contents:
        digest.update(content)
    return f"{stamp}#{digest.hexdigest()[:16]}"


def is_fresh(sealed: str, stamp: str) -> bool:
    """Whether what was kept under ``sealed`` was made from these facts."""
    return sealed.partition("#")[0] == stamp
