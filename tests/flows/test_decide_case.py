"""Court or forget: figures as they stand, decided by a person, with what follows from it."""

from datetime import timedelta

import pytest

from goodterms.flows.approvals import NotYoursToApprove
from goodterms.flows.charge_interest import charge_interest
from goodterms.flows.collect_evidence import collect_evidence
from goodterms.flows.decide_case import (
    CourtDecidedAlready,
    DecisionIncomplete,
    NothingToDecide,
    NotInCourt,
    UnknownChoice,
    decide_case,
    explain,
    figure_case,
)
from goodterms.flows.decide_day import decide_for
from goodterms.flows.run_day import run_day
from goodterms.followup.models import LegalDecision, Retention, Task, TimelineEvent
from goodterms.ledger.models import Allocation, Customer, Invoice, Payment
from goodterms.organizations.models import Membership, User
from tests.conftest import NOW
from tests.factories import make_customer, make_invoice, make_organisation, make_task, make_touch
from tests.flows.daily import bill, pay, tell

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
    words = {"reason": "They moved away.", "actor": "command line", **given}
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
    for days in (7, 60, 300):
        assert decide_for(customer.organisation, NOW + timedelta(days=days)).decision.touches.is_empty()
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


def on_account(customer: Customer, amount_minor: int) -> Payment:
    """Cash on account of yesterday."""
    tell(customer)
    return Payment.objects.create(
        organisation=customer.organisation, customer=customer, key="cash", paid_date=TODAY - timedelta(days=1),
        currency="GBP", amount_minor=amount_minor, unallocated_minor=amount_minor,
    )  # fmt: skip


def test_a_write_off_books_what_the_figures_name_and_leaves_the_customer_no_credit(customer: Customer) -> None:
    """Of 600.00, 150.00 are covered by cash on account and 50.00 by a credit note."""
    cash = on_account(customer, 150_00)
    bill(customer, "CN", TODAY - timedelta(days=90), amount_minor=-50_00)
    decision = decide(customer, "written_off", approved_by="Kim")
    assert decision.figures[0]["claim"]["amount_minor"] == 400_00
    assert Allocation.objects.get(source="written_off").amount_minor == 400_00
    assert TimelineEvent.objects.get(kind="case_written_off").text.startswith("Written off (400.00 GBP): ")
    cash.refresh_from_db()
    assert cash.unallocated_minor == 150_00
    assert figure_case(customer.organisation, customer, NOW) == []
    bill(customer, "R3", TODAY - timedelta(days=20), amount_minor=70_00)
    assert figure_case(customer.organisation, customer, NOW)[0].claim.amount_minor == 70_00


def test_what_was_written_off_is_no_payment_and_nobody_is_thanked_for_it(customer: Customer) -> None:
    invoice = customer.invoices.get(number="R1")
    organisation = customer.organisation
    cycle = f"since-{TODAY - timedelta(days=119)}"
    make_touch(customer, state="sent", cycle=cycle, sent_date=TODAY - timedelta(days=40), level=1)
    run_day(organisation, NOW - timedelta(days=9))
    pay(invoice, TODAY - timedelta(days=8), 100_00)
    decide(customer, "written_off", approved_by="Kim")
    invoice.refresh_from_db()
    assert (invoice.open_amount_minor, invoice.payment_count, invoice.settled_date) == (0, 0, TODAY)
    decided = run_day(organisation, NOW + timedelta(days=1)).decided
    assert decided.decision.habits["settled_count"].to_list() == [0]
    assert not Retention.objects.exists()
    assert "thanks" not in decided.decision.touches["step"].to_list()
    later = collect_evidence(organisation, NOW, on=TODAY + timedelta(days=1)).evidence
    assert later.settled.is_empty()


def test_interest_that_was_charged_is_claimed_once(customer: Customer) -> None:
    organisation = customer.organisation
    organisation.policy = {"interest": {"enabled": True}}
    organisation.save()
    before = figure_case(organisation, customer, NOW)[0]
    fees = charge_interest(organisation, customer, actor="Robin", now=NOW - timedelta(days=30))
    charged = sum(fee.claim.amount_minor for fee in fees)
    after = figure_case(organisation, customer, NOW)[0]
    assert (after.claim, after.interest.amount_minor) == (before.claim, before.interest.amount_minor - charged)
    assert after.fees.amount_minor == charged


def test_when_the_court_has_done_a_person_says_so_and_chasing_goes_on(customer: Customer) -> None:
    organisation = customer.organisation
    with pytest.raises(NotInCourt):
        decide(customer, "ended")
    decide(customer, "filed")
    pay(customer.invoices.get(number="R1"), TODAY)
    pay(customer.invoices.get(number="R2"), TODAY)
    run_day(organisation, NOW + timedelta(days=1))
    run_day(organisation, NOW + timedelta(days=2))
    task = Task.objects.get(kind="legal")
    assert task.title == "Nothing of Example Customer C1 Ltd is overdue any more: end the case of the court"
    bill(customer, "R3", TODAY - timedelta(days=20), amount_minor=70_00)
    assert decide_for(organisation, NOW + timedelta(days=300)).decision.waits["reason"].to_list() == ["hold"]
    decide(customer, "ended", reason="The court's order was paid.")
    assert decide_for(organisation, NOW + timedelta(days=300)).decision.touches.height == 1
    task.refresh_from_db()
    assert task.outcome == "The court case has ended"
    decide(customer, "filed")
    then = decide_for(organisation, NOW, on=TODAY).decision
    assert then.waits["reason"].to_list() == ["hold"]


@pytest.mark.parametrize("choice", ["dropped", "written_off"])
def test_another_decision_ends_the_case_in_court_too(customer: Customer, choice: str) -> None:
    decide(customer, "filed")
    decide(customer, choice, approved_by="Kim" if choice == "written_off" else "")
    bill(customer, "R3", TODAY - timedelta(days=20), amount_minor=70_00)
    assert decide_for(customer.organisation, NOW + timedelta(days=62)).decision.touches.height == 1


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


@pytest.mark.parametrize("approved_by", ["col@supplies.example", "Anybody"])
def test_a_write_off_takes_a_managers_word(customer: Customer, approved_by: str) -> None:
    member = User.objects.create_user("col@supplies.example", "a long enough word")
    Membership.objects.create(organisation=customer.organisation, user=member, role="collector")
    with pytest.raises(NotYoursToApprove):
        decide(customer, "written_off", approved_by=approved_by, actor="Robin")
