"""History read at once tells of any day what that day tells itself; a replay decides as a run on each day would."""

from dataclasses import fields, replace
from datetime import date, timedelta
from itertools import count

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings

from benchmarks.storing import store_ledger
from goodterms.core.evidence import SETTLED, TOUCHES, Evidence, empty
from goodterms.core.history import Days
from goodterms.core.history import History as WholeHistory
from goodterms.core.replay import CONTACTED, replay
from goodterms.flows.collect_evidence import collect_evidence
from goodterms.flows.read_history import read_history
from goodterms.followup.models import (
    AgencyCase,
    ApProfile,
    Call,
    Dispute,
    Hold,
    Instalment,
    LateReason,
    LegalDecision,
    OptOut,
    PaymentPlan,
    PlanInvoice,
    Promise,
    Reply,
    Settlement,
)
from goodterms.followup.policy import policy_of
from goodterms.importers.example import generate
from goodterms.ledger.models import Contact
from goodterms.organizations.models import Organisation
from tests.conftest import NOW
from tests.core.simulation import sent_touches, simulate
from tests.factories import make_customer, make_effect, make_invoice, make_organisation, make_profile, make_touch
from tests.flows.history import History, days, histories, make_people, store

pytestmark = pytest.mark.django_db(transaction=True)
TODAY = NOW.date()
_slugs = count(1)
NOT_FROM_HISTORY = ("touches", "settled", "norms", "summaries")


def rows(frame: pl.DataFrame) -> list[tuple[object, ...]]:
    return sorted(frame.iter_rows(), key=repr)


def assert_same_day(organisation: Organisation, history: WholeHistory, day: date) -> None:
    cut, read = Days(history), collect_evidence(organisation, NOW, on=day).evidence
    told = cut.evidence_on(day)
    for part in fields(Evidence):
        one, other = getattr(told, part.name), getattr(read, part.name)
        if isinstance(other, pl.DataFrame) and part.name not in NOT_FROM_HISTORY:
            columns = [name for name in other.columns if name not in ("cycle", "signal_seen_date", "timezone")]
            assert one.schema == other.schema, part.name
            assert rows(one.select(columns)) == rows(other.select(columns)), (part.name, day)
    assert rows(cut.settled_on(day)) == rows(read.settled)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(histories(), days)
def test_balances_of_any_day_are_those_that_day_tells_itself(history: History, day: date) -> None:
    organisation = make_organisation(slug=f"example-{next(_slugs)}")
    store(organisation, make_people(organisation, 3), history)
    assert_same_day(organisation, read_history(organisation, NOW), day)


def ago(number: int) -> date:
    return TODAY - timedelta(days=number)


def make_everything(organisation: Organisation) -> None:
    """A customer with one of everything that can be said, agreed or decided."""
    customer = make_customer(organisation, postal_address="Example Ltd\r\n1 Example Street")
    invoice = make_invoice(customer, "R-1", due=ago(40))
    own = {"organisation": organisation, "customer": customer}
    moment = NOW - timedelta(days=4)
    make_profile(customer, override_profile="chronic", override_reason="Known.", override_date=ago(6))
    Contact.objects.filter(customer=customer).update(
        mobile="+447700900001", phone_failed_at=moment, known_from_date=ago(12)
    )
    OptOut.objects.create(organisation=organisation, channel="sms", address="+447700900001", asked_at=moment)
    Reply.objects.create(
        **own, message_key="a", received_at=moment, received_date=ago(9), content=b"x", content_type="x",
        reading="forewarning", handled_at=moment, handled_by="Robin",
    )  # fmt: skip
    Call.objects.create(**own, called_at=moment, called_date=ago(8), outcome="hung_up", made_by="Robin")
    Promise.objects.create(
        **own, recorded_by="Robin", currency="EUR", amount_minor=100, made_date=ago(9), promised_date=ago(5),
        source="call", made_at=moment, state="broken", judged_date=ago(3),
    )  # fmt: skip
    plan = PaymentPlan.objects.create(
        **own, currency="EUR", total_minor=100, rhythm="monthly", state="defaulted", proposed_date=ago(7),
        proposed_by="Robin", accepted_date=ago(6), accepted_by="Sam", ended_date=ago(1),
    )  # fmt: skip
    Instalment.objects.create(plan=plan, position=1, due_date=ago(4), amount_minor=100, paid_minor=40, paid_date=ago(2))
    PlanInvoice.objects.create(plan=plan, invoice=invoice, amount_minor=100)
    Settlement.objects.create(
        **own, currency="GBP", owed_minor=100, pay_minor=50, pay_by_date=ago(4), state="lapsed", reason="Hardship.",
        proposed_date=ago(9), proposed_by="Robin", accepted_date=ago(8), ended_date=ago(1),
    )  # fmt: skip
    Dispute.objects.create(
        **own, invoice=invoice, reason="faulty", opened_date=ago(9), opened_by="Robin", due_date=ago(1),
        resolution="unjustified", resolved_date=ago(2),
    )  # fmt: skip
    LateReason.objects.create(**own, recorded_by="Robin", reason="cash", stated_date=ago(5), stated_at=moment)
    ApProfile.objects.create(**own, pay_run="weekday", pay_run_days=[2, 5], confirmed_date=ago(3))
    Hold.objects.create(
        **own,
        reason="illness",
        from_date=ago(9),
        until_date=ago(1),
        made_by="Robin",
        made_at=moment,
        lifted_date=ago(3),
    )
    AgencyCase.objects.create(
        **own, state="recalled", ready_date=ago(9), ready_reason="Old.", approved_by="Robin",
        handed_over_date=ago(6), ended_date=ago(1),
    )  # fmt: skip
    LegalDecision.objects.create(
        **own, choice="filed", reason="Large.", figures={}, decided_date=ago(2), decided_by="Robin", approved_by="Kim"
    )


