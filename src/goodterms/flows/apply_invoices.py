"""Invoices and credit notes of an imported file: new ones stored, known ones brought to the file's open amounts."""

import polars as pl

from goodterms.database.identifiers import next_ids
from goodterms.database.reading import read_inside_transaction
from goodterms.database.writing import update_frame
from goodterms.flows.balances import restate_invoices
from goodterms.flows.import_job import ImportJob, read_by_ids
from goodterms.ledger.models import Allocation

LEDGER = pl.Schema(
    {
        "invoice_id": pl.Int64(),
        "customer_id": pl.Int64(),
        "kind": pl.String(),
        "number": pl.String(),
        "own_status": pl.String(),
        "own_currency": pl.String(),
        "own_issue_date": pl.Date(),
        "own_due_date": pl.Date(),
        "own_amount": pl.Int64(),
        "own_open": pl.Int64(),
        "own_settled": pl.Date(),
        "own_count": pl.Int64(),
        "own_order": pl.String(),
        "own_disputed": pl.Boolean(),
    }
)
_QUERY = (
    "SELECT id, customer_id, kind, number, status, currency, issue_date, due_date, amount_minor, open_amount_minor,"
    " settled_date, payment_count, purchase_order, is_disputed FROM ledger_invoice"
)
_KEPT = pl.Schema({"invoice_id": pl.Int64(), "later": pl.Int64(), "given_up": pl.Int64()})
# What was taken off after the file's day, and what we gave up ourselves by then, of which the file may not know.
_KEPT_QUERY = (
    "SELECT invoice_id, CAST(SUM(CASE WHEN allocated_date > %s THEN amount_minor ELSE 0 END) AS bigint),"
    " CAST(SUM(CASE WHEN allocated_date > %s THEN 0 ELSE amount_minor END) AS bigint) FROM ledger_allocation"
    f" WHERE organisation_id = %s AND (allocated_date > %s OR source IN {Allocation.GIVEN_UP})"
    " GROUP BY invoice_id"
)
# So few customers are looked up one by one instead of reading every invoice.
_FEW_CUSTOMERS = 2_000


def apply_invoices(job: ImportJob, invoices: pl.DataFrame, customers: pl.DataFrame) -> pl.DataFrame:
    """Bring the ledger to what the file says (columns: importers.rows.INVOICES).

    ``customers`` is the answer of apply_parties. Returned: subject, invoice_id, customer_id of the invoices that the
    file lists and the ledger has now.
    """
    keys = customers.select("customer_key", "customer_id", own_terms="terms_days")
    rows = invoices.join(keys, on="customer_key", maintain_order="left")
    ledger = read_ledger(job, rows["customer_id"].unique())
    rows = rows.join(ledger, on=["customer_id", "kind", "number"], how="left", maintain_order="left")
    rows = _without_other_currencies(job, _with_due_dates(job, rows))
    known = rows.filter(pl.col("invoice_id").is_not_null())
    new = _insert(job, rows.filter(pl.col("invoice_id").is_null()))
    if job.is_older:
        job.counts["invoices_older"] += known.height
    else:
        _update(job, known)
    return pl.concat([known.select("subject", "invoice_id", "customer_id"), new])


def read_ledger(job: ImportJob, customer_ids: pl.Series) -> pl.DataFrame:
    """What the ledger has of these customers (columns: LEDGER)."""
    if customer_ids.len() <= _FEW_CUSTOMERS:
        return read_by_ids(f"{_QUERY} WHERE customer_id IN ({{ids}})", customer_ids, LEDGER)
    return read_inside_transaction(f"{_QUERY} WHERE organisation_id = %s", [job.organisation_id], LEDGER)


