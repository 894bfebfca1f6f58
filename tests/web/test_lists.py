"""Long lists: found, filtered, sorted, a page at a time, and said when empty."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from goodterms.web.lists import PAGE_ROWS
from tests.factories import make_customer, make_invoice, make_profile, make_task
from tests.web.world import TODAY, World, make_debtor, make_problem, make_touched

pytestmark = pytest.mark.django_db


def rows_of(page: str) -> list[str]:
    """The words of each row's main link."""
    found = re.findall(r"<(a|button)[^>]*data-row-link[^>]*>(.*?)</\1>", page, re.DOTALL)
    return [re.sub(r"<[^>]+>|\s+", " ", words).strip() for _, words in found]


def ask(client: Client, world: World, name: str, **query: str) -> str:
    return client.get(reverse(name, args=[world.ours.slug]), query).content.decode()


def follow(client: Client, page: str, which: str) -> str:
    link = re.search(rf'data-page="{which}" href="([^"]+)"', page)
    assert link is not None
    address = link[1].replace("&amp;", "&")
    return client.get("/o/example-supplies/customers/" + address).content.decode()


@pytest.fixture
def client(world: World) -> Client:
    return world.client("owner")


def test_customers_come_with_the_most_overdue_first_per_currency(world: World, client: Client) -> None:
    rich, foreign = make_customer(world.ours, "C2"), make_customer(world.ours, "C3")
    make_invoice(rich, "B1", due=TODAY - timedelta(days=1), amount_minor=9999_00)
    make_invoice(foreign, "B2", due=TODAY - timedelta(days=1), amount_minor=1_000_000_00, currency="JPY")
    assert rows_of(ask(client, world, "customers", sort="overdue:GBP")) == [rich.name, world.customer.name]
    assert rows_of(ask(client, world, "customers", sort="overdue:JPY")) == [foreign.name]


def test_due_today_is_not_overdue_and_neither_is_what_has_no_due_date(world: World, client: Client) -> None:
    customer = make_customer(world.ours, "C2")
    make_invoice(customer, "T1", due=TODAY, amount_minor=10_00)
    make_invoice(customer, "T2", due=None, amount_minor=10_00)
    assert customer.name in rows_of(ask(client, world, "customers", sort="name", age="not_due"))
    assert customer.name not in rows_of(ask(client, world, "customers", sort="name", age="overdue"))


def test_balances_take_credit_notes_and_cash_on_account_off(world: World, client: Client) -> None:
    from goodterms.ledger.models import Payment

    customer = make_customer(world.ours, "C2")
    make_invoice(customer, "I1", due=TODAY, amount_minor=100_00)
    make_invoice(customer, "N1", due=TODAY, amount_minor=-30_00)
    Payment.objects.create(
        organisation=world.ours,
        customer=customer,
        key="p1",
        paid_date=TODAY,
        currency="GBP",
        amount_minor=50_00,
        unallocated_minor=20_00,
    )
    page = client.get(reverse("customer", args=[world.ours.slug, customer.pk])).content.decode()
    assert re.search(r"Balance</dt><dd[^>]*><span class=\"amount\">50\.00<", page)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "c1"}, ["Example Customer C1 Ltd"]),
        ({"q": "customer C"}, ["Example Customer C1 Ltd", "Example Customer C2 Ltd"]),
        ({"profile": "red_tape"}, ["Example Customer C2 Ltd"]),
        ({"verdict": "watch"}, ["Example Customer C2 Ltd"]),
        ({"age": "1_30"}, ["Example Customer C1 Ltd"]),
        ({"age": "over_90"}, []),
        ({"sort": "-name"}, ["Example Customer C2 Ltd", "Example Customer C1 Ltd"]),
    ],
)
def test_customers_are_found_filtered_and_sorted(
    world: World, client: Client, query: dict[str, str], found: list[str]
) -> None:
    make_profile(make_customer(world.ours, "C2"), "red_tape", "watch")
    assert rows_of(ask(client, world, "customers", **{"sort": "name", **query})) == found


def test_an_overruled_profile_is_what_the_filter_finds(world: World, client: Client) -> None:
    world.customer.profile.override_profile = "chronic"
    world.customer.profile.override_reason = "Always."
    world.customer.profile.save()
    assert rows_of(ask(client, world, "customers", sort="name", profile="chronic")) == [world.customer.name]
    assert rows_of(ask(client, world, "customers", sort="name", profile="forgetful")) == []


