"""One line that says what some sent bytes were, where nothing but the bytes is left."""

from email import policy
from email.parser import BytesHeaderParser
from io import BytesIO
from zipfile import ZipFile

from pypdf import PdfReader


def headline(content_type: str, content: bytes) -> str:
    """An e-mail's subject, a letter's, how much is in an archive; else the first line of the text."""
    if content_type == "message/rfc822":
        return str(BytesHeaderParser(policy=policy.SMTP).parsebytes(content)["subject"] or "")
    if content_type == "application/pdf":
        metadata = PdfReader(BytesIO(content)).metadata
        return str(metadata.title or "") if metadata else ""
    if content_type == "application/zip":
        with ZipFile(BytesIO(content)) as archive:
            return f"{len(archive.namelist())} files in an archive"
    return content.decode("utf-8", "replace").strip().partition("\n")[0].strip()
