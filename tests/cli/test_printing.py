"""The JSON contract and how values read in a table."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl
import pytest

from goodterms.cli.printing import Column, print_json, print_table, progress, to_jsonable, to_text
from goodterms.core.money import Money


@dataclass(frozen=True)
class Touch:
    customer: str
    amount: Money
    on: date


def test_an_amount_is_minor_units_and_currency() -> None:
    assert to_jsonable(Money(12345, "EUR")) == {"amount_minor": 12345, "currency": "EUR"}


def test_dates_and_times_are_iso(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"on": date(2026, 3, 10), "at": datetime(2026, 3, 10, 9, tzinfo=UTC), "rate": Decimal("0.10")})
    assert json.loads(capsys.readouterr().out) == {
        "on": "2026-03-10",
        "at": "2026-03-10T09:00:00+00:00",
        "rate": "0.10",
    }


def test_rows_keep_their_field_names() -> None:
    touch = Touch("C1", Money(100, "JPY"), date(2026, 3, 10))
    expected = {"customer": "C1", "amount": {"amount_minor": 100, "currency": "JPY"}, "on": "2026-03-10"}
    assert to_jsonable([touch]) == [expected]
    assert to_jsonable(pl.DataFrame({"on": [date(2026, 3, 10)]})) == [{"on": "2026-03-10"}]


def test_what_has_no_form_in_the_contract_is_refused() -> None:
    with pytest.raises(TypeError, match="bytes"):
        to_jsonable({"logo": b"x"})


def test_names_with_brackets_are_shown_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    print_table("Customers", [Column("name", "name")], [{"name": "[bold]Example[/bold] Ltd"}])
    assert "[bold]Example[/bold] Ltd" in capsys.readouterr().out


def test_an_empty_table_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    print_table("Customers", [Column("name", "name")], [], empty="No customer yet.")
    assert capsys.readouterr().out == "No customer yet.\n"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Money(1234567, "EUR"), "12,345.67 EUR"),
        (Money(1500, "JPY"), "1,500 JPY"),
        (None, ""),
        (True, "yes"),
        (1234, "1,234"),
        (date(2026, 3, 10), "2026-03-10"),
        (["a", "b"], "a, b"),
    ],
)
def test_a_value_reads_well(value: object, text: str) -> None:
    assert to_text(value) == text


def test_progress_is_silent_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("Reading", 10) as advance:
        advance(10)
    assert capsys.readouterr() == ("", "")
