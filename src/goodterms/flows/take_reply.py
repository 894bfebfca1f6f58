"""A mail comes in: it is kept, put to its customer, and a person asked to read it."""

from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import transaction

from goodterms.flows.ask_person import ask_person
from goodterms.flows.facts import local_day, write_timeline
from goodterms.flows.receive_reply import ask_to_read, one_line, read_answer
from goodterms.flows.repair_contact import mark_email_failed
from goodterms.flows.thread_reply import Thread, find_thread
from goodterms.followup.models import Reply, ReplyAttachment, Task, Touch
from goodterms.inbox.auto_reply import AutoReply, read_auto_reply
from goodterms.inbox.bounces import Bounce, Failure, read_bounce
from goodterms.inbox.incoming import CONTENT_TYPE, Incoming
from goodterms.inbox.parse_mail import key_of_bytes, parse_mail
from goodterms.ledger.models import Contact, Customer
from goodterms.organizations.models import Organisation

OLDEST = timedelta(days=60)
READER = "goodterms"
TOO_MANY_DELAYS = 3
"""So often within DELAYS_WITHIN mail was delayed, and a person should look at the address."""
DELAYS_WITHIN = timedelta(days=14)


@transaction.atomic
def take_reply(organisation: Organisation, raw: bytes, *, now: datetime, parsed: Incoming | None = None) -> Reply:
    """Take a mail in, once: the same mail again returns the row that is there. ``parsed`` is what it was taken apart
    into, where the caller knows more of it, such as the recipients that its envelope names.

    An answer (a stranger's too) becomes a task and stops the automatic touches of its customer until it is handled;
    an automatic answer and a delivery failure are noted and need nobody. A permanent failure marks the address.
    """
    mail = parsed or parse_mail(raw)
    known = _find(organisation, mail.message_key)
    if known is not None and (known.from_address, known.text) != (mail.from_address, mail.text):
        # Another mail under an id that is taken, by a careless mail program or a clever stranger.
        mail = replace(mail, message_key=key_of_bytes(raw))
        known = _find(organisation, mail.message_key)
    if known is not None:
        return known
    bounce = None if _is_from_contact(organisation, mail) else read_bounce(raw)
    thread = find_thread(organisation, mail, bounce.original_ids if bounce else ())
    found = Customer.objects.filter(organisation=organisation, pk__in=[thread.customer_id or 0])
    customer = found.first()
    received_at = _received_at(mail, now)
    automatic = None if bounce else read_auto_reply(raw, mail, received_at.date())
    kind = Reply.Kind.BOUNCE if bounce else Reply.Kind.AUTO_REPLY if automatic else Reply.Kind.ANSWER
    reply = _write(organisation, customer, thread, mail, raw, kind, received_at)
    _keep_files(reply, mail)
    if bounce is not None:
        _note_bounce(organisation, reply, bounce, now)
    elif automatic is not None:
        _note_automatic(organisation, reply, automatic, now)
    else:
        ask_to_read(reply, now)
    return reply


def _find(organisation: Organisation, message_key: str) -> Reply | None:
    return Reply.objects.filter(organisation=organisation, message_key=message_key).first()


def _is_from_contact(organisation: Organisation, mail: Incoming) -> bool:
    """Whoever is a contact writes to us themselves, even where they pass on what a mail server told them."""
    own = mail.from_address
    return bool(own) and Contact.objects.filter(organisation=organisation, email__iexact=own).exists()


def _received_at(mail: Incoming, now: datetime) -> datetime:
    """The mail's own moment in its writer's zone; ``now`` where it claims the future or a time long past."""
    sent = mail.sent_at
    return sent if sent and now - OLDEST <= sent <= now else now


def _write(
    organisation: Organisation,
    customer: Customer | None,
    thread: Thread,
    mail: Incoming,
    raw: bytes,
    kind: str,
    received_at: datetime,
) -> Reply:
    read = {}
    if kind == Reply.Kind.ANSWER:
        touch = Touch.objects.filter(pk=thread.touch_id or 0).first()
        read = read_answer(organisation, customer, touch, mail.text, mail.subject, received_at.date())
    language = read.get("language") or (customer.language if customer else "") or organisation.language
    return Reply.objects.create(
        organisation=organisation,
        customer=customer,
        contact_id=thread.contact_id,
        touch_id=thread.touch_id,
        kind=kind,
        message_key=mail.message_key,
        from_address=mail.from_address,
        from_name=mail.from_name,
        subject=mail.subject,
        received_at=received_at,
        received_date=local_day(organisation, customer, received_at),
        language=str(language)[:8],
        content=raw,
        content_type=CONTENT_TYPE,
        text=mail.text,
        html=mail.html,
        suggestion=read,
    )


