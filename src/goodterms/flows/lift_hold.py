"""A person ends a hold before its date."""

from datetime import datetime

from django.db import transaction

from goodterms.core.refusal import Refusal
from goodterms.flows.facts import local_day, raise_facts_version, write_timeline
from goodterms.flows.place_hold import note_hold
from goodterms.followup.models import Hold
from goodterms.organizations.models import Organisation


class HoldAlreadyOver(Refusal):
    """A hold to be lifted has ended or was lifted before."""

    def __init__(self, hold: Hold) -> None:
        ended = hold.lifted_date or hold.until_date
        super().__init__(f"This hold ended on {ended} already; there is nothing to lift.")


@transaction.atomic
def lift_hold(organisation: Organisation, hold: Hold, *, actor: str, now: datetime) -> None:
    """End the hold today; chasing goes on with the next run. Raises HoldAlreadyOver."""
    today = local_day(organisation, hold.customer, now)
    open_holds = Hold.objects.filter(
        pk=hold.pk, organisation=organisation, lifted_date__isnull=True, until_date__gte=today
    )
    if not open_holds.update(lifted_date=today):
        hold.refresh_from_db()
        raise HoldAlreadyOver(hold)
    raise_facts_version(organisation, hold.customer)
    note_hold(hold, actor, now, is_lifted=True)
    if hold.customer is not None:
        what = f"Hold on invoice {hold.invoice.number}" if hold.invoice else "Hold"
        write_timeline(
            hold.customer,
            "hold_lifted",
            f"{what} lifted; it was to last until {hold.until_date}.",
            actor=actor,
            now=now,
            invoice=hold.invoice,
            data={"hold_id": hold.pk},
        )
