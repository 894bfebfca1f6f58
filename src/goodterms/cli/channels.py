"""The channels that the installation's settings name."""

from collections.abc import Mapping

from django.conf import settings

from goodterms.channels.port import Channel
from goodterms.channels.smtp import SmtpServer
from goodterms.channels.wiring import channels_from
from goodterms.core.refusal import Refusal
from goodterms.flows.backup_installation import read_pause


class SendingPaused(Refusal):
    """The installation was restored from a backup, and nobody has said yet that it may send."""

    def __init__(self, made_at: str) -> None:
        super().__init__(
            f"Nothing is sent: this was restored from a backup of {made_at}, and what was sent since is not known "
            "here. Look first (docs/runbooks/restore-a-backup.md), then run: goodterms resume"
        )


def make_channels() -> Mapping[str, Channel]:
    """The channels of one worker or command: they hold its connections, and are closed by it.

    Raises SendingPaused after a restore, where they would reach beyond this machine.
    """
    made_at = sending_paused_since()
    if made_at:
        raise SendingPaused(made_at)
    return make_channels_unchecked()


def make_channels_unchecked() -> Mapping[str, Channel]:
    """The same for the worker, which asks ``sending_paused_since`` itself before each round."""
    mail = settings.CONFIGURATION.mail
    server = SmtpServer(mail.host, mail.port, mail.security, mail.username, mail.password, mail.timeout_seconds)
    return channels_from(settings.CONFIGURATION.outbox_folder, server if mail.mode == "smtp" else None)


def sending_paused_since() -> str:
    """When the backup was made after whose restore sending still waits; empty when it does not."""
    return read_pause(settings.CONFIGURATION.home) if settings.CONFIGURATION.mail.mode == "smtp" else ""
