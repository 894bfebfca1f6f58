"""Random evidence for properties: customers described by the words of evidence_maker, drawn by hypothesis."""

from typing import Any

from hypothesis import strategies as st

from goodterms.core.evidence import Evidence
from tests.core.evidence_maker import evidence_of
from tests.core.shipped_policy import make_policy

PROFILES = sorted(make_policy().playbooks.by_id)
AMOUNTS = st.integers(1, 200_000).map(lambda cents: cents / 100)
CURRENCIES = st.sampled_from(["EUR", "EUR", "EUR", "GBP"])


def _fixed(**words: Any) -> st.SearchStrategy[dict[str, Any]]:
    """A mapping of which any word may be missing."""
    return st.fixed_dictionaries({}, optional=words)


SETTLED = st.fixed_dictionaries(
    {"late": st.integers(-10, 90)},
    optional={"amount": AMOUNTS, "currency": CURRENCIES, "parts": st.integers(1, 3), "disputed": st.booleans()},
)
OPEN = st.fixed_dictionaries(
    {"overdue": st.one_of(st.none(), st.integers(-12, 60)), "amount": AMOUNTS},
    optional={
        "currency": CURRENCIES,
        "disputed": AMOUNTS,
        "held_until_in": st.integers(-2, 3),
        "of": st.integers(1, 3000),
    },
)
CREDIT_NOTE = st.fixed_dictionaries({"overdue": st.integers(-5, 40), "amount": AMOUNTS.map(lambda amount: -amount)})
STEPS = sorted({step.id for book in make_policy().playbooks.by_id.values() for step in book.steps})


@st.composite
def touches(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Some touches on different days, of whatever playbook, in the running or another cycle."""
    days = draw(st.lists(st.integers(0, 100), max_size=6, unique=True))
    extra = {
        "state": st.sampled_from(["sent", "sent", "sent", "failed", "pending"]),
        "playbook": st.sampled_from(PROFILES),
        "cycle": st.sampled_from(["since-2025-11-01", "due-2026-03-08", "quiet-2025-12-01"]),
        "by_person": st.booleans(),
        "deadline_in": st.integers(-20, 9),
    }
    return [
        {"step": draw(st.sampled_from(STEPS)), "ago": ago, **draw(_fixed(**extra))}
        for ago in sorted(days, reverse=True)
    ]


def customers(*, overridden: bool) -> st.SearchStrategy[dict[str, Any]]:
    """A customer's words; with ``overridden`` a person has chosen the profile."""
    always = {
        "history": st.lists(SETTLED, max_size=16),
        "open": st.lists(st.one_of(OPEN, OPEN, OPEN, CREDIT_NOTE), max_size=5),
    }
    if overridden:
        always["override"] = st.sampled_from(PROFILES)
    happened = {
        "sent": touches(),
        "cash": st.fixed_dictionaries({"EUR": AMOUNTS}),
        "country": st.sampled_from(["DE", "US", "", None]),
        "contacts": st.lists(st.sampled_from(["owner phone", "buyer email", "accounts_payable email phone", "other"])),
        "holds": st.lists(_hold(), max_size=1),
        "replies": st.lists(_reply(), max_size=2),
        "calls": st.lists(st.fixed_dictionaries({"ago": st.integers(0, 50), "outcome": _OUTCOMES}), max_size=2),
        "promises": st.lists(st.fixed_dictionaries({"in": st.integers(-9, 9), "state": _STATES}), max_size=1),
        "returned": st.lists(st.integers(0, 500), max_size=2),
        "is_protected": st.booleans(),
        "disputes": st.lists(_dispute(), max_size=3),
        "plan": _plan(),
        "settlement": st.fixed_dictionaries({"in": st.integers(-9, 9), "state": _OFFERS}),
    }
    return st.fixed_dictionaries(always, optional=happened).map(_about_open_invoices)


def _about_open_invoices(words: dict[str, Any]) -> dict[str, Any]:
    """Disputes and plans about invoices that there are; without any there are none of them."""
    owed = [place for place, one in enumerate(words["open"]) if one["amount"] > 0]
    if not owed:
        return {name: given for name, given in words.items() if name not in ("disputes", "plan")}
    words = dict(words)
    if "disputes" in words:
        words["disputes"] = [{**one, "item": owed[one["item"] % len(owed)]} for one in words["disputes"]]
    if "plan" in words:
        covers = {owed[one["item"] % len(owed)]: one for one in words["plan"]["covers"]}
        words["plan"] = words["plan"] | {"covers": [{**one, "item": place} for place, one in covers.items()]}
    return words


def _dispute() -> st.SearchStrategy[dict[str, Any]]:
    always = {"item": st.integers(0, 9), "opened_ago": st.integers(3, 20)}
    return st.fixed_dictionaries(always, optional={"amount": AMOUNTS, "resolved_ago": st.integers(0, 2)})


def _plan() -> st.SearchStrategy[dict[str, Any]]:
    """A running plan: some instalments over, some to come, and the parts of invoices that it covers."""
    covers = st.fixed_dictionaries({"item": st.integers(0, 9)}, optional={"amount": AMOUNTS})
    instalments = st.fixed_dictionaries({"in": st.integers(-40, 40), "amount": AMOUNTS})
    return st.fixed_dictionaries(
        {
            "instalments": st.lists(instalments, min_size=1, max_size=3),
            "covers": st.lists(covers, min_size=1, max_size=3),
            "grace": st.integers(0, 3),
        }
    )


_OUTCOMES = st.sampled_from(["reached", "voicemail", "hung_up"])
_STATES = st.sampled_from(["open", "kept", "partly_kept", "broken"])
_OFFERS = st.sampled_from(["proposed", "accepted", "fulfilled", "lapsed", "cancelled"])


def _hold() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"until_in": st.integers(-2, 4), "from_ago": st.integers(-1, 5)})


def _reply() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"ago": st.integers(0, 40)}, optional={"handled": st.booleans()})


def evidence(*, overridden: bool = False, most: int = 6) -> st.SearchStrategy[Evidence]:
    """Evidence about some customers, on a Tuesday."""
    cases = st.lists(customers(overridden=overridden), min_size=1, max_size=most)
    return cases.map(lambda given: evidence_of(*given))
