"""A person pauses the chasing of an invoice, a customer or everyone until a date, with a reason."""

from datetime import date, datetime, timedelta

from django.db import transaction

from goodterms.core.refusal import Refusal
from goodterms.flows.facts import local_day, raise_facts_version, write_timeline
from goodterms.followup.models import Hold
from goodterms.followup.policy import policy_of
from goodterms.ledger.models import Customer, Invoice
from goodterms.organizations.changes import fields_of, write_change
from goodterms.organizations.models import Change, Organisation

KIND_REASONS = (Hold.Reason.ILLNESS, Hold.Reason.GOODWILL, Hold.Reason.OTHER)
"""Pauses granted out of kindness, which are counted; a pay run, a dispute or the law asks for none."""
_YEAR = timedelta(days=365)


class HoldEndsInThePast(Refusal):
    """A hold was to end before today."""

    def __init__(self, until: date, today: date) -> None:
        super().__init__(f"A hold until {until} would be over already; name today ({today}) or a later day.")


class HoldTooLong(Refusal):
    """A hold was to last longer than anybody remembers it."""

    def __init__(self, until: date, latest: date, days: int) -> None:
        super().__init__(f"A hold until {until} is longer than {days} days; name a day up to {latest}, renew it then.")


class KindnessSpent(Refusal):
    """The customer was paused out of kindness as often as the organisation allows."""

    def __init__(self, customer: Customer, count: int) -> None:
        super().__init__(
            f"{customer.name} was paused {count} times within a year; agree on a payment plan instead, "
            "or raise holds_per_year in the policy."
        )


class UnknownHoldReason(Refusal):
    """A hold's reason is none of ours."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"{reason!r} is no reason for a hold; use one of: {', '.join(Hold.Reason.values)}.")


class InvoiceOfSomeoneElse(Refusal):
    """A hold named an invoice that is not this customer's."""

    def __init__(self, invoice: Invoice) -> None:
        super().__init__(f"Invoice {invoice.number} belongs to another customer; name the customer it was sent to.")


@transaction.atomic
def place_hold(
    organisation: Organisation,
    customer: Customer | None,
    *,
    until: date,
    reason: str,
    actor: str,
    now: datetime,
    note: str = "",
    invoice: Invoice | None = None,
) -> Hold:
    """Pause chasing from the customer's today until ``until``, that day included; it lifts itself the day after.

    Without ``customer`` the whole organisation pauses, with ``invoice`` that invoice alone. Raises HoldEndsInThePast,
    HoldTooLong, UnknownHoldReason, InvoiceOfSomeoneElse or KindnessSpent.
    """
    # Two people at once do not each grant the last kindness.
    Organisation.objects.select_for_update(no_key=True).only("pk").get(pk=organisation.pk)
    today = local_day(organisation, customer, now)
    numbers = policy_of(organisation).numbers
    _check(today, until, reason, numbers.hold_longest_days)
    before = count_kindness(customer, today) if customer is not None and reason in KIND_REASONS else 0
    if customer is not None and before >= numbers.holds_per_year:
        raise KindnessSpent(customer, before)
    if invoice is not None and (customer is None or invoice.customer_id != customer.pk):
        raise InvoiceOfSomeoneElse(invoice)
    hold = Hold.objects.create(
        organisation=organisation,
        customer=customer,
        invoice=invoice,
        reason=reason,
        note=note,
        from_date=today,
        until_date=until,
        made_by=actor,
        made_at=now,
    )
    raise_facts_version(organisation, customer)
    note_hold(hold, actor, now)
    if customer is not None:
        write_timeline(
            customer,
            "hold_placed",
            _sentence(hold, before),
            actor=actor,
            now=now,
            invoice=invoice,
            data={"hold_id": hold.pk, "until_date": until.isoformat(), "reason": reason},
        )
    return hold


def note_hold(hold: Hold, actor: str, now: datetime, *, is_lifted: bool = False) -> None:
    """Write into the record of changes that a hold was placed, or lifted before its day."""
    fields = {**fields_of(hold, "reason", "until_date", "note"), "invoice": hold.invoice.number if hold.invoice else ""}
    whose = hold.customer.name if hold.customer else "Everyone"
    before, after = (fields, {}) if is_lifted else ({}, fields)
    write_change(
        hold.organisation,
        Change.Kind.HOLD,
        whose,
        before=before,
        after=after,
        actor=actor,
        now=now,
        key=hold.pk,
        customer_id=hold.customer_id,
    )


def count_kindness(customer: Customer, today: date) -> int:
    """How often this customer, or an invoice of theirs, was paused out of kindness within the last year."""
    kind = Hold.objects.filter(customer=customer, reason__in=KIND_REASONS, from_date__gt=today - _YEAR)
    return kind.count()


def _check(today: date, until: date, reason: str, longest_days: int) -> None:
    if reason not in Hold.Reason.values:
        raise UnknownHoldReason(reason)
    if until < today:
        raise HoldEndsInThePast(until, today)
    latest = today + timedelta(days=longest_days)
    if until > latest:
        raise HoldTooLong(until, latest, longest_days)


def _sentence(hold: Hold, before: int) -> str:
    what = f"Invoice {hold.invoice.number} paused" if hold.invoice else "Chasing paused"
    why = Hold.Reason(hold.reason).label.lower()
    again = f" Within a year, {before} before." if before else ""
    return f"{what} until {hold.until_date}: {why}.{again}" + (f" {hold.note}" if hold.note else "")
