"""What must be known to get an invoice through a customer's accounts payable, and the question for each gap."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Gap:
    """A field of the AP profile nobody has filled in, and how a person asks for it."""

    field: str
    question: str


QUESTIONS = (
    Gap("system", "Which system or portal do invoices go through at your end?"),
    Gap("needs_purchase_order", "Does an invoice need a purchase order number?"),
    Gap("invoice_format", "In which format would you like to receive invoices?"),
    Gap("invoice_email", "To which address should invoices be sent?"),
    Gap("pay_run", "On which days do your payment runs take place?"),
    Gap("cut_off_working_days", "How many working days before a payment run must an invoice be approved?"),
)


def list_missing(profile: Mapping[str, Any] | None) -> tuple[Gap, ...]:
    """The questions still open about a customer's process; ``profile``: the fields of an ApProfile, None without one.

    A pay run that the payments merely suggest (no ``confirmed_date``) is still asked for, and so is its cut-off.
    """
    known = profile or {}
    confirmed = bool(known.get("confirmed_date"))
    gaps = []
    for gap in QUESTIONS:
        value = known.get(gap.field)
        is_open = not confirmed if gap.field in ("pay_run", "cut_off_working_days") else value in (None, "", [])
        if is_open:
            gaps.append(gap)
    return tuple(gaps)
