"""The provider tells what became of a text: one that did not arrive makes a person look at the number."""

from datetime import datetime

from django.db import transaction

from goodterms.flows.ask_person import ask_person
from goodterms.flows.facts import raise_facts_version, write_timeline
from goodterms.followup.models import Task, TimelineEvent, Touch
from goodterms.ledger.models import Contact

ACTOR = "goodterms"
NOT_ARRIVED = frozenset({"failed", "undelivered"})
ARRIVED = frozenset({"delivered", "read"})
NO_SUCH_MOBILE = frozenset({"21614", "30005", "30006"})
"""Twilio's codes for: no mobile number, unknown number, a landline. Such a number gets no more texts."""


@transaction.atomic
def note_sms_status(effect_key: str, status: str, error_code: str, *, now: datetime) -> bool:
    """Note the last word on a text in the timeline, once; True when it was news.

    A number that cannot take texts at all is taken off the contact, so that the next touch goes another way.
    """
    if status not in NOT_ARRIVED | ARRIVED:
        return False
    touch = Touch.objects.filter(effect__key=effect_key, channel="sms").select_related("customer", "effect").first()
    if touch is None:
        return False
    kind = "sms_failed" if status in NOT_ARRIVED else "sms_delivered"
    if TimelineEvent.objects.filter(customer=touch.customer, kind=kind, effect_key=effect_key).exists():
        return False
    number = touch.effect.recipient
    text = f"The text to {number} arrived."
    if kind == "sms_failed":
        text = f"The text to {number} did not arrive" + (f" (code {error_code})." if error_code else ".")
        _ask_to_repair(touch, number, text, error_code, now)
    raise_facts_version(touch.organisation, touch.customer)
    data = {"status": status, "error_code": error_code}
    write_timeline(touch.customer, kind, text, actor=ACTOR, now=now, effect_key=effect_key, data=data)
    return True


def _ask_to_repair(touch: Touch, number: str, text: str, error_code: str, now: datetime) -> None:
    contacts = Contact.objects.filter(customer=touch.customer, mobile=number)
    whom = contacts.exclude(name="").values_list("name", flat=True).first() or touch.customer.name
    if error_code in NO_SUCH_MOBILE:
        contacts.update(mobile="")
    key = f"contact_repair:sms:{touch.customer_id}:{number}"
    title = f"Check the mobile number of {whom}: {number}"
    ask_person(touch.organisation, touch.customer, Task.Kind.CONTACT_REPAIR, key, title, now=now, detail=text)
