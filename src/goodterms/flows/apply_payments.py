"""Payments of an imported file: stored, allocated, sent back; they explain what was reported as gone before."""

import polars as pl

from goodterms.database.identifiers import next_ids
from goodterms.database.writing import update_frame
from goodterms.flows.balances import ALLOCATIONS, read_allocations, read_invoices, write_balances
from goodterms.flows.explain_reported import delete_rows, explain_reported, payable, store_explained
from goodterms.flows.import_job import ImportJob, read_by_ids
from goodterms.flows.payment_lines import find_invoices, within_open

# Keys of payments that a person recorded; an imported one of that day and amount is the same payment.
RECORDED = "recorded "
PAYMENTS = pl.Schema(
    {
        "payment_id": pl.Int64(),
        "customer_id": pl.Int64(),
        "own_key": pl.String(),
        "own_paid_date": pl.Date(),
        "own_currency": pl.String(),
        "own_amount": pl.Int64(),
        "own_unallocated": pl.Int64(),
        "own_returned": pl.Date(),
    }
)
_QUERY = (
    "SELECT id, customer_id, key, paid_date, currency, amount_minor, unallocated_minor, returned_date"
    " FROM ledger_payment WHERE customer_id IN ({ids}) ORDER BY id"
)
_ALLOCATIONS = pl.Schema(
    {
        "allocation_id": pl.Int64(),
        "payment_id": pl.Int64(),
        "invoice_id": pl.Int64(),
        "source": pl.String(),
        "allocated_date": pl.Date(),
        "has": pl.Int64(),
    }
)
_ALLOCATED = (
    "SELECT id, payment_id, invoice_id, source, allocated_date, amount_minor FROM ledger_allocation"
    " WHERE payment_id IN ({ids})"
)
_SAME = ["payment_id", "invoice_id", "source", "allocated_date"]
_OF_PAYMENT = ("customer_id", "row", "subject", "paid_date", "is_known", "back_date")


def apply_payments(job: ImportJob, lines: pl.DataFrame, customers: pl.DataFrame) -> None:
    """Bring the ledger's payments to what the file says (columns: importers.rows.PAYMENT_LINES).

    ``customers`` is the answer of apply_parties. A line that names no invoice, or one that nobody knows, or more than
    is open of it, stays on account; the latter two are faults.
    """
    if lines.is_empty():
        return
    lines = find_invoices(job, lines, customers)
    payments = _with_ids(job, recognise(_sum_up(lines)))
    columns = ["payment_id", "is_known", "back_date"]
    lines = lines.join(payments.select("customer_id", "key", *columns), on=["customer_id", "key"])
    allocated = read_by_ids(_ALLOCATED, payments.filter("is_known")["payment_id"], _ALLOCATIONS)
    wanted = _differences(job, lines, allocated)
    history = _sent_back(lines)
    ids = pl.concat([wanted["invoice_id"], history["invoice_id"]]).unique().sort()
    invoices, before = read_invoices(ids), read_allocations(ids)
    wanted = within_open(job, wanted, payable(invoices, before))
    _store(job, payments, wanted)
    posted = pl.concat([wanted.select(history.columns), history])
    _post(job, posted, allocated)
    after = explain_reported(invoices, before, wanted)
    store_explained(before, after)
    write_balances(invoices, pl.concat([after, _as_allocations(posted)]))
    touched = pl.concat([posted["payment_id"], payments.filter("is_changed")["payment_id"]])
    known = payments.filter("is_known")["payment_id"]
    restate_payments(known.filter(known.is_in(touched.implode())))
    _count(job, payments, touched)


def _sum_up(lines: pl.DataFrame) -> pl.DataFrame:
    """One row per payment."""
    return lines.group_by("customer_id", "key", maintain_order=True).agg(
        pl.first("row", "subject", "reference", "paid_date", "currency"),
        pl.sum("amount_minor"),
        is_returned=pl.col("is_returned").any(),
        returned_date=pl.col("returned_date").min(),
    )


