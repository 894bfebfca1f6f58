"""Text messages into a folder: one file each, for whoever tries things out; nothing leaves the machine."""

from datetime import datetime

from goodterms.channels.folder import FilesChannel
from goodterms.channels.port import Parcel
from goodterms.channels.sms import CONTENT_TYPE, prepare_sms
from goodterms.messages.message import Message


class SmsFolderChannel(FilesChannel):
    """Text messages, each as a text file."""

    content_type, ending, called = CONTENT_TYPE, ".txt", "sms folder"

    def prepare(self, effect_key: str, message: Message, now: datetime, *, replies_to: str = "") -> Parcel:
        return prepare_sms(message)
