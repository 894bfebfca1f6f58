"""How long the pages take with a whole ledger behind them, asked one after the other in this process.

    python -m benchmarks.pages [--customers 200000]
    tools/with-postgres .venv/bin/python -m benchmarks.pages

200,000 customers have 1,000,000 open invoices. The reference is a page that shows no list at all.
"""

import argparse
import time
from datetime import UTC, date, datetime
from statistics import median
from typing import Any

from benchmarks.databases import installation
from benchmarks.measuring import print_table

TODAY = date(2026, 3, 10)
NOW = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)
TRIES = 15
ADDRESSES = {
    "reference: no list": "/organisations/",
    "today: tasks": "/o/example/",
    "today: by itself": "/o/example/today/automatic/",
    "today: waits, and why": "/o/example/today/waiting/",
    "customers owing, most first": "/o/example/customers/",
    "customers by name": "/o/example/customers/?sort=name",
    "customers, oldest 31-60 days": "/o/example/customers/?age=31_60",
    "customers found by name": "/o/example/customers/?sort=name&q=hotel",
    "outbox, newest": "/o/example/outbox/",
    "outbox, asks a person": "/o/example/outbox/?state=attention",
    "data problems": "/o/example/problems/",
    "reports: six figures": "/o/example/reports/",
    "reports: ageing of a year": "/o/example/reports/ageing/?currency=EUR",
    "reports: DSO": "/o/example/reports/dso/?currency=EUR",
    "reports: cash forecast": "/o/example/reports/forecast/?currency=EUR",
    "reports: largest debtors": "/o/example/reports/debtors/?currency=EUR",
    "reports: ageing, one country": "/o/example/reports/ageing/?currency=EUR&country=DE",
    "search, many found": "/o/example/search/?q=hotel",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=200_000)
    given = parser.parse_args()
    with installation() as database:
        rows = measure(given.customers)
        heads = ["page", "median ms", "slowest ms"]
        print_table(f"The pages, {given.customers:,} customers, {database}, {TRIES} tries each", heads, rows)


def measure(customers: int) -> list[list[object]]:
    from django.test import Client

    fill(customers)
    client = Client(SERVER_NAME="localhost")
    sign_in(client)
    return [ask(client, name, address) for name, address in {**ADDRESSES, **addresses_of_one()}.items()]


def fill(customers: int) -> None:
    """The seeded ledger, with its first run."""
    from django.db import connection

    from benchmarks.storing import store_ledger
    from goodterms.flows.refresh_reports import refresh_reports
    from goodterms.flows.run_day import run_day
    from goodterms.importers.example import generate_large
    from goodterms.organizations.models import Organisation

    organisation = Organisation.objects.create(name="Example Ltd", slug="example", created_at=NOW)
    store_ledger(organisation, generate_large(2026, TODAY, customers))
    run_day(organisation, NOW)
    start = time.perf_counter()
    refresh_reports(organisation, NOW)
    print(f"Sums for reports: {time.perf_counter() - start:.1f} s")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def sign_in(client: Any) -> None:
    import goodterms.web.access
    from goodterms.organizations.models import Membership, Organisation, User

    user = User.objects.create_user("owner@example.com", "only for this benchmark")
    Membership.objects.create(organisation=Organisation.objects.get(), user=user, role=Membership.Role.OWNER)
    client.force_login(user)
    vars(goodterms.web.access)["current_moment"] = lambda: NOW


def addresses_of_one() -> dict[str, str]:
    """The pages of the customer with the most invoices, and of one message that waits to leave."""
    from django.db.models import Count

    from goodterms.ledger.models import Invoice
    from goodterms.outbox.models import Effect

    busiest = Invoice.objects.values("customer_id").annotate(found=Count("pk")).order_by("-found")[0]["customer_id"]
    message = Effect.objects.filter(channel="email").order_by("pk")[0]
    return {
        "customer, the busiest": f"/o/example/customers/{busiest}/",
        "message, composed now": f"/o/example/messages/{message.pk}/",
    }


def ask(client: Any, name: str, address: str) -> list[object]:
    assert client.get(address).status_code == 200, address
    taken = []
    for _ in range(TRIES):
        start = time.perf_counter()
        client.get(address)
        taken.append((time.perf_counter() - start) * 1000)
    return [name, median(taken), max(taken)]


if __name__ == "__main__":
    main()
