"""What comes from outside: mail at each call, the way of letters once a day; neither holds the other up."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from goodterms.channels.lob import letter_id_of
from goodterms.cli.incoming import Incoming, make_incoming
from goodterms.followup.models import PostalProof
from goodterms.inbox.imap import InboxUnavailable
from tests.channels.lob_server import LobServer, lob_server
from tests.conftest import NOW
from tests.factories import make_customer, make_organisation
from tests.flows.letters import send_letter

pytestmark = pytest.mark.django_db


@pytest.fixture
def server() -> Iterator[LobServer]:
    with lob_server() as running:
        yield running


def test_letters_are_followed_once_a_day_whatever_becomes_of_the_mail(server: LobServer) -> None:
    letter: dict[str, Any] = {"id": "ltr_0000000000000001", "metadata": {"effect": ""}, "tracking_number": "9407 1"}
    server.letters["1"] = letter
    receipt = "lob ltr_0000000000000001, expected 2026-03-17"
    assert letter_id_of(receipt)
    effect = send_letter(make_customer(make_organisation()), transport="lob certified", receipt=receipt)
    moment = [NOW + timedelta(hours=1)]
    calls: list[datetime] = []

    def fetch() -> None:
        calls.append(moment[0])
        raise InboxUnavailable("The mailbox cannot be read.")

    incoming = Incoming(fetch, server.account(), lambda: moment[0])
    for hours in (0, 12, 23, 24):
        moment[0] = NOW + timedelta(hours=hours + 1)
        if hours == 24:
            letter["tracking_events"] = [{"id": "evnt_1", "name": "Mailed", "time": NOW.isoformat()}]
        with pytest.raises(InboxUnavailable):
            incoming()
    assert len(calls) == 4
    proof = PostalProof.objects.get(effect=effect)
    assert (proof.sending_number, proof.posted_date) == ("9407 1", NOW.date())


def test_a_provider_out_of_reach_keeps_no_mail_waiting(server: LobServer) -> None:
    receipt = "lob ltr_0000000000000001, expected 2026-03-17"
    send_letter(make_customer(make_organisation()), transport="lob certified", receipt=receipt)
    calls: list[int] = []
    Incoming(lambda: calls.append(1), server.account("test_wrong"), lambda: NOW)()
    assert calls == [1]


def test_where_nothing_comes_from_outside_nothing_is_asked() -> None:
    assert make_incoming(lambda: NOW) is None
