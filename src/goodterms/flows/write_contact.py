"""A person adds a contact at a customer, or corrects one."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from goodterms.core.refusal import Refusal
from goodterms.flows.facts import local_day, raise_facts_version, write_timeline
from goodterms.ledger.models import Contact, Customer
from goodterms.organizations.changes import fields_of, write_change
from goodterms.organizations.models import Change, Organisation
from goodterms.organizations.phones import mobile_number
from goodterms.organizations.values import check_email, check_phone


class ContactUnreachable(Refusal):
    """A contact would have neither address nor telephone number."""

    def __init__(self) -> None:
        super().__init__("Give an e-mail address or a telephone number; without either nobody is reached.")


class ContactKnown(Refusal):
    """The customer has this very contact already."""

    def __init__(self, customer: Customer) -> None:
        super().__init__(f"{customer.name} has a contact with this name, role and address already.")


@dataclass(frozen=True)
class Particulars:
    """A contact as a person writes it down."""

    name: str
    role: str
    email: str
    phone: str


@transaction.atomic
def write_contact(
    organisation: Organisation,
    customer: Customer,
    given: Particulars,
    *,
    actor: str,
    now: datetime,
    contact: Contact | None = None,
) -> Contact:
    """Add the contact, or correct ``contact``; a new address or number clears the mark that the old one failed,
    and a mobile number takes texts.

    Raises ContactUnreachable, ContactKnown, or UnusableValue for an address or number that cannot be one.
    """
    email = check_email(given.email.strip()) if given.email.strip() else ""
    phone = check_phone(given.phone.strip(), customer.country) if given.phone.strip() else ""
    if not (email or phone):
        raise ContactUnreachable
    name = given.name.strip()
    same = Contact.objects.filter(customer=customer, role=given.role, email=email, name=name)
    if (same.exclude(pk=contact.pk) if contact else same).exists():
        raise ContactKnown(customer)
    is_new = contact is None
    written = contact or Contact(
        organisation=organisation, customer=customer, known_from_date=local_day(organisation, customer, now)
    )
    before = {} if is_new else fields_of(written, "name", "role", "email", "phone")
    if written.email != email:
        written.email_failed_at = None
    if written.phone != phone:
        written.phone_failed_at = None
        written.mobile = mobile_number(phone, customer.country or organisation.country)
    written.name, written.role, written.email, written.phone = name, given.role, email, phone
    written.save()
    raise_facts_version(organisation, customer)
    said = ", ".join(part for part in (name, email, phone) if part)
    kind, verb = ("contact_added", "added") if is_new else ("contact_corrected", "corrected")
    write_timeline(customer, kind, f"Contact {verb}: {said}.", actor=actor, now=now, data={"contact_id": written.pk})
    after = fields_of(written, "name", "role", "email", "phone")
    write_change(
        organisation,
        Change.Kind.CONTACT,
        f"{customer.name}: {written}",
        before=before,
        after=after,
        actor=actor,
        now=now,
        key=written.pk,
        customer_id=customer.pk,
    )
    return written


@transaction.atomic
def demote_contact(contact: Contact, *, actor: str, now: datetime) -> None:
    """Have the contact asked last: its role becomes "other"; one that is there as such already goes."""
    other = Contact.Role.OTHER
    same = Contact.objects.filter(customer=contact.customer, role=other, email=contact.email, name=contact.name)
    if same.exclude(pk=contact.pk).exists():
        contact.delete()
    else:
        Contact.objects.filter(pk=contact.pk).update(role=other)
    raise_facts_version(contact.customer.organisation, contact.customer)
    said = ", ".join(part for part in (contact.name, contact.email) if part)
    text = f"Contact no longer in charge: {said}."
    write_timeline(contact.customer, "contact_corrected", text, actor=actor, now=now, data={"email": contact.email})
