"""Which channels an installation has, from its settings' plain values."""

from collections.abc import Mapping
from pathlib import Path

from goodterms.channels.call import CallChannel
from goodterms.channels.folder import FolderChannel
from goodterms.channels.port import TEST_MODE, Channel
from goodterms.channels.smtp import SmtpChannel, SmtpServer


def channels_from(outbox_folder: Path, smtp: SmtpServer | None) -> Mapping[str, Channel]:
    """E-mail through ``smtp``, or into the folder without it; calls as tasks; in test mode always the folder.

    Made once per worker: the connections live in it.
    """
    email: Channel = SmtpChannel(smtp) if smtp else FolderChannel(outbox_folder)
    return {
        "email": email,
        "email" + TEST_MODE: FolderChannel(outbox_folder / "test-mode", "test folder"),
        "call": CallChannel(),
    }
