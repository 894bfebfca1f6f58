"""What was agreed with customers and explained by them, read at once for a batch of call sheets."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db.models import F, Max, Q

from goodterms.core.money import Money
from goodterms.followup.models import (
    ApProfile,
    Dispute,
    Instalment,
    LateReason,
    PaymentPlan,
    Promise,
    Settlement,
    Touch,
)
from goodterms.messages.call_background import Agreed

KEPT = (Promise.State.KEPT,)
BROKEN = (Promise.State.BROKEN, Promise.State.PARTLY_KEPT)
SHOWN_REASONS = 3


def read_agreements(customer_ids: Sequence[int], day: date) -> dict[int, Agreed]:
    """Agreements by customer as known on ``day``, in six queries."""
    parts: defaultdict[int, dict[str, Any]] = defaultdict(dict)
    _add_promises(parts, customer_ids, day)
    _add_plans(parts, customer_ids, day)
    for row in Settlement.objects.filter(customer__in=customer_ids, state="accepted", proposed_date__lte=day):
        pay, owed = Money(row.pay_minor, row.currency), Money(row.owed_minor, row.currency)
        parts[row.customer_id].setdefault("settlements", []).append((pay, owed, row.pay_by_date))
    disputes = Dispute.objects.filter(customer__in=customer_ids, resolution="", opened_date__lte=day)
    for dispute in disputes.select_related("invoice").order_by("opened_date", "pk"):
        told = (dispute.invoice.number, dispute.reason, dispute.opened_date)
        parts[dispute.customer_id].setdefault("disputes", []).append(told)
    for customer_id, reasons in _latest_reasons(customer_ids, day).items():
        parts[customer_id]["reasons"] = reasons
    return {pk: _agreed(known) for pk, known in parts.items()}


def _agreed(known: dict[str, Any]) -> Agreed:
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in known.items()}
    return Agreed(**values)


def _add_promises(parts: defaultdict[int, dict[str, Any]], customer_ids: Sequence[int], day: date) -> None:
    counts: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for row in Promise.objects.filter(customer__in=customer_ids, made_date__lte=day).order_by("promised_date", "pk"):
        told = (Money(row.amount_minor, row.currency), row.promised_date)
        counts[row.customer_id]["kept_count"] += row.state in KEPT
        counts[row.customer_id]["broken_count"] += row.state in BROKEN
        if row.state in BROKEN:
            parts[row.customer_id]["last_broken"] = told
        if row.state == Promise.State.OPEN:
            parts[row.customer_id].setdefault("promises", []).append(told)
    for pk, counted in counts.items():
        parts[pk].update(counted)


def _add_plans(parts: defaultdict[int, dict[str, Any]], customer_ids: Sequence[int], day: date) -> None:
    plans = PaymentPlan.objects.filter(customer__in=customer_ids, state="active", accepted_date__lte=day)
    running = {plan.pk: plan for plan in plans.order_by("pk")}
    unpaid = Instalment.objects.filter(plan__in=list(running), paid_minor__lt=F("amount_minor"))
    following: dict[int, Instalment] = {}
    for part in unpaid.order_by("position"):
        following.setdefault(part.plan_id, part)
    for pk, plan in running.items():
        after = following.get(pk)
        due = (Money(after.amount_minor - after.paid_minor, plan.currency), after.due_date) if after else (None, None)
        told = (Money(plan.total_minor, plan.currency), *due)
        parts[plan.customer_id].setdefault("plans", []).append(told)


def _latest_reasons(customer_ids: Sequence[int], day: date) -> dict[int, list[tuple[date, str, str]]]:
    """The reason that counts per open invoice and for the customer as a whole, the newest first."""
    rows = LateReason.objects.filter(customer__in=customer_ids, stated_date__lte=day)
    rows = rows.filter(Q(invoice__isnull=True) | ~Q(invoice__open_amount_minor=0)).select_related("invoice")
    latest: defaultdict[int, dict[int | None, LateReason]] = defaultdict(dict)
    for row in rows.order_by("stated_at", "pk"):
        latest[row.customer_id].pop(row.invoice_id, None)
        latest[row.customer_id][row.invoice_id] = row
    return {
        pk: [
            (row.stated_date, row.invoice.number if row.invoice else "", row.reason)
            for row in list(reversed(found.values()))[:SHOWN_REASONS]
        ]
        for pk, found in latest.items()
    }


def read_unanswered(customer_ids: Sequence[int], day: date) -> dict[int, date]:
    """When we last asked a customer why, where no reason was given since."""
    asked = Touch.objects.filter(customer__in=customer_ids, asks_why=True, sent_date__lte=day)
    last_asked = asked.values("customer").annotate(last=Max("sent_date")).values_list("customer", "last")
    stated = LateReason.objects.filter(customer__in=customer_ids, stated_date__lte=day)
    answered = dict(stated.values("customer").annotate(last=Max("stated_date")).values_list("customer", "last"))
    return {pk: last for pk, last in last_asked if pk not in answered or answered[pk] < last}


def read_missing(customer_ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """What is not known of each customer's accounts payable, by the names the call sheet asks under."""
    known = {profile.customer_id: profile for profile in ApProfile.objects.filter(customer__in=customer_ids)}
    return {pk: tuple(_missing(known.get(pk))) for pk in customer_ids}


def _missing(profile: ApProfile | None) -> list[str]:
    if profile is None:
        return ["purchase_order", "pay_run", "invoice_address", "system"]
    wanted = {
        "purchase_order": profile.needs_purchase_order is not None,
        "pay_run": bool(profile.pay_run and profile.confirmed_date),
        "invoice_address": bool(profile.invoice_email),
        "system": bool(profile.system or profile.portal_url),
    }
    return [name for name, is_known in wanted.items() if not is_known]
