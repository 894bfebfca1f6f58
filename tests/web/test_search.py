"""Search everywhere: by name, number, e-mail, telephone and amount, however they are written, from indexes alone."""

import re
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from goodterms.ledger.models import Contact, Customer
from goodterms.ledger.search_keys import number_key, phone_digits
from goodterms.web.typed_amounts import minor_of, readings_of
from tests.factories import make_invoice
from tests.web.world import TODAY, World, make_debtor


@pytest.mark.parametrize(
    ("words", "readings"),
    [
        ("1234.56", ["1234.56"]),
        ("1.234,56", ["1234.56"]),
        ("1,234.56", ["1234.56"]),
        ("1 234,56 €", ["1234.56"]),
        ("EUR 1'234.5", ["1234.5"]),
        ("1234", ["1234"]),
        ("1,234", ["1234", "1.234"]),
        ("1.234.567", ["1234567"]),
        ("1,234,567.89", ["1234567.89"]),
        (",50", ["0.50"]),
        ("RE-17", []),
        ("", []),
        ("12.3.2026x", []),
    ],
)
def test_amounts_are_read_however_they_are_typed(words: str, readings: list[str]) -> None:
    assert readings_of(words) == [Decimal(each) for each in readings]


def test_an_amount_has_the_decimals_of_its_currency() -> None:
    assert minor_of(Decimal("12.5"), "EUR") == 1250
    assert minor_of(Decimal("12.5"), "JPY") is None
    assert minor_of(Decimal("1.234"), "KWD") == 1234


def test_numbers_are_compared_without_separators() -> None:
    assert number_key("re-2026/00 17.a") == "RE20260017A"
    assert phone_digits("+44 (1632) 960-001") == "441632960001"
    assert phone_digits("RE-17") == ""


@pytest.fixture
def client(world: World) -> Client:
    return world.client("owner")


@pytest.fixture
def other(world: World) -> Customer:
    """A second customer, so that words about one are not about all."""
    other = make_debtor(world.ours, "K-77/a", name="Zebra Example GmbH")
    Contact.objects.filter(customer=other).update(email="Kim.Zebra@zebra.example", phone="+49 30 901820-17")
    make_invoice(other, "RE-2026/0017", due=TODAY, amount_minor=1234_56, open_minor=400_00, currency="EUR")
    make_invoice(other, "RE-2025/0001", due=TODAY, amount_minor=88_00, settled=TODAY, currency="EUR")
    return other


def find(client: Client, world: World, words: str) -> str:
    """The address that the search leads to, or the names and numbers that it lists."""
    answer = client.get(reverse("search", args=[world.ours.slug]), {"q": words})
    if "Location" in answer.headers:
        return answer.headers["Location"]
    return " | ".join(re.findall(r"data-row-link>([^<]+)</a>", answer.content.decode()))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "words",
    [
        "zebra",
        "K-77/a",
        "k-77/A",
        "kim.zebra@zebra.example",
        "kim.zeb",
        "@zebra.example",
        "+49 30 90182017",
        "030 90182017",
        "90182017",
        "RE-2026/0017",
        "re20260017",
        "re2026",
        "RE 2025 0001",
        "1.234,56",
        "1234.56",
        "EUR 400",
        "400,00",
    ],
)
def test_a_customer_is_found_by_whatever_one_has_in_hand(
    world: World, client: Client, other: Customer, words: str
) -> None:
    assert find(client, world, words) == reverse("customer", args=[world.ours.slug, other.pk])


@pytest.mark.django_db
def test_what_fits_several_is_listed(world: World, client: Client, other: Customer) -> None:
    assert find(client, world, "500") == "C1-R2 · Example Customer C1 Ltd | K-77/a-R2 · Zebra Example GmbH"
    assert find(client, world, "nobody") == ""
    assert find(client, world, "") == ""


@pytest.mark.django_db
def test_nobody_finds_what_they_may_not_see(world: World, other: Customer) -> None:
    for who in ("limited", "stranger"):
        client = world.client(who)
        slug = world.theirs.slug if who == "stranger" else world.ours.slug
        for words in ("zebra", "K-77/a", "kim.zebra@zebra.example", "90182017", "re20260017", "1234.56"):
            page = client.get(reverse("search", args=[slug]), {"q": words})
            assert "Nothing found" in page.content.decode(), (who, words)


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL chooses by the table's size")
@pytest.mark.parametrize(
    "words", ["re20260017", "RE-2026", "1.234,56", "kim.zebra@zebra.example", "030 90182017", "K1"]
)
def test_every_way_of_looking_asks_an_index(world: World, client: Client, other: Customer, words: str) -> None:
    """No statement reads a whole table of invoices or contacts."""
    with CaptureQueriesContext(connection) as asked:
        client.get(reverse("search", args=[world.ours.slug]), {"q": words})
    for query in asked.captured_queries:
        if query["sql"].startswith(("SELECT", "WITH")):
            with connection.cursor() as cursor:
                cursor.execute("EXPLAIN QUERY PLAN " + query["sql"])
                plan = " ; ".join(row[3] for row in cursor.fetchall())
            assert not re.search(r"SCAN ledger_(invoice|contact)", plan), (query["sql"], plan)
