"""A contact that could not be reached is corrected, or a missing one added, and the task that asked for it is done."""

from datetime import datetime

from django.db import transaction

from goodterms.core.refusal import Refusal
from goodterms.flows.finish_task import TaskAlreadyDone, finish_task
from goodterms.flows.write_contact import Particulars, write_contact
from goodterms.followup.models import Task
from goodterms.ledger.models import Contact
from goodterms.organizations.models import Organisation

MENDED = {Task.Kind.CONTACT_REPAIR: "Contact corrected", Task.Kind.CONTACT_MISSING: "Contact added"}


class StillTheSame(Refusal):
    """A contact was "corrected" to the very address or number that failed."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is what failed; write down another one, or leave the field empty.")


class NoContactTask(Refusal):
    """The task asks for something else than a contact."""

    def __init__(self, task: Task) -> None:
        super().__init__(f"“{task.title}” asks for no contact; finish it on its own page.")


@transaction.atomic
def mend_contact(
    organisation: Organisation,
    task: Task,
    given: Particulars,
    *,
    actor: str,
    now: datetime,
    contact: Contact | None = None,
) -> Contact:
    """Correct ``contact`` (None: add one) and finish the task; the next run reaches the customer there.

    Raises NoContactTask, StillTheSame, TaskAlreadyDone, or what write_contact refuses.
    """
    kind = Task.Kind(task.kind)
    if kind not in MENDED or task.customer is None:
        raise NoContactTask(task)
    if task.done_at is not None:
        raise TaskAlreadyDone(task)
    if contact is not None:
        _check_changed(contact, given)
    written = write_contact(organisation, task.customer, given, actor=actor, now=now, contact=contact)
    said = written.email or written.phone
    finish_task(organisation, task, outcome=MENDED[kind], note=f"Now: {said}.", actor=actor, now=now)
    return written


def _check_changed(contact: Contact, given: Particulars) -> None:
    if contact.email_failed_at and given.email.strip().lower() == contact.email.lower():
        raise StillTheSame(contact.email)
    if contact.phone_failed_at and given.phone.strip() == contact.phone:
        raise StillTheSame(contact.phone)
