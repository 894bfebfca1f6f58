"""Reports as a person meets them: six figures, each report, its filters and its files."""

import csv
import io
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from goodterms.ledger.models import Customer
from goodterms.organizations.models import Membership
from goodterms.reports.catalog import CATALOG
from tests.factories import make_customer, make_invoice
from tests.web.world import TODAY, World, make_debtor


def get(world: World, name: str, who: str = "owner", **query: str) -> str:
    answer = world.client(who).get(reverse("report", args=[world.ours.slug, name]), query)
    assert answer.status_code == 200
    return answer.content.decode()


def rows_of(world: World, name: str, table: int = 0, who: str = "owner", **query: str) -> list[dict[str, str]]:
    address = reverse("report-file", args=[world.ours.slug, name])
    answer = world.client(who).get(address, {"table": str(table), "as": "csv", **query})
    assert answer.status_code == 200
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]  # a streamed file
    return list(csv.DictReader(io.StringIO(text)))


def test_six_figures_with_their_way_lead_to_their_reports(world: World) -> None:
    page = world.client("viewer").get(reverse("reports", args=[world.ours.slug])).content.decode()
    for heading in ("Open", "Share overdue", "Collected", "DSO", "Average days delinquent", "Collection effectiveness"):
        assert heading in page
    assert "1,734.50" in page
    assert page.count('class="spark"') >= 2


@pytest.mark.parametrize("name", CATALOG)
def test_every_report_has_its_definition_and_source_on_the_page(name: str, world: World) -> None:
    page = get(world, name)
    assert "What this says" in page
    assert "Source:" in page


def test_the_page_and_the_file_say_the_same(world: World) -> None:
    page, rows = get(world, "ageing"), rows_of(world, "ageing")
    by_age = {row["Age"]: row["At the end (GBP)"] for row in rows}
    assert by_age["1–30 days"] == "1234.50"
    assert by_age["Balance"] == "1734.50"
    assert "1,234.50" in page


def test_a_report_knows_only_what_was_known_on_its_day(world: World) -> None:
    past = (TODAY - timedelta(days=30)).isoformat()
    by_age = {row["Age"]: row["At the end (GBP)"] for row in rows_of(world, "ageing", to=past)}
    assert by_age["1–30 days"] == "0.00"
    assert by_age["Not due"] != "0.00"


def test_a_limited_member_has_reports_of_own_customers_alone(world: World) -> None:
    mine = make_customer(world.ours, "MINE")
    Customer.objects.filter(pk=mine.pk).update(collector=Membership.objects.get(user=world.people["limited"]))
    make_invoice(mine, "M-1", due=TODAY - timedelta(days=5), amount_minor=77_00)
    rows = rows_of(world, "debtors", who="limited")
    assert [row["Balance (GBP)"] for row in rows] == ["77.00"]
    everyone = rows_of(world, "debtors", who="limited", collector="")
    assert everyone == rows
    assert world.customer.name not in get(world, "debtors", who="limited")


def test_filters_leave_out_what_does_not_fit(world: World) -> None:
    other = make_customer(world.ours, "FR", country="FR")
    make_invoice(other, "F-1", due=TODAY - timedelta(days=5), amount_minor=10_00, currency="EUR")
    both = rows_of(world, "debtors")
    assert len(both) == 1
    assert [row["Balance (EUR)"] for row in rows_of(world, "debtors", country="FR")] == ["10.00"]
    assert "No such" not in get(world, "debtors", country="FR", currency="GBP")


def test_a_customer_named_like_a_formula_stays_a_word_in_the_file(world: World) -> None:
    sly = make_customer(world.ours, "=1+1", name="=HYPERLINK(1)")
    make_invoice(sly, "S-1", due=TODAY - timedelta(days=5), amount_minor=9_999_00)
    assert rows_of(world, "debtors")[0]["Customer"].startswith("'=1+1")


def test_names_of_colleagues_are_for_owners_and_managers(world: World) -> None:
    assert "Robin Example" in get(world, "activity") or "By person" in get(world, "activity")
    assert "By person" not in get(world, "activity", who="viewer")


def test_nonsense_in_the_address_is_left_out(world: World) -> None:
    get(world, "ageing", **{"from": "yesterday", "to": "2999-01-01", "collector": "x", "currency": "§§§"})
    assert world.client("owner").get(reverse("report", args=[world.ours.slug, "nothing"])).status_code == 404
    address = reverse("report-file", args=[world.ours.slug, "ageing"])
    assert world.client("owner").get(address, {"table": "99"}).status_code == 404


def test_a_new_fact_is_in_the_report_at_once_in_a_small_ledger(world: World) -> None:
    before = get(world, "debtors")
    make_debtor(world.ours, "C2")
    Customer.objects.filter(number="C2").update(facts_version=2)
    assert "C2" not in before
    assert "C2" in get(world, "debtors")


def test_xlsx_holds_numbers(world: World) -> None:
    answer = world.client("owner").get(reverse("report-file", args=[world.ours.slug, "ageing"]), {"as": "xlsx"})
    assert answer["Content-Type"].endswith("sheet")
    assert re.search(r"ageing-open-by-age-gbp-\d{4}-\d\d-\d\d\.xlsx", answer["Content-Disposition"])


@pytest.mark.parametrize("name", ["debtors", "ageing", "activity"])
def test_more_rows_ask_no_more_questions(name: str, world: World) -> None:
    client = world.client("owner")
    address = reverse("report", args=[world.ours.slug, name])

    def count() -> int:
        client.get(address)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    before = count()
    for number in range(2, 9):
        make_debtor(world.ours, f"C{number}")
    assert count() == before <= 25
