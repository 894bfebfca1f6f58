"""A dispute is resolved: the customer was right (credit, adjustment), was not, or let it go."""

from datetime import date, datetime, timedelta

import polars as pl
from django.db import transaction

from goodterms.core.money import Money
from goodterms.core.refusal import Refusal
from goodterms.flows.agreed_invoices import AmountAboveOpen, amount_words
from goodterms.flows.approvals import require_for_amount
from goodterms.flows.ask_person import ask_person, close_task
from goodterms.flows.balances import restate_invoices
from goodterms.flows.facts import local_day, raise_facts_version, write_timeline
from goodterms.flows.open_dispute import DisputeInOtherCurrency, disputed_words
from goodterms.followup.models import Dispute, Task
from goodterms.followup.policy import policy_of
from goodterms.ledger.models import Allocation
from goodterms.organizations.models import Organisation


class UnknownResolution(Refusal):
    """A resolution is none of ours."""

    def __init__(self, resolution: str) -> None:
        super().__init__(
            f"{resolution!r} is no way to resolve a dispute; use one of: {', '.join(Dispute.Resolution.values)}."
        )


class DisputeResolvedAlready(Refusal):
    """A dispute to be resolved was resolved before."""

    def __init__(self, dispute: Dispute) -> None:
        super().__init__(f"This dispute was resolved on {dispute.resolved_date} ({dispute.resolution}).")


@transaction.atomic
def resolve_dispute(
    organisation: Organisation,
    dispute: Dispute,
    *,
    resolution: str,
    amount: Money | None = None,
    note: str = "",
    actor: str,
    now: datetime,
) -> None:
    """Close the dispute with one of these resolutions.

    ``credited``: the accounting program will issue a credit note over ``amount`` (without: what was disputed); the
    that part is waited for as many days as the policy says, and a task asks for it. ``adjusted``: that amount is taken
    off the invoice here and now. ``unjustified`` and ``withdrawn``: chasing goes on with the next run, and interest
    has run since the due date as if nothing had been. Taking off more than the policy's settlement_approval_minor takes
    a manager. Raises UnknownResolution, DisputeResolvedAlready, DisputeInOtherCurrency, AmountAboveOpen or
    NotYoursToApprove.
    """
    if resolution not in Dispute.Resolution.values:
        raise UnknownResolution(resolution)
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    dispute.refresh_from_db()
    if dispute.resolution:
        raise DisputeResolvedAlready(dispute)
    today = local_day(organisation, dispute.customer, now)
    given = amount or _disputed_amount(dispute)
    left = Money(dispute.invoice.open_amount_minor, dispute.invoice.currency)
    if given.currency != left.currency:
        raise DisputeInOtherCurrency(given, dispute.invoice)
    if resolution in (Dispute.Resolution.CREDITED, Dispute.Resolution.ADJUSTED) and given > left:
        raise AmountAboveOpen(given, left)
    if resolution == Dispute.Resolution.ADJUSTED:
        require_for_amount(organisation, actor, given)
    dispute.resolution, dispute.resolution_note = resolution, note
    dispute.resolved_date, dispute.resolved_by = today, actor
    dispute.save(update_fields=["resolution", "resolution_note", "resolved_date", "resolved_by"])
    if resolution == Dispute.Resolution.CREDITED and given:
        _expect_credit_note(organisation, dispute, given, today, now)
    if resolution == Dispute.Resolution.ADJUSTED and given:
        _adjust(dispute, given, today)
    close_task(dispute.customer, f"dispute_due:{dispute.pk}", outcome=resolution, actor=actor, now=now)
    raise_facts_version(organisation, dispute.customer)
    _write_down(dispute, given, actor, now)


def _disputed_amount(dispute: Dispute) -> Money:
    """What is disputed of what is still open: a payment in between may have lowered it."""
    left = dispute.invoice.open_amount_minor
    amount = left if dispute.amount_minor is None else min(dispute.amount_minor, left)
    return Money(amount, dispute.invoice.currency)


def _expect_credit_note(
    organisation: Organisation, dispute: Dispute, amount: Money, today: date, now: datetime
) -> None:
    invoice = dispute.invoice
    until = today + timedelta(days=policy_of(organisation).numbers.credit_note_days)
    words = amount_words(amount)
    dispute.credit_minor, dispute.credit_until_date = amount.amount_minor, until
    dispute.save(update_fields=["credit_minor", "credit_until_date"])
    ask_person(
        organisation,
        dispute.customer,
        Task.Kind.FIX,
        f"credit_note:{dispute.pk}",
        f"Issue a credit note of {words} for invoice {invoice.number}",
        now=now,
        detail=f"The dispute was justified. {words} of this invoice are not asked for until {until}.",
        due=today,
        owner=dispute.owner,
        invoice=invoice,
        reopens=False,
    )


def _adjust(dispute: Dispute, amount: Money, today: date) -> None:
    Allocation.objects.create(
        organisation_id=dispute.organisation_id,
        customer_id=dispute.customer_id,
        invoice=dispute.invoice,
        source=Allocation.Source.ADJUSTED,
        allocated_date=today,
        amount_minor=amount.amount_minor,
    )
    restate_invoices(pl.Series("invoice_id", [dispute.invoice_id], dtype=pl.Int64))


def _write_down(dispute: Dispute, amount: Money, actor: str, now: datetime) -> None:
    words = amount_words(amount)
    endings = {
        Dispute.Resolution.CREDITED: f"justified, a credit note of {words} follows.",
        Dispute.Resolution.ADJUSTED: f"justified, {words} taken off the invoice.",
        Dispute.Resolution.UNJUSTIFIED: "not justified; chasing goes on, interest has run all the time.",
        Dispute.Resolution.WITHDRAWN: "withdrawn by the customer; chasing goes on.",
    }
    text = f"Dispute over {disputed_words(dispute)} resolved: {endings[Dispute.Resolution(dispute.resolution)]}"
    write_timeline(
        dispute.customer,
        "dispute_resolved",
        f"{text} {dispute.resolution_note}".strip(),
        actor=actor,
        now=now,
        invoice=dispute.invoice,
        data={"dispute_id": dispute.pk, "resolution": dispute.resolution},
    )
