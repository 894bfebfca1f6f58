"""Statutory interest on the invoices of one message."""

from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from goodterms.core.interest import RateNotKnown, RateRule, Regime, interest_due
from goodterms.core.money import Money
from goodterms.core.policy import PolicyNumbers
from goodterms.flows.claimed_fees import ClaimedFees
from goodterms.followup.statutory import shipped_regimes
from goodterms.messages.catalog import Template
from goodterms.messages.facts import Facts, Interest, Item, ItemInterest
from goodterms.organizations.models import Organisation


def work_out_interest(
    facts: Facts,
    template: Template | None,
    organisation: Organisation,
    numbers: PolicyNumbers,
    claimed: ClaimedFees | None = None,
) -> Facts:
    """The facts with interest, where the template speaks of it and the organisation has switched it on.

    Interest runs on what is asked for since the day after the due date; credit notes and cash on account are taken off
    the oldest invoices first, so that no more is claimed than is owed. What was ``claimed`` as a fee is not claimed
    again, and fees bear no interest themselves. Without a law, or outside its known rates,
    there is none, and the check withholds the message.
    """
    if template is None or template.interest == "none" or not numbers.interest.enabled:
        return facts
    regime = shipped_regimes().for_country(numbers.interest.country or organisation.country)
    if regime is None:
        return facts
    try:
        claims = _claim(facts, regime, claimed or ClaimedFees())
        percent = _present_percent(claims, regime, facts.today)
    except RateNotKnown:
        return facts
    if not claims:
        return facts
    rows = tuple(row for _, row in claims)
    interest = Interest(
        law=regime.name,
        legal_basis=regime.legal_basis,
        annual_percent=percent,
        until=facts.today,
        items=rows,
        is_claimed=template.interest == "claimed",
    )
    return replace(facts, interest=interest)


def _claim(facts: Facts, regime: Regime, claimed: ClaimedFees) -> list[tuple[Item, ItemInterest]]:
    claims = []
    for item, principal in _principals(facts):
        if item.is_fee or item.due_date is None or item.days_overdue <= 0 or principal.amount_minor <= 0:
            continue
        claim = interest_due(regime, principal, item.due_date, facts.today)
        line = claimed.leave_out(ItemInterest(item.number, claim.interest, claim.compensation))
        if line.interest or line.compensation:
            claims.append((item, line))
    return claims


def _principals(facts: Facts) -> list[tuple[Item, Money]]:
    """Each invoice with what is left of it when everything in the customer's favour is taken off the oldest first."""
    credit: defaultdict[str, int] = defaultdict(int)
    for note in facts.credits:
        credit[note.open.currency] -= note.open.amount_minor
    for cash in facts.cash:
        credit[cash.currency] += cash.amount_minor
    left = []
    for item in sorted(facts.items, key=lambda item: (item.due_date or date.max, item.number)):
        used = min(credit[item.asked.currency], item.asked.amount_minor)
        credit[item.asked.currency] -= used
        left.append((item, item.asked - Money(used, item.asked.currency)))
    return left


def _present_percent(claims: list[tuple[Item, ItemInterest]], regime: Regime, today: date) -> Decimal | None:
    """The rate that holds today; None where the law fixes it per debt and the debts differ."""
    if regime.rate_rule is RateRule.EACH_HALF_YEAR:
        return regime.annual_percent(today)
    starts = (item.due_date + timedelta(days=1) for item, _ in claims if item.due_date)
    rates = {regime.annual_percent(start) for start in starts}
    return rates.pop() if len(rates) == 1 else None