def _with_due_dates(job: ImportJob, rows: pl.DataFrame) -> pl.DataFrame:
    """The file's due date, the ledger's, or the one that the terms give; without any it is a data problem."""
    terms = pl.coalesce("terms_days", "own_terms", pl.lit(job.terms_days, dtype=pl.Int64))
    at_once = pl.when(pl.col("kind") == "credit_note").then("issue_date")
    by_terms = pl.col("issue_date") + pl.duration(days=terms)
    rows = rows.with_columns(due_date=pl.coalesce("due_date", "own_due_date", at_once, by_terms))
    job.add_fault(
        rows.filter(pl.col("due_date").is_null(), pl.col("standing") == "posted", pl.col("open_minor") != 0),
        "due_date",
        "due_date_missing",
        pl.format("Invoice {} has no due date, so that it is never chased.", "number"),
        "Fill in the due date, or the customer's payment terms, or the organisation's (terms_days).",
        value=pl.lit(""),
        kept=True,
    )
    return rows


def _without_other_currencies(job: ImportJob, rows: pl.DataFrame) -> pl.DataFrame:
    differs = (pl.col("own_currency") != pl.col("currency")).fill_null(False)
    job.add_fault(
        rows.filter(differs),
        "currency",
        "currency_changed",
        pl.format("Invoice {} was in {} so far and is in {} now.", "number", "own_currency", "currency"),
        "Correct the currency in the file; an invoice cannot change it.",
        value=pl.col("currency"),
        kept=False,
    )
    return rows.filter(~differs)


def _insert(job: ImportJob, rows: pl.DataFrame) -> pl.DataFrame:
    """Store new invoices; what is gone of them already is a reported allocation whose day nobody knows."""
    rows = rows.with_columns(amount=pl.coalesce("amount_minor", "open_minor"))
    is_owed = (pl.col("standing") != "draft") & (pl.col("amount") != 0).fill_null(False)
    job.counts["invoices_not_owed"] += rows.filter(~is_owed).height
    rows = rows.filter(is_owed)
    if job.newer_is_complete:
        job.counts["invoices_older"] += rows.height
        rows = rows.clear()
    rows = rows.with_columns(
        next_ids("ledger_invoice", rows.height).alias("invoice_id"),
        open=pl.coalesce("open_minor", "amount"),
        is_void=pl.col("standing") == "void",
    )
    nothing_open = (pl.col("open") == 0) & ~pl.col("is_void")
    job.insert(
        "ledger_invoice",
        rows.select(
            id="invoice_id",
            organisation_id=pl.lit(job.organisation_id),
            customer_id="customer_id",
            number="number",
            kind="kind",
            status="standing",
            currency="currency",
            issue_date="issue_date",
            due_date="due_date",
            amount_minor="amount",
            open_amount_minor="open",
            settled_date=pl.when(nothing_open).then(pl.max_horizontal(pl.lit(job.as_of), "issue_date")),
            payment_count=pl.lit(0),
            purchase_order=pl.col("purchase_order").fill_null(""),
            is_disputed=pl.col("is_disputed").fill_null(False),
            first_imported_at=pl.lit(job.now),
        ),
    )
    _report_gone(job, rows)
    job.counts["invoices_new"] += rows.height
    job.add_changed(rows["customer_id"])
    return rows.select("subject", "invoice_id", "customer_id")


def _report_gone(job: ImportJob, rows: pl.DataFrame) -> None:
    """A void invoice was never owed, the rest of another was gone by the day the file speaks of."""
    day = pl.when("is_void").then("issue_date").otherwise(pl.max_horizontal(pl.lit(job.as_of), "issue_date"))
    gone = rows.with_columns(gone=pl.col("amount") - pl.col("open"), day=day).filter(pl.col("gone") != 0)
    report(
        job, gone.select("customer_id", "invoice_id", amount_minor="gone", allocated_date="day"), is_date_known=False
    )


def report(job: ImportJob, rows: pl.DataFrame, *, is_date_known: bool) -> None:
    """Store reported allocations (customer_id, invoice_id, amount_minor, allocated_date)."""
    job.insert(
        "ledger_allocation",
        rows.select(
            "customer_id",
            "invoice_id",
            "amount_minor",
            "allocated_date",
            organisation_id=pl.lit(job.organisation_id),
            payment_id=pl.lit(None, dtype=pl.Int64),
            source=pl.lit("reported"),
            is_date_known=pl.lit(is_date_known),
        ),
    )


