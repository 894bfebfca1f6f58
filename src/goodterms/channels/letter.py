"""Letters into a folder: one PDF each, named by its effect, for a person or a printer to take from there."""

from datetime import datetime

from goodterms.channels.folder import FilesChannel
from goodterms.channels.letter_rendering import Unprintable, enclose, render_letters
from goodterms.channels.port import Parcel, Refused
from goodterms.messages.message import Message

CONTENT_TYPE = "application/pdf"


def print_letter(message: Message, now: datetime) -> bytes:
    """The letter of a message as PDF, the copies it encloses behind it; raises Refused."""
    if message.letter is None:
        raise Refused(f"The template {message.template} makes no letter; use one that does, such as reminder_letter.")
    try:
        pdf = render_letters([message.letter], now)
    except Unprintable as error:
        raise Refused(str(error)) from error
    return enclose(pdf, message.attachments) if message.attachments else pdf


class LetterChannel(FilesChannel):
    """Letters, each as one PDF."""

    content_type, ending, called = CONTENT_TYPE, ".pdf", "letter folder"

    def prepare(self, effect_key: str, message: Message, now: datetime, *, replies_to: str = "") -> Parcel:
        return Parcel(print_letter(message, now), (message.recipient_email,))