def recognise(payments: pl.DataFrame) -> pl.DataFrame:
    """The payments with those the ledger has (columns: PAYMENTS, null for new ones) and is_known.

    A payment is known by its key, else by day, currency and amount if a person recorded it.
    """
    ledger = read_by_ids(_QUERY, payments["customer_id"].unique(), PAYMENTS)
    known = payments.join(
        ledger.with_columns(key="own_key"), on=["customer_id", "key"], how="left", maintain_order="left"
    )
    same = ["customer_id", "paid_date", "currency", "amount_minor"]
    by_hand = (
        ledger.filter(pl.col("own_key").str.starts_with(RECORDED))
        .with_columns(paid_date="own_paid_date", currency="own_currency", amount_minor="own_amount")
        .unique(same, keep="first", maintain_order=True)
    )
    fresh = known.filter(pl.col("payment_id").is_null()).select(payments.columns)
    is_first = pl.struct(same).is_first_distinct()
    adopted = fresh.filter(is_first).join(by_hand, on=same, how="left", maintain_order="left")
    parts = [known.filter(pl.col("payment_id").is_not_null()), adopted.select(known.columns), fresh.filter(~is_first)]
    return pl.concat(parts, how="diagonal").with_columns(is_known=pl.col("payment_id").is_not_null())


def _with_ids(job: ImportJob, payments: pl.DataFrame) -> pl.DataFrame:
    """The payments with payment_id, back_date (null: not sent back) and is_changed (a known one differs).

    Without a day in the file, a payment was sent back on the day it came, or by the day of the file that says so.
    """
    new = payments.filter(~pl.col("is_known"))
    new = new.with_columns(next_ids("ledger_payment", new.height).alias("payment_id"), back=pl.col("paid_date"))
    known = payments.filter("is_known").with_columns(back=pl.coalesce("own_returned", pl.lit(job.as_of)))
    payments = pl.concat([new, known], how="diagonal").with_columns(
        back_date=pl.when("is_returned").then(pl.max_horizontal(pl.coalesce("returned_date", "back"), "paid_date"))
    )
    is_changed = (
        (pl.col("own_amount") != pl.col("amount_minor"))
        | (pl.col("own_key") != pl.col("key"))
        | pl.col("own_returned").ne_missing(pl.col("back_date"))
    )
    return payments.with_columns(is_changed=pl.col("is_known") & is_changed)


def _store(job: ImportJob, payments: pl.DataFrame, wanted: pl.DataFrame) -> None:
    """New payments with what they leave on account, and changes of known ones."""
    used = wanted.group_by("payment_id").agg(used=pl.sum("difference"))
    new = payments.filter(~pl.col("is_known")).join(used, on="payment_id", how="left", maintain_order="left")
    rest = pl.when(pl.col("back_date").is_null()).then(pl.col("amount_minor") - pl.col("used").fill_null(0))
    job.insert(
        "ledger_payment",
        new.select(
            id="payment_id",
            organisation_id=pl.lit(job.organisation_id),
            customer_id="customer_id",
            key="key",
            paid_date="paid_date",
            currency="currency",
            amount_minor="amount_minor",
            unallocated_minor=rest.fill_null(0),
            reference="reference",
            returned_date="back_date",
        ),
    )
    # What is on account is restated in the end; until then it must not exceed the amount.
    changes = payments.filter("is_changed").select(
        "key", "amount_minor", id="payment_id", unallocated_minor=pl.lit(0), returned_date="back_date"
    )
    update_frame("ledger_payment", changes, ["id"])


def _differences(job: ImportJob, lines: pl.DataFrame, allocated: pl.DataFrame) -> pl.DataFrame:
    """What is to be allocated beyond what is, net of what was sent back; one row per payment and invoice."""
    wanted = (
        lines.filter(pl.col("invoice_id").is_not_null())
        .group_by("payment_id", "invoice_id", maintain_order=True)
        .agg(pl.first("invoice_number"), pl.sum("amount_minor"))
    )
    has = allocated.group_by("payment_id", "invoice_id").agg(pl.sum("has"))
    owners = lines.group_by("payment_id", maintain_order=True).agg(pl.first(*_OF_PAYMENT))
    both = wanted.join(has, on=["payment_id", "invoice_id"], how="full", coalesce=True).join(owners, on="payment_id")
    is_back = pl.col("back_date").is_not_null()
    net = pl.when(is_back).then(0).otherwise(pl.col("amount_minor").fill_null(0))
    seen = pl.when("is_known").then(pl.max_horizontal("paid_date", pl.lit(job.as_of))).otherwise("paid_date")
    return both.select(
        "payment_id",
        "invoice_id",
        "invoice_number",
        "row",
        "subject",
        "customer_id",
        source=pl.when(is_back).then(pl.lit("returned")).otherwise(pl.lit("payment")),
        allocated_date=pl.when(is_back).then("back_date").otherwise(seen),
        difference=net - pl.col("has").fill_null(0),
    ).filter(pl.col("difference") != 0)


