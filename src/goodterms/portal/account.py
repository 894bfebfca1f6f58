"""All that the portal shows of one customer: what is owed, what was agreed, how to pay."""

import base64
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from goodterms.core.money import Money
from goodterms.flows.approvals import APPROVED
from goodterms.flows.message_facts import FactReader, Request
from goodterms.flows.propose_plan import approval_key
from goodterms.followup.models import Dispute, PaymentPlan, Promise, Settlement, Task
from goodterms.ledger.models import Invoice, InvoiceDocument
from goodterms.messages.facts import Facts, Payment
from goodterms.messages.payment import (
    draw_payment_code,
    find_payment_faults,
    format_iban,
    is_payable,
    quote_reference,
    read_british_account,
)
from goodterms.portal.access import PortalVisit

MOST_LINES = 100


@dataclass(frozen=True)
class Line:
    """One open invoice, fee or credit note. ``held`` is not asked for now, ``marks`` name why or what was agreed."""

    pk: int
    number: str
    kind: str
    due_date: date | None
    days_overdue: int
    amount: Money
    open: Money
    held: Money
    has_document: bool
    marks: tuple[str, ...]

    @property
    def is_part_paid(self) -> bool:
        return self.open != self.amount


@dataclass(frozen=True)
class Balance:
    """What is owed in one currency; ``credit`` (credit notes and cash on account) is taken off."""

    overdue: Money
    coming: Money
    held: Money
    credit: Money

    @property
    def total(self) -> Money:
        return self.overdue + self.coming - self.credit

    @property
    def due_now(self) -> Money:
        """What is overdue beyond what is in their favour."""
        return max(self.overdue - self.credit, Money.zero(self.overdue.currency))


@dataclass(frozen=True)
class PlanShown:
    """A plan with its instalments; an offer may be accepted once it is approved."""

    plan: PaymentPlan
    total: Money
    instalments: tuple[tuple[date, Money, bool], ...]
    is_offer: bool
    is_approved: bool


@dataclass(frozen=True)
class HowToPay:
    """The organisation's payment details for what is asked for."""

    payment: Payment
    iban: str
    british: tuple[str, str] | None
    reference: str
    amounts: tuple[Money, ...]
    code: str


@dataclass(frozen=True)
class Account:
    """What the overview shows."""

    balances: tuple[Balance, ...]
    overdue: tuple[Line, ...]
    coming: tuple[Line, ...]
    credits: tuple[Line, ...]
    more: int
    promise: Promise | None
    promised: Money | None
    plans: tuple[PlanShown, ...]
    settlements: tuple[tuple[Settlement, Money, Money], ...]
    pay: HowToPay | None = field(default=None)

    @property
    def has_overdue(self) -> bool:
        return bool(self.overdue)

    @property
    def claims(self) -> tuple[Line, ...]:
        """What can be disputed."""
        return tuple(line for line in (*self.overdue, *self.coming) if line.open.amount_minor > 0)

    @property
    def may_ask_for_plan(self) -> bool:
        """Something is owed in one currency, and no plan is there yet."""
        return len(self.balances) == 1 and self.balances[0].total.amount_minor > 0 and not self.plans

    @property
    def currencies(self) -> list[str]:
        return [balance.total.currency for balance in self.balances]


def read_account(visit: PortalVisit) -> Account:
    """Read it all in a constant number of queries."""
    customer = visit.customer
    request = _request(visit, "")
    reader = FactReader.read(visit.organisation, [request], visit.now, None)
    marks = _marks_of(visit)
    documents = set(InvoiceDocument.objects.filter(invoice__customer=customer).values_list("invoice_id", flat=True))
    lines = []
    for row in reader.items.get(customer.pk, ()):
        number, _order = reader.details.get(row["invoice_id"], ("", ""))
        currency, due, pk = row["currency"], row["due_date"], row["invoice_id"]
        lines.append(
            Line(
                pk=pk,
                number=number,
                kind=row["kind"],
                due_date=due,
                days_overdue=(visit.today - due).days if due else 0,
                amount=Money(row["amount_minor"], currency),
                open=Money(row["open_amount_minor"], currency),
                held=Money(reader.held_back.get(pk, 0), currency),
                has_document=pk in documents,
                marks=tuple(marks[pk]),
            )
        )
    lines.sort(key=lambda line: (line.due_date or date.max, line.number))
    cash = {row["currency"]: row["unallocated_minor"] for row in reader.cash.get(customer.pk, ())}
    promise = customer.promises.filter(state=Promise.State.OPEN).order_by("promised_date").first()
    owed = [line for line in lines if line.open.amount_minor > 0]
    overdue = [line for line in owed if line.days_overdue > 0]
    coming = [line for line in owed if line.days_overdue <= 0]
    return Account(
        balances=_balances(lines, cash, visit.organisation.currency),
        overdue=tuple(overdue[:MOST_LINES]),
        coming=tuple(coming[:MOST_LINES]),
        credits=tuple(line for line in lines if line.open.amount_minor < 0)[:MOST_LINES],
        more=max(0, len(overdue) - MOST_LINES) + max(0, len(coming) - MOST_LINES),
        promise=promise,
        promised=Money(promise.amount_minor, promise.currency) if promise else None,
        plans=_plans(visit),
        settlements=_settlements(visit),
        pay=_how_to_pay(_facts(reader, visit)),
    )


