"""Hand-overs to a collections agency: one ZIP per case, into a folder from where a person or a transfer takes it."""

import io
import zipfile
from datetime import datetime

from goodterms.channels.folder import FilesChannel
from goodterms.channels.port import Parcel
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


class AgencyChannel(FilesChannel):
    """Hand-overs, each as one ZIP."""

    content_type, ending, called = CONTENT_TYPE, ".zip", "agency folder"

    def prepare(self, effect_key: str, message: Message, now: datetime, *, replies_to: str = "") -> Parcel:
        return Parcel(pack(message, now), (message.recipient_email,))
