"""Tasks are finished once with an outcome; effects that wait are approved or refused once."""

from datetime import datetime

import pytest

from goodterms.flows.approve_effect import (
    NotWaitingForApproval,
    RefusalWithoutReason,
    approve_effect,
    refuse_effect,
)
from goodterms.flows.do_in_bulk import Deed, DeedKind, try_in_bulk
from goodterms.flows.finish_task import ApprovedElsewhere, EndsElsewhere, OutcomeMissing, TaskAlreadyDone, finish_task
from goodterms.followup.models import TimelineEvent
from tests.factories import make_customer, make_effect, make_organisation, make_task

pytestmark = pytest.mark.django_db


def test_a_finished_task_tells_its_outcome_in_the_timeline(now: datetime) -> None:
    customer = make_customer(make_organisation())
    task = make_task(customer)
    finish_task(customer.organisation, task, outcome="Reached", note="Pays on Friday.", actor="Kim", now=now)
    task.refresh_from_db()
    assert (task.done_by, task.outcome, task.done_at) == ("Kim", "Reached", now)
    assert TimelineEvent.objects.get().text == f"Call {customer.name}: Reached. Pays on Friday."
    customer.refresh_from_db()
    assert customer.facts_version == 2


def test_a_task_is_finished_once(now: datetime) -> None:
    customer = make_customer(make_organisation())
    task = make_task(customer)
    finish_task(customer.organisation, task, outcome="Reached", actor="Kim", now=now)
    with pytest.raises(TaskAlreadyDone, match="by Kim"):
        finish_task(customer.organisation, task, outcome="No answer", actor="Robin", now=now)
    assert TimelineEvent.objects.count() == 1


def test_a_task_without_outcome_stays_open(now: datetime) -> None:
    task = make_task(make_customer(make_organisation()))
    with pytest.raises(OutcomeMissing):
        finish_task(task.organisation, task, outcome=" ", actor="Kim", now=now)


@pytest.mark.parametrize("word", ["approved", "Done"])
def test_what_waits_for_approval_is_not_ended_by_a_word(now: datetime, word: str) -> None:
    task = make_task(make_customer(make_organisation()), kind="approval")
    with pytest.raises(ApprovedElsewhere, match="ends when what it asks about is approved"):
        finish_task(task.organisation, task, outcome=word, actor="Kim", now=now)
    task.refresh_from_db()
    assert task.done_at is None


@pytest.mark.parametrize("kind", ["uncertain", "failed", "reply", "print"])
def test_what_ends_with_a_deed_of_its_own_is_not_ended_by_a_word(now: datetime, kind: str) -> None:
    customer = make_customer(make_organisation())
    task, call = make_task(customer, kind=kind), make_task(customer)
    with pytest.raises(EndsElsewhere, match="in its own place"):
        finish_task(task.organisation, task, outcome="Done", actor="Kim", now=now)
    deed = Deed(DeedKind.FINISH, reason="Done")
    left, done = try_in_bulk(task.organisation, deed, [task, call], actor="Kim", now=now)
    assert ("in its own place" in left.refusal, done.refusal) == (True, "")
    task.refresh_from_db()
    assert task.done_at is None


def test_an_approved_effect_is_queued_once(now: datetime) -> None:
    customer = make_customer(make_organisation())
    effect = make_effect(customer, state="waiting")
    approve_effect(customer.organisation, effect, actor="Robin", now=now)
    effect.refresh_from_db()
    assert (effect.state, effect.reason) == ("queued", "Approved by Robin.")
    with pytest.raises(NotWaitingForApproval, match="queued by now"):
        approve_effect(customer.organisation, effect, actor="Kim", now=now)


def test_a_refused_effect_never_leaves(now: datetime) -> None:
    customer = make_customer(make_organisation())
    effect = make_effect(customer, state="waiting")
    with pytest.raises(RefusalWithoutReason):
        refuse_effect(customer.organisation, effect, reason="", actor="Robin", now=now)
    refuse_effect(customer.organisation, effect, reason="They called.", actor="Robin", now=now)
    effect.refresh_from_db()
    assert (effect.state, effect.reason) == ("cancelled", "Refused by Robin: They called.")
    assert TimelineEvent.objects.get().text == "Message refused: They called."


def test_an_effect_of_another_organisation_is_out_of_reach(now: datetime) -> None:
    effect = make_effect(make_customer(make_organisation()), state="waiting")
    with pytest.raises(NotWaitingForApproval):
        approve_effect(make_organisation(slug="other"), effect, actor="Robin", now=now)
    effect.refresh_from_db()
    assert effect.state == "waiting"
