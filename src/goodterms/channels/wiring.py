"""Which channels an installation has, from its settings' plain values."""

from collections.abc import Mapping
from pathlib import Path

from goodterms.channels.agency import AgencyChannel
from goodterms.channels.call import CallChannel
from goodterms.channels.certified import CertifiedChannel
from goodterms.channels.folder import FolderChannel
from goodterms.channels.letter import LetterChannel
from goodterms.channels.lob import LobAccount, LobChannel
from goodterms.channels.port import TEST_MODE, Channel
from goodterms.channels.sms_folder import SmsFolderChannel
from goodterms.channels.smtp import SmtpChannel, SmtpServer
from goodterms.channels.twilio import TwilioAccount, TwilioChannel


def channels_from(
    outbox_folder: Path,
    smtp: SmtpServer | None,
    twilio: TwilioAccount | None = None,
    lob: LobAccount | None = None,
) -> Mapping[str, Channel]:
    """E-mail through ``smtp`` and texts through ``twilio``, or into folders without them; calls as tasks; letters
    through ``lob``, or into folders for people to print; in test mode always folders.

    Made once per worker: the connections live in it.
    """
    email: Channel = SmtpChannel(smtp) if smtp else FolderChannel(outbox_folder)
    return {
        "email": email,
        "email" + TEST_MODE: FolderChannel(outbox_folder / "test-mode", "test folder"),
        "sms": TwilioChannel(twilio) if twilio else SmsFolderChannel(outbox_folder / "sms"),
        "sms" + TEST_MODE: SmsFolderChannel(outbox_folder / "test-mode" / "sms", "test sms"),
        "call": CallChannel(),
        **_on_paper(outbox_folder, lob),
    }


def _on_paper(outbox_folder: Path, lob: LobAccount | None) -> dict[str, Channel]:
    tests = outbox_folder / "test-mode"
    return {
        "letter": LobChannel(lob) if lob else LetterChannel(outbox_folder / "letters"),
        "letter" + TEST_MODE: LetterChannel(tests / "letters", "test letters"),
        "certified": (LobChannel(lob, is_certified=True) if lob else CertifiedChannel(outbox_folder / "certified")),
        "certified" + TEST_MODE: CertifiedChannel(tests / "certified", "test certified"),
        "agency": AgencyChannel(outbox_folder / "agency"),
        "agency" + TEST_MODE: AgencyChannel(tests / "agency", "test agency"),
    }
