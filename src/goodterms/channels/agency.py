"""Hand-overs to a collections agency: one ZIP per case, into a folder from where a person or a transfer takes it."""

import io
import zipfile
from datetime import datetime
from pathlib import Path

from goodterms.channels.folder import FolderWriter
from goodterms.channels.port import Parcel, Receipt
from goodterms.messages.message import Attachment, Message

CONTENT_TYPE = "application/zip"
LETTER = "letter.txt"
OLDEST_YEAR = 1980  # a ZIP knows no day before


def pack(message: Message, now: datetime) -> bytes:
    """The message's text and files as a ZIP; the same message at the same moment gives the same bytes."""
    packed = io.BytesIO()
    letter = Attachment(LETTER, "text/plain", f"{message.subject}\n\n{message.text}\n".encode())
    moment = (max(now.year, OLDEST_YEAR), now.month, now.day, now.hour, now.minute, now.second)
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in (letter, *message.attachments):
            archive.writestr(zipfile.ZipInfo(file.file_name, moment), file.content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


class AgencyChannel:
    """Writes each hand-over whole or not at all, under a name made from the effect's key: again is the same file."""

    content_type = CONTENT_TYPE
    retry_is_safe = True
    leaves_machine = False

    def __init__(self, folder: Path, name: str = "agency folder") -> None:
        self.name = name
        self._writer = FolderWriter(folder, ".zip")

    def prepare(self, effect_key: str, message: Message, now: datetime, *, replies_to: str = "") -> Parcel:
        return Parcel(pack(message, now), (message.recipient_email,))

    def open(self) -> None:
        self._writer.open()

    def hand_over(self, effect_key: str, parcel: Parcel) -> Receipt:
        return self._writer.receive(effect_key, parcel.content)

    def close(self) -> None:
        """Nothing is kept open."""
