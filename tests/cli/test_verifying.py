"""``goodterms verify``: one command says whether the whole record is what it was."""

import pytest
from django.db import connection

from goodterms.flows.facts import write_timeline
from goodterms.flows.seal_timeline import seal_timeline
from goodterms.followup.guards import install_guards
from goodterms.followup.models import TimelineEvent, TimelineLink
from tests.cli.conftest import Run
from tests.conftest import NOW
from tests.factories import make_customer, make_organisation

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def line() -> TimelineEvent:
    """One sealed line."""
    customer = make_customer(make_organisation())
    write_timeline(customer, "note", "They promised to pay.", actor="Robin", now=NOW)
    seal_timeline(customer.organisation, NOW)
    return TimelineEvent.objects.get()


def test_the_heads_to_note_are_printed(run: Run) -> None:
    answer = run("verify")
    assert answer.exit_code == 0
    assert TimelineLink.objects.get().chain_hash in answer.output
    assert run("verify", "--noted", TimelineLink.objects.get().chain_hash).exit_code == 0


def test_a_head_that_is_no_link_any_more_is_a_fault(run: Run) -> None:
    answer = run("verify", "--noted", "a" * 64)
    assert answer.exit_code == 1
    assert "cut off or rewritten" in answer.errors


def test_a_changed_line_is_named_with_the_customer(run: Run, line: TimelineEvent) -> None:
    with connection.cursor() as cursor:
        on = " ON followup_timelineevent" if connection.vendor == "postgresql" else ""
        cursor.execute(f"DROP TRIGGER timelineevent_update_refused{on}")
        cursor.execute("UPDATE followup_timelineevent SET text = 'They never promised.'")
    answer = run("verify")
    install_guards()
    assert answer.exit_code == 1
    assert "timeline 1 (2026-03-10, C1: “They never promised.”): its words" in answer.errors
    as_json = run("verify", "--format", "json")
    assert as_json.exit_code == 1
    assert as_json.json["timeline"]["broken"]["event_id"] == line.pk
