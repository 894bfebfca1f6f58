"""What would leave for an effect that has not been sent: the same words as the relay's, composed now."""

from dataclasses import dataclass
from datetime import datetime

from goodterms.flows.compose_message import compose_touches
from goodterms.messages.message import Message
from goodterms.outbox.models import Effect
from goodterms.web.sent_mail import Enclosure, ReadMail, embed_pictures


@dataclass(frozen=True)
class Preview:
    """The message as it stands now, and the faults for which it would be held back."""

    mail: ReadMail | None
    faults: tuple[str, ...]


def preview_of(effect: Effect, now: datetime) -> Preview | None:
    """The preview, or None where the effect carries out no touch."""
    touch = getattr(effect, "touch", None)
    if touch is None:
        return None
    composed = compose_touches([touch.pk], now).get(touch.pk)
    if composed is None:
        return None
    shown = composed.message or composed.draft
    return Preview(as_mail(shown) if shown else None, tuple(str(fault) for fault in composed.faults))


def as_mail(message: Message) -> ReadMail:
    """The message in the parts that a page shows."""
    headers = [
        ("From", f"{message.sender_name} <{message.sender_email}>" if message.html and not message.letter else ""),
        ("To", _to(message)),
        ("Cc", ", ".join(message.cc)),
        ("Reply-To", message.reply_to if not message.letter else ""),
        ("Subject", message.subject),
    ]
    return ReadMail(
        message.subject,
        [(name, value) for name, value in headers if value],
        message.text,
        embed_pictures(message.html, {image.cid: (image.media_type, image.content) for image in message.images}),
        [Enclosure(file.file_name, file.media_type, len(file.content)) for file in message.attachments],
    )


def _to(message: Message) -> str:
    """Whom it goes to: a mail's address in angle brackets, a letter's on one line, a text's number."""
    if message.letter:
        return message.recipient_email
    shown = f"<{message.recipient_email}>" if message.recipient_email else ""
    return f"{message.recipient_name} {shown}".strip()