@pytest.mark.parametrize("number", [0, 1, 2, 3, 4, 5, 6, 8, 10, 30])
def test_what_was_said_and_agreed_is_known_from_its_day_on(number: int) -> None:
    organisation = make_organisation()
    make_everything(organisation)
    assert_same_day(organisation, read_history(organisation, NOW), ago(number))


def test_a_replay_decides_as_a_run_on_each_day_would_have() -> None:
    organisation = make_organisation(country="IE", timezone="Europe/Dublin")
    store_ledger(organisation, generate(7, 60, TODAY, years=1))
    policy, start, length = policy_of(organisation), ago(60), 60

    def known(day: date) -> Evidence:
        read = collect_evidence(organisation, NOW, on=day).evidence
        return replace(read, touches=empty(TOUCHES))

    weekends = [start + timedelta(days=number) for number in range(length)]
    closed = {day for day in weekends if day.weekday() >= 5}
    by_day = sent_touches(simulate(known, policy, start, length, downtime=closed))
    found = replay(read_history(organisation, NOW), {"present": policy}, start, length)
    assert found is not None
    columns = [name for name in CONTACTED if name != "days_overdue"]
    assert found["present"].height > 50
    assert rows(found["present"].select(columns)) == rows(by_day.select(columns))


def test_a_replay_begins_with_what_had_been_sent_and_keeps_what_people_wrote() -> None:
    organisation = make_organisation()
    customer = make_customer(organisation)
    make_invoice(customer, "R-1", due=ago(20), imported_at=NOW - timedelta(days=60))
    make_profile(customer, override_profile="forgetful", override_reason="Known.", override_date=ago(60))
    effect = make_effect(customer, state="sent")
    make_touch(
        customer, effect=effect, step="friendly", cycle=f"since-{ago(19)}", planned_date=ago(12), sent_date=ago(12)
    )
    found = replay(read_history(organisation, NOW), {"present": policy_of(organisation)}, ago(10), 10)
    assert found is not None
    assert found["present"].select("step", "planned_date").rows()[0] == ("clear", ago(5))


def test_a_replay_that_is_told_to_stop_has_no_answer() -> None:
    organisation = make_organisation()
    make_invoice(make_customer(organisation), "R-1", due=ago(20))
    history = read_history(organisation, NOW)
    seen: list[int] = []

    def goes_on(done: int) -> bool:
        seen.append(done)
        return done < 3

    assert replay(history, {"present": policy_of(organisation)}, ago(10), 10, goes_on) is None
    assert seen == [1, 2, 3]


def test_settled_invoices_have_the_columns_that_habits_are_read_from() -> None:
    organisation = make_organisation()
    assert Days(read_history(organisation, NOW)).settled_on(TODAY).schema == SETTLED
