"""The channels that the installation's settings name."""

from collections.abc import Mapping

from django.conf import settings

from goodterms.channels.lob import LobAccount
from goodterms.channels.port import Channel
from goodterms.channels.smtp import SmtpServer
from goodterms.channels.twilio import TwilioAccount
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
    smtp = server if mail.mode == "smtp" else None
    return channels_from(settings.CONFIGURATION.outbox_folder, smtp, twilio_account(), lob_account())


def twilio_account() -> TwilioAccount | None:
    """The account texts are sent through; None where they go into the folder."""
    sms, server = settings.CONFIGURATION.sms, settings.CONFIGURATION.server
    if sms.mode != "twilio":
        return None
    address = f"{server.public_address}/sms/status/" if server.public_address else ""
    return TwilioAccount(sms.account_sid, sms.auth_token, sms.sender, address, timeout_seconds=sms.timeout_seconds)


def lob_account() -> LobAccount | None:
    """The account letters are printed and mailed through; None where people print them."""
    post = settings.CONFIGURATION.post
    if post.mode != "lob":
        return None
    return LobAccount(post.api_key, color=post.color, timeout_seconds=post.timeout_seconds)


def sending_paused_since() -> str:
    """When the backup was made after whose restore sending still waits; empty when it does not."""
    given = settings.CONFIGURATION
    leaves = given.mail.mode == "smtp" or given.sms.mode == "twilio" or given.post.mode == "lob"
    return read_pause(settings.CONFIGURATION.home) if leaves else ""