def _sent_back(lines: pl.DataFrame) -> pl.DataFrame:
    """New payments that were sent back: taken and given back, so that the invoice's history shows both."""
    back = (
        lines.filter(~pl.col("is_known"), pl.col("back_date").is_not_null(), pl.col("invoice_id").is_not_null())
        .group_by("customer_id", "invoice_id", "payment_id", "paid_date", "back_date")
        .agg(pl.sum("amount_minor"))
    )
    columns = ("customer_id", "invoice_id", "payment_id", "source", "allocated_date", "difference")
    taken = back.with_columns(source=pl.lit("payment"), allocated_date="paid_date", difference="amount_minor")
    given = back.with_columns(source=pl.lit("returned"), allocated_date="back_date", difference=-pl.col("amount_minor"))
    return pl.concat([taken.select(columns), given.select(columns)])


def _post(job: ImportJob, wanted: pl.DataFrame, allocated: pl.DataFrame) -> None:
    """Store the differences; one of the same payment, invoice, source and day is added to the row that is there."""
    both = wanted.join(allocated, on=_SAME, how="left", maintain_order="left")
    grown = both.filter(pl.col("allocation_id").is_not_null()).select(
        id="allocation_id", amount_minor=pl.col("has") + pl.col("difference")
    )
    delete_rows("ledger_allocation", grown.filter(pl.col("amount_minor") == 0)["id"])
    update_frame("ledger_allocation", grown.filter(pl.col("amount_minor") != 0), ["id"])
    job.insert(
        "ledger_allocation",
        both.filter(pl.col("allocation_id").is_null()).select(
            "customer_id",
            "invoice_id",
            "payment_id",
            "source",
            "allocated_date",
            organisation_id=pl.lit(job.organisation_id),
            is_date_known=pl.lit(True),
            amount_minor="difference",
        ),
    )


def _as_allocations(posted: pl.DataFrame) -> pl.DataFrame:
    """New allocations in the form of those read (columns: balances.ALLOCATIONS)."""
    return posted.select(
        "invoice_id",
        "customer_id",
        "payment_id",
        "source",
        "allocated_date",
        allocation_id=pl.lit(None, dtype=pl.Int64),
        is_date_known=pl.lit(True),
        amount_minor="difference",
    ).select(ALLOCATIONS.names())


def read_payments(payment_ids: pl.Series) -> pl.DataFrame:
    """The payments of these ids, through the running transaction (columns: PAYMENTS)."""
    return read_by_ids(_QUERY.replace("customer_id IN", "id IN"), payment_ids, PAYMENTS)


def restate_payments(payment_ids: pl.Series) -> None:
    """Bring what is on account in line with the payments' allocations; nothing is where a payment was sent back."""
    ids = payment_ids.unique().sort()
    payments = read_payments(ids)
    used = read_by_ids(_ALLOCATED, ids, _ALLOCATIONS).group_by("payment_id").agg(pl.sum("has"))
    rows = payments.join(used, on="payment_id", how="left").with_columns(
        rest=pl.when(pl.col("own_returned").is_null())
        .then((pl.col("own_amount") - pl.col("has").fill_null(0)).clip(lower_bound=0))
        .otherwise(0)
    )
    changed = rows.filter(pl.col("rest") != pl.col("own_unallocated"))
    update_frame("ledger_payment", changed.select(id="payment_id", unallocated_minor="rest"), ["id"])


def _count(job: ImportJob, payments: pl.DataFrame, touched: pl.Series) -> None:
    is_touched = pl.col("payment_id").is_in(touched.implode())
    changed = payments.filter("is_known", is_touched)
    new = payments.filter(~pl.col("is_known"))
    job.counts["payments_new"] += new.height
    job.counts["payments_changed"] += changed.height
    job.counts["payments_unchanged"] += payments.height - new.height - changed.height
    job.add_changed(new["customer_id"])
    job.add_changed(changed["customer_id"])
