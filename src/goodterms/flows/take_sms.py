"""A text message comes in: an answer to read, or a word that ends all texts."""

import logging
from datetime import datetime

from django.db import transaction

from goodterms.flows.facts import local_day
from goodterms.flows.opt_out import opt_out
from goodterms.flows.receive_reply import ask_to_read, read_answer
from goodterms.followup.models import Reply, Touch
from goodterms.ledger.models import Contact, Customer
from goodterms.organizations.models import Organisation

READER = "goodterms"
logger = logging.getLogger(__name__)
_ENDING = """stop,stopp,stopall,unsubscribe,cancel,end,quit,optout,opt-out,opt out,revoke,
abmelden,abbestellen,austragen,ende,keine sms,keine sms mehr,arret,arrêt,baja,alto"""
WORDS_THAT_END = frozenset(word.strip() for word in _ENDING.split(","))
"""Twilio's own list (docs: "Advanced Opt-Out") and what people write in our languages."""


def is_opt_out(text: str) -> bool:
    """Whether the text asks for no more texts: one of the words, and nothing else but signs."""
    words = " ".join(text.casefold().strip(" \t\r\n.!,;:\"'“”„").split())
    return words in WORDS_THAT_END


@transaction.atomic
def take_sms(sender: str, text: str, message_key: str, *, now: datetime) -> list[Reply]:
    """Take a text in, once; the rows it became.

    An answer goes to the organisation that texted the number last, else to the only one that knows it (or that there
    is); it becomes a task and stops automatic touches until it is handled. A word such as STOP is honoured at once by
    every organisation that has the number, and needs nobody.
    """
    asked = Organisation.objects.order_by("pk")
    found = list(asked.filter(pk__in=_organisations(sender, is_for_all=is_opt_out(text))))
    if not found:
        logger.warning("A text came in, and nobody can say for which organisation; it was not kept.")
    return [_take(organisation, sender, text, message_key, now) for organisation in found]


def _organisations(sender: str, *, is_for_all: bool) -> list[int]:
    texted = Touch.objects.filter(channel="sms", effect__recipient=sender, effect__state="sent")
    latest = list(texted.order_by("-effect__finished_at", "-pk").values_list("organisation_id", flat=True)[:1])
    knowing = set(Contact.objects.filter(mobile=sender).values_list("organisation_id", flat=True))
    if is_for_all:
        knowing |= set(texted.values_list("organisation_id", flat=True))
    elif latest:
        return latest
    if not knowing:
        knowing = set(Organisation.objects.order_by("pk").values_list("pk", flat=True)[:2])
        is_for_all = False
    return sorted(knowing) if is_for_all or len(knowing) == 1 else []


def _take(organisation: Organisation, sender: str, text: str, message_key: str, now: datetime) -> Reply:
    known = Reply.objects.filter(organisation=organisation, message_key=message_key).first()
    if known is not None:
        return known
    touch = _last_touch(organisation, sender)
    contact = Contact.objects.filter(organisation=organisation, mobile=sender).select_related("customer").first()
    customer = touch.customer if touch else contact.customer if contact else None
    is_end = is_opt_out(text)
    day = local_day(organisation, customer, now)
    read = {} if is_end else read_answer(organisation, customer, touch, text, "", day)
    reply = Reply.objects.create(
        organisation=organisation,
        customer=customer,
        contact=contact if contact and contact.customer == customer else None,
        touch=touch,
        channel=Reply.Channel.SMS,
        message_key=message_key,
        from_address=sender,
        from_name=contact.name if contact else "",
        received_at=now,
        received_date=day,
        language=str(read.get("language", ""))[:8],
        content=text.encode(),
        content_type="text/plain",
        text=text,
        suggestion=read,
    )
    if is_end:
        _honour(organisation, reply, customer, now)
    else:
        ask_to_read(reply, now)
    return reply


def _last_touch(organisation: Organisation, sender: str) -> Touch | None:
    sent = Touch.objects.filter(organisation=organisation, channel="sms", effect__recipient=sender)
    return sent.filter(effect__state="sent").select_related("customer", "effect").order_by("-pk").first()


def _honour(organisation: Organisation, reply: Reply, customer: Customer | None, now: datetime) -> None:
    opt_out(organisation, channel="sms", address=reply.from_address, words=reply.text, customer=customer, now=now)
    reply.handled_at, reply.handled_by, reply.reading = now, READER, "unsubscribe"
    reply.outcome = "No more text messages."
    reply.save(update_fields=["handled_at", "handled_by", "reading", "outcome"])
