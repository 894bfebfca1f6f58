"""Letters into a folder: one PDF each, named by its effect, for a person or a printer to take from there."""

from datetime import datetime
from pathlib import Path

from goodterms.channels.folder import FolderWriter
from goodterms.channels.letter_rendering import Unprintable, enclose, render_letters
from goodterms.channels.port import Parcel, Receipt, Refused
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


class LetterChannel:
    """Writes each letter whole or not at all, under a name made from the effect's key: again is the same file."""

    content_type = CONTENT_TYPE
    retry_is_safe = True
    leaves_machine = False

    def __init__(self, folder: Path, name: str = "letter folder") -> None:
        self.name = name
        self._writer = FolderWriter(folder, ".pdf")

    def prepare(self, effect_key: str, message: Message, now: datetime, *, replies_to: str = "") -> Parcel:
        return Parcel(print_letter(message, now), (message.recipient_email,))

    def open(self) -> None:
        self._writer.open()

    def hand_over(self, effect_key: str, parcel: Parcel) -> Receipt:
        return self._writer.receive(effect_key, parcel.content)

    def close(self) -> None:
        """Nothing is kept open."""
