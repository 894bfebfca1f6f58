"""A file or folder from an accounting program becomes facts: read, applied and remembered, one transaction a file."""

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from pathlib import Path

import polars as pl
from django.db import transaction

from goodterms.core.refusal import Refusal
from goodterms.database.writing import update_frame
from goodterms.flows.apply_cash import apply_cash
from goodterms.flows.apply_contacts import add_unnamed_contacts, apply_contacts
from goodterms.flows.apply_invoices import apply_invoices
from goodterms.flows.apply_parties import apply_parties
from goodterms.flows.apply_payments import apply_payments
from goodterms.flows.complete_list import CompleteListOutdated, settle_missing
from goodterms.flows.import_job import ImportJob, Meter, Progress, no_progress
from goodterms.flows.import_memory import Earlier, open_batch, read_earlier, recall_mapping, remember_mapping
from goodterms.flows.judge_promises import judge_open_promises
from goodterms.flows.pair_credits import pair_credits
from goodterms.flows.store_problems import store_problems
from goodterms.importers.fields import Kind
from goodterms.importers.reading import Wishes, read_file
from goodterms.importers.rows import Reading
from goodterms.organizations.models import Organisation

FOLDER_KINDS: tuple[Kind, ...] = ("customers", "invoices", "payments")
FOLDER_ENDINGS = (".csv", ".xlsx", ".txt", ".tsv", ".xls", ".ods")


class FolderWithoutFiles(Refusal):
    """A folder holds none of the files that an import looks for."""

    def __init__(self, folder: Path) -> None:
        names = ", ".join(f"{kind}.csv" for kind in FOLDER_KINDS)
        super().__init__(f"{folder} holds none of {names} (or .xlsx). Name the file to import instead.")


class CompleteListOfOtherThings(Refusal):
    """Only a list of invoices can be complete."""

    def __init__(self, name: str, kind: str) -> None:
        super().__init__(f"{name} lists {kind}; --complete is for lists of open invoices. Import it without.")


class AsOfInFuture(Refusal):
    """A file cannot speak of a day that has not come."""

    def __init__(self, as_of: date, today: date) -> None:
        super().__init__(f"--as-of {as_of} has not come yet (today is {today}); give the day the file was made.")


@dataclass(frozen=True)
class ImportResult:
    """What an import did: counts by word, notes for the person, and every fault found (importers.faults.FAULTS)."""

    file_name: str
    kind: Kind
    layout: str
    layout_title: str
    as_of: date
    is_dry_run: bool
    counts: Mapping[str, int]
    notes: tuple[str, ...]
    faults: pl.DataFrame


def files_of(path: Path) -> list[tuple[Path, Kind | None]]:
    """The files to import for a path, in order, with the kind that their name tells; raises FolderWithoutFiles."""
    if not path.is_dir():
        return [(path, None)]
    found = [
        (path / f"{kind}{ending}", kind)
        for kind in FOLDER_KINDS
        for ending in FOLDER_ENDINGS
        if (path / f"{kind}{ending}").is_file()
    ]
    if not found:
        raise FolderWithoutFiles(path)
    return list(found)


def import_path(
    organisation_id: int,
    path: Path,
    wishes: Wishes,
    *,
    now: datetime,
    today: date,
    is_complete: bool = False,
    is_dry_run: bool = False,
    progress: Progress = no_progress,
) -> list[ImportResult]:
    """Import a file, or a folder's customers, invoices and payments in this order.

    ``today`` is the organisation's own day: a file counts as made then unless something says otherwise. ``progress``
    is called with the number of rows stored since the last call. With ``is_dry_run`` everything is done and nothing
    kept. Raises Refusal for a file that cannot be imported at all; nothing of that file is stored.
    """
    if wishes.as_of and wishes.as_of > today:
        raise AsOfInFuture(wishes.as_of, today)
    single = partial(import_file, organisation_id, now=now, today=today, progress=progress)
    files = files_of(path)
    with transaction.atomic() if is_dry_run else nullcontext():
        results = [
            single(file, _of_kind(wishes, kind), is_complete=is_complete and kind in (None, "invoices"))
            for file, kind in files
        ]
        if is_dry_run:
            transaction.set_rollback(True)
    return [replace(result, is_dry_run=is_dry_run) for result in results]


def _of_kind(wishes: Wishes, kind: Kind | None) -> Wishes:
    return wishes if kind is None else replace(wishes, mapping=wishes.mapping.model_copy(update={"kind": kind}))


