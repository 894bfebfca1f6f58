"""Whatever happens in whatever order: open amounts reconcile, nothing is created or lost, nothing turns negative."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import count

import polars as pl
import pytest
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from goodterms.core.money import Money
from goodterms.core.refusal import Refusal
from goodterms.flows.accept_plan import accept_plan
from goodterms.flows.accept_settlement import accept_settlement
from goodterms.flows.apply_payments import restate_payments
from goodterms.flows.balances import restate_invoices
from goodterms.flows.change_plan import cancel_plan, change_plan
from goodterms.flows.charge_fee import charge_fee
from goodterms.flows.charge_interest import charge_interest
from goodterms.flows.judge_commitments import judge_commitments
from goodterms.flows.make_promise import make_promise
from goodterms.flows.open_dispute import open_dispute
from goodterms.flows.propose_plan import Terms, propose_plan
from goodterms.flows.propose_settlement import approve_settlement, propose_settlement
from goodterms.flows.record_payment import record_payment
from goodterms.flows.resolve_dispute import resolve_dispute
from goodterms.flows.waive_fee import waive_fee
from goodterms.followup.models import Dispute, Fee, Instalment, PaymentPlan, Promise, Settlement
from goodterms.ledger.models import Allocation, Customer, Invoice, Payment
from goodterms.organizations.models import Organisation
from tests.factories import make_customer, make_invoice, make_organisation, make_touch

pytestmark = pytest.mark.django_db
START = date(2026, 3, 2)
_CUSTOMERS = count(1)
POLICY = {"interest": {"enabled": True}, "late_fee": {"kind": "percent", "percent": "2", "each_month": True}}


class World:
    """One customer with three overdue invoices, a clock, and everything that may happen to them."""

    def __init__(self, organisation: Organisation) -> None:
        self.organisation = organisation
        self.customer: Customer = make_customer(organisation, f"C{next(_CUSTOMERS)}")
        for place, amount in enumerate((100_00, 33_33, 7_01)):
            make_invoice(self.customer, f"R{place}", due=date(2026, 2, 1 + place), amount_minor=amount)
        make_touch(self.customer, state="sent", template="interest_warning", sent_date=date(2026, 2, 10))
        self.day = START

    @property
    def now(self) -> datetime:
        return datetime(self.day.year, self.day.month, self.day.day, 9, tzinfo=UTC)

    def wait(self, size: int) -> None:
        self.day += timedelta(days=size % 12)
        judge_commitments(self.organisation, self.day, self.now)

    def pay(self, size: int) -> None:
        claims = list(Invoice.objects.filter(customer=self.customer, open_amount_minor__gt=0).order_by("pk"))
        named = [claims[size % len(claims)].number] if claims and size % 3 else []
        record_payment(
            self.organisation.pk,
            self.customer.pk,
            Money(1 + size * 37, "GBP"),
            on=self.day,
            today=self.day,
            now=self.now,
            actor="Robin",
            invoice_numbers=named,
            reference=str(Payment.objects.count()),
        )

    def send_back(self, size: int) -> None:
        payments = list(self.customer.payments.filter(returned_date__isnull=True).order_by("pk"))
        if not payments:
            return
        payment = payments[size % len(payments)]
        for row in list(payment.allocations.filter(source="payment")):
            Allocation.objects.create(
                organisation=self.organisation,
                customer=self.customer,
                invoice=row.invoice,
                payment=payment,
                source="returned",
                allocated_date=self.day,
                amount_minor=-row.amount_minor,
            )
        payment.returned_date = self.day
        payment.save(update_fields=["returned_date"])
        restate_payments(pl.Series("payment_id", [payment.pk], dtype=pl.Int64))
        ids = list(payment.allocations.values_list("invoice_id", flat=True))
        restate_invoices(pl.Series("invoice_id", ids, dtype=pl.Int64))

    def credit(self, size: int) -> None:
        invoice = self.customer.invoices.filter(kind="invoice", open_amount_minor__gt=0).first()
        if invoice is None:
            return
        Allocation.objects.create(
            organisation=self.organisation,
            customer=self.customer,
            invoice=invoice,
            source="credit_note",
            allocated_date=self.day,
            amount_minor=1 + size % invoice.open_amount_minor,
        )
        restate_invoices(pl.Series("invoice_id", [invoice.pk], dtype=pl.Int64))

    def promise(self, size: int) -> None:
        amount = Money(1 + size * 31, "GBP") if size % 2 else None
        by = self.day + timedelta(days=size % 20)
        make_promise(self.organisation, self.customer, amount=amount, by=by, source="call", actor="R", now=self.now)

    def plan(self, size: int) -> None:
        terms = Terms(rhythm="weekly", first=self.day + timedelta(days=size % 9 + 1), count=1 + size % 4)
        running = self.customer.plans.filter(state="active").first()
        if running is None:
            plan = propose_plan(self.organisation, self.customer, terms=terms, actor="R", now=self.now)
        elif size % 3 == 0:
            cancel_plan(self.organisation, running, reason="No more.", actor="R", now=self.now)
            return
        else:
            plan = change_plan(self.organisation, running, terms=terms, actor="R", now=self.now)
        accept_plan(self.organisation, plan, accepted_by="Sam", how="call", actor="R", now=self.now)

    def settle(self, size: int) -> None:
        settlement = propose_settlement(
            self.organisation,
            self.customer,
            pay=Money(1 + size * 29, "GBP"),
            by=self.day + timedelta(days=size % 15),
            reason="Enough.",
            actor="R",
            now=self.now,
        )
        if settlement.state == "draft":
            approve_settlement(self.organisation, settlement, actor="command line", now=self.now)
        if size % 2:
            settlement.refresh_from_db()
            accept_settlement(self.organisation, settlement, accepted_by="Sam", how="call", actor="R", now=self.now)

    def charge(self, size: int) -> None:
        if size % 2:
            charge_interest(self.organisation, self.customer, actor="R", now=self.now)
            return
        amount = Money(1 + size, "GBP")
        charge_fee(
            self.organisation, self.customer, reason="costs", amount=amount, period=f"{size}", actor="R", now=self.now
        )

    def waive(self, size: int) -> None:
        fees = list(self.customer.fees.order_by("pk"))
        if fees:
            fee: Fee = fees[size % len(fees)]
            waive_fee(self.organisation, fee, reason="So be it.", is_error=bool(size % 2), actor="R", now=self.now)

    def dispute(self, size: int) -> None:
        running = Dispute.objects.filter(customer=self.customer, resolution="").first()
        if running is not None:
            resolution = Dispute.Resolution.values[size % 4]
            resolve_dispute(self.organisation, running, resolution=resolution, actor="R", now=self.now)
            return
        invoice = self.customer.invoices.filter(kind="invoice", open_amount_minor__gt=0).first()
        if invoice is not None:
            amount = Money(1 + size, "GBP")
            open_dispute(
                self.organisation, self.customer, invoice, reason="other", amount=amount, actor="R", now=self.now
            )

    def happen(self, name: str, size: int) -> None:
        deed: Callable[[int], None] = getattr(self, name)
        try:
            deed(size)
        except Refusal:
            return


DEEDS = ["wait", "wait", "pay", "pay", "send_back", "credit", "promise", "plan", "settle", "charge", "waive", "dispute"]


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(events=st.lists(st.tuples(st.sampled_from(DEEDS), st.integers(0, 400)), min_size=3, max_size=14))
def test_in_any_order_of_events_every_amount_reconciles(events: list[tuple[str, int]]) -> None:
    organisation = Organisation.objects.first() or make_organisation(policy=POLICY)
    world = World(organisation)
    for name, size in events:
        world.happen(name, size)
        check_ledger(world.customer)
        check_agreements(world.customer)
    world.wait(11)
    before = facts(world.customer)
    judge_commitments(organisation, world.day, world.now)
    assert facts(world.customer) == before


def check_ledger(customer: Customer) -> None:
    for invoice in customer.invoices.all():
        gone = sum(row.amount_minor for row in invoice.allocations.all())
        assert invoice.open_amount_minor == invoice.amount_minor - gone
        assert 0 <= invoice.open_amount_minor <= invoice.amount_minor
    for payment in customer.payments.all():
        used = sum(row.amount_minor for row in payment.allocations.all())
        expected = 0 if payment.returned_date else payment.amount_minor - used
        assert payment.unallocated_minor == expected
        assert used >= 0
        assert not (payment.returned_date and used)


def check_agreements(customer: Customer) -> None:
    came_in = customer.payments.aggregate(total=Sum("amount_minor"))["total"] or 0
    for plan in PaymentPlan.objects.filter(customer=customer):
        parts = list(plan.instalments.all())
        assert sum(part.amount_minor for part in parts) == plan.total_minor
        assert sum(link.amount_minor for link in plan.invoices.all()) == plan.total_minor
        assert sum(part.paid_minor for part in parts) <= came_in
    for promise in Promise.objects.filter(customer=customer):
        assert 0 <= promise.paid_minor <= came_in
    forgiven = Allocation.objects.filter(customer=customer, source="forgiven").aggregate(total=Sum("amount_minor"))
    settlements = Settlement.objects.filter(customer=customer)
    assert sum(one.forgiven_minor for one in settlements) == (forgiven["total"] or 0)
    for settlement in settlements.filter(state="fulfilled"):
        assert settlement.paid_minor >= settlement.pay_minor
        assert settlement.forgiven_minor <= settlement.owed_minor - settlement.pay_minor
    for fee in Fee.objects.filter(customer=customer, waived_date__isnull=False):
        assert fee.claim.open_amount_minor == 0


def facts(customer: Customer) -> list[object]:
    """All that judging could change."""
    return [
        list(customer.invoices.order_by("pk").values_list("pk", "open_amount_minor")),
        list(Promise.objects.filter(customer=customer).order_by("pk").values_list("pk", "state", "paid_minor")),
        list(PaymentPlan.objects.filter(customer=customer).order_by("pk").values_list("pk", "state")),
        list(Instalment.objects.filter(plan__customer=customer).order_by("pk").values_list("pk", "paid_minor")),
        list(Settlement.objects.filter(customer=customer).order_by("pk").values_list("pk", "state", "forgiven_minor")),
        customer.fees.count(),
    ]
