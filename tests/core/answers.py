"""What is decided for small evidence, in few words."""

from typing import Any

from goodterms.core.decide import Decision, decide
from tests.core.evidence_maker import TODAY, evidence_of
from tests.core.shipped_policy import make_policy


def decide_case(numbers: dict[str, Any] | None = None, **case: Any) -> Decision:
    """The decision for one customer described by ``case``; ``numbers`` changes the policy."""
    return decide(evidence_of(case), make_policy(**(numbers or {})))


def touch_of(decision: Decision, customer_id: int = 1) -> dict[str, Any] | None:
    """The customer's touch, or None; more than one fails."""
    rows = [row for row in decision.touches.iter_rows(named=True) if row["customer_id"] == customer_id]
    assert len(rows) <= 1
    return rows[0] if rows else None


def step_of(decision: Decision, customer_id: int = 1) -> str | None:
    """The step of the customer's touch, or None."""
    touch = touch_of(decision, customer_id)
    return None if touch is None else str(touch["step"])


def wait_of(decision: Decision, customer_id: int = 1) -> str | None:
    """ "reason days" of the customer's wait ("hold 3", "no_step_left -"), or None."""
    for row in decision.waits.iter_rows(named=True):
        if row["customer_id"] == customer_id:
            until = row["until_date"]
            return f"{row['reason']} {(until - TODAY).days if until else '-'}"
    return None


def asked_minor(decision: Decision, customer_id: int = 1) -> int:
    """What the customer's touch asks for in all (of one currency)."""
    touch = touch_of(decision, customer_id)
    return 0 if touch is None else sum(item["open_amount_minor"] for item in touch["items"])
