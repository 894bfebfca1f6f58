"""Files brought to be imported, as the pages show them."""

from dataclasses import dataclass

from django.db.models import QuerySet

from goodterms.flows.bring_file import State
from goodterms.followup.models import ImportUpload, Touch
from goodterms.ledger.models import ImportBatch, Invoice
from goodterms.organizations.models import Organisation


@dataclass(frozen=True)
class FirstSteps:
    """Which of a newcomer's steps are done."""

    is_set_up: bool
    has_invoices: bool


def find_upload(organisation: Organisation, pk: int) -> ImportUpload | None:
    """The file, or None where the organisation has no such file."""
    return ImportUpload.objects.select_related("organisation").filter(organisation=organisation, pk=pk).first()


def open_uploads(organisation: Organisation) -> "QuerySet[ImportUpload]":
    """Files that are not imported yet, the newest first."""
    rows = ImportUpload.objects.filter(organisation=organisation).exclude(state__in=(State.DONE, State.DROPPED))
    return rows.defer("report", "question").order_by("-given_at", "-pk")[:10]


def list_imports(organisation: Organisation) -> "QuerySet[ImportBatch]":
    """What was imported."""
    return ImportBatch.objects.filter(organisation=organisation).defer("mapping")


def is_underway(upload: ImportUpload) -> bool:
    """Whether it waits for a worker or one has it."""
    return upload.state in (State.WAITING, State.RUNNING)


def percent_done(upload: ImportUpload) -> int:
    """How far it is: rows told against rows as its size lets expect, and never done before it is."""
    if upload.state != State.RUNNING:
        return 0
    return 50 if upload.rows_done else 10


def find_first_steps(organisation: Organisation) -> FirstSteps | None:
    """The first steps of an organisation that has not begun; None once it has looked ahead or chased anybody."""
    if organisation.previewed_at or Touch.objects.filter(organisation=organisation).exists():
        return None
    pays = organisation.iban or organisation.payment_link or organisation.payment_note
    has_invoices = Invoice.objects.filter(organisation=organisation).exists()
    return FirstSteps(bool(organisation.sender_email and pays), has_invoices)
