"""What a customer does through the portal: each is an answer to read, together with the fact it makes."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from goodterms.core.money import Money
from goodterms.core.refusal import Refusal
from goodterms.flows.accept_plan import accept_plan
from goodterms.flows.accept_settlement import accept_settlement
from goodterms.flows.agreed_invoices import amount_words
from goodterms.flows.approvals import ask_approval
from goodterms.flows.attach_to_dispute import attach_to_dispute
from goodterms.flows.facts import local_day
from goodterms.flows.make_promise import make_promise
from goodterms.flows.open_dispute import open_dispute
from goodterms.flows.portal_links import LinkOver
from goodterms.flows.propose_plan import Terms, approval_key, propose_plan
from goodterms.flows.receive_reply import ask_to_read, read_answer
from goodterms.flows.state_reason import state_reason
from goodterms.followup.models import LateReason, PaymentPlan, PortalLink, Reply, Settlement, Source
from goodterms.ledger.models import Invoice
from goodterms.organizations.models import Organisation

LONGEST_TEXT = 5_000
PLANS_RUNNING = (PaymentPlan.State.PROPOSED, PaymentPlan.State.ACTIVE)
PROCESS_REASONS = (
    LateReason.Reason.WRONG_CONTACT,
    LateReason.Reason.MISSING_PO,
    LateReason.Reason.INVOICE_NOT_RECEIVED,
    LateReason.Reason.APPROVAL,
    LateReason.Reason.PAY_RUN,
    LateReason.Reason.OTHER,
)
"""What may be said of how invoices are processed there; each has a task that mends it."""


class PlanThereAlready(Refusal):
    """The customer asks for a plan while one is offered, asked for or running."""

    def __init__(self) -> None:
        super().__init__("There is a plan already: accept that one, or write to us.")


class PaidInTheFuture(Refusal):
    """A payment was to be made on a day that has not come."""

    def __init__(self, paid_date: date) -> None:
        super().__init__(f"{paid_date} has not come yet; promise that day instead.")


@dataclass(frozen=True)
class Paper:
    """A file that came along."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Portal:
    """A customer at work through their link: ``form_key`` is the form's own, so that sending it twice does it once."""

    link: PortalLink
    form_key: str
    now: datetime

    @property
    def who(self) -> str:
        """The person the link was made for, else the customer."""
        contact = self.link.contact
        return (str(contact) if contact else "") or self.link.customer.name

    @property
    def actor(self) -> str:
        """Never the bare name: a contact may be called as one of us is, whose word approves things."""
        return f"{self.who[:180]} (portal)"

    @property
    def today(self) -> date:
        return local_day(self.link.organisation, self.link.customer, self.now)


@transaction.atomic
def say_paid(portal: Portal, *, paid_date: date, amount: Money | None, reference: str = "", words: str = "") -> Reply:
    """They say that they have paid: somebody looks for it, and chasing waits as for any answer.

    Raises PaidInTheFuture or LinkOver.
    """
    if paid_date > portal.today:
        raise PaidInTheFuture(paid_date)
    what = amount_words(amount) if amount else "what is due"
    by = f", reference {reference}" if reference else ""
    reply, is_new = _take(portal, f"We have paid {what} on {paid_date}{by}.", words)
    if is_new:
        _state(portal, reply, LateReason.Reason.ALREADY_PAID)
    return reply


@transaction.atomic
def promise_payment(portal: Portal, *, by: date, amount: Money, words: str = "") -> Reply:
    """They promise an amount by a day; whether that alone pauses chasing is the organisation's choice.

    Raises LinkOver or what make_promise refuses.
    """
    reply, is_new = _take(portal, f"We will pay {amount_words(amount)} by {by}.", words)
    if is_new:
        link = portal.link
        make_promise(
            link.organisation,
            link.customer,
            amount=amount,
            by=by,
            source=Source.PORTAL,
            reply=reply,
            note=words,
            actor=portal.actor,
            now=portal.now,
        )
    return reply


@transaction.atomic
def dispute_through_portal(
    portal: Portal,
    invoice: Invoice,
    *,
    reason: str,
    amount: Money | None = None,
    words: str = "",
    papers: Sequence[Paper] = (),
) -> Reply:
    """They do not accept an invoice, or a part of it, and may enclose papers.

    Raises LinkOver or what open_dispute and attach_to_dispute refuse.
    """
    part = f"{amount_words(amount)} of invoice" if amount else "invoice"
    reply, is_new = _take(portal, f"We do not accept {part} {invoice.number}: {reason.replace('_', ' ')}.", words)
    if is_new:
        link = portal.link
        dispute = open_dispute(
            link.organisation,
            link.customer,
            invoice,
            reason=reason,
            amount=amount,
            note=words,
            reply=reply,
            actor=portal.actor,
            now=portal.now,
        )
        for paper in papers:
            attach_to_dispute(dispute, name=paper.name, content=paper.content, actor=portal.actor, now=portal.now)
    return reply


