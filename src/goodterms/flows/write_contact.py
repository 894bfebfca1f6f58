"""A person adds a contact at a customer, or corrects one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from goodterms.core.refusal import Refusal
from goodterms.flows.facts import local_day, raise_facts_version, write_timeline
from goodterms.ledger.models import Contact, Customer
from goodterms.organizations.changes import fields_of, write_change
from goodterms.organizations.models import Change, Organisation
from goodterms.organizations.phones import e164, mobile_number
from goodterms.organizations.values import check_email, check_phone

_FIELDS = ("name", "role", "email", "phone", "mobile")


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
    """A contact as a person writes it down.

    ``mobile`` is for texts: None leaves it to what the telephone number tells, empty means that there is none.
    """

    name: str
    role: str
    email: str
    phone: str
    mobile: str | None = None


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
    """Add the contact, or correct ``contact``; saving clears the mark that mail to the address failed, a new number
    the mark that the old one was wrong, and a mobile number takes texts.

    Raises ContactUnreachable, ContactKnown, or UnusableValue for an address or number that cannot be one.
    """
    email = check_email(given.email.strip()) if given.email.strip() else ""
    phone = check_phone(given.phone.strip(), customer.country) if given.phone.strip() else ""
    if not (email or phone or given.mobile):
        raise ContactUnreachable
    name = given.name.strip()
    same = Contact.objects.filter(customer=customer, role=given.role, email=email, name=name)
    if (same.exclude(pk=contact.pk) if contact else same).exists():
        raise ContactKnown(customer)
    is_new = contact is None
    written = contact or Contact(
        organisation=organisation, customer=customer, known_from_date=local_day(organisation, customer, now)
    )
    before = {} if is_new else fields_of(written, *_FIELDS)
    written.email_failed_at = None
    country = customer.country or organisation.country
    written.mobile = _mobile(written, given.mobile, phone, country)
    if written.phone != phone:
        written.phone_failed_at = None
    written.name, written.role, written.email, written.phone = name, given.role, email, phone
    written.save()
    raise_facts_version(organisation, customer)
    said = ", ".join(part for part in (name, email, phone, written.mobile if given.mobile else "") if part)
    kind, verb = ("contact_added", "added") if is_new else ("contact_corrected", "corrected")
    write_timeline(customer, kind, f"Contact {verb}: {said}.", actor=actor, now=now, data={"contact_id": written.pk})
    _note_change(written, before, fields_of(written, *_FIELDS), actor, now)
    return written


def _mobile(known: Contact, given: str | None, phone: str, country: str) -> str:
    """The number for texts in international form: as given, or what a new telephone number tells; raises UnusableValue.

    In some countries (the United States) a number does not show that it is mobile: there it must be given.
    """
    is_new_phone = known.phone != phone
    was_told_by_phone = known.mobile == mobile_number(known.phone, country)
    if given is None or (given == known.mobile and is_new_phone and was_told_by_phone):
        return mobile_number(phone, country) if is_new_phone else known.mobile
    if not given.strip():
        return mobile_number(phone, country) if is_new_phone else ""
    return e164(check_phone(given.strip(), country), country)


@transaction.atomic
def demote_contact(contact: Contact, *, actor: str, now: datetime) -> None:
    """Have the contact asked last: its role becomes "other"; one that is there as such already goes."""
    customer, other = contact.customer, Contact.Role.OTHER
    before, after = fields_of(contact, *_FIELDS), {}
    same = Contact.objects.filter(customer=customer, role=other, email=contact.email, name=contact.name)
    if same.exclude(pk=contact.pk).exists():
        Contact.objects.filter(pk=contact.pk).delete()
    else:
        Contact.objects.filter(pk=contact.pk).update(role=other)
        after = before | {"role": other.value}
    raise_facts_version(customer.organisation, customer)
    text = f"Contact no longer in charge: {contact.name or contact.email or contact.phone}."
    data = {"contact_id": contact.pk, "email": contact.email}
    write_timeline(customer, "contact_corrected", text, actor=actor, now=now, data=data)
    _note_change(contact, before, after, actor, now)


def _note_change(
    contact: Contact, before: Mapping[str, object], after: Mapping[str, object], actor: str, now: datetime
) -> None:
    write_change(
        contact.customer.organisation,
        Change.Kind.CONTACT,
        f"{contact.customer.name}: {contact}",
        before=before,
        after=after,
        actor=actor,
        now=now,
        key=contact.pk,
        customer_id=contact.customer_id,
    )
