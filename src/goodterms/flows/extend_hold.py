"""A person lets a hold last longer, or end earlier, within the organisation's longest pause."""

from datetime import date, datetime, timedelta

from django.db import transaction

from goodterms.flows.facts import local_day, raise_facts_version, write_timeline
from goodterms.flows.lift_hold import HoldAlreadyOver
from goodterms.flows.place_hold import HoldEndsInThePast, HoldTooLong
from goodterms.followup.models import Hold
from goodterms.followup.policy import policy_of
from goodterms.organizations.changes import write_change
from goodterms.organizations.models import Change, Organisation


@transaction.atomic
def extend_hold(organisation: Organisation, hold: Hold, *, until: date, actor: str, now: datetime) -> None:
    """Move the last day of a hold that is still in force.

    The longest pause counts from the day on which the hold began: extending it again and again does not get round
    it. Raises HoldAlreadyOver, HoldEndsInThePast or HoldTooLong.
    """
    today = local_day(organisation, hold.customer, now)
    if until < today:
        raise HoldEndsInThePast(until, today)
    latest, days = latest_day(organisation, hold)
    if until > latest:
        raise HoldTooLong(until, latest, days)
    before = hold.until_date
    open_holds = Hold.objects.filter(
        pk=hold.pk, organisation=organisation, lifted_date__isnull=True, until_date__gte=today
    )
    if not open_holds.update(until_date=until):
        hold.refresh_from_db()
        raise HoldAlreadyOver(hold)
    raise_facts_version(organisation, hold.customer)
    whose = hold.customer.name if hold.customer else "Everyone"
    write_change(
        organisation,
        Change.Kind.HOLD,
        whose,
        before={"until_date": before},
        after={"until_date": until},
        actor=actor,
        now=now,
        key=hold.pk,
        customer_id=hold.customer_id,
    )
    if hold.customer is not None and until != before:
        what = f"Hold on invoice {hold.invoice.number}" if hold.invoice else "Hold"
        write_timeline(
            hold.customer,
            "hold_extended",
            f"{what} lasts until {until} instead of {before}.",
            actor=actor,
            now=now,
            invoice=hold.invoice,
            data={"hold_id": hold.pk, "until_date": until.isoformat()},
        )


def latest_day(organisation: Organisation, hold: Hold) -> tuple[date, int]:
    """The last day that the hold may have, and the organisation's longest pause in days."""
    days = policy_of(organisation).numbers.hold_longest_days
    return hold.from_date + timedelta(days=days), days