@transaction.atomic
def explain_process(portal: Portal, *, reason: str, words: str) -> Reply:
    """They say what keeps the invoices from being paid: the wrong person, a missing order number, their own portal.

    Raises LinkOver or what state_reason refuses.
    """
    reply, is_new = _take(portal, f"{LateReason.Reason(reason).label}.", words)
    if is_new:
        _state(portal, reply, LateReason.Reason(reason))
    return reply


@transaction.atomic
def write_word(portal: Portal, *, words: str) -> Reply:
    """They write to us in their own words, which are read as any answer; raises LinkOver."""
    reply, _is_new = _take(portal, "", words)
    return reply


@transaction.atomic
def ask_for_plan(portal: Portal, *, terms: Terms, words: str = "") -> Reply:
    """They ask to pay what is overdue in instalments: it waits for a manager, then for them to accept it.

    Raises PlanThereAlready, LinkOver or what propose_plan refuses.
    """
    link = portal.link
    wish = f"We would like to pay in {terms.count} instalments ({terms.rhythm.replace('_', ' ')}) from {terms.first}."
    reply, is_new = _take(portal, wish, words)
    if not is_new:
        return reply
    # An offer of ours must not be swept away by their own wish; the lock keeps two wishes apart.
    Organisation.objects.select_for_update(no_key=True).get(pk=link.organisation_id)
    if PaymentPlan.objects.filter(customer=link.customer, state__in=PLANS_RUNNING).exists():
        raise PlanThereAlready
    plan = propose_plan(link.organisation, link.customer, terms=terms, note=words, actor=portal.actor, now=portal.now)
    title = f"Approve the plan that {link.customer.name} asks for"
    ask_approval(link.customer, approval_key(plan), title, words, portal.today, portal.now)
    return reply


@transaction.atomic
def accept_offered_plan(portal: Portal, plan: PaymentPlan) -> Reply:
    """They accept the plan that was offered; raises LinkOver or what accept_plan refuses."""
    reply, is_new = _take(portal, f"We accept the plan over {amount_words(Money(plan.total_minor, plan.currency))}.")
    if is_new:
        accept_plan(
            portal.link.organisation,
            plan,
            accepted_by=portal.who,
            how=Source.PORTAL,
            actor=portal.actor,
            now=portal.now,
        )
    return reply


@transaction.atomic
def accept_offered_settlement(portal: Portal, settlement: Settlement) -> Reply:
    """They accept the settlement that was offered; raises LinkOver or what accept_settlement refuses."""
    amount = amount_words(Money(settlement.pay_minor, settlement.currency))
    reply, is_new = _take(portal, f"We accept to settle with {amount} by {settlement.pay_by_date}.")
    if is_new:
        accept_settlement(
            portal.link.organisation,
            settlement,
            accepted_by=portal.who,
            how=Source.PORTAL,
            actor=portal.actor,
            now=portal.now,
        )
    return reply


def _take(portal: Portal, sentence: str, words: str = "") -> tuple[Reply, bool]:
    """The answer of this form, and whether it is new: only then what follows from it is done."""
    link = portal.link
    # Looked at again within the transaction: it may have been revoked while the form was filled in.
    if not PortalLink.objects.filter(pk=link.pk, revoked_at__isnull=True, expires_at__gt=portal.now).exists():
        raise LinkOver
    words = words.strip()[:LONGEST_TEXT]
    text = "\n\n".join(part for part in (sentence, words) if part)
    customer = link.customer
    # What is chosen in a form means what it says; only their own words are read for what they may mean.
    read = {} if sentence else read_answer(link.organisation, customer, None, words, "", portal.today)
    reply, is_new = Reply.objects.get_or_create(
        organisation=link.organisation,
        message_key=f"portal:{link.pk}:{hashlib.sha256(portal.form_key.encode()).hexdigest()}",
        defaults={
            "customer": customer,
            "contact": link.contact,
            "channel": Reply.Channel.PORTAL,
            "from_address": link.contact.email if link.contact else "",
            "from_name": portal.who[:200],
            "subject": sentence[:500],
            "received_at": portal.now,
            "received_date": portal.today,
            "language": (customer.language or link.organisation.language)[:8],
            "content": text.encode(),
            "content_type": "text/plain",
            "text": text,
            "suggestion": read,
        },
    )
    if is_new:
        ask_to_read(reply, portal.now)
    return reply, is_new


def _state(portal: Portal, reply: Reply, reason: LateReason.Reason) -> None:
    state_reason(
        portal.link.organisation,
        portal.link.customer,
        reason=reason,
        quote=reply.text,
        reply=reply,
        actor=portal.actor,
        now=portal.now,
    )
