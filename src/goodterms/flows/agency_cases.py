"""The life of a case for a collections agency: approved, handed over, recalled, closed; each step by a person."""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from goodterms.core.refusal import Refusal
from goodterms.flows.agency_file import PLAYBOOK, STEP, read_claims
from goodterms.flows.approvals import require_manager
from goodterms.flows.facts import local_day, raise_facts_version, write_timeline
from goodterms.followup.models import AgencyCase, Task, Touch
from goodterms.ledger.models import Customer
from goodterms.organizations.models import Organisation
from goodterms.outbox.keys import touch_key
from goodterms.outbox.models import Effect

State = AgencyCase.State
RUNNING = (State.READY, State.APPROVED, State.HANDED_OVER)


class CaseElsewhere(Refusal):
    """A case is not in the state that this step needs."""

    def __init__(self, case: AgencyCase, wanted: str) -> None:
        super().__init__(
            f"The case of {case.customer.name} is {case.get_state_display().lower()}; only one that is {wanted} can "
            "take this step. goodterms agency list shows where each stands."
        )


class NoCase(Refusal):
    """A customer has no running case."""

    def __init__(self, customer: Customer) -> None:
        super().__init__(
            f"{customer.name} has no case for an agency; goodterms agency approve {customer.number} opens one."
        )


class NothingToHandOver(Refusal):
    """Nothing is open any more."""

    def __init__(self, customer: Customer) -> None:
        super().__init__(
            f"Nothing of {customer.name} is overdue that an agency could collect: it is paid, covered by credits or "
            "cash on account, disputed, or to be paid by a plan."
        )


class NoAgency(Refusal):
    """Nobody said which agency."""

    def __init__(self) -> None:
        super().__init__("Name the agency: goodterms organisation set --agency-name NAME, or --agency NAME here.")


def running_case(customer: Customer) -> AgencyCase:
    """The customer's running case; raises NoCase."""
    case = AgencyCase.objects.filter(customer=customer, state__in=RUNNING).select_related("customer").first()
    if case is None:
        raise NoCase(customer)
    return case


@transaction.atomic
def approve_hand_over(organisation: Organisation, customer: Customer, *, actor: str, now: datetime) -> AgencyCase:
    """Approve the running case; one that no rule found ready is opened by the person's word.

    Raises NotYoursToApprove or CaseElsewhere.
    """
    require_manager(organisation, actor)
    today = local_day(organisation, customer, now)
    case = AgencyCase.objects.filter(customer=customer, state__in=RUNNING).select_related("customer").first()
    if case is None:
        _check_owing(customer, now)
        case = AgencyCase.objects.create(
            organisation=organisation, customer=customer, ready_date=today, ready_reason=f"Decided by {actor}."
        )
    _move(case, (State.READY,), State.APPROVED, "ready", approved_date=today, approved_by=actor)
    _tell(case, "agency_approved", "The hand-over to an agency was approved.", actor, now)
    return case


@transaction.atomic
def hand_over(
    organisation: Organisation, customer: Customer, *, actor: str, now: datetime, agency: str = ""
) -> AgencyCase:
    """Stop all chasing and queue the hand-over file; by e-mail where the agency's address is known, else a folder.

    The file is made at the moment it leaves, with the amounts of that moment. Raises NoCase, CaseElsewhere, NoAgency or
    NothingToHandOver.
    """
    case, today = running_case(customer), local_day(organisation, customer, now)
    name = agency.strip() or organisation.agency_name
    if not name:
        raise NoAgency
    _check_owing(customer, now)
    _move(case, (State.APPROVED,), State.HANDED_OVER, "approved", agency=name, handed_over_date=today)
    channel = "email" if organisation.agency_email else "agency"
    recipient = organisation.agency_email or name
    key = touch_key(organisation.pk, customer.pk, PLAYBOOK, f"agency-{case.pk}", STEP, 1, channel, recipient)
    effect = Effect.objects.create(
        organisation=organisation,
        key=key,
        channel=channel,
        customer_id=customer.pk,
        recipient=recipient,
        state=Effect.State.QUEUED,
        not_before=now,
        created_at=now,
    )
    Touch.objects.create(
        organisation=organisation,
        customer=customer,
        effect=effect,
        cycle=f"agency-{case.pk}",
        playbook=PLAYBOOK,
        step=STEP,
        level=5,
        occurrence=1,
        channel=channel,
        language=organisation.language,
        template="agency_hand_over",
        tone="final",
        sender="default",
        planned_date=today,
        items="[]",
        due_reason=case.ready_reason,
        profile="",
        profile_rule="",
        evidence="{}",
        policy_hash="",
    )
    _tell(case, "agency_handed_over", f"Handed over to {name}; nothing else goes out meanwhile.", actor, now)
    return case


