"""The installation's own letters (invitations, new passwords) into a folder: nothing leaves the machine."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from goodterms.channels.folder import FolderWriter
from goodterms.channels.port import Unavailable


class FolderBackend(BaseEmailBackend):
    """Writes each letter into a file of its own that mail programs can show."""

    def __init__(self, fail_silently: bool = False, **_: Any) -> None:
        super().__init__(fail_silently=fail_silently)
        self._writer = FolderWriter(Path(settings.EMAIL_FILE_PATH), ".eml")

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            mail = message.message()
            try:
                self._writer.write(str(mail["Message-ID"]), mail.as_bytes())
            except Unavailable as error:
                raise OSError(str(error)) from error
        return len(email_messages)
