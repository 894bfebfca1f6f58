"""A person brings a file to be imported, says how it is to be read, and has it tried before it is kept."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from goodterms.core.refusal import Refusal
from goodterms.followup.models import ImportUpload, UploadedContent
from goodterms.importers.layouts import check_mapping
from goodterms.organizations.models import Organisation

State = ImportUpload.State
OPEN = (State.GIVEN, State.ASKS, State.CHECKED)
KEPT_FOR = timedelta(days=7)
"""A file that nobody goes on with is forgotten after so long."""
SILENT_AFTER = timedelta(minutes=30)
"""A worker not heard of for so long has ended: an import is one transaction, during which it tells nothing."""
SMALL_BYTES = 300_000
"""A file up to this size is read at once, while the person waits."""


class NotToBeImported(Refusal):
    """The file is at a point at which this cannot be done."""


@transaction.atomic
def give_file(organisation: Organisation, name: str, content: bytes, *, actor: str, now: datetime) -> ImportUpload:
    """Take a file in; nothing of it is imported yet. Files that nobody went on with are forgotten."""
    old = ImportUpload.objects.filter(organisation=organisation, state__in=OPEN, given_at__lt=now - KEPT_FOR)
    UploadedContent.objects.filter(upload__in=old).delete()
    old.update(state=State.DROPPED)
    upload = ImportUpload.objects.create(
        organisation=organisation, file_name=name[-255:], size=len(content), given_by=actor[:200], given_at=now
    )
    UploadedContent.objects.create(upload=upload, content=content)
    return upload


@transaction.atomic
def ask_to_try(
    upload: ImportUpload, wishes: Mapping[str, Any], *, as_of: date | None, is_complete: bool
) -> ImportUpload:
    """Put the file down to be tried with these wishes (see importers.layouts.FileMapping); nothing will be kept.

    Raises MappingUnusable for wishes that cannot be, and NotToBeImported while a worker has it or it is over.
    """
    check_mapping(upload.file_name, wishes)
    values = {"wishes": dict(wishes), "as_of_date": as_of, "is_complete": is_complete, "is_dry_run": True}
    _move(_of(upload, *OPEN), state=State.WAITING, worker="", rows_done=0, question={}, report={}, **values)
    return _fresh(upload)


@transaction.atomic
def ask_to_import(upload: ImportUpload) -> ImportUpload:
    """Put the file down to be imported as it was tried; raises NotToBeImported where it was not, or is again."""
    _move(_of(upload, State.CHECKED), state=State.WAITING, worker="", rows_done=0, is_dry_run=False)
    return _fresh(upload)


@transaction.atomic
def drop_file(upload: ImportUpload) -> None:
    """Forget the file; raises NotToBeImported while a worker has it or it was imported."""
    _move(_of(upload, *OPEN, State.WAITING), state=State.DROPPED)
    UploadedContent.objects.filter(upload=upload).delete()


def claim_upload(worker: str, now: datetime) -> ImportUpload | None:
    """Take the oldest file that waits, or whose worker fell silent; None where there is none, or another took it."""
    silent = Q(state=State.RUNNING, heard_of_at__lt=now - SILENT_AFTER)
    found = ImportUpload.objects.filter(Q(state=State.WAITING) | silent).order_by("given_at").first()
    return found if found is not None and claim_this(found, worker, now) else None


def claim_this(upload: ImportUpload, worker: str, now: datetime) -> bool:
    """Take this file to carry it out; False where another was quicker."""
    same = ImportUpload.objects.filter(pk=upload.pk, state=upload.state, worker=upload.worker)
    return bool(same.update(state=State.RUNNING, worker=worker, heard_of_at=now, rows_done=0))


def _of(upload: ImportUpload, *states: str) -> "QuerySet[ImportUpload]":
    return ImportUpload.objects.filter(pk=upload.pk, organisation_id=upload.organisation_id, state__in=states)


def _move(rows: "QuerySet[ImportUpload]", **values: Any) -> None:
    if not rows.update(**values):
        raise NotToBeImported(_("This file is being read or has been dealt with; look at it again."))


def _fresh(upload: ImportUpload) -> ImportUpload:
    return ImportUpload.objects.select_related("organisation").get(pk=upload.pk)
