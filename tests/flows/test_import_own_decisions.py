"""What we gave up ourselves stays given up, whether the next list of invoices knows of it or not."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from goodterms.core.money import Money
from goodterms.flows.accept_settlement import accept_settlement
from goodterms.flows.decide_case import decide_case
from goodterms.flows.judge_commitments import judge_commitments
from goodterms.flows.open_dispute import open_dispute
from goodterms.flows.propose_settlement import propose_settlement
from goodterms.flows.record_payment import record_payment
from goodterms.flows.resolve_dispute import resolve_dispute
from goodterms.ledger.models import Allocation, Customer
from goodterms.organizations.models import Organisation
from tests.factories import make_organisation
from tests.flows.test_import_ledger import JULY, load, row
from tests.importing import invoices_of

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 7, 6, 9, tzinfo=UTC)
TUESDAY = date(2026, 7, 7)
BEFORE = date(2026, 7, 3)


@pytest.fixture
def organisation(home: Path) -> Organisation:
    """One customer, C1, who owes 100.00 EUR since 15 June."""
    ours = make_organisation(currency="EUR", timezone="Europe/London")
    load(ours, home, row("1", "100.00", "100.00"))
    return ours


def settle(organisation: Organisation, customer: Customer) -> None:
    """60.00 came in, and so 40.00 are forgiven."""
    settlement = propose_settlement(
        organisation, customer, pay=Money(60_00, "EUR"), by=date(2026, 7, 10), reason="Closing down.",
        actor="command line", now=MONDAY,
    )  # fmt: skip
    accept_settlement(organisation, settlement, accepted_by="Sam Example", how="call", actor="Robin", now=MONDAY)
    record_payment(
        organisation.pk, customer.pk, Money(60_00, "EUR"), on=MONDAY.date(), today=MONDAY.date(), now=MONDAY,
        actor="Robin", invoice_numbers=["1"],
    )  # fmt: skip
    judge_commitments(organisation, MONDAY.date(), MONDAY)


def write_off(organisation: Organisation, customer: Customer) -> None:
    """All of it is given up."""
    decide_case(
        organisation, customer, choice="written_off", reason="They moved away.", actor="Robin", now=MONDAY,
        approved_by="command line",
    )  # fmt: skip


def adjust(organisation: Organisation, customer: Customer) -> None:
    """30.00 are taken off after a dispute."""
    dispute = open_dispute(
        organisation, customer, customer.invoices.get(), reason="wrong_price", amount=Money(30_00, "EUR"),
        actor="Robin", now=MONDAY,
    )  # fmt: skip
    resolve_dispute(organisation, dispute, resolution="adjusted", actor="Robin", now=MONDAY)


GIVEN_UP = [  # deed, source, open afterwards, what the list says before and after the accounting program books it
    pytest.param(settle, "forgiven", 0, "40.00", "0.00", id="settlement"),
    pytest.param(write_off, "written_off", 0, "100.00", "0.00", id="write-off"),
    pytest.param(adjust, "adjusted", 70_00, "100.00", "70.00", id="dispute"),
]
Deed = Callable[[Organisation, Customer], None]


@pytest.mark.parametrize(("deed", "source", "left", "unbooked", "booked"), GIVEN_UP)
def test_what_we_gave_up_is_not_undone_by_a_newer_list(
    organisation: Organisation, home: Path, deed: Deed, source: str, left: int, unbooked: str, booked: str
) -> None:
    deed(organisation, Customer.objects.get())
    assert Allocation.objects.filter(source=source).count() == 1
    assert invoices_of(organisation) == {"1": (100_00, left)}
    for as_of, rest in ((BEFORE, "100.00"), (TUESDAY, unbooked), (date(2026, 7, 20), booked), (JULY, booked)):
        load(organisation, home, row("1", "100.00", rest), as_of=as_of)
        assert invoices_of(organisation) == {"1": (100_00, left)}, f"{rest} on {as_of}"


def test_what_is_paid_after_it_lowers_what_is_left(organisation: Organisation, home: Path) -> None:
    adjust(organisation, Customer.objects.get())
    load(organisation, home, row("1", "100.00", "70.00"), as_of=TUESDAY)
    load(organisation, home, row("1", "100.00", "20.00"), as_of=JULY)
    assert invoices_of(organisation) == {"1": (100_00, 20_00)}


def test_money_sent_back_after_a_settlement_is_open_again_and_no_more(organisation: Organisation, home: Path) -> None:
    settle(organisation, Customer.objects.get())
    load(organisation, home, row("1", "100.00", "100.00"), as_of=JULY)
    assert invoices_of(organisation) == {"1": (100_00, 60_00)}


def test_without_a_decision_of_ours_the_list_alone_counts(organisation: Organisation, home: Path) -> None:
    load(organisation, home, row("1", "100.00", "40.00"), as_of=JULY)
    load(organisation, home, row("1", "100.00", "90.00"), as_of=date(2026, 8, 31))
    assert invoices_of(organisation) == {"1": (100_00, 90_00)}