@pytest.mark.parametrize("sort", ["name", "-name", "number", "overdue:GBP"])
def test_every_customer_stands_on_exactly_one_page(world: World, client: Client, sort: str) -> None:
    for number in range(2 * PAGE_ROWS + 3):
        customer = make_customer(world.ours, f"N{number:03}", email=None)
        make_invoice(customer, "X", due=TODAY - timedelta(days=3), amount_minor=(number % 7 + 1) * 100)
    first = ask(client, world, "customers", sort=sort)
    second = follow(client, first, "next")
    third = follow(client, second, "next")
    names = rows_of(first) + rows_of(second) + rows_of(third)
    assert len(names) == len(set(names)) == 2 * PAGE_ROWS + 4
    assert 'data-page="next"' not in third
    assert rows_of(follow(client, third, "previous")) == rows_of(second)
    assert rows_of(follow(client, second, "previous")) == rows_of(first)


@pytest.mark.parametrize("cursor", ["nonsense", "W10", "eyJhIjoxfQ:1xyz:abc"])
def test_a_cursor_that_is_not_ours_shows_the_first_page(world: World, client: Client, cursor: str) -> None:
    assert rows_of(ask(client, world, "customers", sort="name", cursor=cursor)) == [world.customer.name]


def test_a_cursor_of_another_order_shows_the_first_page(world: World, client: Client) -> None:
    for number in range(PAGE_ROWS + 1):
        make_customer(world.ours, f"N{number:03}", email=None)
    link = re.search(r'data-page="next" href="[^"]*cursor=([^"&]+)', ask(client, world, "customers", sort="name"))
    assert link is not None
    assert len(rows_of(ask(client, world, "customers", sort="number", cursor=link[1]))) == PAGE_ROWS


def test_tasks_of_later_days_do_not_crowd_today(world: World, client: Client) -> None:
    make_task(world.customer, title="Next week", due_date=TODAY + timedelta(days=7))
    assert "Next week" not in rows_of(ask(client, world, "today"))
    assert rows_of(ask(client, world, "today", when="later")) == ["Next week"]


def test_what_goes_today_what_has_gone_and_what_was_held_back_stand_apart(world: World, client: Client) -> None:
    make_touched(world.customer, "queued", recipient="queued@customer.example")
    make_touched(world.customer, "withheld", finished_at=None, recipient="late@customer.example")
    assert "queued@customer.example" in ask(client, world, "today-automatic")
    gone = ask(client, world, "today-automatic", which="gone")
    assert "queued@customer.example" not in gone
    assert len(rows_of(gone)) == 3


def test_what_waits_says_why(world: World, client: Client) -> None:
    page = ask(client, world, "today-waiting")
    assert rows_of(page) == [world.customer.name]
    assert "On hold" in page
    assert rows_of(ask(client, world, "today-waiting", reason="promise")) == []
    assert rows_of(ask(client, world, "today-waiting", q="nobody")) == []


def test_the_outbox_shows_what_asks_for_a_person(world: World, client: Client) -> None:
    make_touched(world.customer, "queued")
    assert len(rows_of(ask(client, world, "outbox"))) == 6
    assert len(rows_of(ask(client, world, "outbox", state="attention"))) == 2
    assert len(rows_of(ask(client, world, "outbox", state="sent", channel="call"))) == 1


def test_a_problem_is_worked_off_the_list_and_may_come_back(world: World, client: Client) -> None:
    other = make_problem(world.ours, code="no_due_date", message="Invoice R7 has no due date.")
    assert "Invoice R7" in ask(client, world, "problems", code="no_due_date")
    assert "Invoice R7" not in ask(client, world, "problems", code="ambiguous_date")
    client.post(reverse("problem-resolve", args=[world.ours.slug, other.pk]))
    assert "Invoice R7" not in ask(client, world, "problems")
    assert "Invoice R7" in ask(client, world, "problems", state="resolved")
    client.post(reverse("problem-reopen", args=[world.ours.slug, other.pk]))
    assert "Invoice R7" in ask(client, world, "problems")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("today", "Three steps to your first preview"),
        ("today-automatic", "Nothing is left to go today"),
        ("today-waiting", "Nobody waits"),
        ("customers", "No customers yet"),
        ("outbox", "Nothing was decided yet"),
        ("problems", "The data are in order"),
    ],
)
def test_an_empty_list_says_what_will_stand_there(world: World, name: str, words: str) -> None:
    answer = world.client("stranger").get(reverse(name, args=[world.theirs.slug]))
    assert words in answer.content.decode()


def test_searching_for_one_customer_opens_its_page(world: World, client: Client) -> None:
    make_debtor(world.ours, "C2")
    address = reverse("search", args=[world.ours.slug])
    customer_page = reverse("customer", args=[world.ours.slug, world.customer.pk])
    for words in ("customer c1", "c1@customer.example", "C1-R1", "c1-r1"):
        assert client.get(address, {"q": words}).headers.get("Location") == customer_page, words
    assert len(rows_of(client.get(address, {"q": "customer c"}).content.decode())) == 2
    assert "Nothing found" in client.get(address, {"q": "zzz"}).content.decode()
