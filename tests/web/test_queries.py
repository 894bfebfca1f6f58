"""Every page asks a constant number of questions, however many rows there are."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from goodterms.ledger.models import Customer
from goodterms.web.queries.balances import open_items
from tests.factories import make_invoice, make_task
from tests.web.world import TODAY, World, make_call, make_debtor, make_hold, make_problem, make_touched

AT_MOST = {
    "today": 18,
    "today-automatic": 13,
    "today-waiting": 34,
    "customers": 15,
    "customer": 38,
    "customer-items": 8,
    "customer-timeline": 14,
    "customer-outlook": 32,
    "compose": 52,
    "inbox": 14,
    "reply": 24,
    "task": 45,
    "message": 13,
    "message-html": 6,
    "outbox": 12,
    "problems": 12,
    "search": 15,
    "approvals": 30,
    "approval": 38,
    "questions": 12,
    "repairs": 12,
    "call-mode": 16,
    "notices": 14,
    "settings": 12,
    "imports": 14,
    "import-file": 14,
}
ROWS = {
    "customer": "customer",
    "compose": "customer",
    "reply": "reply",
    "task": "task",
    "message": "sent",
    "approval": "waiting",
    "import": "upload",
}


def address_of(name: str, world: World) -> str:
    row = ROWS.get(name.split("-")[0])
    arguments = [world.ours.slug, getattr(world, row).pk] if row else [world.ours.slug]
    words = "?q=example" if name == "search" else ""
    return reverse(name, args=arguments) + words


def count_queries(name: str, world: World) -> int:
    client = world.client("owner")
    address = address_of(name, world)
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def add_rows(world: World) -> None:
    """More of everything, of the organisation and of the one customer."""
    for number in range(2, 12):
        other = make_debtor(world.ours, f"C{number}")
        add_work(other)
    for number in range(12):
        make_invoice(world.customer, f"more-{number}", due=TODAY, amount_minor=1000, currency="EUR")
        add_work(world.customer)


def add_work(customer: Customer) -> None:
    make_touched(customer, "sent")
    make_touched(customer, "queued")
    make_touched(customer, "waiting")
    make_task(customer)
    make_call(customer)
    make_hold(customer)
    make_problem(customer.organisation, customer=customer)


@pytest.mark.django_db(transaction=True)
def test_more_rows_ask_no_more_questions(world: World) -> None:
    make_touched(make_debtor(world.ours, "C0"), "queued")
    counted = {name: count_queries(name, world) for name in AT_MOST}
    assert {name: count for name, count in counted.items() if count > AT_MOST[name]} == {}
    add_rows(world)
    assert {name: count_queries(name, world) for name in AT_MOST} == counted


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL chooses by the table's size")
def test_open_items_are_summed_from_their_index_alone(world: World) -> None:
    sums = open_items(world.ours).filter(currency="GBP").values_list("customer_id", "due_date", "open_amount_minor")
    assert "USING COVERING INDEX invoice_open_by_" in sums.explain()
