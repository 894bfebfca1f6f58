"""Mail to an address came back: the address is marked, and a person asked to find the right one."""

from datetime import datetime

from django.db import transaction

from goodterms.flows.ask_person import ask_person
from goodterms.flows.facts import raise_facts_version, write_timeline
from goodterms.followup.models import Task
from goodterms.ledger.models import Contact
from goodterms.organizations.models import Organisation


@transaction.atomic
def mark_email_failed(organisation: Organisation, address: str, *, detail: str, now: datetime) -> list[Contact]:
    """Mark every contact with this address; the next touch takes another channel or contact. Returns those marked.

    ``detail`` is what the mail server said. An address marked already stays as it is; one that a person has corrected
    since is another address.
    """
    found = Contact.objects.filter(organisation=organisation, email__iexact=address, email_failed_at__isnull=True)
    contacts = list(found.select_related("customer").order_by("pk"))
    for contact in contacts:
        if not Contact.objects.filter(pk=contact.pk, email_failed_at__isnull=True).update(email_failed_at=now):
            continue
        _tell(organisation, contact, detail, now)
    return contacts


def _tell(organisation: Organisation, contact: Contact, detail: str, now: datetime) -> None:
    customer = contact.customer
    said = f" The mail server said: {detail}" if detail else ""
    raise_facts_version(organisation, customer)
    write_timeline(
        customer,
        "email_failed",
        f"Mail to {contact.email} came back.{said}",
        actor="goodterms",
        now=now,
        data={"contact_id": contact.pk, "address": contact.email},
    )
    ask_person(
        organisation,
        customer,
        Task.Kind.CONTACT_REPAIR,
        f"contact_repair:{contact.pk}:{contact.email.lower()}"[:250],
        f"Find the right e-mail address of {contact.name or customer.name}"[:200],
        now=now,
        detail=f"Mail to {contact.email} came back.{said}",
    )
