"""One line that says what some sent bytes were, where nothing but the bytes is left."""

from email import policy
from email.parser import BytesHeaderParser


def headline(content_type: str, content: bytes) -> str:
    """An e-mail's subject; else the first line of the text."""
    if content_type == "message/rfc822":
        return str(BytesHeaderParser(policy=policy.SMTP).parsebytes(content)["subject"] or "")
    return content.decode("utf-8", "replace").strip().partition("\n")[0].strip()
