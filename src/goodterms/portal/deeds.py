"""What can be done in the portal: each with its form and the flow that carries it out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from goodterms.core.refusal import Refusal
from goodterms.flows.portal_deeds import (
    Portal,
    ask_for_plan,
    dispute_through_portal,
    explain_process,
    promise_payment,
    say_paid,
    write_word,
)
from goodterms.flows.propose_plan import PlanOutlook, Terms, foresee_plan
from goodterms.followup.models import PaymentPlan
from goodterms.portal.access import PortalVisit
from goodterms.portal.account import Account, find_own_claim
from goodterms.portal.forms import (
    USUAL_FIRST_DAYS,
    DisputeForm,
    PaidForm,
    PlanForm,
    PortalForm,
    ProcessForm,
    PromiseForm,
    WriteForm,
)

PLAN_COUNTS = (2, 3, 4, 6, 9, 12)
REFUSED_WORDS: Mapping[str, str] = {
    "AmountAboveOpen": "refused_above_open",
    "NothingOpen": "refused_nothing_open",
    "NothingToDispute": "refused_nothing_open",
    "DisputedAlready": "refused_disputed",
    "PlanThereAlready": "refused_plan_there",
    "PlanRunning": "refused_plan_there",
    "PlanOutdated": "refused_offer_over",
    "PlanNotProposed": "refused_offer_over",
    "SettlementOver": "refused_offer_over",
    "ApprovalMissing": "refused_not_approved",
}
"""What a flow refuses in words for colleagues, in words for the customer."""


@dataclass(frozen=True)
class PortalDeed:
    """A form, whether it can be filled in now, and what is done with it."""

    form: type[PortalForm]
    do: Callable[[Portal, PortalVisit, dict[str, Any]], object]
    is_open: Callable[[Account], bool] = lambda account: True


def refused_word(refusal: Refusal) -> str:
    """The name of the word that says what was refused."""
    return REFUSED_WORDS.get(type(refusal).__name__, "refused")


def make_form(deed: PortalDeed, visit: PortalVisit, account: Account, *given: Any, **more: Any) -> PortalForm:
    """The deed's form, with the choices that this customer has."""
    if deed.form is PlanForm:
        more["choices"] = plan_choices(visit)
    return deed.form(*given, visit=visit, account=account, **more)


def plan_choices(visit: PortalVisit) -> list[tuple[int, PlanOutlook]]:
    """So many monthly instalments as the organisation's limits allow, with what each would be."""
    first = visit.today + timedelta(days=USUAL_FIRST_DAYS)
    found = []
    for count in PLAN_COUNTS:
        try:
            outlook = foresee_plan(
                visit.organisation, visit.customer, terms=_terms(count, first), actor="", now=visit.now
            )
        except Refusal:
            continue
        found.append((count, outlook))
    return found


def _terms(count: int, first: Any) -> Terms:
    return Terms(rhythm=PaymentPlan.Rhythm.MONTHLY, first=first, count=count)


def _paid(portal: Portal, visit: PortalVisit, given: dict[str, Any]) -> None:
    say_paid(portal, paid_date=given["day"], amount=given["money"], reference=given["reference"], words=given["words"])


def _promise(portal: Portal, visit: PortalVisit, given: dict[str, Any]) -> None:
    promise_payment(portal, by=given["day"], amount=given["money"], words=given["words"])


def _dispute(portal: Portal, visit: PortalVisit, given: dict[str, Any]) -> None:
    invoice = find_own_claim(visit, int(given["invoice"]))
    if invoice is None:
        return
    dispute_through_portal(
        portal,
        invoice,
        reason=given["reason"],
        amount=given["money"],
        words=given["words"],
        papers=given["enclosed"],
    )


def _process(portal: Portal, visit: PortalVisit, given: dict[str, Any]) -> None:
    explain_process(portal, reason=given["reason"], words=given["words"])


def _write(portal: Portal, visit: PortalVisit, given: dict[str, Any]) -> None:
    write_word(portal, words=given["words"])


def _plan(portal: Portal, visit: PortalVisit, given: dict[str, Any]) -> None:
    ask_for_plan(portal, terms=_terms(given["count"], given["first"]), words=given["words"])


DEEDS: Mapping[str, PortalDeed] = {
    "paid": PortalDeed(PaidForm, _paid),
    "promise": PortalDeed(PromiseForm, _promise, lambda account: bool(account.claims)),
    "plan": PortalDeed(PlanForm, _plan, lambda account: account.may_ask_for_plan),
    "dispute": PortalDeed(DisputeForm, _dispute, lambda account: bool(account.claims)),
    "process": PortalDeed(ProcessForm, _process),
    "write": PortalDeed(WriteForm, _write),
}
