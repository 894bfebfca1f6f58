"""What follows from each meaning of an answer, once a person has confirmed it; each deed says what it did."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from goodterms.core.money import Money
from goodterms.core.refusal import Refusal
from goodterms.flows.agreed_invoices import amount_words, choose_invoices
from goodterms.flows.ask_person import ask_person
from goodterms.flows.facts import local_day
from goodterms.flows.make_promise import make_promise
from goodterms.flows.open_dispute import open_dispute
from goodterms.flows.opt_out import opt_out
from goodterms.flows.override_profile import override_profile
from goodterms.flows.state_reason import state_reason
from goodterms.flows.write_contact import Particulars, demote_contact, write_contact
from goodterms.followup.models import LateReason, Reply, Source, Task
from goodterms.ledger.models import Contact, Customer, Invoice


class InvoiceNotNamed(Refusal):
    """A dispute needs its invoices."""

    def __init__(self) -> None:
        super().__init__("Choose the invoice that is disputed; the others are chased on.")


@dataclass(frozen=True, kw_only=True)
class Given:
    """What the person confirmed or corrected: of a promise ``by`` and ``amount``, of a dispute ``reason`` and invoices.

    ``contact`` is the right person where the answer names one; ``quote`` the words that mean it.
    """

    invoices: Sequence[Invoice] = ()
    amount: Money | None = None
    by: date | None = None
    reason: str = ""
    quote: str = ""
    note: str = ""
    contact: Particulars | None = field(default=None)


Deed = Callable[[Reply, Given, str, datetime], str]


def _customer(reply: Reply) -> Customer:
    if reply.customer is None:
        raise ValueError("A deed was asked for without a customer.")  # handle_reply has seen to that
    return reply.customer


def proposed_amount(reply: Reply, suggestion: Mapping[str, Any], now: datetime) -> Money | None:
    """The amount a promise suggests: as it was named, or its share of the invoices named in it, else of what is
    overdue; None: all of it, or unclear.
    """
    if "amount_minor" in suggestion:
        return Money(suggestion["amount_minor"], suggestion["currency"])
    share = Fraction(suggestion.get("share", "1"))
    if share == 1 or reply.customer is None:
        return None
    try:
        named = list(Invoice.objects.filter(customer=reply.customer, pk__in=suggestion.get("invoices", ())))
        _, owed = choose_invoices(reply.customer, named, None, local_day(reply.organisation, reply.customer, now))
    except Refusal:
        return None
    return owed.multiply(share)


def _promise(reply: Reply, given: Given, actor: str, now: datetime) -> str:
    promise = make_promise(
        reply.organisation,
        _customer(reply),
        amount=given.amount,
        by=given.by,
        source=reply.channel if reply.channel in Source.values else Source.EMAIL,
        invoices=given.invoices,
        reply=reply,
        note=given.note or given.quote,
        actor=actor,
        now=now,
    )
    return f"Promise of {amount_words(Money(promise.amount_minor, promise.currency))} by {promise.promised_date}."


def _dispute(reply: Reply, given: Given, actor: str, now: datetime) -> str:
    if not given.invoices:
        raise InvoiceNotNamed
    for invoice, amount in _spread(given.amount, given.invoices):
        open_dispute(
            reply.organisation,
            _customer(reply),
            invoice,
            reason=given.reason or "other",
            amount=amount,
            note=given.note or given.quote,
            reply=reply,
            actor=actor,
            now=now,
        )
    return f"Dispute on {', '.join(invoice.number for invoice in given.invoices)}."


def _spread(amount: Money | None, invoices: Sequence[Invoice]) -> Iterator[tuple[Invoice, Money | None]]:
    """One amount over several invoices: each in full, in their order, until it is used up; the last takes the rest."""
    left = amount
    for place, invoice in enumerate(invoices, 1):
        if left is None or place == len(invoices) or left.currency != invoice.currency:
            yield invoice, left
            continue
        part = min(left, Money(invoice.open_amount_minor, invoice.currency))
        yield invoice, part
        left = left - part
        if not left.amount_minor:
            return


def _late_reason(reason: str, said: str, *, is_mended: bool = False) -> Deed:
    def deed(reply: Reply, given: Given, actor: str, now: datetime) -> str:
        for invoice in given.invoices or (None,):
            state_reason(
                reply.organisation,
                _customer(reply),
                reason=reason,
                invoice=invoice,
                quote=given.quote,
                reply=reply,
                actor=actor,
                now=now,
                is_mended=is_mended,
            )
        return said

    return deed


def _wrong_contact(reply: Reply, given: Given, actor: str, now: datetime) -> str:
    """With the right one named, the wrong one is asked last from now on."""
    reason = LateReason.Reason.WRONG_CONTACT
    if given.contact is None:
        return _late_reason(reason, "The right contact is to be found.")(reply, given, actor, now)
    customer = _customer(reply)
    written = write_contact(reply.organisation, customer, given.contact, actor=actor, now=now)
    wrong_id = reply.contact_id or (reply.touch.contact_id if reply.touch else None)
    wrong = Contact.objects.filter(customer=customer, pk=wrong_id or 0).exclude(pk=written.pk).first()
    if wrong is not None:
        demote_contact(wrong, actor=actor, now=now)
    said = f"Contact {written.name or written.email} added."
    return _late_reason(reason, said, is_mended=True)(reply, given, actor, now)


def _out_of_business(reply: Reply, given: Given, actor: str, now: datetime) -> str:
    """The customer is failing, and a claim has to be registered in time: a person does both knowingly."""
    customer = _customer(reply)
    words = given.quote or given.note or "Out of business, by their own words."
    override_profile(reply.organisation, customer, "failing", reason=words, actor=actor, now=now)
    ask_person(
        reply.organisation,
        customer,
        Task.Kind.FIX,
        f"fix:out_of_business:{customer.pk}",
        f"Register the claim against {customer.name} with its administrator",
        now=now,
        detail=f"They said: “{words}”",
    )
    return "Marked as failing; the claim is to be registered."


def _forewarning(reply: Reply, given: Given, actor: str, now: datetime) -> str:
    """Having told us before we asked counts for them; with a day it is a promise as well."""
    if given.by is None:
        return "They told us beforehand."
    return f"They told us beforehand. {_promise(reply, given, actor, now)}"


def _opt_out(reply: Reply, given: Given, actor: str, now: datetime) -> str:
    opt_out(
        reply.organisation,
        channel=reply.channel,
        address=reply.from_address,
        words=given.quote,
        customer=_customer(reply),
        now=now,
    )
    return f"Nothing more goes to {reply.from_address}; other ways stay open."


def _abuse(reply: Reply, given: Given, actor: str, now: datetime) -> str:
    return "Rude words noted; stay courteous."


DEEDS: Mapping[str, Deed] = {
    "promise": _promise,
    "already_paid": _late_reason(LateReason.Reason.ALREADY_PAID, "The payment is to be looked for."),
    "copy_wanted": _late_reason(LateReason.Reason.INVOICE_NOT_RECEIVED, "A copy is to be sent."),
    "dispute": _dispute,
    "wrong_contact": _wrong_contact,
    "out_of_business": _out_of_business,
    "cannot_pay": _late_reason(LateReason.Reason.CASH, "A payment plan is to be offered."),
    "forewarning": _forewarning,
    "unsubscribe": _opt_out,
    "abuse": _abuse,
}
"""By reading; "none" needs no deed."""
