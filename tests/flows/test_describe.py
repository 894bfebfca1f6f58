"""A decision in names and numbers: the JSON contract that programs rely on."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from benchmarks.storing import store_ledger
from goodterms.cli.printing import to_jsonable
from goodterms.flows.decide_day import Decided, decide_for
from goodterms.flows.describe import describe_customers, describe_touches, describe_waits
from goodterms.flows.override_profile import override_profile
from goodterms.flows.place_hold import place_hold
from goodterms.flows.preview import preview
from goodterms.followup.policy import policy_of
from goodterms.importers.example import generate
from goodterms.ledger.models import Customer
from goodterms.organizations.models import Organisation
from tests.conftest import NOW
from tests.factories import make_customer, make_invoice, make_organisation

pytestmark = pytest.mark.django_db(transaction=True)
TODAY = NOW.date()
Shape = type | tuple[type, ...] | dict[str, Any] | list[Any] | Callable[[Any], bool]


def is_day(value: Any) -> bool:
    return date.fromisoformat(value).isoformat() == str(value)


def is_day_or_none(value: Any) -> bool:
    return value is None or is_day(value)


def is_amount(value: Any) -> bool:
    return (
        set(value) == {"amount_minor", "currency"}
        and type(value["amount_minor"]) is int
        and len(value["currency"]) == 3
    )


CUSTOMER = {"number": str, "name": str}
TOUCH: dict[str, Shape] = {
    "customer": CUSTOMER,
    "planned_date": is_day,
    "channel": lambda value: value in ("email", "call"),
    "recipient": str,
    "cc": list,
    "playbook": str,
    "step": str,
    "occurrence": int,
    "level": int,
    "tone": lambda value: value in ("courtesy", "friendly", "clear", "firm", "final"),
    "template": str,
    "language": str,
    "sender": lambda value: value in ("default", "owner", "senior"),
    "needs_approval": bool,
    "deadline_date": is_day_or_none,
    "cycle": str,
    "invoices": [{"number": str, "due_date": is_day, "open_amount": is_amount}],
    "due_reason": str,
    "profile": str,
    "rules": {"profile": str, "step": str},
    "evidence": dict,
    "because": str,
    "policy": str,
}
ANSWER = {"is": str, "rule": str, "because": str, "evidence": dict}
STANDING: dict[str, Shape] = {
    "customer": CUSTOMER,
    "balances": [
        dict.fromkeys(("open", "overdue", "days_0", "days_1_30", "days_31_60", "days_61_90", "days_over_90"), is_amount)
    ],
    "profile": ANSWER,
    "verdict": ANSWER,
    "signal": {
        "kind": lambda value: value in (None, "later", "irregular"), "strength": float, "seen_date": is_day_or_none,
    },
    "habits": dict,
    "claimable_interest": [is_amount],
    "retention": (dict, type(None)),
}  # fmt: skip
WAIT: dict[str, Shape] = {
    "customer": CUSTOMER,
    "reason": str,
    "words": str,
    "until_date": is_day_or_none,
    "next_step": (str, type(None)),
}


def fits(value: Any, shape: Any, where: str = "") -> None:
    """The value has exactly this shape; the assertion names the place where it has not."""
    if isinstance(shape, dict):
        assert set(value) == set(shape), where
        for name, part in shape.items():
            fits(value[name], part, f"{where}.{name}")
    elif isinstance(shape, list):
        for place, part in enumerate(value):
            fits(part, shape[0], f"{where}[{place}]")
    elif isinstance(shape, type | tuple):
        assert isinstance(value, shape), f"{where}: {value!r}"
    else:
        assert shape(value), f"{where}: {value!r}"


def as_json(value: Any) -> Any:
    """What a program gets to read."""
    return json.loads(json.dumps(to_jsonable(value)))


@pytest.fixture
def decided() -> Decided:
    organisation = make_organisation()
    store_ledger(organisation, generate(5, 120, TODAY, years=2))
    customer = Customer.objects.filter(invoices__open_amount_minor__gt=0, invoices__due_date__lt=TODAY).first()
    place_hold(organisation, customer, until=TODAY, reason="goodwill", actor="Robin", now=NOW)
    return decide_for(organisation, NOW)


def test_touches_keep_the_contract(decided: Decided) -> None:
    rows = as_json(describe_touches(decided.decision.touches, decided.policy))
    assert len(rows) == decided.decision.touches.height > 20
    fits(rows, [TOUCH])
    assert {row["channel"] for row in rows} == {"email", "call"}


def test_waits_keep_the_contract(decided: Decided) -> None:
    rows = as_json(describe_waits(decided))
    assert len(rows) == decided.decision.waits.height > 0
    fits(rows, [WAIT])
    held = [row for row in rows if row["reason"] == "hold"]
    assert [(row["words"], row["until_date"]) for row in held] == [("on hold", "2026-03-11")]


def test_customers_keep_the_contract(decided: Decided) -> None:
    rows = as_json(list(describe_customers(decided, TODAY)))
    assert len(rows) == 120
    fits(rows, [STANDING])
    assert {"settled_count", "median_days_late", "late_share", "oldest_days_overdue"} <= set(rows[0]["habits"])


def test_some_customers_are_described_as_among_all(decided: Decided) -> None:
    everyone = {row["customer"]["number"]: row for row in describe_customers(decided, TODAY)}
    chosen = list(Customer.objects.order_by("pk").values_list("pk", flat=True)[5:40:7])
    some = list(describe_customers(decided, TODAY, chosen))
    assert len(some) == 5
    assert [everyone[row["customer"]["number"]] for row in some] == some


def test_the_preview_keeps_the_contract(decided: Decided) -> None:
    organisation = Organisation.objects.get()
    ahead = preview(organisation, NOW, 10)
    fits(as_json(describe_touches(ahead, policy_of(organisation))), [TOUCH])


def test_a_touch_names_what_is_open_now_and_why() -> None:
    customer = make_customer(make_organisation(), name="Example Bakery Ltd")
    make_invoice(customer, "R1", due=date(2026, 2, 18), amount_minor=500_00, open_minor=120_00)
    make_invoice(customer, "R2", due=date(2026, 2, 25), amount_minor=80_00, currency="EUR")
    decided = decide_for(customer.organisation, NOW)
    (row,) = as_json(describe_touches(decided.decision.touches, decided.policy))
    assert row["customer"] == {"number": "C1", "name": "Example Bakery Ltd"}
    assert row["invoices"] == [
        {"number": "R1", "due_date": "2026-02-18", "open_amount": {"amount_minor": 120_00, "currency": "GBP"}},
        {"number": "R2", "due_date": "2026-02-25", "open_amount": {"amount_minor": 80_00, "currency": "EUR"}},
    ]
    assert (row["channel"], row["recipient"]) == ("email", "c1@customer.example")
    assert row["rules"] == {"profile": "few-invoices-settled", "step": f"{row['playbook']}/{row['step']}"}
    assert row["evidence"] == {"settled_count": 0}
    assert row["because"].endswith(".")
    assert "20 days overdue" in row["due_reason"]


def test_a_persons_word_is_the_rule_behind_a_profile() -> None:
    customer = make_customer(make_organisation())
    make_invoice(customer, "R1", due=TODAY - timedelta(days=20))
    override_profile(customer.organisation, customer, "red_tape", reason="A portal", actor="Kim", now=NOW)
    decided = decide_for(customer.organisation, NOW)
    (row,) = as_json(list(describe_customers(decided, TODAY)))
    fits(row, STANDING)
    assert (row["profile"]["is"], row["profile"]["rule"], row["profile"]["because"]) == (
        "red_tape", "overruled-by-a-person", "",
    )  # fmt: skip


def test_nothing_decided_is_an_empty_list() -> None:
    decided = decide_for(make_organisation(), NOW)
    assert describe_touches(decided.decision.touches, decided.policy) == []
    assert describe_waits(decided) == []
    assert list(describe_customers(decided, TODAY)) == []
