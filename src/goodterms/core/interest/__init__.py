"""Statutory interest and fixed compensation for late payment: regimes, claims, and whole ledgers at once."""

from goodterms.core.interest.claims import InterestClaim, InterestPeriod, Reduction, interest_due
from goodterms.core.interest.ledger import INTEREST, interest_on_open_items
from goodterms.core.interest.regimes import (
    CompensationTier,
    DateAfterKnownRates,
    DateBeforeKnownRates,
    DayCount,
    Rate,
    RateNotKnown,
    RateRule,
    Regime,
    Regimes,
    StatutoryDataInvalid,
    load_regimes,
)

__all__ = [
    "INTEREST",
    "CompensationTier",
    "DateAfterKnownRates",
    "DateBeforeKnownRates",
    "DayCount",
    "InterestClaim",
    "InterestPeriod",
    "Rate",
    "RateNotKnown",
    "RateRule",
    "Reduction",
    "Regime",
    "Regimes",
    "StatutoryDataInvalid",
    "interest_due",
    "interest_on_open_items",
    "load_regimes",
]
