"""The mailbox that the installation's settings name."""

import logging
from collections.abc import Callable

from django.conf import settings

from goodterms.cli.context import current_moment
from goodterms.core.refusal import Refusal
from goodterms.flows.take_mail import take_mail
from goodterms.inbox.imap import FetchCounts, ImapServer, fetch_unseen

logger = logging.getLogger(__name__)


class NoMailbox(Refusal):
    """Mail was to be fetched, and the settings name no mailbox."""

    def __init__(self) -> None:
        super().__init__(
            'There is no mailbox to fetch from: in settings.toml, set [inbox] mode = "imap" with host and username, '
            "and give the password there or in GOODTERMS_IMAP_PASSWORD."
        )


def imap_server() -> ImapServer:
    """The mailbox of the settings; raises NoMailbox."""
    given = settings.CONFIGURATION.inbox
    if given.mode != "imap":
        raise NoMailbox
    return ImapServer(
        host=given.host,
        port=given.port,
        security=given.security,
        username=given.username,
        password=given.password,
        folder=given.folder,
        done_folder=given.done_folder,
        timeout_seconds=given.timeout_seconds,
    )


def fetch_mail() -> FetchCounts:
    """Take in every unseen mail, each in its transaction, marked once that is committed; raises InboxUnavailable."""
    slug = settings.CONFIGURATION.inbox.organisation
    done = fetch_unseen(imap_server(), lambda raw: take_mail(raw, now=current_moment(), slug=slug))
    if done.taken or done.failed or done.set_aside:
        told = (done.taken, done.failed, done.set_aside)
        logger.info("Mail taken in: %s; left unseen: %s; flagged and set aside: %s.", *told)
    return done


def mail_fetcher() -> Callable[[], FetchCounts] | None:
    """What the worker calls now and then; None without a mailbox."""
    return fetch_mail if settings.CONFIGURATION.inbox.mode == "imap" else None
