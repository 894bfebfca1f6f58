"""Dates are read as the file writes them, and refused where day and month could change places."""

from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodterms.importers.dates import Order, find_order, take_apart, to_dates
from goodterms.importers.refusals import DatesAmbiguous, DatesContradict

FORMS: dict[Order, list[str]] = {
    "dmy": ["%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%d/%m/%y", "%d %b %Y", "%d-%b-%y", "%d. %B %Y", "%A, %d %B %Y"],
    "mdy": ["%m/%d/%Y", "%m-%d-%Y", "%m/%d/%y", "%B %d, %Y", "%b %d, %Y", "%A, %B %d, %Y"],
    "ymd": ["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%Y-%m-%d 00:00:00", "%Y-%m-%dT00:00:00Z"],
}


def read(texts: list[str], order: Order | None = None) -> list[date | None]:
    values = to_dates(take_apart(pl.Series("text", texts)), order)
    return pl.DataFrame({"text": texts}).join(values, on="text", how="left", maintain_order="left")["date"].to_list()


def order_of(**columns: list[str]) -> Order | None:
    parts = {heading: take_apart(pl.Series("text", texts)) for heading, texts in columns.items()}
    return find_order("file.csv", parts, None, None)


@given(
    day=st.dates(date(1990, 1, 1), date(2060, 12, 31)),
    form=st.sampled_from([(order, form) for order, forms in FORMS.items() for form in forms]),
)
def test_a_date_is_read_back_in_every_form(day: date, form: tuple[Order, str]) -> None:
    order, pattern = form
    assert read([day.strftime(pattern)], order) == [day]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("4/02/2026", date(2026, 2, 4)),
        ("1. März 2026", date(2026, 3, 1)),
        ("15 Okt 2026", date(2026, 10, 15)),
        ("5 mai 2026", date(2026, 5, 5)),
        ("3. 4. 2026", date(2026, 4, 3)),
        ("Wednesday, July 1, 2026 09:14 AM GMT-04:00", date(2026, 7, 1)),
        ("31.12.99", date(1999, 12, 31)),
    ],
)
def test_dates_as_programs_write_them(text: str, day: date) -> None:
    assert read([text], "dmy") == [day]


@pytest.mark.parametrize("text", ["2026-02-30", "hello", "46204", "0206-01-01", "31/02/2026", "1/2", "13/13/2026", ""])
def test_what_is_no_date_is_not_read_as_one(text: str) -> None:
    assert read([text], "dmy") == [None]


def test_one_column_decides_for_the_other() -> None:
    assert order_of(issued=["4/02/2026", "1/03/2026"], due=["22/04/2026", "20/03/2026"]) == "dmy"
    assert order_of(issued=["1/2/2013"], due=["2/15/2013"]) == "mdy"


def test_nothing_has_to_be_decided_where_every_date_says_itself_what_it_is() -> None:
    assert order_of(issued=["2026-04-03", "03.04.2026", "5 May 2026", "05/05/2026"]) is None


def test_an_ambiguous_date_is_refused_with_itself_as_example_locale_date_in_filter() -> None:
    with pytest.raises(DatesAmbiguous) as refusal:
        order_of(issued=["03/04/2026", "05/06/2026"])
    text = str(refusal.value)
    assert all(part in text for part in ("file.csv", "'issued'", "03/04/2026", "--dates dmy", "--dates mdy"))


def test_dates_in_both_orders_are_refused_with_an_example_of_each() -> None:
    with pytest.raises(DatesContradict, match="13/04/2026 has its day first but 04/13/2026 its month first"):
        order_of(issued=["13/04/2026", "04/13/2026"])


def test_one_odd_date_among_many_is_that_rows_fault() -> None:
    regular = [f"{day}/04/2026" for day in range(13, 31)] + [f"{day}/05/2026" for day in range(13, 31)]
    assert order_of(issued=[*regular, "04/13/2026"]) == "dmy"
    assert read(["04/13/2026"], "dmy") == [None]


def test_what_was_settled_before_settles_the_next_file_of_that_kind() -> None:
    parts = {"issued": take_apart(pl.Series(["03/04/2026"]))}
    assert find_order("f", parts, None, "mdy") == "mdy"
    assert find_order("f", parts, "dmy", "mdy") == "dmy"


def test_the_file_itself_comes_before_what_was_settled_before() -> None:
    parts = {"issued": take_apart(pl.Series(["13/04/2026"]))}
    assert find_order("f", parts, None, "mdy") == "dmy"