def import_file(
    organisation_id: int,
    path: Path,
    wishes: Wishes,
    *,
    now: datetime,
    today: date,
    is_complete: bool = False,
    progress: Progress = no_progress,
) -> ImportResult:
    """Import one file in one transaction; see import_path."""
    organisation = Organisation.objects.get(pk=organisation_id)
    reading = read_file(
        path,
        wishes,
        today=today,
        currency=organisation.currency,
        recall=partial(recall_mapping, organisation_id),
    )
    meter = Meter(progress, reading.rows_read)
    meter(reading.rows_read // 2)
    if is_complete and reading.kind != "invoices":
        raise CompleteListOfOtherThings(reading.name, reading.kind)
    with transaction.atomic():
        # One import or payment at a time, so that balances read stay true until they are written.
        organisation = Organisation.objects.select_for_update(no_key=True).get(pk=organisation_id)
        earlier = read_earlier(organisation_id, reading.sha256)
        if earlier.same_file and not wishes.as_of:
            reading = replace(reading, as_of=earlier.same_file)
        job = _job(organisation, reading, earlier, now, meter)
        if is_complete and job.is_older:
            raise CompleteListOutdated(reading.name, reading.as_of, earlier.newest)
        faults = _apply(job, reading, is_complete=is_complete)
        judge_open_promises(organisation, today, now, only_settled=True)
    meter(reading.rows_read)
    return ImportResult(
        file_name=reading.name,
        kind=reading.kind,
        layout=reading.layout,
        layout_title=reading.layout_title,
        as_of=reading.as_of,
        is_dry_run=False,
        counts={name: count for name, count in job.counts.items() if count},
        notes=(*reading.notes, *_notes(job, earlier)),
        faults=faults,
    )


def _job(
    organisation: Organisation, reading: Reading, earlier: Earlier, now: datetime, progress: Progress
) -> ImportJob:
    is_older = reading.kind == "invoices" and earlier.newest is not None and reading.as_of < earlier.newest
    return ImportJob(
        organisation_id=organisation.pk,
        as_of=reading.as_of,
        now=now,
        terms_days=organisation.policy.get("terms_days"),
        is_older=is_older,
        newer_is_complete=is_older and earlier.newest_is_complete,
        progress=progress,
        headings=reading.mapping["headings"],
    )


def _apply(job: ImportJob, reading: Reading, *, is_complete: bool) -> pl.DataFrame:
    """The reading into the ledger, the faults into the list of problems; returned: all faults."""
    batch = open_batch(job.organisation_id, reading, is_complete=is_complete, now=job.now)
    customers = apply_parties(job, reading.parties, _first_facts(reading))
    apply_contacts(job, reading.contacts, customers)
    add_unnamed_contacts(job, reading.parties, customers)
    listed = apply_invoices(job, reading.invoices, customers)
    is_cash = pl.col("unallocated_minor").is_not_null()
    if not job.is_older:
        apply_payments(job, reading.payments.filter(~is_cash), customers)
    if is_complete:
        settle_missing(job, reading.name, reading.covers, listed, reading.faults)
    if not job.is_older:
        gone_too = is_complete and reading.covers.cash
        apply_cash(job, reading.payments.filter(is_cash), customers, is_complete=gone_too)
        pair_credits(job)
    _raise_versions(job)
    faults = pl.concat([reading.faults, *job.faults]).sort("row", maintain_order=True)
    store_problems(job, batch.pk, reading.name, faults, _links(faults, customers, listed), _seen(reading))
    _count_rows(job, reading, faults)
    remember_mapping(job.organisation_id, reading, job.now)
    batch.counts = {name: count for name, count in job.counts.items() if count}
    batch.save(update_fields=["counts"])
    return faults


def _first_facts(reading: Reading) -> pl.DataFrame:
    """The first day on which the file knows something of each customer: customer_key, first_date."""
    days = pl.concat(
        [
            reading.invoices.select("customer_key", first_date="issue_date"),
            reading.payments.select("customer_key", first_date="paid_date"),
        ]
    )
    return days.drop_nulls().group_by("customer_key").agg(pl.min("first_date"))


def _raise_versions(job: ImportJob) -> None:
    changed = pl.DataFrame({"id": job.changed_customers()})
    update_frame("ledger_customer", changed, ["id"], raise_by_one=["facts_version"])


def _links(faults: pl.DataFrame, customers: pl.DataFrame, listed: pl.DataFrame) -> pl.DataFrame:
    """The customer and invoice that each fault is about, as far as the ledger has them."""
    key = pl.col("subject").str.extract(r"(?: of |^customer )((?:number|name) .*)$", 1)
    owners = customers.select("customer_key", owner_id="customer_id")
    return (
        faults.select("subject", customer_key=key)
        .unique()
        .join(listed, on="subject", how="left")
        .join(owners, on="customer_key", how="left")
        .select("subject", "invoice_id", customer_id=pl.coalesce("customer_id", "owner_id"))
    )


def _seen(reading: Reading) -> pl.Series:
    """The subjects that the file could read; customers only where the file is the list of them."""
    seen = [reading.invoices["subject"], reading.payments["subject"]]
    if reading.kind == "customers":
        seen.append(reading.parties.select(subject=pl.format("customer {}", "customer_key"))["subject"])
    return pl.concat(seen)


def _count_rows(job: ImportJob, reading: Reading, faults: pl.DataFrame) -> None:
    job.counts["rows_read"] = reading.rows_read
    job.counts["rows_left_out"] = reading.left_out
    job.counts["rows_bad"] = faults.filter(~pl.col("is_kept"))["row"].n_unique()


def _notes(job: ImportJob, earlier: Earlier) -> list[str]:
    notes = []
    if job.is_older:
        left = job.counts["invoices_older"]
        notes.append(
            f"This file is as of {job.as_of}, older than the one of {earlier.newest} imported before: the balances of "
            f"{left:,} invoices were left as they are. If it is newer after all, say so with --as-of."
        )
    elif earlier.same_file == job.as_of:
        notes.append(f"The same file was imported before, as of {earlier.same_file}.")
    return notes
