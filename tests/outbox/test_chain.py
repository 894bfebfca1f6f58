"""The hash chain: whatever is changed, removed or slipped in later shows, and where."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from hashlib import sha256

import pytest
from django.db import connection

from goodterms.outbox.chain import START, chain_hash, verify_chain
from goodterms.outbox.models import Effect, SentMessage
from tests.conftest import NOW
from tests.outbox.relaying import RememberingChannel, make_queue, relay

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def organisation_id() -> int:
    """An organisation that sent five messages."""
    effects = make_queue(5)
    relay(RememberingChannel())
    return effects[0].organisation_id


@pytest.fixture
def unguarded() -> Iterator[None]:
    """Somebody with the rights of the database's owner switches the guards off."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ALTER TABLE outbox_sentmessage DISABLE TRIGGER USER")
        else:
            cursor.execute("DROP TRIGGER sent_message_stays")
    yield
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE outbox_sentmessage ENABLE TRIGGER USER")


def test_an_untouched_chain_holds(organisation_id: int) -> None:
    verdict = verify_chain(organisation_id)
    assert (verdict.checked, verdict.broken) == (5, None)
    assert verdict.head == SentMessage.objects.get(position=5).chain_hash


@pytest.mark.usefixtures("unguarded")
@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"content": b"We never wrote that."}, "its bytes are not those that were sent"),
        ({"content_sha256": "0" * 64}, "its bytes are not those that were sent"),
        ({"sent_at": NOW + timedelta(days=1)}, "its key, its hash or its time was changed"),
        ({"previous_hash": START}, "it does not follow the message before it"),
        ({"chain_hash": START}, "its key, its hash or its time was changed"),
    ],
)
def test_a_changed_message_is_named(organisation_id: int, change: dict[str, object], fault: str) -> None:
    SentMessage.objects.filter(position=3).update(**change)
    broken = verify_chain(organisation_id).broken
    assert broken is not None
    assert (broken.position, broken.fault) == (3, fault)
    assert broken.key == SentMessage.objects.get(position=3).effect.key


def test_a_removed_message_leaves_a_gap(organisation_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM outbox_sentmessage WHERE position = 2")
    broken = verify_chain(organisation_id).broken
    assert broken is not None
    assert broken.fault == "the message at position 2 is missing"


def test_a_removed_end_shows_in_the_effects(organisation_id: int) -> None:
    last = SentMessage.objects.get(position=5).effect.key
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM outbox_sentmessage WHERE position = 5")
    broken = verify_chain(organisation_id).broken
    assert broken is not None
    assert (broken.key, broken.fault) == (last, "it was sent, and its bytes are gone")


def test_an_organisation_that_sent_nothing_has_an_unbroken_chain() -> None:
    effect = make_queue(1)[0]
    assert verify_chain(effect.organisation_id).checked == 0
    assert Effect.objects.get().state == "queued"


def test_the_link_is_reproducible_by_anyone() -> None:
    """Fixed for ever, a chain written today must verify in ten years: four lines, hashed, the time in UTC."""
    link = chain_hash(START, "1/2/x", "ab", datetime.fromisoformat("2026-03-10T10:00:00+01:00"))
    lines = START + "\n1/2/x\nab\n2026-03-10T09:00:00.000000+00:00"
    assert link == sha256(lines.encode()).hexdigest()
