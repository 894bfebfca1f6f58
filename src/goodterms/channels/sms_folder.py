"""Text messages into a folder: one file each, for whoever tries things out; nothing leaves the machine."""

from datetime import datetime
from pathlib import Path

from goodterms.channels.folder import FolderWriter
from goodterms.channels.port import Parcel, Receipt
from goodterms.channels.sms import CONTENT_TYPE, prepare_sms
from goodterms.messages.message import Message


class SmsFolderChannel:
    """Writes each text whole or not at all, under a name made from the effect's key: again is the same file."""

    content_type = CONTENT_TYPE
    retry_is_safe = True
    leaves_machine = False

    def __init__(self, folder: Path, name: str = "sms folder") -> None:
        self.name = name
        self._writer = FolderWriter(folder, ".txt")

    def prepare(self, effect_key: str, message: Message, now: datetime, *, replies_to: str = "") -> Parcel:
        return prepare_sms(message)

    def open(self) -> None:
        self._writer.open()

    def hand_over(self, effect_key: str, parcel: Parcel) -> Receipt:
        return self._writer.receive(effect_key, parcel.content)

    def close(self) -> None:
        """Nothing is kept open."""
