"""A file that a person brought is tried or imported, by a worker or at once, and what came of it is told in its row."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from goodterms.core.refusal import Refusal
from goodterms.flows.bring_file import State, claim_upload
from goodterms.flows.import_ledger import ImportResult, import_path
from goodterms.followup.models import ImportUpload, UploadedContent
from goodterms.importers.layouts import check_mapping
from goodterms.importers.reading import Wishes
from goodterms.organizations.changes import write_change
from goodterms.organizations.models import Change

Clock = Callable[[], datetime]
MOST_FAULTS = 2_000
"""So many faults are kept with the file; all are counted, and after an import all are data problems."""


def run_next_upload(worker: str, clock: Clock) -> ImportUpload | None:
    """Carry out the oldest file that is to be tried or imported; None where there is none."""
    upload = claim_upload(worker, clock())
    if upload is not None:
        run_upload(upload, worker, clock)
    return upload


def run_upload(upload: ImportUpload, worker: str, clock: Clock) -> None:
    """Carry out a claimed file. What the importer refuses becomes the file's question; nothing of it is kept then."""
    try:
        result = _import(upload, worker, clock)
    except Refusal as refusal:
        _finish(upload, worker, clock(), State.ASKS, question=question_of(refusal))
        return
    except Exception:
        broken = {"name": "", "text": "It broke off; the log says why.", "column": "", "examples": []}
        _finish(upload, worker, clock(), State.ASKS, question=broken)
        raise
    state = State.CHECKED if upload.is_dry_run else State.DONE
    _finish(upload, worker, clock(), state, report=report_of(result))


def question_of(refusal: Refusal) -> dict[str, Any]:
    """A refusal as a row keeps it: which one, its sentence, and the column and examples where it is about some."""
    examples = getattr(refusal, "examples", ())
    return {
        "name": type(refusal).__name__,
        "text": str(refusal),
        "column": str(getattr(refusal, "column", "")),
        "examples": [str(example) for example in examples][:5],
    }


def report_of(result: ImportResult) -> dict[str, Any]:
    """What an import found, as a row keeps it."""
    shown = result.faults.head(MOST_FAULTS).drop("subject")
    return {
        "kind": result.kind,
        "layout_title": result.layout_title,
        "as_of": result.as_of.isoformat(),
        "counts": dict(result.counts),
        "notes": list(result.notes),
        "faults_count": result.faults.height,
        "faults": shown.to_dicts(),
    }


def _import(upload: ImportUpload, worker: str, clock: Clock) -> ImportResult:
    organisation, now = upload.organisation, clock()
    mapping = check_mapping(upload.file_name, upload.wishes)
    with TemporaryDirectory(prefix="goodterms-import-") as folder:
        path = Path(folder) / (Path(upload.file_name).name or "file")
        path.write_bytes(bytes(UploadedContent.objects.get(upload=upload).content))
        results = import_path(
            organisation.pk,
            path,
            Wishes(mapping, upload.as_of_date),
            now=now,
            today=now.astimezone(ZoneInfo(organisation.timezone)).date(),
            is_complete=upload.is_complete,
            is_dry_run=upload.is_dry_run,
            progress=_Progress(upload, worker, clock),
        )
    return results[0]


class _Progress:
    """Tells how many rows are done as far as others could read it: not within the transaction of the import."""

    def __init__(self, upload: ImportUpload, worker: str, clock: Clock) -> None:
        self.upload, self.worker, self.clock = upload, worker, clock
        self.done = 0

    def __call__(self, rows: int) -> None:
        self.done += rows
        if not connection.in_atomic_block:
            own = ImportUpload.objects.filter(pk=self.upload.pk, state=State.RUNNING, worker=self.worker)
            own.update(rows_done=self.done, heard_of_at=self.clock())


@transaction.atomic
def _finish(upload: ImportUpload, worker: str, now: datetime, state: str, **values: Any) -> None:
    own = ImportUpload.objects.filter(pk=upload.pk, state=State.RUNNING, worker=worker)
    if not own.update(state=state, finished_at=now, **values) or state != State.DONE:
        return
    UploadedContent.objects.filter(upload=upload).delete()
    after = {"kind": values["report"]["kind"], **values["report"]["counts"]}
    write_change(
        upload.organisation,
        Change.Kind.IMPORT,
        upload.file_name,
        before={},
        after=after,
        actor=upload.given_by,
        now=now,
        key=upload.pk,
    )
