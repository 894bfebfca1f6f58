"""Lists and pages of agreements ask a constant number of questions, and find their place among a million items."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from goodterms.core.money import Money
from goodterms.flows.charge_fee import charge_fee
from goodterms.flows.make_promise import make_promise
from goodterms.flows.open_dispute import open_dispute
from goodterms.flows.propose_settlement import propose_settlement
from goodterms.followup.models import AgencyCase
from goodterms.ledger.models import Allocation, Customer
from goodterms.web.lists import slice_rows
from goodterms.web.queries.balances import open_items
from goodterms.web.queries.invoices import SORTS
from tests.conftest import NOW
from tests.factories import make_touch
from tests.web.agreed_world import OWNER, send_paper
from tests.web.world import TODAY, World, make_debtor, make_hold

LISTS = {
    "invoices": 24, "promises": 14, "plans": 13, "settlements": 12, "disputes": 13, "holds": 13, "fees": 12,
    "printing": 13, "agency": 14,
}  # fmt: skip
PAGES = {"invoice": 32, "promise": 17, "plan": 26, "settlement": 17, "dispute": 16, "hold": 12, "batch": 15, "case": 14}


def count_queries(world: World, address: str) -> int:
    client = world.client("owner")
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def count_all(world: World) -> dict[str, int]:
    counted = {name: count_queries(world, reverse(name, args=[world.ours.slug])) for name in LISTS}
    for name in PAGES:
        address = reverse("agency-case" if name == "case" else name, args=[world.ours.slug, getattr(world, name).pk])
        counted[name] = count_queries(world, address)
    return counted


def agree(customer: Customer) -> None:
    """One more of everything, of another customer."""
    ours, by = customer.organisation, TODAY + timedelta(days=5)
    invoice = customer.invoices.get(number=f"{customer.number}-R1")
    make_promise(ours, customer, by=by, source="call", actor=OWNER, now=NOW)
    propose_settlement(ours, customer, pay=Money(5_00, "GBP"), by=by, reason="Closing.", actor=OWNER, now=NOW)
    open_dispute(ours, customer, invoice, reason="faulty", actor=OWNER, now=NOW)
    charge_fee(ours, customer, reason="costs", amount=Money(9_00, "GBP"), actor=OWNER, now=NOW)
    make_hold(customer)
    send_paper(customer)
    AgencyCase.objects.create(organisation=ours, customer=customer, ready_date=TODAY, ready_reason="No step left.")


@pytest.mark.django_db(transaction=True)
def test_more_agreements_ask_no_more_questions(world: World) -> None:
    agree(make_debtor(world.ours, "C2"))
    assert all((world.plan, world.claim, world.batch))
    counted = count_all(world)
    assert {name: count for name, count in counted.items() if count > {**LISTS, **PAGES}[name]} == {}
    for number in range(3, 9):
        agree(make_debtor(world.ours, f"C{number}"))
    named = {"invoice_id": world.invoice.pk, "currency": "GBP", "open_amount_minor": 5}
    for day in range(5):
        Allocation.objects.create(
            organisation=world.ours, customer=world.customer, invoice=world.invoice, source="credit_note",
            allocated_date=TODAY + timedelta(days=day), amount_minor=1,
        )  # fmt: skip
        make_touch(world.customer, state="sent", step="friendly", items=json.dumps([named]))
    assert count_all(world) == counted


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL chooses by the table's size")
@pytest.mark.parametrize(("sort", "index"), [("due", "invoice_open_by_due"), ("-due", "invoice_open_by_due")])
def test_a_page_in_the_middle_of_the_list_is_found_in_its_index(world: World, sort: str, index: str) -> None:
    rows = open_items(world.ours).filter(due_date__isnull=False)
    first = slice_rows(rows, SORTS[sort], "", size=1)
    with CaptureQueriesContext(connection) as captured:
        slice_rows(rows, SORTS[sort], first.next, size=1)
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN QUERY PLAN " + captured[0]["sql"])
        plan = " ".join(str(row[3]) for row in cursor.fetchall())
    assert index in plan
    assert "due_date>" in plan or "due_date<" in plan
    assert "TEMP B-TREE" not in plan
