"""A text message comes in: an answer to read, or a word that ends all texts."""

from datetime import datetime

from django.db import transaction

from goodterms.flows.ask_person import ask_person
from goodterms.flows.facts import local_day, raise_facts_version, write_timeline
from goodterms.flows.opt_out import opt_out
from goodterms.followup.models import Reply, Task, Touch
from goodterms.ledger.models import Contact, Customer
from goodterms.organizations.models import Organisation

READER = "goodterms"
WORDS_THAT_END = frozenset(
    {
        *("stop", "stopp", "stopall", "unsubscribe", "cancel", "end", "quit", "optout", "opt-out", "opt out", "revoke"),
        *(
            "abmelden",
            "abbestellen",
            "austragen",
            "ende",
            "keine sms",
            "keine sms mehr",
            "arret",
            "arrêt",
            "baja",
            "alto",
        ),
    }
)
"""Twilio's own list (docs: "Advanced Opt-Out") and what people write in our languages."""
LONGEST_LINE = 300


def is_opt_out(text: str) -> bool:
    """Whether the text asks for no more texts: one of the words, and nothing else but signs."""
    words = " ".join(text.casefold().strip(" \t\r\n.!,;:\"'“”„").split())
    return words in WORDS_THAT_END


@transaction.atomic
def take_sms(sender: str, text: str, message_key: str, *, now: datetime) -> list[Reply]:
    """Take a text in, once per organisation that knows the number (or the only one there is); those rows.

    An answer becomes a task and stops automatic touches until it is handled. A word such as STOP is honoured at
    once, everywhere, and needs nobody.
    """
    found = _organisations(sender)
    return [_take(organisation, sender, text, message_key, now) for organisation in found]


def _organisations(sender: str) -> list[Organisation]:
    texted = Touch.objects.filter(channel="sms", effect__recipient=sender, effect__state="sent")
    ids = set(texted.values_list("organisation_id", flat=True))
    if is_known := ids or set(Contact.objects.filter(mobile=sender).values_list("organisation_id", flat=True)):
        return list(Organisation.objects.filter(pk__in=is_known).order_by("pk"))
    everyone = list(Organisation.objects.order_by("pk")[:2])
    return everyone if len(everyone) == 1 else []


def _take(organisation: Organisation, sender: str, text: str, message_key: str, now: datetime) -> Reply:
    known = Reply.objects.filter(organisation=organisation, message_key=message_key).first()
    if known is not None:
        return known
    touch = _last_touch(organisation, sender)
    contact = Contact.objects.filter(organisation=organisation, mobile=sender).select_related("customer").first()
    customer = touch.customer if touch else contact.customer if contact else None
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
        received_date=local_day(organisation, customer, now),
        content=text.encode(),
        content_type="text/plain",
        text=text,
    )
    if is_opt_out(text):
        _honour(organisation, reply, customer, now)
    else:
        _ask_to_read(organisation, reply, now)
    return reply


def _last_touch(organisation: Organisation, sender: str) -> Touch | None:
    sent = Touch.objects.filter(organisation=organisation, channel="sms", effect__recipient=sender)
    return sent.filter(effect__state="sent").select_related("customer", "effect").order_by("-pk").first()


def _honour(organisation: Organisation, reply: Reply, customer: Customer | None, now: datetime) -> None:
    opt_out(organisation, channel="sms", address=reply.from_address, words=reply.text, customer=customer, now=now)
    reply.handled_at, reply.handled_by, reply.reading = now, READER, "unsubscribe"
    reply.outcome = "No more text messages."
    reply.save(update_fields=["handled_at", "handled_by", "reading", "outcome"])


def _ask_to_read(organisation: Organisation, reply: Reply, now: datetime) -> None:
    who = reply.from_name or reply.from_address
    said = reply.text[:LONGEST_LINE]
    key, today = f"reply:{reply.pk}", local_day(organisation, None, now)
    if reply.customer is None:
        title = f"Find out whose answer this is: {who}"
        Task.objects.create(
            organisation=organisation,
            kind=Task.Kind.REPLY,
            key=key,
            title=title,
            detail=said,
            due_date=today,
            created_at=now,
        )
        return
    raise_facts_version(organisation, reply.customer)
    write_timeline(
        reply.customer,
        "reply_received",
        f"{who} wrote by SMS: “{said}”",
        actor=who,
        now=now,
        effect_key=reply.touch.effect_id if reply.touch else "",
        data={"reply_id": reply.pk},
    )
    title = f"Read the answer of {who}"
    ask_person(organisation, reply.customer, Task.Kind.REPLY, key, title, now=now, detail=said, due=today)
