"""The day's run charges the interest that a message has claimed, so that what was asked for is on the books."""

from collections import Counter
from datetime import date, datetime, timedelta

from django.db.models import Exists, OuterRef

from goodterms.flows.charge_interest import NoLawKnown, charge_interest
from goodterms.flows.facts import local_day
from goodterms.flows.read_agreed import GOODTERMS
from goodterms.followup.models import Fee, Touch
from goodterms.followup.policy import policy_of
from goodterms.messages.catalog import template_catalog
from goodterms.organizations.models import Organisation

_REMEMBERED_DAYS = 30
"""A claim is charged by the next run; after so long without any run a person decides."""


def charge_claimed_interest(organisation: Organisation, now: datetime) -> Counter[str]:
    """Charge what each message that claimed interest has claimed up to its day, in the running transaction.

    On the invoices that it named, day by day as charge_interest reckons, from the day after it was sent on; charging
    again adds nothing. A message that only warns of interest charges none.
    """
    if not policy_of(organisation).numbers.interest.enabled:
        return Counter()
    charged = 0
    for touch in _claims(organisation, now.date() - timedelta(days=_REMEMBERED_DAYS)):
        sent: date | None = touch.sent_date
        if sent is None or sent >= local_day(organisation, touch.customer, now):
            continue
        named = {item["invoice_id"] for item in touch.read_items()}
        try:
            fees = charge_interest(organisation, touch.customer, until=sent, only=named, actor=GOODTERMS, now=now)
        except NoLawKnown:
            continue
        charged += len(fees)
    return Counter(interest_charged=charged) if charged else Counter()


def _claims(organisation: Organisation, since: date) -> list[Touch]:
    """The claims sent that nothing was charged for yet, the earliest first."""
    claiming = [name for name, template in template_catalog().items() if template.interest == "claimed"]
    booked = Fee.objects.filter(
        customer=OuterRef("customer"), reason=Fee.Reason.INTEREST, until_date__gte=OuterRef("sent_date")
    )
    touches = Touch.objects.filter(
        ~Exists(booked),
        organisation=organisation,
        planned_date__gte=since,
        template__in=claiming,
        sent_date__isnull=False,
    )
    return list(touches.select_related("customer").order_by("sent_date", "pk"))
