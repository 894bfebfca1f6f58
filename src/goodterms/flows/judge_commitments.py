"""What was agreed is judged by what happened since: promises, plans, settlements, disputes; and fees."""

from collections import Counter
from datetime import date, datetime

from django.db import transaction

from goodterms.flows.charge_claimed_interest import charge_claimed_interest
from goodterms.flows.charge_late_fees import charge_late_fees
from goodterms.flows.judge_disputes import find_overdue_disputes
from goodterms.flows.judge_plans import judge_running_plans
from goodterms.flows.judge_promises import judge_open_promises
from goodterms.flows.judge_settlements import judge_running_settlements
from goodterms.organizations.models import Organisation


@transaction.atomic
def judge_commitments(organisation: Organisation, today: date, now: datetime) -> Counter[str]:
    """Judge all that is open, in one transaction; judging again changes nothing. Counts by what was found.

    ``today`` is the day of the run: nothing is judged by a later day, and each customer's by its own day at ``now``.
    Reads only what is still open, in a constant number of queries, so that an ordinary day costs next to nothing.
    """
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    found = judge_open_promises(organisation, today, now)
    found += judge_running_plans(organisation, today, now)
    found += judge_running_settlements(organisation, today, now)
    found += find_overdue_disputes(organisation, today, now)
    found += charge_late_fees(organisation, today, now)
    found += charge_claimed_interest(organisation, now)
    return found
