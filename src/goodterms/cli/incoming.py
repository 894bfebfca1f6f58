"""What comes from outside without being asked for here: answers by mail, and the way of letters given to a provider."""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from goodterms.channels.lob import LobAccount, LobChannel
from goodterms.channels.port import Unavailable
from goodterms.cli.channels import lob_account
from goodterms.cli.mailbox import mail_fetcher
from goodterms.core.refusal import Refusal
from goodterms.flows.take_tracking import open_letters, take_tracking
from goodterms.organizations.models import Organisation

FOLLOW_EVERY = timedelta(days=1)
RETRY_AFTER = timedelta(hours=1)

logger = logging.getLogger(__name__)


class ProviderOutOfReach(Refusal):
    """The provider of letters does not answer."""


def follow_letters(account: LobAccount, organisations: Iterable[Organisation], now: datetime) -> int:
    """Ask the provider for the way of the letters it was given in the last sixty days; how many events were new.

    Raises ProviderOutOfReach; what was told before that is kept.
    """
    channel, count = LobChannel(account), 0
    try:
        for organisation in organisations:
            for effect, letter_id in open_letters(organisation, now):
                told = channel.read_tracking(letter_id)
                count += take_tracking(organisation, effect, told.events, now=now, number=told.number)
    except Unavailable as outage:
        raise ProviderOutOfReach(str(outage)) from outage
    finally:
        channel.close()
    return count


class Incoming:
    """What the worker calls now and then: mail each time, letters once a day; neither holds the other up."""

    def __init__(
        self, fetch: Callable[[], object] | None, account: LobAccount | None, clock: Callable[[], datetime]
    ) -> None:
        self._fetch = fetch
        self._account = account
        self._clock = clock
        self._follow_at: datetime | None = None

    def __call__(self) -> None:
        """Take in what came; raises InboxUnavailable."""
        self._follow()
        if self._fetch is not None:
            self._fetch()

    def _follow(self) -> None:
        now = self._clock()
        if self._account is None or (self._follow_at and now < self._follow_at):
            return
        self._follow_at = now + FOLLOW_EVERY
        try:
            count = follow_letters(self._account, Organisation.objects.order_by("pk"), now)
        except ProviderOutOfReach as outage:
            self._follow_at = now + RETRY_AFTER
            logger.warning("The way of letters could not be asked for: %s", outage)
        else:
            logger.info("Letters at the provider: %s new events.", count)


def make_incoming(clock: Callable[[], datetime]) -> Incoming | None:
    """What the settings name; None where nothing comes from outside."""
    fetch, account = mail_fetcher(), lob_account()
    return Incoming(fetch, account, clock) if fetch or account else None