def _update(job: ImportJob, rows: pl.DataFrame) -> None:
    """Bring known invoices to the file's values as of its day; what was paid after it, or given up, stays gone."""
    if rows.is_empty():
        return
    day = job.as_of.isoformat()
    kept = read_inside_transaction(_KEPT_QUERY, [day, day, job.organisation_id, day], _KEPT)
    rows = rows.join(kept, on="invoice_id", how="left", maintain_order="left")
    rows = _with_targets(rows.with_columns(pl.col("later", "given_up").fill_null(0)))
    moved = pl.col("gone") != 0
    changed = rows.filter(moved | _differs())
    job.counts["invoices_unchanged"] += rows.height - changed.height
    job.counts["invoices_changed"] += changed.height
    job.add_changed(changed["customer_id"])
    was_open = pl.col("own_open") != 0
    is_paid = (pl.col("gone") > 0) & (pl.col("kind") == "invoice")
    settled = pl.when((pl.col("open") == 0) & (pl.col("status") == "posted")).then(
        pl.coalesce("own_settled", pl.max_horizontal(pl.lit(job.as_of), "issue_date"))
    )
    update_frame(
        "ledger_invoice",
        changed.select(
            id="invoice_id",
            status="status",
            issue_date="issue_date",
            due_date="due_date",
            amount_minor="amount",
            open_amount_minor="open",
            settled_date=settled,
            payment_count=pl.col("own_count") + is_paid.cast(pl.Int64),
            purchase_order="order",
            is_disputed="disputed",
        ),
        ["id"],
    )
    gone = changed.filter(moved)
    on = pl.lit(job.as_of).alias("allocated_date")
    report(job, gone.select("customer_id", "invoice_id", on, amount_minor="gone"), is_date_known=True)
    # Only an open invoice that the file's day settles is settled on that day for certain.
    uncertain = gone.filter(~was_open | (pl.col("later") != 0) | (pl.col("given_up") != 0))
    restate_invoices(uncertain["invoice_id"])


def _with_targets(rows: pl.DataFrame) -> pl.DataFrame:
    """amount, open, gone (the allocation that brings the ledger there), status, order, disputed, issue_date."""
    is_void = pl.col("standing") != "posted"
    reported, own = pl.col("open_minor"), pl.col("own_amount")
    larger = pl.when(reported.abs() > own.abs()).then(reported).otherwise(own)
    amount = pl.coalesce("amount_minor", larger)
    taken = own - pl.col("own_open")
    rows = rows.with_columns(
        amount=amount, taken=taken, status=pl.when(is_void).then(pl.lit("void")).otherwise(pl.lit("posted"))
    )
    open_then = pl.col("own_open") + pl.col("later")
    # The accounting program may have booked what we gave up, or not yet: what is open by neither is not open.
    still_open = pl.max_horizontal(reported - pl.col("given_up"), pl.min_horizontal(reported, open_then))
    as_reported = pl.when(reported.is_not_null()).then(still_open - pl.col("later"))
    wanted = pl.coalesce(as_reported, pl.col("amount") - pl.col("taken"))
    low, high = pl.min_horizontal("amount", 0), pl.max_horizontal("amount", 0)
    return rows.with_columns(
        open=pl.when(pl.col("status") == "void").then(0).otherwise(wanted.clip(low, high)),
        order=pl.coalesce("purchase_order", "own_order"),
        disputed=pl.coalesce("is_disputed", "own_disputed"),
        issue_date=pl.coalesce("issue_date", "own_issue_date"),
    ).with_columns(gone=pl.col("amount") - pl.col("taken") - pl.col("open"))


def _differs() -> pl.Expr:
    pairs = {
        "status": "own_status",
        "amount": "own_amount",
        "issue_date": "own_issue_date",
        "due_date": "own_due_date",
        "order": "own_order",
        "disputed": "own_disputed",
    }
    return pl.any_horizontal(pl.col(new).ne_missing(pl.col(old)) for new, old in pairs.items())
