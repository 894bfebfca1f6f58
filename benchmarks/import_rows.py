"""How fast invoices are imported, beside a bare reading and bulk insert of the same rows in the same run.

    python -m benchmarks.import_rows --rows 1000000

A new SQLite file is used, or the (empty) PostgreSQL database that DATABASE_URL names.
"""

import argparse
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

ROWS_PER_CUSTOMER = 25
TODAY = date(2026, 6, 30)
NOW = datetime(2026, 6, 30, 9, tzinfo=UTC)


def main() -> None:
    """Run all passes and print the table."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--rows", type=int, default=1_000_000)
    rows = given.parse_args().rows
    with tempfile.TemporaryDirectory(prefix="goodterms-bench-") as folder:
        os.environ["GOODTERMS_HOME"] = folder
        os.environ["DJANGO_SETTINGS_MODULE"] = "goodterms.project.settings"
        import django

        django.setup()
        measure(Path(folder), rows)


def measure(folder: Path, rows: int) -> None:
    """Import a file of so many rows, the same again, and a newer one; then the reference pass."""
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", interactive=False, verbosity=0, skip_checks=True)
    first, newer, paid = folder / "invoices.csv", folder / "newer.csv", folder / "payments.csv"
    write_file(first, rows, is_newer=False)
    write_file(newer, rows, is_newer=True)
    write_payments(paid, rows)
    importer = Importer()
    print(f"{rows:,} rows, {first.stat().st_size / 1e6:,.0f} MB, {connection.vendor}")
    print(f"{'pass':<34}{'seconds':>9}{'cpu s':>7}{'rows/s':>12}{'peak MB':>9}{'ratio':>8}")
    reference = timed(partial(plain_pass, first, importer.organisation_id))
    clear_plain_pass()
    show("reference: read_csv, bulk insert", reference, rows, reference)
    for name, path, day in (
        ("import", first, date(2026, 6, 1)),
        ("the same file again", first, date(2026, 6, 1)),
        ("a newer file, a tenth changed", newer, TODAY),
        ("as many payments", paid, TODAY),
    ):
        show(name, timed(partial(importer.run, path, day)), rows, reference)
        print(f"    {importer.counts}")


@dataclass(frozen=True)
class Spent:
    """Seconds by the clock on the wall, and of this process alone; the latter bear a busy machine better."""

    wall: float
    cpu: float


def timed(work: Callable[[], object]) -> Spent:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Spent(time.perf_counter() - wall, time.process_time() - cpu)


def show(name: str, spent: Spent, rows: int, reference: Spent) -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)
    figures = f"{spent.wall:>9.1f}{spent.cpu:>7.1f}{rows / spent.wall:>12,.0f}{peak:>9,.0f}"
    print(f"{name:<34}{figures}{spent.wall / reference.wall:>8.1f}", flush=True)


class Importer:
    """An organisation and the flow that imports into it."""

    def __init__(self) -> None:
        from goodterms.organizations.models import Organisation

        organisation = Organisation.objects.create(name="Example Ltd", slug="example", created_at=NOW)
        self.organisation_id = organisation.pk
        self.counts: dict[str, int] = {}

    def run(self, path: Path, day: date) -> None:
        from goodterms.flows.import_ledger import import_path
        from goodterms.importers.reading import Wishes

        result, *_ = import_path(self.organisation_id, path, Wishes(as_of=day), now=NOW, today=TODAY)
        self.counts = dict(result.counts)


def write_file(path: Path, rows: int, *, is_newer: bool) -> None:
    """Invoices in the columns of the generic layout; in the newer file a tenth has another open amount."""
    import polars as pl

    number = pl.int_range(rows, eager=True).alias("number")
    issued = pl.date(2025, 1, 1) + pl.duration(days=pl.col("number") % 500)
    total = 100 + pl.col("number") * 7919 % 500_000
    step = pl.when(pl.col("number") % 10 == 3).then(total // 2).otherwise(total)
    rest = pl.when((pl.col("number") % 10 == 4) & pl.lit(is_newer)).then(0).otherwise(step)
    customer = pl.col("number") // ROWS_PER_CUSTOMER
    pl.DataFrame({"number": number}).select(
        pl.format("INV-{}", 1_000_000 + pl.col("number")).alias("Invoice Number"),
        pl.format("C-{}", customer).alias("Customer Number"),
        pl.format("Example Customer {} Ltd", customer).alias("Customer Name"),
        issued.cast(pl.String).alias("Invoice Date"),
        (issued + pl.duration(days=30)).cast(pl.String).alias("Due Date"),
        pl.lit("EUR").alias("Currency"),
        *(
            pl.format("{}.{}", minor // 100, (minor % 100).cast(pl.String).str.zfill(2)).alias(name)
            for name, minor in (("Total", total), ("Open Amount", rest))
        ),
        pl.format("PO-{}", pl.col("number")).alias("PO Number"),
    ).write_csv(path)


def write_payments(path: Path, rows: int) -> None:
    """A small payment for each invoice; where nothing is open it explains what was reported as gone."""
    import polars as pl

    number = pl.int_range(rows, eager=True).alias("number")
    pl.DataFrame({"number": number}).select(
        pl.lit("2026-06-15").alias("Payment Date"),
        pl.format("C-{}", pl.col("number") // ROWS_PER_CUSTOMER).alias("Customer Number"),
        pl.format("INV-{}", 1_000_000 + pl.col("number")).alias("Invoice Number"),
        pl.lit("0.50").alias("Amount"),
        pl.lit("EUR").alias("Currency"),
        pl.format("R-{}", pl.col("number") // 3).alias("Reference"),
    ).write_csv(path)


def plain_pass(path: Path, organisation_id: int) -> None:
    """The same file read by Polars and its rows inserted and committed, nothing checked and nobody looked up."""
    import polars as pl
    from django.db import transaction

    from goodterms.database.writing import insert_frame
    from goodterms.ledger.models import Customer

    with transaction.atomic():
        customer = Customer.objects.create(
            organisation_id=organisation_id, number="plain", name="plain", known_from_date=TODAY
        )
        rows = pl.read_csv(path, try_parse_dates=True).select(
            organisation_id=pl.lit(organisation_id),
            customer_id=pl.lit(customer.pk),
            number="Invoice Number",
            kind=pl.lit("invoice"),
            status=pl.lit("posted"),
            currency="Currency",
            issue_date="Invoice Date",
            due_date="Due Date",
            amount_minor=(pl.col("Total") * 100).round().cast(pl.Int64),
            open_amount_minor=(pl.col("Total") * 100).round().cast(pl.Int64),
            settled_date=pl.lit(None, dtype=pl.Date),
            payment_count=pl.lit(0),
            purchase_order="PO Number",
            is_disputed=pl.lit(False),
            first_imported_at=pl.lit(NOW),
        )
        insert_frame("ledger_invoice", rows)


def clear_plain_pass() -> None:
    """Take the plain rows away again; not timed."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM ledger_invoice")
        cursor.execute("DELETE FROM ledger_customer")


if __name__ == "__main__":
    main()
