"""The day's run charges late fees by the organisation's own rule: to those who were warned and still are late."""

from collections import Counter
from datetime import date, datetime, timedelta

import polars as pl
from django.db.models import Exists, OuterRef, QuerySet

from goodterms.core.ageing import age_items
from goodterms.core.chase import pauses
from goodterms.core.fees import fee_period, late_fee
from goodterms.core.money import Money
from goodterms.core.policy import LateFeePolicy
from goodterms.flows.charge_fee import WARNINGS, Charge, book_fees, named_in_warnings
from goodterms.flows.collect_evidence import collect_evidence
from goodterms.flows.read_agreed import GOODTERMS, raise_facts_versions
from goodterms.followup.models import Fee, PaymentPlan, Promise, Settlement, Touch
from goodterms.followup.policy import policy_of
from goodterms.ledger.models import Invoice
from goodterms.organizations.models import Organisation


def charge_late_fees(organisation: Organisation, today: date, now: datetime) -> Counter[str]:
    """Charge what the policy's late_fee says, once per invoice (or month), in the running transaction.

    Only on what may be asked for of invoices late long enough, after a warning that named the invoice was sent since it
    is late, and nobody is charged who has promised, pays by a plan or a settlement, is on hold, or whose case an agency
    or a court has. Charging again adds nothing.
    """
    policy = policy_of(organisation).numbers.late_fee
    if policy.kind == "none":
        return Counter()
    period = fee_period(policy, today)
    invoices = _warned(_late(organisation, policy, period, today), today - timedelta(days=policy.warning_days))
    asked = _askable(organisation, invoices, now)
    charges = []
    for invoice in invoices:
        amount = late_fee(policy, Money(asked.get(invoice.pk, 0), invoice.currency))
        if amount is not None:
            charges.append(
                Charge(
                    customer=invoice.customer,
                    for_invoice=invoice,
                    reason=Fee.Reason.LATE_FEE,
                    amount=amount,
                    period=period,
                )
            )
    if not charges:
        return Counter()
    book_fees(organisation, charges, today, GOODTERMS, now)
    raise_facts_versions(pl.Series([charge.customer.pk for charge in charges], dtype=pl.Int64))
    return Counter(fees_charged=len(charges))


def _late(organisation: Organisation, policy: LateFeePolicy, period: str, today: date) -> QuerySet[Invoice]:
    """What is open and late long enough, of customers who were warned of something, and not charged in the period."""
    own = {"organisation": organisation, "customer": OuterRef("customer")}
    warned = Touch.objects.filter(
        **own,
        template__in=WARNINGS,
        sent_date__gt=OuterRef("due_date"),
        sent_date__lte=today - timedelta(days=policy.warning_days),
    )
    charged = Fee.objects.filter(for_invoice=OuterRef("pk"), reason=Fee.Reason.LATE_FEE, period=period)
    promised = Promise.objects.filter(**own, state=Promise.State.OPEN, is_pausing=True)
    planned = PaymentPlan.objects.filter(**own, state=PaymentPlan.State.ACTIVE)
    settling = Settlement.objects.filter(**own, state__in=[Settlement.State.PROPOSED, Settlement.State.ACCEPTED])
    late = Invoice.objects.filter(
        Exists(warned),
        organisation=organisation,
        kind=Invoice.Kind.INVOICE,
        status=Invoice.Status.POSTED,
        open_amount_minor__gt=0,
        due_date__lte=today - timedelta(days=policy.from_day),
    )
    for pause in (charged, promised, planned, settling):
        late = late.exclude(Exists(pause))
    return late.select_related("customer").order_by("pk")


def _warned(late: QuerySet[Invoice], latest: date) -> list[Invoice]:
    """Those that a warning up to the day named after they fell due."""
    customers = {invoice.customer_id for invoice in late}
    named = named_in_warnings(Touch.objects.filter(customer_id__in=customers, sent_date__lte=latest))
    return [invoice for invoice in late if invoice.due_date and named.get(invoice.pk, date.min) > invoice.due_date]


def _askable(organisation: Organisation, invoices: list[Invoice], now: datetime) -> dict[int, int]:
    """What may be asked for of these invoices, less credits and cash; nothing of customers on hold."""
    if not invoices:
        return {}
    ids = sorted({invoice.customer_id for invoice in invoices})
    evidence = collect_evidence(organisation, now, customer_ids=ids).evidence
    held = pauses(evidence, policy_of(organisation)).filter(pl.col("hold_until_date").is_not_null())
    items = age_items(evidence).join(held.select("customer_id"), on="customer_id", how="anti")
    return dict(items.select("invoice_id", "chase_minor").iter_rows())
