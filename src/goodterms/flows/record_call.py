"""What came of a telephone call: kept with its words, and whatever was agreed, explained or found out in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from goodterms.core.money import Money
from goodterms.core.refusal import Refusal
from goodterms.flows.ask_person import ask_person
from goodterms.flows.facts import local_day, raise_facts_version, write_timeline
from goodterms.flows.finish_task import TaskAlreadyDone
from goodterms.flows.keep_recording import Recording, keep_recording
from goodterms.flows.make_promise import make_promise
from goodterms.flows.state_reason import state_reason
from goodterms.followup.models import Call, Task, Touch
from goodterms.ledger.models import Contact, Customer, Invoice
from goodterms.organizations.models import Organisation

PHONE_LIMIT = 40
WORDS = {
    Call.Outcome.REACHED: "reached",
    Call.Outcome.GATEKEEPER: "somebody else answered",
    Call.Outcome.VOICEMAIL: "left a message",
    Call.Outcome.NO_ANSWER: "nobody answered",
    Call.Outcome.HUNG_UP: "they hung up",
    Call.Outcome.WRONG_NUMBER: "wrong number",
    Call.Outcome.CALL_BACK: "to be called again",
}


class UnknownOutcome(Refusal):
    """What came of a call is none of ours."""

    def __init__(self, outcome: str) -> None:
        super().__init__(f"{outcome!r} is no outcome of a call; use one of: {', '.join(Call.Outcome.values)}.")


class CallBackDayMissing(Refusal):
    """A call is to be made again, and nobody said when."""

    def __init__(self, today: date) -> None:
        super().__init__(f"Say on which day to call again; today ({today}) or later.")


class ContactOfSomeoneElse(Refusal):
    """A call named a contact, or a touch, of another customer."""

    def __init__(self, customer: Customer) -> None:
        super().__init__(f"That contact or touch does not belong to {customer.name}; name one of theirs.")


@dataclass(frozen=True, slots=True)
class PromiseGiven:
    """What was promised in the call; as in make_promise, an empty amount means all that is overdue."""

    amount: Money | None = None
    by: date | None = None
    invoices: Sequence[Invoice] = ()


@dataclass(frozen=True, slots=True)
class ReasonGiven:
    """Why they said it is late."""

    reason: str
    invoice: Invoice | None = None
    quote: str = ""


@transaction.atomic
def record_call(
    organisation: Organisation,
    customer: Customer,
    *,
    outcome: str,
    actor: str,
    now: datetime,
    contact: Contact | None = None,
    touch: Touch | None = None,
    task: Task | None = None,
    phone: str = "",
    is_incoming: bool = False,
    called_at: datetime | None = None,
    note: str = "",
    call_back: date | None = None,
    promise: PromiseGiven | None = None,
    reason: ReasonGiven | None = None,
    recording: Recording | None = None,
) -> Call:
    """Keep the call, made at ``called_at`` (or now), and carry out what follows from it, in one transaction.

    The open tasks ``task`` and that of ``touch`` are done with this outcome; a wrong number is marked and to be
    mended; a call-back becomes a task of its day; ``promise`` and ``reason`` are recorded as made in this call. Raises
    UnknownOutcome, CallBackDayMissing, ContactOfSomeoneElse, TaskAlreadyDone, or what keep_recording, make_promise and
    state_reason refuse.
    """
    at = called_at or now
    asked_for = call_asking_for(task) if task and touch is None else None
    contact = contact or _contact_of(touch) or (asked_for.contact if asked_for else None)
    phone = phone or (asked_for.phone if asked_for and asked_for.contact == contact else "")
    _check(organisation, customer, outcome, call_back, contact, touch, now)
    if task is not None:
        _finish(task, outcome, actor, now)
    call = Call.objects.create(
        organisation=organisation,
        customer=customer,
        contact=contact,
        touch=touch,
        phone=(phone or (touch.effect.recipient if touch else "") or (contact.phone if contact else ""))[:PHONE_LIMIT],
        is_incoming=is_incoming,
        called_at=at,
        called_date=local_day(organisation, customer, at),
        outcome=outcome,
        note=note.strip(),
        call_back_date=call_back if outcome == Call.Outcome.CALL_BACK else None,
        made_by=actor,
    )
    if recording is not None:
        keep_recording(organisation, call, recording, actor=actor)
    raise_facts_version(organisation, customer)
    write_timeline(
        customer,
        "call",
        _sentence(call),
        actor=actor,
        now=now,
        effect_key=touch.effect_id if touch else "",
        data={"call_id": call.pk, "outcome": outcome, "phone": call.phone},
    )
    _finish_others(call, actor, now)
    _follow_up(call, now)
    if promise is not None:
        _promise(call, promise, actor, now)
    if reason is not None:
        _explain(call, reason, actor, now)
    return call


def _check(
    organisation: Organisation,
    customer: Customer,
    outcome: str,
    call_back: date | None,
    contact: Contact | None,
    touch: Touch | None,
    now: datetime,
) -> None:
    if outcome not in Call.Outcome.values:
        raise UnknownOutcome(outcome)
    today = local_day(organisation, None, now)
    if outcome == Call.Outcome.CALL_BACK and (call_back is None or call_back < today):
        raise CallBackDayMissing(today)
    if any(one is not None and one.customer_id != customer.pk for one in (contact, touch)):
        raise ContactOfSomeoneElse(customer)


def call_asking_for(task: Task) -> Call | None:
    """The call in which it was agreed to call again; None where the task is about something else."""
    if task.customer_id is None or task.key != call_back_key(task.customer_id):
        return None
    asked = Call.objects.filter(customer=task.customer_id, outcome=Call.Outcome.CALL_BACK).select_related("contact")
    return asked.defer("recording").order_by("-called_at", "-pk").first()


def _contact_of(touch: Touch | None) -> Contact | None:
    if touch is None or touch.contact_id is None:
        return None
    return Contact.objects.filter(pk=touch.contact_id, customer_id=touch.customer_id).first()


def _finish(task: Task, outcome: str, actor: str, now: datetime) -> None:
    """The call that this task asked for has been made; raises TaskAlreadyDone where somebody has logged it."""
    open_task = Task.objects.filter(pk=task.pk, done_at__isnull=True)
    said = WORDS[Call.Outcome(outcome)].capitalize()
    if not open_task.update(done_at=now, done_by=actor, outcome=said):
        task.refresh_from_db()
        raise TaskAlreadyDone(task)


def _finish_others(call: Call, actor: str, now: datetime) -> None:
    """What else asked for this call: the task of the touch, an earlier promise to call again."""
    keys = [call_back_key(call.customer_id), call.touch.effect_id if call.touch else ""]
    asked = Task.objects.filter(organisation_id=call.organisation_id, key__in=keys, done_at__isnull=True)
    asked.update(done_at=now, done_by=actor, outcome=WORDS[Call.Outcome(call.outcome)].capitalize())


def _follow_up(call: Call, now: datetime) -> None:
    customer, contact = call.customer, call.contact
    whom = contact.name if contact and contact.name else customer.name
    if call.outcome == Call.Outcome.CALL_BACK:
        title = f"Call {whom} again" + (f" ({customer.name})" if whom != customer.name else "")
        ask_person(
            call.organisation,
            customer,
            Task.Kind.CALL_BACK,
            call_back_key(call.customer_id),
            title,
            now=now,
            detail=" ".join(part for part in (call.phone, call.note) if part),
            due=call.call_back_date,
        )
    if call.outcome == Call.Outcome.WRONG_NUMBER:
        if contact is not None and contact.phone == call.phone:
            Contact.objects.filter(pk=contact.pk).update(phone_failed_at=now)
        key = f"contact_repair:phone:{customer.pk}:{contact.pk if contact else 0}"
        title = f"Find the right telephone number of {whom}: {call.phone or 'the one on file'} is wrong"
        ask_person(call.organisation, customer, Task.Kind.CONTACT_REPAIR, key, title, now=now, detail=call.note)


def _promise(call: Call, promise: PromiseGiven, actor: str, now: datetime) -> None:
    make_promise(
        call.organisation,
        call.customer,
        amount=promise.amount,
        by=promise.by,
        invoices=promise.invoices,
        source="call",
        call=call,
        actor=actor,
        now=now,
    )


def _explain(call: Call, given: ReasonGiven, actor: str, now: datetime) -> None:
    state_reason(
        call.organisation,
        call.customer,
        reason=given.reason,
        invoice=given.invoice,
        quote=given.quote,
        call=call,
        actor=actor,
        now=now,
    )


def call_back_key(customer_id: int) -> str:
    """The key of the task to call this customer again."""
    return f"call_back:{customer_id}"


def _sentence(call: Call) -> str:
    verb = "Called by" if call.is_incoming else "Called"
    whom = call.contact.name if call.contact and call.contact.name else call.customer.name
    number = f" ({call.phone})" if call.phone else ""
    again = f" on {call.call_back_date}" if call.call_back_date else ""
    kept = " The call was recorded." if call.recording else ""
    said = f" {call.note}" if call.note else ""
    return f"{verb} {whom}{number}: {WORDS[Call.Outcome(call.outcome)]}{again}.{said}{kept}"