@transaction.atomic
def recall_case(
    organisation: Organisation, customer: Customer, *, reason: str, actor: str, now: datetime
) -> AgencyCase:
    """Take the case back; chasing goes on with the next run. Raises NoCase, CaseElsewhere or OutcomeUnsaid."""
    case = running_case(customer)
    _move(case, RUNNING, State.RECALLED, "running", ended_date=local_day(organisation, customer, now),
          outcome=_said(reason))  # fmt: skip
    _cancel_queued(case, now)
    _tell(case, "agency_recalled", f"Taken back: {reason.strip()}", actor, now)
    return case


@transaction.atomic
def close_case(
    organisation: Organisation, customer: Customer, *, outcome: str, actor: str, now: datetime
) -> AgencyCase:
    """The agency has finished; the timeline says what came of it. Raises NoCase, CaseElsewhere or OutcomeUnsaid."""
    case = running_case(customer)
    _move(case, (State.HANDED_OVER,), State.CLOSED, "handed over", outcome=_said(outcome),
          ended_date=local_day(organisation, customer, now))  # fmt: skip
    _tell(case, "agency_closed", f"The agency has finished: {outcome.strip()}", actor, now)
    return case


class OutcomeUnsaid(Refusal):
    """A case was to be ended without saying why."""

    def __init__(self) -> None:
        super().__init__("Say in a few words why the case ends; it is kept in the customer's timeline.")


def _said(text: str) -> str:
    if not text.strip():
        raise OutcomeUnsaid
    return text.strip()


def _check_owing(customer: Customer, now: datetime) -> None:
    if not read_claims(customer, now):
        raise NothingToHandOver(customer)


def _move(case: AgencyCase, starts: tuple[State, ...], target: State, wanted: str, **values: object) -> None:
    """Compare and set: another person may have been quicker."""
    moved = AgencyCase.objects.filter(pk=case.pk, state__in=starts).update(state=target, **values)
    case.refresh_from_db()
    if not moved:
        raise CaseElsewhere(case, wanted)


def _cancel_queued(case: AgencyCase, now: datetime) -> None:
    """A hand-over that has not left yet stays here."""
    waiting = Effect.objects.filter(
        touch__playbook=PLAYBOOK, touch__cycle=f"agency-{case.pk}", state=Effect.State.QUEUED
    )
    waiting.update(state=Effect.State.CANCELLED, reason="The case was taken back.", finished_at=now)


def _tell(case: AgencyCase, kind: str, text: str, actor: str, now: datetime) -> None:
    raise_facts_version(case.organisation, case.customer)
    data = {"case_id": case.pk, "state": case.state}
    write_timeline(case.customer, kind, text, actor=actor, now=now, data=data)
    open_tasks = Task.objects.filter(customer=case.customer, kind=Task.Kind.AGENCY_READY, done_at__isnull=True)
    open_tasks.update(done_at=now, done_by=actor, outcome=case.get_state_display())


def settle_files(organisation: Organisation) -> int:
    """Note on each case the file that was really sent, by its hash; how many."""
    bare = AgencyCase.objects.filter(organisation=organisation, handed_over_date__isnull=False, file_sha256="")
    settled = 0
    for case in bare:
        sent = (
            Effect.objects.filter(
                touch__playbook=PLAYBOOK, touch__cycle=f"agency-{case.pk}", touch__customer_id=case.customer_id
            )
            .annotate(sha256=F("message__content_sha256"))
            .filter(state=Effect.State.SENT, sha256__isnull=False)
            .values_list("receipt", "sha256")
            .first()
        )
        if sent:
            file_name = sent[0].rpartition("/")[2][:255]
            settled += AgencyCase.objects.filter(pk=case.pk).update(file_name=file_name, file_sha256=sent[1])
    return settled
