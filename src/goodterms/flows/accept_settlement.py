"""A customer accepts a settlement, or it is called off."""

from datetime import datetime, timedelta

from django.db import transaction

from goodterms.core.refusal import Refusal
from goodterms.flows.accept_plan import AcceptedByNobody
from goodterms.flows.approvals import ApprovalMissing
from goodterms.flows.ask_person import close_task
from goodterms.flows.facts import local_day, raise_facts_version, write_timeline
from goodterms.flows.make_promise import UnknownSource
from goodterms.flows.propose_settlement import approval_key, settlement_words
from goodterms.flows.withdraw_promise import ReasonMissing
from goodterms.followup.models import Settlement, Source
from goodterms.organizations.models import Organisation


class SettlementOver(Refusal):
    """A settlement was accepted, fulfilled, cancelled before, or its day is over."""

    def __init__(self, settlement: Settlement) -> None:
        state = Settlement.State(settlement.state).label.lower()
        super().__init__(f"This settlement ({settlement_words(settlement)}) is {state}; propose a new one.")


@transaction.atomic
def accept_settlement(
    organisation: Organisation,
    settlement: Settlement,
    *,
    accepted_by: str,
    how: str,
    detail: str = "",
    actor: str,
    now: datetime,
) -> None:
    """Record who at the customer accepted it and how; nothing is forgiven before the agreed money is in.

    Raises SettlementOver, ApprovalMissing, AcceptedByNobody or UnknownSource.
    """
    if not accepted_by.strip():
        raise AcceptedByNobody
    if how not in Source.values:
        raise UnknownSource(how)
    today = local_day(organisation, settlement.customer, now)
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    settlement.refresh_from_db()
    if settlement.state == Settlement.State.DRAFT:
        raise ApprovalMissing("This settlement")
    last_day = settlement.pay_by_date + timedelta(days=settlement.tolerance_days)
    if settlement.state != Settlement.State.PROPOSED or last_day < today:
        raise SettlementOver(settlement)
    settlement.state, settlement.accepted_date = Settlement.State.ACCEPTED, today
    settlement.accepted_by, settlement.accepted_how, settlement.accepted_detail = accepted_by, how, detail
    settlement.save(update_fields=["state", "accepted_date", "accepted_by", "accepted_how", "accepted_detail"])
    raise_facts_version(organisation, settlement.customer)
    way = Source(how).label.lower()
    write_timeline(
        settlement.customer,
        "settlement_accepted",
        f"Settlement accepted by {accepted_by} ({way}): {settlement_words(settlement)}. {detail}".strip(),
        actor=actor,
        now=now,
        data={"settlement_id": settlement.pk, "accepted_by": accepted_by, "how": how},
    )


@transaction.atomic
def cancel_settlement(
    organisation: Organisation, settlement: Settlement, *, reason: str, actor: str, now: datetime
) -> None:
    """Call off (or refuse to approve) a settlement that still runs; raises SettlementOver or ReasonMissing."""
    if not reason.strip():
        raise ReasonMissing("the settlement is called off")
    running = Settlement.objects.filter(
        pk=settlement.pk,
        organisation=organisation,
        state__in=[Settlement.State.DRAFT, Settlement.State.PROPOSED, Settlement.State.ACCEPTED],
    )
    today = local_day(organisation, settlement.customer, now)
    if not running.update(state=Settlement.State.CANCELLED, ended_date=today):
        settlement.refresh_from_db()
        raise SettlementOver(settlement)
    close_task(settlement.customer, approval_key(settlement), outcome="cancelled", actor=actor, now=now)
    raise_facts_version(organisation, settlement.customer)
    write_timeline(
        settlement.customer,
        "settlement_cancelled",
        f"Settlement called off: {settlement_words(settlement)}. {reason}",
        actor=actor,
        now=now,
        data={"settlement_id": settlement.pk},
    )
