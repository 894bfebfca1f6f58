"""The originals that an evidence file holds: every message, answer, recording, proof and invoice, byte for byte."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.policy import default
from mimetypes import guess_extension

from goodterms.followup.models import Call, PostalProof, Reply
from goodterms.ledger.models import Customer, InvoiceDocument
from goodterms.outbox.models import SentMessage

_ENDINGS = {"message/rfc822": ".eml", "text/plain": ".txt", "application/pdf": ".pdf", "image/jpeg": ".jpg"}


@dataclass(frozen=True, slots=True)
class Original:
    """One file as it was sent, received or recorded; ``text`` are its words, where it has words to print."""

    path: str
    what: str
    at: datetime | None
    media_type: str
    content: bytes
    text: str = ""


def read_originals(customer: Customer) -> Iterator[Original]:
    """All originals about a customer, by kind and then by time."""
    yield from _sent(customer)
    yield from _replies(customer)
    yield from _recordings(customer)
    yield from _proofs(customer)
    yield from _invoices(customer)


def _sent(customer: Customer) -> Iterator[Original]:
    rows = SentMessage.objects.filter(effect__customer_id=customer.pk, organisation=customer.organisation_id)
    for row in rows.select_related("effect").order_by("position"):
        content, effect = bytes(row.content), row.effect
        name = f"sent/{row.position:06}-{effect.channel}-{row.sent_at:%Y-%m-%d}{_ending(row.content_type)}"
        what = f"Sent by {effect.channel} to {effect.recipient} (message {row.position} of the record)"
        yield Original(name, what, row.sent_at, row.content_type, content, read_words(content, row.content_type))


def _replies(customer: Customer) -> Iterator[Original]:
    for reply in Reply.objects.filter(customer=customer).order_by("received_at", "pk").prefetch_related("attachments"):
        folder = f"received/{reply.pk:06}-{reply.channel}-{reply.received_date}"
        what = f"Received by {reply.channel} from {reply.from_address}: {reply.subject}".rstrip(": ")
        path = f"{folder}{_ending(reply.content_type)}"
        yield Original(path, what, reply.received_at, reply.content_type, bytes(reply.content), reply.text)
        for file in reply.attachments.all():
            if file.content:
                path = f"{folder}-{file.pk}-{plain_name(file.file_name)}"
                what = f"Came with it: {file.file_name}"
                yield Original(path, what, reply.received_at, file.media_type, bytes(file.content))


def _recordings(customer: Customer) -> Iterator[Original]:
    for call in Call.objects.filter(customer=customer, recording__isnull=False).order_by("called_at", "pk"):
        path = f"calls/{call.pk:06}-{call.called_date}{_ending(call.recording_type)}"
        what = f"Recording of a call ({call.get_outcome_display()}), consent asked by {call.consent_by}"
        yield Original(path, what, call.called_at, call.recording_type, bytes(call.recording or b""))


def _proofs(customer: Customer) -> Iterator[Original]:
    for proof in PostalProof.objects.filter(customer=customer).select_related("effect").order_by("pk"):
        papers = (
            ("posting", proof.posting_proof, proof.posting_proof_type, proof.posted_date),
            ("receipt", proof.receipt, proof.receipt_type, proof.received_date),
        )
        for name, content, kind, day in papers:
            if content:
                what = f"Proof of {name} of {day}, letter {proof.sending_number} to {proof.effect.recipient}"
                yield Original(f"proofs/{proof.pk:06}-{name}{_ending(kind)}", what, None, kind, bytes(content))


def _invoices(customer: Customer) -> Iterator[Original]:
    copies = InvoiceDocument.objects.filter(invoice__customer=customer).select_related("invoice").order_by("pk")
    for copy in copies:
        path = f"invoices/{copy.pk:06}-{plain_name(copy.file_name)}"
        yield Original(path, f"Invoice {copy.invoice.number}", None, copy.media_type, bytes(copy.content))


def read_words(content: bytes, content_type: str) -> str:
    """The words of a sent message, to be printed; empty for a letter, whose pages are bound in as they are."""
    if content_type == "message/rfc822":
        mail = message_from_bytes(content, policy=default)
        body = mail.get_body(("plain",))
        head = "\n".join(f"{name}: {mail[name]}" for name in ("Date", "From", "To", "Cc", "Subject") if mail[name])
        return f"{head}\n\n{body.get_content() if body else ''}".strip()
    return content.decode("utf-8", "replace") if content_type.startswith("text/") else ""


def plain_name(name: str) -> str:
    """A file name without anything that a file system or an archive could take for more than a name."""
    kept = "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in name).lstrip(".")
    return kept[-100:] or "file"


def _ending(media_type: str) -> str:
    return _ENDINGS.get(media_type) or guess_extension(media_type.partition(";")[0]) or ".bin"
