"""What is remembered of files imported before: how they were read, and of which day they were."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Max

from goodterms.importers.rows import Reading
from goodterms.ledger.models import ColumnMapping, ImportBatch


@dataclass(frozen=True)
class Earlier:
    """The imports before: the day of the same file, of the newest list of invoices, and whether that was complete."""

    same_file: date | None
    newest: date | None
    newest_is_complete: bool


def header_digest(header_key: str) -> str:
    """The key under which the mapping of files with this header is kept."""
    return hashlib.sha256(header_key.encode()).hexdigest()


def recall_mapping(organisation_id: int, header_key: str) -> dict[str, Any] | None:
    """How a file with this header was read the last time."""
    rows = ColumnMapping.objects.filter(organisation_id=organisation_id, header_sha256=header_digest(header_key))
    mapping: dict[str, Any] | None = rows.values_list("mapping", flat=True).first()
    return mapping


def read_earlier(organisation_id: int, sha256: str) -> Earlier:
    """What was imported before the file with this content."""
    rows = ImportBatch.objects.filter(organisation_id=organisation_id)
    lists = rows.exclude(layout__startswith="customers").exclude(layout__startswith="payments")
    newest = lists.aggregate(newest=Max("as_of_date"))["newest"]
    return Earlier(
        same_file=rows.filter(file_sha256=sha256).order_by("pk").values_list("as_of_date", flat=True).first(),
        newest=newest,
        newest_is_complete=lists.filter(as_of_date=newest, is_complete=True).exists(),
    )


def open_batch(organisation_id: int, reading: Reading, *, is_complete: bool, now: datetime) -> ImportBatch:
    """The record of this import; its counts are set when it is done."""
    return ImportBatch.objects.create(
        organisation_id=organisation_id,
        file_name=reading.name[-255:],
        file_sha256=reading.sha256,
        layout=reading.layout,
        mapping=dict(reading.mapping),
        is_complete=is_complete,
        as_of_date=reading.as_of,
        imported_at=now,
    )


def remember_mapping(organisation_id: int, reading: Reading, now: datetime) -> None:
    """Keep how this file was read for the next with the same header; what was settled before stays settled."""
    before = recall_mapping(organisation_id, reading.header_key) or {}
    settled = {name: value for name, value in reading.mapping.items() if value is not None}
    ColumnMapping.objects.update_or_create(
        organisation_id=organisation_id,
        header_sha256=header_digest(reading.header_key),
        defaults={"mapping": {**before, **settled}, "saved_at": now},
    )
