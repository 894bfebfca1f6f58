"""Every value that a decision can carry has a word on the pages."""

from goodterms.core.plan_touches import WAIT_REASONS
from goodterms.flows.override_profile import PROFILES as OVERRULABLE
from goodterms.followup.models import (
    AgencyCase,
    Call,
    Dispute,
    Fee,
    Hold,
    LateReason,
    PaymentPlan,
    Promise,
    Settlement,
    Source,
    Task,
)
from goodterms.followup.policy import shipped
from goodterms.ledger.models import Allocation, Contact, Invoice
from goodterms.outbox.models import Effect
from goodterms.web import agreement_words
from goodterms.web.words import (
    CALL_OUTCOMES,
    CHANNELS,
    HOLD_REASONS,
    LATE_REASONS,
    PLAYBOOKS,
    PROFILES,
    ROLES,
    STATES,
    STEPS,
    TASKS,
    TONES,
    VERDICTS,
    WAITS,
    sign_of,
)

BOOKS = shipped()["playbooks"]


def test_profiles_and_verdicts_are_those_of_the_shipped_rules() -> None:
    assert set(PROFILES) == set(OVERRULABLE)
    assert set(PLAYBOOKS) == {book["id"] for book in BOOKS}
    assert set(VERDICTS) >= {rule["outcome"] for rule in shipped()["verdicts"]}


def test_every_step_channel_and_tone_of_the_shipped_playbooks_has_a_word() -> None:
    steps = [step for book in BOOKS for step in book["steps"]]
    assert {step["id"] for step in steps} <= set(STEPS)
    assert {step["tone"] for step in steps} <= set(TONES)
    assert {channel for step in steps for channel in step["channels"]} <= set(CHANNELS)


def test_every_state_task_hold_role_and_reason_to_wait_has_a_word() -> None:
    assert set(STATES) == set(Effect.State.values)
    assert set(TASKS) == set(Task.Kind.values)
    assert set(HOLD_REASONS) == set(Hold.Reason.values)
    assert set(ROLES) == set(Contact.Role.values)
    assert set(CALL_OUTCOMES) == set(Call.Outcome.values)
    assert set(LATE_REASONS) == set(LateReason.Reason.values)
    assert set(WAITS) == set(WAIT_REASONS)


def test_a_word_of_somebodys_own_playbook_is_shown_as_it_is_written() -> None:
    assert sign_of("step", "my-own-step").label == "My own step"
    assert sign_of("step", "").label == "–"


def test_everything_agreed_or_disputed_has_a_word() -> None:
    assert set(agreement_words.PROMISE_STATES) == set(Promise.State.values)
    assert set(agreement_words.PLAN_STATES) == set(PaymentPlan.State.values)
    assert set(agreement_words.SETTLEMENT_STATES) == set(Settlement.State.values)
    assert set(agreement_words.RHYTHMS) == set(PaymentPlan.Rhythm.values)
    assert set(agreement_words.SOURCES) == set(Source.values)
    assert set(agreement_words.DISPUTE_REASONS) == set(Dispute.Reason.values)
    assert set(agreement_words.RESOLUTIONS) == {"", *Dispute.Resolution.values}
    assert set(agreement_words.FEE_REASONS) == set(Fee.Reason.values)
    assert set(agreement_words.AGENCY_STATES) == set(AgencyCase.State.values)
    assert set(agreement_words.ALLOCATIONS) == set(Allocation.Source.values)
    assert set(agreement_words.INVOICE_KINDS) == set(Invoice.Kind.values)
