"""Puts the example ledger into the database directly, set-based, for benchmarks and tests that need a ledger there."""

import polars as pl

from goodterms.database.writing import insert_frame
from goodterms.importers.example import ExampleLedger
from goodterms.organizations.models import Organisation


def store_ledger(organisation: Organisation, ledger: ExampleLedger) -> None:
    """Store all facts of the ledger; the organisation's tables must hold no customer before."""
    ours = pl.lit(organisation.pk).alias("organisation_id")
    people = ledger.customers.with_row_index("id", offset=_next_id("ledger_customer"))
    ids = people.select(pl.col("number").alias("customer_number"), pl.col("id").alias("customer_id"))
    since = ledger.invoices.group_by("customer_number").agg(pl.col("issue_date").min().alias("known_from_date"))
    people = people.join(since, left_on="number", right_on="customer_number", how="left")
    insert_frame(
        "ledger_customer",
        people.select(
            "id", ours, "number", "name", "country", "language", "timezone", "terms_days", "is_protected",
            pl.lit("").alias("relationship_owner"),
            pl.col("relationship_owner").fill_null("").alias("relationship_owner_email"),
            pl.lit(1).alias("facts_version"),
            pl.col("known_from_date").fill_null(ledger.today),
        ),
    )  # fmt: skip
    contacts = ledger.contacts.join(ids, on="customer_number").join(
        people.select(pl.col("id").alias("customer_id"), "known_from_date"), on="customer_id"
    )
    insert_frame(
        "ledger_contact",
        contacts.select(
            ours, "customer_id", "name", "role", pl.col("email").fill_null(""), pl.col("phone").fill_null(""),
            pl.col("known_from_date").fill_null(ledger.today),
        ),
    )  # fmt: skip
    _store_documents(organisation, ledger, ids)


def _store_documents(organisation: Organisation, ledger: ExampleLedger, ids: pl.DataFrame) -> None:
    ours = pl.lit(organisation.pk).alias("organisation_id")
    valid = ledger.allocations.filter(~pl.col("is_returned"))
    counts = valid.group_by("invoice_number").agg(pl.col("payment_number").is_not_null().sum().alias("payment_count"))
    invoices = ledger.invoices.with_row_index("id", offset=_next_id("ledger_invoice")).join(ids, on="customer_number")
    invoices = invoices.join(counts, left_on="number", right_on="invoice_number", how="left")
    moment = pl.lit(ledger.today).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    insert_frame(
        "ledger_invoice",
        invoices.select(
            "id", ours, "customer_id", "number", "kind", pl.lit("posted").alias("status"), "currency", "issue_date",
            "due_date", "amount_minor", "open_amount_minor", "settled_date",
            pl.col("payment_count").fill_null(0), pl.col("purchase_order").fill_null(""),
            (pl.col("is_disputed") & (pl.col("dispute_date") <= ledger.today)).fill_null(value=False)
            .alias("is_disputed"),
            moment.alias("first_imported_at"),
        ),
    )  # fmt: skip
    payments = ledger.payments.with_row_index("id", offset=_next_id("ledger_payment")).join(ids, on="customer_number")
    used = valid.group_by("payment_number").agg(pl.col("amount_minor").sum().alias("used_minor"))
    payments = payments.join(used, left_on="number", right_on="payment_number", how="left")
    rest = pl.col("amount_minor") - pl.col("used_minor").fill_null(0)
    back = pl.col("returned_date").fill_null(pl.col("payment_date"))
    insert_frame(
        "ledger_payment",
        payments.select(
            "id", ours, "customer_id", pl.col("number").alias("key"), pl.col("payment_date").alias("paid_date"),
            "currency", "amount_minor",
            pl.when("is_returned").then(0).otherwise(rest).alias("unallocated_minor"),
            pl.col("number").alias("reference"),
            pl.when("is_returned").then(back).alias("returned_date"),
        ),
    )  # fmt: skip
    _store_allocations(organisation, valid, invoices, payments)


def _store_allocations(
    organisation: Organisation, valid: pl.DataFrame, invoices: pl.DataFrame, payments: pl.DataFrame
) -> None:
    numbers = invoices.select(pl.col("number").alias("invoice_number"), pl.col("id").alias("invoice_id"), "customer_id")
    keys = payments.select(pl.col("number").alias("payment_number"), pl.col("id").alias("payment_id"))
    rows = valid.join(numbers, on="invoice_number").join(keys, on="payment_number", how="left")
    is_credit = pl.col("payment_id").is_null()
    columns = [
        pl.lit(organisation.pk).alias("organisation_id"),
        pl.col("customer_id"),
        pl.col("invoice_id"),
        pl.col("payment_id").cast(pl.Int64),
        pl.when(is_credit).then(pl.lit("credit_note")).otherwise(pl.lit("payment")).alias("source"),
        pl.col("allocation_date").alias("allocated_date"),
        pl.col("amount_minor"),
    ]
    insert_frame("ledger_allocation", rows.select(columns), skip_existing=True)
    notes = numbers.rename({"invoice_number": "credit_note_number"})
    used = valid.filter(pl.col("credit_note_number").is_not_null()).join(notes, on="credit_note_number")
    used = used.with_columns(-pl.col("amount_minor"), pl.lit(None).alias("payment_id"))
    insert_frame("ledger_allocation", used.select(columns))


def _next_id(table: str) -> int:
    """Ids are given here, so that rows can name each other before they are stored; sequences are moved after."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COALESCE(MAX(id), 0) + 1 FROM {table}")
        return int(cursor.fetchone()[0])
