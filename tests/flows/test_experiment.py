"""The control group in the real flows: drawn once, followed by run, preview and one customer alike, ended by itself."""

from datetime import datetime, timedelta

import pytest

from goodterms.flows.decide_day import decide_for
from goodterms.flows.preview import preview
from goodterms.flows.run_day import run_day
from goodterms.flows.run_experiment import ExperimentImpossible, start_experiment, stop_experiment
from goodterms.followup.models import Experiment, ExperimentMember, Touch
from goodterms.ledger.models import Allocation, Customer, Invoice
from goodterms.organizations.models import Change, Organisation
from tests.conftest import NOW
from tests.factories import make_customer, make_invoice, make_organisation, make_profile

pytestmark = pytest.mark.django_db
TODAY = NOW.date()
LAST = TODAY + timedelta(days=365)


@pytest.fixture
def organisation() -> Organisation:
    return make_organisation()


def start(organisation: Organisation, share: int = 50, now: datetime = NOW) -> Experiment:
    return start_experiment(organisation, share_percent=share, last_date=LAST, reason="To know.", actor="Robin Example",
                            now=now, seed="fixed")  # fmt: skip


def make_owing(organisation: Organisation, count: int = 8) -> list[Customer]:
    """Customers whom the rules call new, each with an invoice that is eight days overdue."""
    made = [make_customer(organisation, f"C{number}") for number in range(count)]
    for customer in made:
        make_invoice(customer, f"R{customer.number}", due=TODAY - timedelta(days=8), amount_minor=100_00)
    return made


def test_the_drawn_get_the_standard_playbook_in_run_preview_and_alone(organisation: Organisation) -> None:
    customers = make_owing(organisation)
    start(organisation)
    drawn = set(ExperimentMember.objects.filter(arm="standard").values_list("customer_id", flat=True))
    assert len(drawn) == 4
    coming = preview(organisation, NOW, 1)
    books = dict(coming.select("customer_id", "playbook").iter_rows())
    alone = {
        one.pk: decide_for(organisation, NOW, customer_ids=[one.pk]).decision.touches["playbook"].item()
        for one in customers
    }
    run_day(organisation, NOW)
    ran = dict(Touch.objects.values_list("customer_id", "playbook"))
    assert books == alone == ran
    assert {pk for pk, book in ran.items() if book == "standard"} == drawn
    assert {book for pk, book in ran.items() if pk not in drawn} == {"new"}
    assert set(Touch.objects.values_list("profile", flat=True)) == {"new"}


def test_the_draw_is_kept_with_its_day_and_reason_and_is_made_once(organisation: Organisation) -> None:
    make_owing(organisation)
    made = start(organisation)
    before = dict(ExperimentMember.objects.values_list("customer_id", "arm"))
    member = ExperimentMember.objects.filter(arm="standard")[0]
    assert (member.assigned_date, member.stratum) == (TODAY, "undecided/few")
    assert "50 in a hundred" in member.reason
    run_day(organisation, NOW)
    run_day(organisation, NOW)
    assert dict(ExperimentMember.objects.values_list("customer_id", "arm")) == before
    assert Change.objects.get().after["share_percent"] == 50
    with pytest.raises(ExperimentImpossible, match="already"):
        start(organisation)
    assert made.seed == "fixed"


def test_a_new_customer_is_drawn_on_its_first_day(organisation: Organisation) -> None:
    make_owing(organisation)
    start(organisation)
    late = make_customer(organisation, "LATE")
    run_day(organisation, NOW)
    assert ExperimentMember.objects.filter(customer=late).count() == 1


def test_whom_a_person_marked_stays_out(organisation: Organisation) -> None:
    bond = make_customer(organisation, "BOND", is_protected=True)
    told = make_customer(organisation, "TOLD")
    make_profile(told, override_profile="red_tape", override_reason="They need a PO.")
    plain = make_customer(organisation, "PLAIN")
    start(organisation)
    members = set(ExperimentMember.objects.values_list("customer_id", flat=True))
    assert members == {plain.pk}
    assert not members & {bond.pk, told.pk}


@pytest.mark.parametrize(
    ("share", "days", "reason"), [(0, 365, "To know."), (60, 365, "To know."), (10, 30, "To know."), (10, 365, " ")]
)
def test_what_makes_no_sense_is_refused(organisation: Organisation, share: int, days: int, reason: str) -> None:
    with pytest.raises(ExperimentImpossible):
        start_experiment(organisation, share_percent=share, last_date=TODAY + timedelta(days=days), reason=reason,
                         actor="Robin Example", now=NOW)  # fmt: skip


def test_ended_by_a_person_everybody_gets_the_own_playbook_again(organisation: Organisation) -> None:
    make_owing(organisation)
    start(organisation)
    stop_experiment(organisation, reason="Enough.", actor="Robin Example", now=NOW)
    run_day(organisation, NOW)
    assert set(Touch.objects.values_list("playbook", flat=True)) == {"new"}
    ended = Experiment.objects.get()
    assert (ended.state, ended.end_reason, ended.ended_date) == ("stopped", "Enough.", TODAY)


def test_it_ends_by_itself_after_its_last_day(organisation: Organisation) -> None:
    make_owing(organisation)
    start(organisation)
    Experiment.objects.update(started_date=TODAY - timedelta(days=400), last_date=TODAY - timedelta(days=1))
    run_day(organisation, NOW)
    ended = Experiment.objects.get()
    assert (ended.state, ended.ended_by) == ("over", "goodterms")


def test_it_ends_by_itself_when_the_difference_is_clear(organisation: Organisation) -> None:
    """Fifty customers in each arm; those with their own playbook pay within days, the others after weeks."""
    for number in range(100):
        make_customer(organisation, f"C{number}", email=None)
    start(organisation)
    ExperimentMember.objects.update(assigned_date=TODAY - timedelta(days=200))
    due = TODAY - timedelta(days=100)
    for place, member in enumerate(ExperimentMember.objects.order_by("pk")):
        after = (5 if member.arm == "own" else 40) + place % 10
        paid = due + timedelta(days=after)
        invoice = make_invoice(member.customer, f"R{place}", due=due, settled=paid)
        Allocation.objects.create(organisation=organisation, customer=member.customer, invoice=invoice,
                                  source="payment", allocated_date=paid, amount_minor=invoice.amount_minor)  # fmt: skip
    run_day(organisation, NOW)
    ended = Experiment.objects.get()
    assert ended.state == "clear"
    found = ended.result["days_open"]
    assert (found["own"]["customers"], found["standard"]["customers"]) == (50, 50)
    assert found["low"] < found["value"] < found["high"] < 0
    assert Invoice.objects.count() == 100
