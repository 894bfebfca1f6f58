"""The channel that e-mails of this installation leave by, for a page that sends a test to the person before it."""

from django.conf import settings
from django.utils.translation import gettext as _

from goodterms.channels.port import TEST_MODE, Channel
from goodterms.channels.smtp import SmtpServer
from goodterms.channels.wiring import channels_from
from goodterms.core.refusal import Refusal
from goodterms.flows.backup_installation import read_pause
from goodterms.organizations.models import Organisation


class SendingRests(Refusal):
    """After a restore nothing leaves until a person says so."""


def email_channel(organisation: Organisation) -> Channel:
    """As the worker has it: a server, or a folder; in test mode always a folder. Raises SendingRests."""
    given = settings.CONFIGURATION
    mail = given.mail
    server = SmtpServer(mail.host, mail.port, mail.security, mail.username, mail.password, mail.timeout_seconds)
    smtp = server if mail.mode == "smtp" else None
    if smtp is not None and not organisation.is_test_mode and read_pause(given.home):
        raise SendingRests(_("Nothing is sent after a restore until somebody says so: goodterms resume."))
    channels = channels_from(given.outbox_folder, smtp)
    return channels["email" + TEST_MODE if organisation.is_test_mode else "email"]
