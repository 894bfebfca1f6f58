"""The list of open items finds, filters and sorts; the page of one shows its whole history."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from goodterms.followup.models import Dispute, Hold
from goodterms.ledger.models import Allocation, Payment
from goodterms.web.lists import PAGE_ROWS
from tests.conftest import NOW
from tests.factories import make_customer, make_invoice, make_touch
from tests.web.test_lists import ask, rows_of
from tests.web.world import TODAY, World, make_debtor

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(world: World) -> Client:
    return world.client("owner")


def post(client: Client, world: World, name: str, pk: int, **given: str) -> str:
    return client.post(reverse(name, args=[world.ours.slug, pk]), given, follow=True).content.decode()


def look(client: Client, world: World, name: str, pk: int) -> str:
    return client.get(reverse(name, args=[world.ours.slug, pk])).content.decode()


def test_open_items_come_with_the_oldest_due_date_first_and_can_be_turned(world: World, client: Client) -> None:
    make_invoice(world.customer, "OLD", due=TODAY - timedelta(days=200))
    assert rows_of(ask(client, world, "invoices")) == ["OLD", "C1-R1", "C1-R2"]
    assert rows_of(ask(client, world, "invoices", sort="-due")) == ["C1-R2", "C1-R1", "OLD"]
    assert rows_of(ask(client, world, "invoices", sort="-amount")) == ["C1-R1", "C1-R2", "OLD"]


def test_a_number_is_found_however_it_is_written_paid_or_not(world: World, client: Client) -> None:
    assert rows_of(ask(client, world, "invoices", q="c1r1")) == ["C1-R1"]
    assert rows_of(ask(client, world, "invoices", q="C1-S1", state="overdue")) == ["C1-S1"]


def test_words_find_the_items_of_customers_called_so(world: World, client: Client) -> None:
    other = make_customer(world.ours, "C2", name="Zebra Example Ltd")
    make_invoice(other, "Z1", due=TODAY)
    assert rows_of(ask(client, world, "invoices", q="zebra")) == ["Z1"]
    assert "No such item" in ask(client, world, "invoices", q="nobody")


@pytest.mark.parametrize(
    ("state", "numbers"),
    [
        ("overdue", ["C1-R1"]),
        ("1_30", ["C1-R1"]),
        ("over_90", []),
        ("not_due", ["C1-R2", "F1"]),
        ("undated", ["U1"]),
        ("credit_note", ["N1"]),
        ("fee", ["F1"]),
        ("nonsense", ["C1-R1", "C1-R2", "F1", "N1"]),
    ],
)
def test_a_state_leaves_only_items_in_it(world: World, client: Client, state: str, numbers: list[str]) -> None:
    make_invoice(world.customer, "U1", due=None)
    make_invoice(world.customer, "F1", due=TODAY + timedelta(days=6), kind="fee")
    make_invoice(world.customer, "N1", due=TODAY + timedelta(days=9), amount_minor=-30_00)
    assert rows_of(ask(client, world, "invoices", state=state)) == numbers


def test_settled_items_of_one_customer_are_listed_on_demand(world: World, client: Client) -> None:
    page = ask(client, world, "invoices", state="settled", customer=str(world.customer.pk))
    assert rows_of(page) == [f"C1-S{month}" for month in range(1, 6)]
    assert client.get(reverse("invoices", args=[world.theirs.slug]), {"customer": world.customer.pk}).status_code == 404


def test_marks_say_what_is_known_and_filter(world: World, client: Client) -> None:
    Hold.objects.all().delete()
    page = ask(client, world, "invoices")
    assert "On hold" not in page.split("<tbody>")[1]
    assert world.dispute.invoice == world.promise.invoices.get().invoice
    Hold.objects.create(
        organisation=world.ours, customer=world.customer, invoice=world.customer.invoices.get(number="C1-R2"),
        reason="illness", from_date=TODAY, until_date=TODAY, made_by="Robin", made_at=NOW,
    )  # fmt: skip
    assert rows_of(ask(client, world, "invoices", mark="disputed")) == ["C1-R1"]
    assert rows_of(ask(client, world, "invoices", mark="promised")) == ["C1-R1"]
    assert rows_of(ask(client, world, "invoices", mark="held")) == ["C1-R2"]
    assert rows_of(ask(client, world, "invoices", mark="planned")) == []
    assert {"Disputed", "Promised", "On hold"} <= set(
        re.findall(r"<span>([^<]+)</span>", ask(client, world, "invoices"))
    )


def test_a_step_finds_overdue_items_whose_customer_got_it_last(world: World, client: Client) -> None:
    world.customer.profile.cycle = "since-2026-02-27"
    world.customer.profile.save()
    make_touch(world.customer, state="sent", step="friendly", cycle="since-2026-02-27")
    assert "Friendly reminder" in ask(client, world, "invoices").split("<tbody>")[1]
    assert rows_of(ask(client, world, "invoices", step="friendly")) == ["C1-R1", "C1-R2"]
    make_touch(world.customer, state="sent", step="clear", cycle="since-2026-02-27")
    assert rows_of(ask(client, world, "invoices", step="friendly")) == []
    assert rows_of(ask(client, world, "invoices", step="clear")) == ["C1-R1", "C1-R2"]


def test_amounts_are_compared_within_one_currency(world: World, client: Client) -> None:
    make_invoice(world.customer, "J1", due=TODAY, amount_minor=1_000_000, currency="JPY")
    assert rows_of(ask(client, world, "invoices", least="600", currency="GBP")) == ["C1-R1"]
    assert rows_of(ask(client, world, "invoices", least="600", currency="JPY")) == ["J1"]
    assert "is not an amount" in ask(client, world, "invoices", least="much")


def test_pages_follow_each_other_by_key(world: World, client: Client) -> None:
    for place in range(PAGE_ROWS + 5):
        make_invoice(world.customer, f"P{place:02}", due=TODAY + timedelta(days=10 + place // 4))
    first = ask(client, world, "invoices")
    link = re.search(r'data-page="next" href="([^"]+)"', first)
    assert link is not None
    address = reverse("invoices", args=[world.ours.slug])
    second = client.get(address + link[1].replace("&amp;", "&")).content.decode()
    assert rows_of(first) + rows_of(second) == ["C1-R1", "C1-R2", *(f"P{place:02}" for place in range(PAGE_ROWS + 5))]


def test_an_invoice_shows_its_history(world: World, client: Client) -> None:
    paid = Payment.objects.create(
        organisation=world.ours, customer=world.customer, key="P1", reference="BANK 77", paid_date=TODAY,
        currency="GBP", amount_minor=34_50, unallocated_minor=0,
    )  # fmt: skip
    Allocation.objects.create(
        organisation=world.ours, customer=world.customer, invoice=world.invoice, payment=paid, source="payment",
        allocated_date=TODAY, amount_minor=34_50,
    )  # fmt: skip
    item = {"invoice_id": world.invoice.pk, "currency": "GBP", "open_amount_minor": 1234_50}
    make_touch(world.customer, state="sent", step="firm", items=f"[{item}]".replace("'", '"'))
    assert all((world.promise, world.dispute, world.claim, world.documented))
    page = look(client, world, "invoice", world.invoice.pk)
    for words in ("BANK 77", "1,200.00", "Firm reminder", "Promise", "Wrong price", "F-00001", "C1-R1.pdf", "12 days"):
        assert words in page, words
    document = client.get(reverse("invoice-document", args=[world.ours.slug, world.invoice.pk]))
    assert (document["Content-Disposition"], document.content) == (
        'attachment; filename="C1-R1.pdf"',
        b"%PDF-1.7 invoice",
    )


def test_an_invoice_is_held_from_its_own_page(world: World, client: Client) -> None:
    page = post(client, world, "invoice-hold", world.invoice.pk, until="2026-03-31", reason="goodwill", note="Once.")
    assert "Paused; the hold lifts itself" in page
    held = Hold.objects.get(invoice=world.invoice)
    assert (held.customer, held.until_date.isoformat(), held.made_by) == (world.customer, "2026-03-31", "Robin Example")
    late = client.post(
        reverse("invoice-hold", args=[world.ours.slug, world.invoice.pk]), {"until": "2026-01-01", "reason": "goodwill"}
    )
    assert (late.status_code, "would be over already" in late.content.decode()) == (422, True)


def test_a_part_of_an_invoice_is_disputed_from_its_own_page(world: World, client: Client) -> None:
    given = {"reason": "wrong_price", "amount": "34,50", "owner": "Robin Example", "note": "The price list says less."}
    page = post(client, world, "invoice-dispute", world.invoice.pk, **given)
    assert "Held back; the rest is chased as before." in page
    dispute = Dispute.objects.get()
    assert (dispute.amount_minor, dispute.owner, dispute.opened_by) == (34_50, "Robin Example", "Robin Example")
    again = client.post(reverse("invoice-dispute", args=[world.ours.slug, world.invoice.pk]), given)
    assert (again.status_code, "is in dispute since" in again.content.decode()) == (422, True)
    much = client.post(reverse("invoice-dispute", args=[world.ours.slug, world.invoice.pk]), {**given, "amount": "1,5"})
    assert much.status_code == 422


def test_an_invoice_of_another_customer_keeps_to_itself(world: World, client: Client) -> None:
    other = make_debtor(world.ours, "C2")
    assert world.dispute
    page = look(client, world, "invoice", other.invoices.get(number="C2-R1").pk)
    assert "Was never disputed." in page
