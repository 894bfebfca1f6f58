"""A person says whose answer a stranger's mail is."""

from datetime import datetime

from django.db import transaction

from goodterms.core.refusal import Refusal
from goodterms.flows.facts import local_day, raise_facts_version, write_timeline
from goodterms.flows.receive_reply import name_invoices, task_key
from goodterms.followup.models import Reply, Task
from goodterms.ledger.models import Contact, Customer
from goodterms.organizations.models import Organisation
from goodterms.organizations.phones import e164


class ReplyAssignedAlready(Refusal):
    """The answer is a customer's already."""

    def __init__(self, customer: Customer) -> None:
        super().__init__(f"This answer is kept with {customer.name} already; reload the page to see it there.")


class NotTheirCustomer(Refusal):
    """The customer belongs to another organisation."""

    def __init__(self) -> None:
        super().__init__("There is no such customer here; choose one of this organisation.")


@transaction.atomic
def assign_reply(
    organisation: Organisation, reply: Reply, customer: Customer, *, actor: str, now: datetime, is_contact: bool = False
) -> Contact | None:
    """Put the answer to the customer; with ``is_contact`` its sender becomes a contact, and the next one is known.

    Raises ReplyAssignedAlready or NotTheirCustomer.
    """
    if customer.organisation_id != organisation.pk:
        raise NotTheirCustomer
    unassigned = Reply.objects.filter(pk=reply.pk, organisation=organisation, customer__isnull=True)
    day = local_day(organisation, customer, reply.received_at)
    contact = _contact(organisation, customer, reply, now) if is_contact and reply.from_address else None
    if not unassigned.update(customer=customer, contact=contact, received_date=day):
        reply.refresh_from_db()
        raise ReplyAssignedAlready(reply.customer or customer)
    reply.refresh_from_db()
    reply.suggestion = name_invoices(reply.suggestion, customer, reply.touch, reply.text, reply.subject)
    reply.save(update_fields=["suggestion"])
    raise_facts_version(organisation, customer)
    who = reply.from_name or reply.from_address
    write_timeline(
        customer,
        "reply_assigned",
        f"The answer of {who} was put to this customer.",
        actor=actor,
        now=now,
        data={"reply_id": reply.pk, "subject": reply.subject},
    )
    open_tasks = Task.objects.filter(organisation=organisation, key=task_key(reply), done_at__isnull=True)
    open_tasks.update(customer=customer, title=f"Read the answer of {who}"[:200])
    return contact


def _contact(organisation: Organisation, customer: Customer, reply: Reply, now: datetime) -> Contact:
    if reply.channel == Reply.Channel.SMS:
        return _contact_by_mobile(organisation, customer, reply, now)
    found = Contact.objects.filter(customer=customer, email__iexact=reply.from_address).first()
    return found or Contact.objects.create(
        organisation=organisation,
        customer=customer,
        name=reply.from_name,
        email=reply.from_address,
        known_from_date=local_day(organisation, customer, now),
    )


def _contact_by_mobile(organisation: Organisation, customer: Customer, reply: Reply, now: datetime) -> Contact:
    """The contact who has this number, now as a mobile one, or a new one."""
    number, country = reply.from_address, customer.country or organisation.country
    contacts = list(Contact.objects.filter(customer=customer).order_by("pk"))
    for contact in contacts:
        if number in (contact.mobile, e164(contact.phone, country)):
            Contact.objects.filter(pk=contact.pk).update(mobile=number)
            return contact
    is_name_taken = any(not contact.email and contact.name == reply.from_name for contact in contacts)
    return Contact.objects.create(
        organisation=organisation,
        customer=customer,
        name=number if is_name_taken else reply.from_name,
        phone=number,
        mobile=number,
        known_from_date=local_day(organisation, customer, now),
    )
