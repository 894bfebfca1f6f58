"""A hold lasts longer, a dispute is handed on and gets papers, a plan is foreseen without being proposed."""

from datetime import date, timedelta

import pytest

from goodterms.core.money import Money
from goodterms.flows.attach_to_dispute import MOST_FILES, FileNotKept, attach_to_dispute
from goodterms.flows.extend_hold import extend_hold, latest_day
from goodterms.flows.open_dispute import open_dispute
from goodterms.flows.place_hold import HoldTooLong, place_hold
from goodterms.flows.propose_plan import PlanOutOfBounds, Terms, foresee_plan, propose_plan
from goodterms.flows.reassign_dispute import reassign_dispute
from goodterms.flows.resolve_dispute import DisputeResolvedAlready, resolve_dispute
from goodterms.followup.models import Dispute, DisputeFile, PaymentPlan, TimelineEvent
from goodterms.ledger.models import Customer
from tests.conftest import NOW
from tests.factories import make_customer, make_invoice, make_organisation, make_user

pytestmark = pytest.mark.django_db
TODAY = NOW.date()


@pytest.fixture
def customer() -> Customer:
    """With 100.00 (R1) overdue."""
    customer = make_customer(make_organisation())
    make_invoice(customer, "R1", due=date(2026, 2, 1))
    return customer


@pytest.fixture
def dispute(customer: Customer) -> Dispute:
    invoice = customer.invoices.get()
    return open_dispute(customer.organisation, customer, invoice, reason="faulty", actor="Robin", now=NOW)


def version_of(customer: Customer) -> int:
    customer.refresh_from_db()
    return customer.facts_version


def test_a_longer_hold_raises_the_facts_version_once_and_keeps_its_beginning(customer: Customer) -> None:
    ours = customer.organisation
    hold = place_hold(ours, customer, until=TODAY + timedelta(days=3), reason="goodwill", actor="Robin", now=NOW)
    before = version_of(customer)
    later = NOW + timedelta(days=2)
    extend_hold(ours, hold, until=TODAY + timedelta(days=30), actor="Kim", now=later)
    assert version_of(customer) == before + 1
    hold.refresh_from_db()
    assert (hold.from_date, hold.until_date) == (TODAY, TODAY + timedelta(days=30))
    latest, days = latest_day(ours, hold)
    assert latest == TODAY + timedelta(days=days)
    with pytest.raises(HoldTooLong):
        extend_hold(ours, hold, until=latest + timedelta(days=1), actor="Kim", now=later)


def test_a_hold_on_everyone_lasts_longer_too(customer: Customer) -> None:
    ours = customer.organisation
    hold = place_hold(ours, None, until=TODAY, reason="other", actor="Robin", now=NOW)
    ours.refresh_from_db()
    before = ours.facts_version
    extend_hold(ours, hold, until=TODAY + timedelta(days=1), actor="Robin", now=NOW)
    ours.refresh_from_db()
    assert ours.facts_version == before + 1


def test_a_resolved_dispute_is_not_handed_on(dispute: Dispute) -> None:
    ours = dispute.organisation
    resolve_dispute(ours, dispute, resolution="withdrawn", actor="Robin", now=NOW)
    with pytest.raises(DisputeResolvedAlready):
        reassign_dispute(ours, dispute, owner="Kim", due=TODAY, actor="Robin", now=NOW)


def test_a_late_dispute_is_handed_on_without_a_new_deadline(dispute: Dispute) -> None:
    later = NOW + timedelta(days=60)
    reassign_dispute(dispute.organisation, dispute, owner="Kim", due=dispute.due_date, actor="Robin", now=later)
    dispute.refresh_from_db()
    assert dispute.owner == "Kim"
    told = TimelineEvent.objects.get(kind="dispute_reassigned").text
    assert told == "Dispute over invoice R1: Kim looks after it."


@pytest.mark.parametrize(
    ("name", "content"), [("a.pdf", b""), ("a.pdf", b"MZ\x90 program"), ("page.svg", b"<svg onload='x()'/>")]
)
def test_a_paper_that_may_do_harm_is_not_kept(dispute: Dispute, name: str, content: bytes) -> None:
    with pytest.raises(FileNotKept):
        attach_to_dispute(dispute, name=name, content=content, actor="Robin", now=NOW)
    assert not DisputeFile.objects.exists()


def test_a_dispute_holds_a_reasonable_number_of_papers(dispute: Dispute) -> None:
    for number in range(MOST_FILES):
        attach_to_dispute(dispute, name=f"{number}.pdf", content=b"%%PDF-%d" % number, actor="Robin", now=NOW)
    with pytest.raises(FileNotKept, match="30 files at most"):
        attach_to_dispute(dispute, name="more.pdf", content=b"%PDF-more", actor="Robin", now=NOW)


def test_a_foreseen_plan_is_the_one_that_is_then_proposed(customer: Customer) -> None:
    terms = Terms(rhythm="monthly", first=date(2026, 3, 31), count=3, down_payment=Money(40_00, "GBP"))
    ours = customer.organisation
    outlook = foresee_plan(ours, customer, terms=terms, actor="Robin", now=NOW)
    assert not PaymentPlan.objects.exists()
    plan = propose_plan(ours, customer, terms=terms, actor="Robin", now=NOW)
    assert [(one.due_date, one.amount.amount_minor) for one in outlook.schedule] == list(
        plan.instalments.order_by("position").values_list("due_date", "amount_minor")
    )
    assert [one.amount.amount_minor for one in outlook.schedule] == [40_00, 20_00, 20_00, 20_00]


def test_a_foreseen_plan_says_who_must_approve_it_and_keeps_the_limits(customer: Customer) -> None:
    ours = customer.organisation
    ours.policy = {"plan_approval_minor": {"GBP": 50_00}}
    ours.save()
    terms = Terms(rhythm="weekly", first=TODAY, count=2)
    collector = make_user(ours, "collector", email="kim@supplies.example")
    owner = make_user(ours, email="robin@supplies.example")
    for person, is_asked in ((collector, True), (owner, False)):
        outlook = foresee_plan(ours, customer, terms=terms, actor=str(person), now=NOW)
        assert outlook.needs_approval is is_asked
    with pytest.raises(PlanOutOfBounds, match="is smaller than"):
        foresee_plan(ours, customer, terms=Terms(rhythm="weekly", first=TODAY, count=9), actor="Kim", now=NOW)
