"""The timeline's chain: what was changed, removed, exchanged or slipped in afterwards is named."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, connection

from goodterms.flows.facts import write_timeline
from goodterms.flows.seal_timeline import START, link_hash, seal_recent, seal_timeline, verify_timeline
from goodterms.followup.guards import install_guards
from goodterms.followup.models import TimelineEvent, TimelineLink
from goodterms.ledger.models import Customer
from goodterms.organizations.models import Organisation
from tests.conftest import NOW
from tests.factories import make_customer, make_organisation

pytestmark = pytest.mark.django_db(transaction=True)


def say(customer: Customer, text: str, at: datetime = NOW) -> None:
    write_timeline(customer, "note", text, actor="Robin Example", now=at, data={"b": 1, "a": "ü"})


@pytest.fixture
def organisation() -> Organisation:
    """Five sealed lines."""
    ours = make_organisation()
    customer = make_customer(ours)
    for day in range(5):
        say(customer, f"line {day + 1}", NOW + timedelta(days=day))
    seal_timeline(ours, NOW + timedelta(days=5))
    return ours


@pytest.fixture
def unguarded() -> Iterator[None]:
    """Somebody with the rights of the database's owner switches the guards off."""
    with connection.cursor() as cursor:
        for table in ("timelineevent", "timelinelink"):
            for deed in ("update", "delete"):
                on = f" ON followup_{table}" if connection.vendor == "postgresql" else ""
                cursor.execute(f"DROP TRIGGER {table}_{deed}_refused{on}")
    yield
    install_guards()


def run(statement: str, *values: int | str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def event_at(position: int) -> int:
    return TimelineLink.objects.get(position=position).event_id


def broken(organisation: Organisation) -> tuple[int, str]:
    found = verify_timeline(organisation).broken
    assert found is not None
    return found.position, found.fault


def test_an_untouched_timeline_holds(organisation: Organisation) -> None:
    verdict = verify_timeline(organisation)
    assert (verdict.checked, verdict.unsealed, verdict.broken) == (5, 0, None)
    assert verdict.head == TimelineLink.objects.get(position=5).chain_hash


def test_sealing_again_adds_only_what_is_new(organisation: Organisation) -> None:
    assert seal_timeline(organisation, NOW) == 0
    say(Customer.objects.get(), "line 6", NOW + timedelta(days=6))
    assert verify_timeline(organisation).unsealed == 1
    assert seal_recent(NOW) == 1
    assert (verify_timeline(organisation).checked, verify_timeline(organisation).broken) == (6, None)


def test_each_organisation_has_its_own_chain(organisation: Organisation) -> None:
    other = make_organisation(slug="other")
    say(make_customer(other, "D1"), "elsewhere")
    assert seal_recent(NOW) == 1
    assert TimelineLink.objects.get(organisation=other).previous_hash == START
    assert verify_timeline(other).broken is None


@pytest.mark.usefixtures("unguarded")
def test_an_edited_line_is_named(organisation: Organisation) -> None:
    run("UPDATE followup_timelineevent SET text = 'we never said that' WHERE id = %s", event_at(3))
    assert broken(organisation) == (3, "its words, its time or its place were changed")


@pytest.mark.usefixtures("unguarded")
def test_a_deleted_line_is_named(organisation: Organisation) -> None:
    gone = event_at(2)
    run("DELETE FROM followup_timelinelink WHERE event_id = %s", gone)
    run("DELETE FROM followup_timelineevent WHERE id = %s", gone)
    assert broken(organisation) == (3, "the event at position 2 is missing")


@pytest.mark.usefixtures("unguarded")
def test_swapped_lines_are_named(organisation: Organisation) -> None:
    second, fourth = event_at(2), event_at(4)
    run("UPDATE followup_timelineevent SET text = 'line 4' WHERE id = %s", second)
    run("UPDATE followup_timelineevent SET text = 'line 2' WHERE id = %s", fourth)
    assert broken(organisation)[0] == 2


@pytest.mark.usefixtures("unguarded")
def test_swapped_links_are_named(organisation: Organisation) -> None:
    run("UPDATE followup_timelinelink SET position = 99 WHERE position = 2")
    run("UPDATE followup_timelinelink SET position = 2 WHERE position = 3")
    run("UPDATE followup_timelinelink SET position = 3 WHERE position = 99")
    assert broken(organisation) == (2, "it does not follow the event before it")


def test_a_line_slipped_in_is_named_and_never_sealed(organisation: Organisation) -> None:
    slipped = TimelineEvent.objects.create(
        id=event_at(1) - 1000,
        organisation=organisation,
        customer=Customer.objects.get(),
        at=NOW - timedelta(days=30),
        kind="note",
        text="You promised.",
        actor="?",
    )
    seal_timeline(organisation, NOW + timedelta(days=7))
    found = verify_timeline(organisation).broken
    assert found is not None
    assert (found.event_id, found.fault) == (slipped.pk, "it was slipped in among events that had been sealed")


@pytest.mark.usefixtures("unguarded")
def test_a_forged_link_is_named(organisation: Organisation) -> None:
    run("UPDATE followup_timelinelink SET chain_hash = %s WHERE position = 4", "f" * 64)
    assert broken(organisation)[0] == 4


@pytest.mark.usefixtures("unguarded")
def test_an_end_cut_off_shows_by_the_head_noted_elsewhere(organisation: Organisation) -> None:
    noted, gone = verify_timeline(organisation).head, event_at(5)
    run("DELETE FROM followup_timelinelink WHERE event_id = %s", gone)
    run("DELETE FROM followup_timelineevent WHERE id = %s", gone)
    assert verify_timeline(organisation).broken is None
    assert not verify_timeline(organisation, noted_head=noted).is_noted_head_known


@pytest.mark.parametrize("table", ["followup_timelineevent", "followup_timelinelink"])
@pytest.mark.parametrize("deed", ["UPDATE {} SET organisation_id = organisation_id", "DELETE FROM {}"])
def test_the_database_refuses_to_change_the_timeline(organisation: Organisation, table: str, deed: str) -> None:
    with pytest.raises(DatabaseError, match="never changes"):
        run(deed.format(table))
    assert verify_timeline(organisation).checked == 5


def test_the_link_is_reproducible_by_anyone() -> None:
    """Fixed for ever: a chain written today must verify in ten years."""
    event = (7, 1, None, "", datetime(2026, 3, 10, 9, tzinfo=UTC), "note", "Grüß Gott", {"b": 1, "a": 2}, "Robin")
    line = '[7,1,null,"","2026-03-10T09:00:00.000000+00:00","note","Grüß Gott",{"a":2,"b":1},"Robin"]'
    assert link_hash(START, event) == hashlib.sha256(f"{START}\n{line}".encode()).hexdigest()
