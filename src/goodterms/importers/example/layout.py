"""The generic columns in which an accounting program might export the example ledger, all of them text."""

import polars as pl

from goodterms.importers.example.ledger import ExampleLedger

_ROLES = {
    "accounts_payable": "Accounts payable",
    "buyer": "Buyer",
    "executive": "Executive",
    "owner": "Owner",
}
_TYPES = {"invoice": "Invoice", "credit_note": "Credit note"}


def lay_out_customers(ledger: ExampleLedger) -> pl.DataFrame:
    """One row per contact, the customer's own columns repeated; a customer without contact has one row."""
    contacts = ledger.contacts.rename({"name": "contact_name"})
    rows = ledger.customers.join(
        contacts, left_on="number", right_on="customer_number", how="left", maintain_order="left_right"
    )
    return rows.select(
        pl.col("number").alias("Customer Number"),
        pl.col("name").alias("Customer Name"),
        pl.col("country").alias("Country"),
        pl.col("language").alias("Language"),
        pl.col("currency").alias("Currency"),
        pl.col("terms_days").cast(pl.String).alias("Payment Terms (days)"),
        pl.col("contact_name").alias("Contact Name"),
        pl.col("role").replace_strict(_ROLES).alias("Contact Role"),
        pl.col("email").alias("Email"),
        pl.col("phone").alias("Phone"),
        _yes("is_protected").alias("Protected"),
        pl.col("relationship_owner").alias("Account Owner"),
    )


def lay_out_invoices(ledger: ExampleLedger) -> pl.DataFrame:
    """One row per invoice or credit note; amounts of credit notes are negative."""
    names = pl.lit(ledger.customers["name"])
    return ledger.invoices.select(
        pl.col("number").alias("Invoice Number"),
        pl.col("kind").replace_strict(_TYPES).alias("Type"),
        pl.col("customer_number").alias("Customer Number"),
        names.gather(_customer_place(ledger)).alias("Customer Name"),
        pl.col("issue_date").cast(pl.String).alias("Invoice Date"),
        pl.col("due_date").cast(pl.String).alias("Due Date"),
        pl.col("currency").alias("Currency"),
        decimal_text("amount_minor").alias("Total"),
        decimal_text("open_amount_minor").alias("Open Amount"),
        pl.col("purchase_order").alias("PO Number"),
        _yes("is_disputed").alias("Disputed"),
    )


def lay_out_payments(ledger: ExampleLedger) -> pl.DataFrame:
    """One row per allocation, and one without invoice number for what is not allocated."""
    lines = ledger.allocations.filter(pl.col("payment_number").is_not_null()).select(
        "payment_number", "invoice_number", line_minor="amount_minor"
    )
    allocated = lines.group_by("payment_number").agg(pl.sum("line_minor"))
    rest = (
        ledger.payments.join(allocated, left_on="number", right_on="payment_number", how="left")
        .select(
            payment_number="number",
            invoice_number=pl.lit(None, dtype=pl.String),
            line_minor=pl.col("amount_minor") - pl.col("line_minor").fill_null(0),
        )
        .filter(pl.col("line_minor") > 0)
    )
    rows = (
        pl.concat([lines, rest])
        .join(ledger.payments, left_on="payment_number", right_on="number")
        .sort("payment_number", "invoice_number", nulls_last=True)
    )
    return rows.select(
        pl.col("payment_date").cast(pl.String).alias("Payment Date"),
        pl.col("customer_number").alias("Customer Number"),
        pl.col("invoice_number").alias("Invoice Number"),
        decimal_text("line_minor").alias("Amount"),
        pl.col("currency").alias("Currency"),
        pl.col("payment_number").alias("Reference"),
        pl.when("is_returned").then(pl.lit("Returned")).alias("Status"),
    )


def decimal_text(column: str) -> pl.Expr:
    """Minor units as 1284.50; every currency of the example has two decimals."""
    size = pl.col(column).abs()
    sign = pl.when(pl.col(column) < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    return pl.format("{}{}.{}", sign, size // 100, (size % 100).cast(pl.String).str.zfill(2))


def _yes(column: str) -> pl.Expr:
    return pl.when(column).then(pl.lit("Yes"))


def _customer_place(ledger: ExampleLedger) -> pl.Expr:
    """The customer's place in the frame of customers, which is numbered without gaps."""
    first = ledger.customers["number"][0]
    digits = pl.col("customer_number").str.strip_prefix("C-").cast(pl.Int64)
    return digits - int(first.removeprefix("C-"))
