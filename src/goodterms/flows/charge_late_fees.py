"""The day's run charges late fees by the organisation's own rule: to those who were warned and still are late."""

from collections import Counter
from datetime import date, datetime, timedelta

import polars as pl
from django.db.models import Exists, OuterRef, Q, QuerySet

from goodterms.core.fees import fee_period, late_fee
from goodterms.core.money import Money
from goodterms.core.policy import LateFeePolicy
from goodterms.flows.charge_fee import WARNINGS, Charge, book_fees
from goodterms.flows.read_agreed import GOODTERMS, raise_facts_versions
from goodterms.followup.models import Dispute, Fee, Hold, PaymentPlan, Promise, Settlement, Touch
from goodterms.followup.policy import policy_of
from goodterms.ledger.models import Invoice
from goodterms.organizations.models import Organisation


def charge_late_fees(organisation: Organisation, today: date, now: datetime) -> Counter[str]:
    """Charge what the policy's late_fee says, once per invoice (or month), in the running transaction.

    Only for invoices late long enough, after a warning was sent since they are late, and nobody is charged who has
    promised, pays by a plan or a settlement, is on hold, or disputes the invoice. Charging again adds nothing.
    """
    policy = policy_of(organisation).numbers.late_fee
    if policy.kind == "none":
        return Counter()
    period = fee_period(policy, today)
    charges = []
    for invoice in _late_and_warned(organisation, policy, period, today):
        amount = late_fee(policy, Money(invoice.open_amount_minor, invoice.currency))
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


def _late_and_warned(organisation: Organisation, policy: LateFeePolicy, period: str, today: date) -> QuerySet[Invoice]:
    own = {"organisation": organisation, "customer": OuterRef("customer")}
    warned = Touch.objects.filter(
        **own,
        template__in=WARNINGS,
        sent_date__gt=OuterRef("due_date"),
        sent_date__lte=today - timedelta(days=policy.warning_days),
    )
    charged = Fee.objects.filter(for_invoice=OuterRef("pk"), reason=Fee.Reason.LATE_FEE, period=period)
    held = Hold.objects.filter(
        Q(customer__isnull=True) | Q(customer=OuterRef("customer"), invoice__isnull=True) | Q(invoice=OuterRef("pk")),
        organisation=organisation,
        lifted_date__isnull=True,
        from_date__lte=today,
        until_date__gte=today,
    )
    promised = Promise.objects.filter(**own, state=Promise.State.OPEN, is_pausing=True)
    planned = PaymentPlan.objects.filter(**own, state=PaymentPlan.State.ACTIVE)
    settling = Settlement.objects.filter(**own, state__in=[Settlement.State.PROPOSED, Settlement.State.ACCEPTED])
    disputed = Dispute.objects.filter(invoice=OuterRef("pk"), resolution="")
    late = Invoice.objects.filter(
        Exists(warned),
        organisation=organisation,
        kind=Invoice.Kind.INVOICE,
        status=Invoice.Status.POSTED,
        open_amount_minor__gt=0,
        due_date__lte=today - timedelta(days=policy.from_day),
        is_disputed=False,
    )
    for pause in (charged, held, promised, planned, settling, disputed):
        late = late.exclude(Exists(pause))
    return late.select_related("customer").order_by("pk")
