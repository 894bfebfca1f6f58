"""What every way of sending text messages has in common: the bytes are the text, and there is one recipient."""

from goodterms.channels.port import Parcel
from goodterms.messages.message import Message

CONTENT_TYPE = "text/plain"


def prepare_sms(message: Message) -> Parcel:
    """The text as it will be read, for the mobile number that the message names as its recipient."""
    return Parcel(message.text.encode(), (message.recipient_email,))