def _keep_files(reply: Reply, mail: Incoming) -> None:
    ReplyAttachment.objects.bulk_create(
        ReplyAttachment(
            reply=reply,
            file_name=file.file_name,
            media_type=file.media_type[:100],
            size=file.size,
            content_sha256=sha256(file.content).hexdigest() if file.content is not None else "",
            content=file.content,
            refusal=file.refusal[:200],
        )
        for file in mail.files
    )


def _note_automatic(organisation: Organisation, reply: Reply, automatic: AutoReply, now: datetime) -> None:
    until = f", away until {automatic.until}" if automatic.until else ""
    data: dict[str, object] = {"until_date": automatic.until.isoformat()} if automatic.until else {}
    _close(reply, f"Automatic answer{until}.", now, {"kind": "auto_reply", **data})
    if reply.customer is not None:
        text = f"Automatic answer from {reply.from_address}{until}."
        write_timeline(reply.customer, "auto_reply", text, actor=READER, now=now, data={"reply_id": reply.pk, **data})


def _note_bounce(organisation: Organisation, reply: Reply, bounce: Bounce, now: datetime) -> None:
    """Mark the addresses that failed for good; where nobody knows them (forwarded mail), the one we wrote to."""
    told = one_line("; ".join(f"{failure.address}: {failure.detail or failure.status}" for failure in bounce.failures))
    lasting = [failure for failure in bounce.failures if failure.is_permanent]
    is_lasting = bool(lasting)
    _close(reply, "Delivery failed.", now, {"kind": "bounce", "is_lasting": is_lasting, "failures": told})
    marked = [
        contact
        for failure in lasting
        for contact in mark_email_failed(organisation, failure.address, detail=failure.detail, now=now)
    ]
    if lasting and reply.touch is not None and not any(_is_known(organisation, reply.touch, one) for one in lasting):
        marked = mark_email_failed(organisation, reply.touch.effect.recipient, detail=told, now=now)
    if marked and reply.customer is None:
        reply.customer = marked[0].customer
        reply.contact = marked[0]
        reply.save(update_fields=["customer", "contact"])
    if reply.customer is not None and not lasting:
        _note_delay(organisation, reply, reply.customer, told, now)


def _is_known(organisation: Organisation, touch: Touch, failure: Failure) -> bool:
    """Whether the address that failed is somebody's (marked before, perhaps), or one that was in copy."""
    if failure.address in (address.lower() for address in touch.read_copies()):
        return True
    return Contact.objects.filter(organisation=organisation, email__iexact=failure.address).exists()


def _note_delay(organisation: Organisation, reply: Reply, customer: Customer, told: str, now: datetime) -> None:
    """Mail was delayed or refused for now; when it happens again and again, a person looks at the address."""
    text = f"Mail is delayed or was refused for now. {told}"
    write_timeline(customer, "bounce", text, actor=READER, now=now, data={"reply_id": reply.pk})
    bounces = Reply.objects.filter(organisation=organisation, customer=customer, kind=Reply.Kind.BOUNCE)
    count = bounces.filter(received_at__gte=now - DELAYS_WITHIN, suggestion__is_lasting=False).count()
    if count >= TOO_MANY_DELAYS:
        ask_person(
            organisation,
            customer,
            Task.Kind.CONTACT_REPAIR,
            f"contact_repair:delays:{customer.pk}",
            f"Check the e-mail address of {customer.name}: mail is delayed again and again",
            now=now,
            detail=f"{count} times within {DELAYS_WITHIN.days} days. {told}",
        )


def _close(reply: Reply, outcome: str, now: datetime, data: dict[str, object]) -> None:
    """What needs nobody is handled from the start; it never stops a touch."""
    reply.handled_at, reply.handled_by, reply.outcome, reply.suggestion = now, READER, outcome[:200], data
    reply.save(update_fields=["handled_at", "handled_by", "outcome", "suggestion"])
