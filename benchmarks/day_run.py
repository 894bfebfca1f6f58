"""The day's run on a whole ledger in the database: first planning run, an ordinary day, one customer.

    python -m benchmarks.day_run [--customers 200000]
    tools/with-postgres .venv/bin/python -m benchmarks.day_run

Promised on two quiet cores with 200,000 customers, 1,000,000 open and 5,000,000 settled invoices: first run at most
30 s and 4 GiB, an ordinary day at most 10 s, one customer at most 50 ms. The reference pass reads the same invoices
into Polars and groups them once. Every phase is a process of its own, so that its peak memory is its own.
"""

import argparse
import json
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta

from benchmarks.databases import installation, run_phase, start_django
from benchmarks.measuring import print_table, timed

TODAY = date(2026, 3, 10)
NOW = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)
ONE_CUSTOMER_TRIES = 50
Rows = list[list[object]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=200_000)
    parser.add_argument("--phase", choices=list(PHASES))
    given = parser.parse_args()
    if given.phase:
        start_django()
        print(json.dumps(PHASES[given.phase](given.customers)))
        return
    with installation() as database:
        rows: Rows = []
        for phase in PHASES:
            rows += run_phase("benchmarks.day_run", phase, "--customers", str(given.customers))
        heads = ["what", "invoices", "seconds", "reference", "ratio", "peak MiB"]
        print_table(f"The day's run, {given.customers:,} customers, {database}", heads, rows)


def fill(customers: int) -> Rows:
    """Store the seeded ledger."""
    from benchmarks.storing import store_ledger
    from goodterms.database.bulk_load import bulk_load
    from goodterms.importers.example import generate_large
    from goodterms.organizations.models import Organisation

    organisation = Organisation.objects.create(name="Example Ltd", slug="example", created_at=NOW)
    ledger, generated = timed(lambda: generate_large(2026, TODAY, customers))
    from django.db import connection, transaction

    def store() -> None:
        sizes = {"ledger_invoice": ledger.invoices, "ledger_payment": ledger.payments}
        with transaction.atomic(), ExitStack() as loading:
            for table, rows in {**sizes, "ledger_allocation": ledger.allocations}.items():
                loading.enter_context(bulk_load(table, rows.height))
            store_ledger(organisation, ledger)

    _, stored = timed(store)

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return [["(store the ledger)", ledger.invoices.height, stored.seconds, generated.seconds, "-", stored.peak_mib]]


def first_run(customers: int) -> Rows:
    """Read, decide, write profiles, summaries, touches and effects, on a ledger never seen before."""
    from goodterms.flows.run_day import run_day
    from goodterms.organizations.models import Organisation

    organisation = Organisation.objects.get()
    report, run = timed(lambda: run_day(organisation, NOW))
    invoices, reference = timed(lambda: read_and_group(organisation.pk, "1 = 1"))
    what = f"first run ({report.counts['touches_new']:,} touches)"
    return [[what, invoices, run.seconds, reference.seconds, run.seconds / reference.seconds, run.peak_mib]]


def ordinary_day(customers: int) -> Rows:
    """The next day: everything open is a day older, and one customer in a hundred has new facts."""
    from goodterms.flows.run_day import run_day
    from goodterms.organizations.models import Organisation

    organisation = Organisation.objects.get()
    pay_some(organisation.pk)
    report, run = timed(lambda: run_day(organisation, NOW + timedelta(days=1)))
    invoices, reference = timed(lambda: read_and_group(organisation.pk, "open_amount_minor <> 0"))
    what = f"ordinary day ({report.counts['summaries_renewed']:,} customers with new facts)"
    return [[what, invoices, run.seconds, reference.seconds, run.seconds / reference.seconds, run.peak_mib]]


def pay_some(organisation_id: int) -> None:
    """One customer in a hundred pays its oldest open invoice."""
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE ledger_invoice SET open_amount_minor = 0, settled_date = %s, payment_count = payment_count + 1"
            " WHERE id IN (SELECT MIN(id) FROM ledger_invoice WHERE organisation_id = %s AND open_amount_minor > 0"
            " AND customer_id %% 100 = 7 GROUP BY customer_id)",
            [TODAY + timedelta(days=1), organisation_id],
        )
        cursor.execute(
            "UPDATE ledger_customer SET facts_version = facts_version + 1 WHERE organisation_id = %s AND id %% 100 = 7",
            [organisation_id],
        )


def one_customer(customers: int) -> Rows:
    """One customer decided again, as after a phone call."""
    from goodterms.flows.decide_day import decide_for
    from goodterms.ledger.models import Customer
    from goodterms.organizations.models import Organisation

    organisation = Organisation.objects.get()
    ids = list(Customer.objects.order_by("pk").values_list("pk", flat=True)[: ONE_CUSTOMER_TRIES * 7 : 7])
    decide_for(organisation, NOW, customer_ids=ids[:1])

    def decide_each() -> None:
        for customer_id in ids:
            decide_for(organisation, NOW, customer_ids=[customer_id])

    _, each = timed(decide_each)
    return [[f"one customer (mean of {len(ids)})", 30, each.seconds / len(ids), "-", "-", each.peak_mib]]


def read_and_group(organisation_id: int, condition: str) -> int:
    """The reference pass: read the invoices and group them once."""
    import polars as pl

    from goodterms.core.evidence import SETTLED
    from goodterms.database.reading import bulk_reading, read_frame

    query = (
        "SELECT id, customer_id, currency, issue_date, due_date, settled_date, amount_minor, payment_count, is_disputed"
        f" FROM ledger_invoice WHERE organisation_id = %s AND {condition}"
    )
    with bulk_reading():
        frame = read_frame(query, [organisation_id], SETTLED)
    frame.group_by("customer_id").agg(pl.col("amount_minor").sum(), pl.col("due_date").min())
    return frame.height


PHASES = {"fill": fill, "first": first_run, "ordinary": ordinary_day, "one": one_customer}

if __name__ == "__main__":
    main()
