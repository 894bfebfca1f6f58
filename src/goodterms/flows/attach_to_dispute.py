"""A paper is put to a dispute: a delivery note, a photograph, a mail that explains it."""

import hashlib
from datetime import datetime

from django.db import transaction

from goodterms.core.refusal import Refusal
from goodterms.flows.facts import write_timeline
from goodterms.flows.open_dispute import disputed_words
from goodterms.followup.models import Dispute, DisputeFile
from goodterms.inbox.files import KEPT, LARGEST_FILE, read_file

MOST_FILES = 30


class FileNotKept(Refusal):
    """A file cannot be put to a dispute; the message says why."""


@transaction.atomic
def attach_to_dispute(dispute: Dispute, *, name: str, content: bytes, actor: str, now: datetime) -> DisputeFile:
    """Keep the file with the dispute, its kind judged by its content; the same file twice is kept once.

    Raises FileNotKept for what is empty, too large, of a kind that may do harm, or one too many.
    """
    file = read_file(name, "", content)
    if file.content is None:
        raise FileNotKept(_why(file.media_type, file.size))
    digest = hashlib.sha256(content).hexdigest()
    known = DisputeFile.objects.filter(dispute=dispute, content_sha256=digest).first()
    if known is not None:
        return known
    if DisputeFile.objects.filter(dispute=dispute).count() >= MOST_FILES:
        raise FileNotKept(f"A dispute holds {MOST_FILES} files at most; put several papers into one PDF.")
    kept = DisputeFile.objects.create(
        dispute=dispute,
        file_name=file.file_name,
        media_type=file.media_type,
        size=file.size,
        content=content,
        content_sha256=digest,
        added_by=actor,
        added_at=now,
    )
    write_timeline(
        dispute.customer,
        "dispute_file",
        f"{file.file_name} put to the dispute over {disputed_words(dispute)}.",
        actor=actor,
        now=now,
        invoice=dispute.invoice,
        data={"dispute_id": dispute.pk, "file": file.file_name, "sha256": digest},
    )
    return kept


def _why(kind: str, size: int) -> str:
    if not size:
        return "The file is empty; choose another one."
    if size > LARGEST_FILE:
        return f"The file is larger than {LARGEST_FILE // 1024 // 1024} MB; choose a smaller one."
    plain = ", ".join(sorted(word.rpartition("/")[2].upper() for word in KEPT if len(word) < 12))
    return f"A file of this kind ({kind}) may do harm and is not kept; use {plain} or an office document."
