"""Who pays in time what was agreed has kept it, however the money comes in and whatever was there before."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from goodterms.core.instalments import ScheduleImpossible
from goodterms.core.money import Money
from goodterms.flows.accept_plan import accept_plan
from goodterms.flows.accept_settlement import accept_settlement
from goodterms.flows.agreed_invoices import AmountAboveOpen, NothingOpen
from goodterms.flows.approvals import AT_THE_MACHINE
from goodterms.flows.judge_commitments import judge_commitments
from goodterms.flows.make_promise import make_promise
from goodterms.flows.open_dispute import open_dispute
from goodterms.flows.propose_plan import Terms, propose_plan
from goodterms.flows.propose_settlement import NothingForgiven, propose_settlement
from goodterms.flows.put_to_claims import put_cash_to
from goodterms.flows.record_payment import record_payment
from goodterms.flows.resolve_dispute import resolve_dispute
from goodterms.followup.models import PaymentPlan, Promise, Settlement
from goodterms.ledger.models import Customer, Invoice
from goodterms.organizations.models import Organisation
from tests.factories import make_customer, make_invoice, make_organisation
from tests.flows.daily import pay

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 2)
_NUMBERS = count(1)
_LIMITS = {"GBP": 1_000_00}
POLICY = {"plan_smallest_minor": {}, "plan_approval_minor": _LIMITS, "settlement_approval_minor": _LIMITS}


@dataclass
class Debtor:
    """A customer, and what may happen on a day before or after an agreement."""

    customer: Customer
    day: date = DAY

    @property
    def ours(self) -> Organisation:
        return self.customer.organisation

    @property
    def now(self) -> datetime:
        return datetime(self.day.year, self.day.month, self.day.day, 9, tzinfo=UTC)

    def claims(self) -> list[Invoice]:
        return list(self.customer.invoices.filter(open_amount_minor__gt=0).order_by("pk"))

    def receive(self, amount: int, *numbers: str) -> None:
        record_payment(
            self.ours.pk, self.customer.pk, Money(amount, "GBP"), on=self.day, today=self.day, now=self.now,
            actor="Robin", invoice_numbers=numbers, reference=str(next(_NUMBERS)),
        )  # fmt: skip

    def on_account(self, amount: int) -> None:
        self.receive(amount)

    def for_an_invoice(self, amount: int) -> None:
        self.receive(amount, *[claim.number for claim in self.claims()[-1:]])

    def for_all(self, amount: int) -> None:
        self.receive(amount, *[claim.number for claim in self.claims()])

    def adjust(self, amount: int) -> None:
        for claim in self.claims()[:1]:
            part = Money(min(amount, claim.open_amount_minor), "GBP")
            dispute = open_dispute(
                self.ours, self.customer, claim, reason="wrong_price", amount=part, actor="R", now=self.now
            )
            resolve_dispute(self.ours, dispute, resolution="adjusted", actor=AT_THE_MACHINE, now=self.now)

    def credit_note(self, amount: int) -> None:
        make_invoice(self.customer, f"CN{next(_NUMBERS)}", due=self.day, amount_minor=-amount)

    def put_cash(self, amount: int) -> None:
        put_cash_to(self.ours, self.claims(), most_minor=amount, until=self.day)

    def judge(self) -> None:
        judge_commitments(self.ours, self.day, self.now)


Agree = Callable[[Debtor], tuple[type[Promise | PaymentPlan | Settlement], int]]


def promise(debtor: Debtor) -> tuple[type[Promise], int]:
    made = make_promise(
        debtor.ours, debtor.customer, by=DAY + timedelta(days=9), source="call", actor="R", now=debtor.now
    )
    return Promise, made.amount_minor


def plan(debtor: Debtor) -> tuple[type[PaymentPlan], int]:
    terms = Terms(rhythm="weekly", first=DAY + timedelta(days=9), count=2)
    made = propose_plan(debtor.ours, debtor.customer, terms=terms, actor="R", now=debtor.now)
    accept_plan(debtor.ours, made, accepted_by="Sam", how="call", actor="R", now=debtor.now)
    return PaymentPlan, made.total_minor


def settle(debtor: Debtor) -> tuple[type[Settlement], int]:
    made = propose_settlement(
        debtor.ours, debtor.customer, pay=Money(20_00, "GBP"), by=DAY + timedelta(days=9), reason="Enough.",
        actor="command line", now=debtor.now,
    )  # fmt: skip
    accept_settlement(debtor.ours, made, accepted_by="Sam", how="call", actor="R", now=debtor.now)
    return Settlement, made.pay_minor


AMOUNTS = st.integers(1, 60_00)
BEFORE = st.lists(
    st.tuples(st.sampled_from(["on_account", "for_an_invoice", "adjust", "credit_note"]), AMOUNTS), max_size=3
)
WAYS = st.lists(st.sampled_from(["on_account", "for_an_invoice", "for_all"]), min_size=1, max_size=3)
IN_BETWEEN = st.lists(st.tuples(st.just("put_cash"), AMOUNTS), max_size=2)
KEPT = {Promise: "kept", PaymentPlan: "completed", Settlement: "fulfilled"}
often = settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


def agreed(before: list[tuple[str, int]], agree: Agree) -> tuple[Debtor, type[Promise | PaymentPlan | Settlement], int]:
    """A debtor of 165.34 GBP to whom this happened, and who then agreed on something, all on one day."""
    ours = Organisation.objects.first() or make_organisation(policy=POLICY)
    debtor = Debtor(make_customer(ours, f"C{next(_NUMBERS)}"))
    for place, amount in enumerate((100_00, 33_33, 32_01)):
        make_invoice(debtor.customer, f"R{place}", due=date(2026, 2, 1 + place), amount_minor=amount)
    for name, amount in before:
        getattr(debtor, name)(amount)
    kind, amount = agree(debtor)
    return debtor, kind, amount


def happen(debtor: Debtor, ways: list[str], amount: int, between: list[tuple[str, int]]) -> None:
    """The amount comes in these ways, in equal parts; in between cash is put to invoices."""
    debtor.day = DAY + timedelta(days=3)
    for place, way in enumerate(ways):
        part = amount // len(ways) + (amount % len(ways) if place == 0 else 0)
        for name, size in between[place : place + 1]:
            getattr(debtor, name)(size)
        if part:
            getattr(debtor, way)(part)
    debtor.judge()


@pytest.mark.parametrize("agree", [promise, plan, settle])
@often
@given(before=BEFORE, ways=WAYS, between=IN_BETWEEN)
def test_enough_paid_in_time_keeps_it(
    agree: Agree, before: list[tuple[str, int]], ways: list[str], between: list[tuple[str, int]]
) -> None:
    try:
        debtor, kind, amount = agreed(before, agree)
    except (NothingOpen, AmountAboveOpen, NothingForgiven, ScheduleImpossible):
        return
    happen(debtor, ways, amount, between)
    assert kind.objects.get(customer=debtor.customer).state == KEPT[kind]


@pytest.mark.parametrize("agree", [promise, plan, settle])
@often
@given(before=BEFORE, ways=WAYS, between=IN_BETWEEN)
def test_a_penny_less_does_not(
    agree: Agree, before: list[tuple[str, int]], ways: list[str], between: list[tuple[str, int]]
) -> None:
    try:
        debtor, kind, amount = agreed(before, agree)
    except (NothingOpen, AmountAboveOpen, NothingForgiven, ScheduleImpossible):
        return
    happen(debtor, ways, amount - 1, between)
    debtor.day = DAY + timedelta(days=40)
    debtor.judge()
    assert kind.objects.get(customer=debtor.customer).state in ("broken", "partly_kept", "defaulted", "lapsed")


def test_a_credit_on_the_very_day_is_not_taken_off_twice() -> None:
    """1,000: on one call 200 are adjusted and a plan over the rest is agreed; then it is paid."""
    debtor = Debtor(make_customer(make_organisation()))
    invoice = make_invoice(debtor.customer, "R1", due=date(2026, 2, 1), amount_minor=1_000_00)
    debtor.adjust(200_00)
    terms = Terms(rhythm="weekly", first=DAY + timedelta(days=7), count=4)
    made = propose_plan(debtor.ours, debtor.customer, terms=terms, actor="R", now=debtor.now)
    accept_plan(debtor.ours, made, accepted_by="Sam", how="call", actor="R", now=debtor.now)
    for week in range(1, 5):
        debtor.day = DAY + timedelta(days=7 * week)
        pay(invoice, debtor.day, 200_00)
        debtor.judge()
        made.refresh_from_db()
        assert made.state == ("completed" if week == 4 else "active")
