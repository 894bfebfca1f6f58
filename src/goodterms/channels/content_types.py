"""What the messages of each channel are, as Internet media types and as endings of files."""

from collections.abc import Mapping

from goodterms.channels import agency, email, letter, sms
from goodterms.channels.call import CallChannel

CONTENT_TYPES: Mapping[str, str] = {
    "email": email.CONTENT_TYPE,
    "sms": sms.CONTENT_TYPE,
    "letter": letter.CONTENT_TYPE,
    "certified": letter.CONTENT_TYPE,
    "call": CallChannel.content_type,
    "agency": agency.CONTENT_TYPE,
}
"""By the channel's name."""
_ENDINGS = {email.CONTENT_TYPE: "eml", letter.CONTENT_TYPE: "pdf", agency.CONTENT_TYPE: "zip", sms.CONTENT_TYPE: "txt"}


def ending_of(content_type: str) -> str:
    """How the name of a file with such a message ends."""
    return _ENDINGS.get(content_type.partition(";")[0], "bin")