def find_own_document(visit: PortalVisit, pk: int) -> InvoiceDocument | None:
    """The copy of one of this customer's own invoices."""
    return InvoiceDocument.objects.filter(invoice_id=pk, invoice__customer=visit.customer).first()


def find_own_claim(visit: PortalVisit, pk: int) -> Invoice | None:
    """An open invoice or fee of this customer."""
    return Invoice.objects.filter(customer=visit.customer, pk=pk, open_amount_minor__gt=0).first()


def _request(visit: PortalVisit, template: str) -> Request:
    customer, link = visit.customer, visit.link
    return Request(
        key=0,
        organisation_id=visit.organisation.pk,
        customer_id=customer.pk,
        template=template,
        language=visit.language.code,
        sender="default",
        contact_id=link.contact_id,
        recipient=link.contact.email if link.contact else "",
        deadline_date=None,
        invoice_ids=frozenset(),
    )


def _facts(reader: FactReader, visit: PortalVisit) -> Facts:
    """What is overdue; where nothing is, the whole account."""
    overdue = reader.facts_for(_request(visit, ""))
    return overdue if overdue.statements else reader.facts_for(_request(visit, "statement"))


def _balances(lines: list[Line], cash: dict[str, int], home: str) -> tuple[Balance, ...]:
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for line in lines:
        part = sums[line.open.currency]
        if line.open.amount_minor < 0:
            part[3] -= line.open.amount_minor
            continue
        part[0 if line.days_overdue > 0 else 1] += line.open.amount_minor - line.held.amount_minor
        part[2] += line.held.amount_minor
    for currency, minor in cash.items():
        if minor:
            sums[currency][3] += minor
    ordered = sorted(sums, key=lambda code: (code != home, code))
    return tuple(Balance(*(Money(minor, code) for minor in sums[code])) for code in ordered)


def _marks_of(visit: PortalVisit) -> dict[int, list[str]]:
    """By invoice: disputed, promised or planned."""
    marks: dict[int, list[str]] = defaultdict(list)
    customer = visit.customer
    for pk in Dispute.objects.filter(customer=customer, resolution="").values_list("invoice_id", flat=True):
        marks[pk].append("disputed")
    promised = Promise.objects.filter(customer=customer, state=Promise.State.OPEN)
    for pk in promised.values_list("invoices__invoice_id", flat=True):
        marks[pk].append("promised")
    planned = PaymentPlan.objects.filter(customer=customer, state=PaymentPlan.State.ACTIVE)
    for pk in planned.values_list("invoices__invoice_id", flat=True):
        marks[pk].append("planned")
    return marks


def _plans(visit: PortalVisit) -> tuple[PlanShown, ...]:
    states = (PaymentPlan.State.PROPOSED, PaymentPlan.State.ACTIVE)
    plans = list(visit.customer.plans.filter(state__in=states).prefetch_related("instalments").order_by("-pk")[:5])
    keys = [approval_key(plan) for plan in plans]
    tasks = Task.objects.filter(organisation=visit.organisation, key__in=keys)
    waiting = {task.key for task in tasks if task.outcome != APPROVED}
    return tuple(
        PlanShown(
            plan=plan,
            total=Money(plan.total_minor, plan.currency),
            instalments=tuple(
                (one.due_date, Money(one.amount_minor, plan.currency), one.paid_minor >= one.amount_minor)
                for one in sorted(plan.instalments.all(), key=lambda one: one.position)
            ),
            is_offer=plan.state == PaymentPlan.State.PROPOSED,
            is_approved=key not in waiting,
        )
        for plan, key in zip(plans, keys, strict=True)
    )


def _settlements(visit: PortalVisit) -> tuple[tuple[Settlement, Money, Money], ...]:
    states = (Settlement.State.PROPOSED, Settlement.State.ACCEPTED)
    found = visit.customer.settlements.filter(state__in=states).order_by("pay_by_date")[:5]
    return tuple((one, Money(one.pay_minor, one.currency), Money(one.owed_minor, one.currency)) for one in found)


def _how_to_pay(facts: Facts) -> HowToPay | None:
    payment = facts.payment
    if payment is None or not is_payable(payment) or find_payment_faults(payment) or not facts.statements:
        return None
    code = draw_payment_code(facts)
    return HowToPay(
        payment=payment,
        iban=format_iban(payment.iban) if payment.iban else "",
        british=read_british_account(payment.iban) if payment.iban else None,
        reference=quote_reference(facts),
        amounts=tuple(statement.total for statement in facts.statements),
        code=base64.b64encode(code.content).decode() if code else "",
    )
