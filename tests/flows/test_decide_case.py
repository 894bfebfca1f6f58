"""Court or forget: figures as they stand, decided by a person, with what follows from it."""

from datetime import timedelta

import pytest

from goodterms.flows.decide_case import (
    CourtDecidedAlready,
    DecisionIncomplete,
    NothingToDecide,
    UnknownChoice,
    decide_case,
    explain,
    figure_case,
)
from goodterms.flows.decide_day import decide_for
from goodterms.followup.models import LegalDecision, TimelineEvent
from goodterms.ledger.models import Allocation, Customer, Invoice
from tests.conftest import NOW
from tests.factories import make_customer, make_invoice, make_organisation, make_task
from tests.flows.daily import bill, pay

pytestmark = pytest.mark.django_db
TODAY = NOW.date()


@pytest.fixture
def customer() -> Customer:
    """Owes 600.00 GBP for 120 days, and 100.00 that are not due yet."""
    made = make_customer(make_organisation())
    bill(made, "R1", TODAY - timedelta(days=120), amount_minor=600_00)
    bill(made, "R2", TODAY + timedelta(days=5), amount_minor=100_00)
    return made


def decide(customer: Customer, choice: str, **given: str) -> LegalDecision:
    words = {"reason": "They moved away.", "actor": "Robin", **given}
    return decide_case(customer.organisation, customer, choice=choice, now=NOW, **words)


def test_the_figures_name_claim_interest_cost_and_age(customer: Customer) -> None:
    figures = figure_case(customer.organisation, customer, NOW)[0]
    assert (figures.claim.amount_minor, figures.fees.amount_minor, figures.age_days) == (600_00, 0, 120)
    assert figures.interest.amount_minor > 40_00, "compensation and 120 days of interest"
    assert figures.cost is not None
    assert (figures.cost.amount.amount_minor, figures.cost.procedure) == (70_00, "Money claim")
    assert figures.chance is None
    assert explain(figures).startswith("This ledger has too few comparable cases")


def test_the_chance_comes_from_this_ledgers_own_history(customer: Customer) -> None:
    for place in range(12):
        other = make_customer(customer.organisation, f"D{place}")
        old = bill(other, "R", TODAY - timedelta(days=400), amount_minor=500_00)
        if place < 6:
            pay(old, TODAY - timedelta(days=200))
        elif place < 8:
            pay(old, TODAY - timedelta(days=390))
        else:
            make_invoice(other, "S", due=TODAY - timedelta(days=600), amount_minor=500_00)
    chance = figure_case(customer.organisation, customer, NOW)[0].chance
    assert chance is not None
    assert (chance.paid, chance.cases) == (6, 10)


def test_filed_stops_everything_else(customer: Customer) -> None:
    decision = decide(customer, "filed")
    assert decision.figures[0]["claim"] == {"amount_minor": 60000, "currency": "GBP"}
    assert decide_for(customer.organisation, NOW + timedelta(days=7)).decision.touches.is_empty()
    with pytest.raises(CourtDecidedAlready):
        decide(customer, "filed")


def test_written_off_books_out_what_is_overdue_and_nothing_else(customer: Customer) -> None:
    task = make_task(customer, kind="no_step_left")
    decide(customer, "written_off", approved_by="Kim")
    gone, kept = Invoice.objects.order_by("number")
    assert (gone.open_amount_minor, gone.settled_date, kept.open_amount_minor) == (0, TODAY, 100_00)
    assert Allocation.objects.get(source="written_off").amount_minor == 600_00
    task.refresh_from_db()
    assert task.outcome == "Written off"
    line = TimelineEvent.objects.get(kind="case_written_off")
    assert line.text.endswith("They moved away. Approved by Kim.")
    with pytest.raises(NothingToDecide):
        decide(customer, "filed")


def test_dropped_keeps_the_claim(customer: Customer) -> None:
    decide(customer, "dropped")
    assert figure_case(customer.organisation, customer, NOW)[0].claim.amount_minor == 600_00


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"choice": "filed", "reason": " "}, DecisionIncomplete),
        ({"choice": "written_off"}, DecisionIncomplete),
        ({"choice": "revenge"}, UnknownChoice),
    ],
)
def test_a_decision_says_why_and_who_approved(customer: Customer, given: dict[str, str], refusal: type) -> None:
    with pytest.raises(refusal):
        decide(customer, **given)
    assert not LegalDecision.objects.exists()
