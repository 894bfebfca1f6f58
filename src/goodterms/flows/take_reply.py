"""A mail comes in: it is kept, put to its customer, and a person asked to read it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from django.db import transaction

from goodterms.flows.ask_person import task_owner
from goodterms.flows.facts import local_day, raise_facts_version, write_timeline
from goodterms.flows.repair_contact import mark_email_failed
from goodterms.flows.thread_reply import Thread, find_thread
from goodterms.followup.models import Reply, ReplyAttachment, Task
from goodterms.followup.reading import read_suggestion
from goodterms.inbox.auto_reply import AutoReply, read_auto_reply
from goodterms.inbox.bounces import Bounce, read_bounce
from goodterms.inbox.incoming import CONTENT_TYPE, Incoming
from goodterms.inbox.parse_mail import parse_mail
from goodterms.ledger.models import Contact, Customer
from goodterms.organizations.models import Organisation

OLDEST = timedelta(days=60)
READER = "goodterms"
LONGEST_LINE = 300


@transaction.atomic
def take_reply(organisation: Organisation, raw: bytes, *, now: datetime) -> Reply:
    """Take a mail in, once: the same Message-ID again returns the row that is there.

    An answer (a stranger's too) becomes a task and stops the automatic touches of its customer until it is handled;
    an automatic answer and a delivery failure are noted and need nobody. A permanent failure marks the address.
    """
    mail = parse_mail(raw)
    known = Reply.objects.filter(organisation=organisation, message_key=mail.message_key).first()
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
        _ask_to_read(organisation, reply, now)
    return reply


def _is_from_contact(organisation: Organisation, mail: Incoming) -> bool:
    """Whoever is a contact writes to us themselves, even where they pass on what a mail server told them."""
    own = mail.from_address
    return bool(own) and Contact.objects.filter(organisation=organisation, email__iexact=own).exists()


def _received_at(mail: Incoming, now: datetime) -> datetime:
    """The mail's own moment in its writer's zone; ``now`` where it claims the future or a time long past."""
    sent = mail.sent_at
    return sent if sent and now - OLDEST <= sent.astimezone(UTC) <= now else now


def _write(
    organisation: Organisation,
    customer: Customer | None,
    thread: Thread,
    mail: Incoming,
    raw: bytes,
    kind: str,
    received_at: datetime,
) -> Reply:
    suggestion: Mapping[str, object] = {}
    language = (customer.language if customer else "") or organisation.language
    if kind == Reply.Kind.ANSWER:
        suggestion = read_suggestion(mail.text, mail.subject, language, received_at.date(), organisation.country)
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
        language=str(suggestion.get("language", language))[:8],
        content=raw,
        content_type=CONTENT_TYPE,
        text=mail.text,
        html=mail.html,
        suggestion=dict(suggestion),
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


def _ask_to_read(organisation: Organisation, reply: Reply, now: datetime) -> None:
    who = reply.from_name or reply.from_address or "Somebody"
    customer = reply.customer
    said = _line(reply.text or reply.subject)
    if customer is not None:
        raise_facts_version(organisation, customer)
        write_timeline(
            customer,
            "reply_received",
            f"{who} wrote: “{said}”",
            actor=who,
            now=now,
            effect_key=reply.touch.effect_id if reply.touch else "",
            data={"reply_id": reply.pk, "subject": reply.subject},
        )
    title = f"Read the answer of {who}" if customer else f"Find out whose answer this is: {who}"
    Task.objects.create(
        organisation=organisation,
        customer=customer,
        owner=task_owner(customer) if customer else "",
        kind=Task.Kind.REPLY,
        key=task_key(reply),
        title=title[:200],
        detail=said,
        due_date=local_day(organisation, None, now),
        created_at=now,
    )


def task_key(reply: Reply) -> str:
    """The key of the task to read this answer."""
    return f"reply:{reply.pk}"


def _note_automatic(organisation: Organisation, reply: Reply, automatic: AutoReply, now: datetime) -> None:
    until = f", away until {automatic.until}" if automatic.until else ""
    data: dict[str, object] = {"until_date": automatic.until.isoformat()} if automatic.until else {}
    _close(reply, f"Automatic answer{until}.", now, {"kind": "auto_reply", **data})
    if reply.customer is not None:
        text = f"Automatic answer from {reply.from_address}{until}."
        write_timeline(reply.customer, "auto_reply", text, actor=READER, now=now, data={"reply_id": reply.pk, **data})


def _note_bounce(organisation: Organisation, reply: Reply, bounce: Bounce, now: datetime) -> None:
    """Mark the addresses that failed for good; where none is a contact's (forwarded mail), the one we wrote to."""
    told = "; ".join(f"{failure.address}: {failure.detail or failure.status}" for failure in bounce.failures)
    _close(reply, "Delivery failed.", now, {"kind": "bounce", "failures": _line(told)})
    lasting = [failure for failure in bounce.failures if failure.is_permanent]
    marked = [
        contact
        for failure in lasting
        for contact in mark_email_failed(organisation, failure.address, detail=failure.detail, now=now)
    ]
    if lasting and not marked and reply.touch is not None:
        marked = mark_email_failed(organisation, reply.touch.effect.recipient, detail=_line(told), now=now)
    if marked and reply.customer is None:
        reply.customer = marked[0].customer
        reply.contact = marked[0]
        reply.save(update_fields=["customer", "contact"])
    if reply.customer is not None and not lasting:
        text = f"Mail is delayed or was refused for now. {_line(told)}"
        write_timeline(reply.customer, "bounce", text, actor=READER, now=now, data={"reply_id": reply.pk})


def _close(reply: Reply, outcome: str, now: datetime, data: dict[str, object]) -> None:
    """What needs nobody is handled from the start; it never stops a touch."""
    reply.handled_at, reply.handled_by, reply.outcome, reply.suggestion = now, READER, outcome[:200], data
    reply.save(update_fields=["handled_at", "handled_by", "outcome", "suggestion"])


def _line(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= LONGEST_LINE else plain[: LONGEST_LINE - 1] + "…"
