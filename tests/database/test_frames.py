"""Frames go into either database and come back the same."""

from datetime import UTC, date, datetime

import polars as pl
import pytest
from django.db import transaction

from goodterms.database.reading import BulkReadFailed, bulk_reading, read_frame, read_inside_transaction
from goodterms.database.writing import insert_frame, update_frame, upsert_frame
from goodterms.ledger.models import Customer
from tests.factories import make_organisation

TABLE = "ledger_customer"
SCHEMA = pl.Schema(
    {
        "number": pl.String(),
        "name": pl.String(),
        "terms_days": pl.Int64(),
        "is_protected": pl.Boolean(),
        "known_from_date": pl.Date(),
    }
)
QUERY = (
    "SELECT number, name, terms_days, is_protected, known_from_date FROM ledger_customer"
    " WHERE organisation_id = %s ORDER BY number"
)


def customers(organisation_id: int, names: list[str], terms: list[int | None]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "number": [f"N{position}" for position in range(len(names))],
            "name": names,
            "terms_days": terms,
            "is_protected": [position % 2 == 0 for position in range(len(names))],
            "known_from_date": [date(2026, 1, 31)] * len(names),
        },
        schema=SCHEMA,
    ).with_columns(
        organisation_id=pl.lit(organisation_id),
        country=pl.lit(""),
        language=pl.lit(""),
        timezone=pl.lit(""),
        relationship_owner=pl.lit(""),
        relationship_owner_email=pl.lit(""),
        facts_version=pl.lit(1),
    )


AWKWARD = ["Plain", 'Quote " and , comma', "Line\nbreak", "Größe 漢字", "", "back\\slash", "\\N"]


@pytest.mark.django_db(transaction=True)
def test_what_is_written_is_read_back_by_both_readers() -> None:
    organisation = make_organisation()
    frame = customers(organisation.pk, AWKWARD, [30, None, 0, -1, 14, 7, 1])
    assert insert_frame(TABLE, frame) == len(AWKWARD)
    expected = frame.select(SCHEMA.names())
    assert read_frame(QUERY, [organisation.pk], SCHEMA).sort("number").equals(expected)
    with bulk_reading():
        assert read_frame(QUERY, [organisation.pk], SCHEMA).sort("number").equals(expected)
    assert read_inside_transaction(QUERY, [organisation.pk], SCHEMA).equals(expected)


@pytest.mark.django_db(transaction=True)
def test_an_empty_result_has_the_schema() -> None:
    assert read_frame(QUERY, [0], SCHEMA).schema == SCHEMA
    with bulk_reading():
        assert read_frame(QUERY, [0], SCHEMA).schema == SCHEMA


@pytest.mark.django_db(transaction=True)
def test_a_column_of_nulls_keeps_its_type() -> None:
    organisation = make_organisation()
    insert_frame(TABLE, customers(organisation.pk, ["a", "b"], [None, None]))
    with bulk_reading():
        assert read_frame(QUERY, [organisation.pk], SCHEMA)["terms_days"].to_list() == [None, None]


@pytest.mark.django_db(transaction=True)
def test_a_bulk_read_leaves_the_writing_connection_its_file_and_locks() -> None:
    """A second SQLite in this process would drop the locks and files of the first when it closes."""
    organisation = make_organisation()
    insert_frame(TABLE, customers(organisation.pk, ["a"], [1]))
    for number in range(5):
        with bulk_reading():
            assert read_frame(QUERY, [organisation.pk], SCHEMA)["terms_days"].to_list() == [number + 1]
        Customer.objects.update(terms_days=number + 2)
    assert Customer.objects.get().terms_days == 6


@pytest.mark.django_db(transaction=True)
def test_a_query_that_fails_in_bulk_says_why() -> None:
    make_organisation()
    with bulk_reading(), pytest.raises((BulkReadFailed, Exception), match="no_such_table"):
        read_frame("SELECT a, b, c, d, e FROM no_such_table", [], SCHEMA)


@pytest.mark.django_db(transaction=True)
def test_inside_a_transaction_a_bulk_read_sees_what_it_wrote() -> None:
    organisation = make_organisation()
    with transaction.atomic(), bulk_reading():
        insert_frame(TABLE, customers(organisation.pk, ["a"], [1]))
        assert read_frame(QUERY, [organisation.pk], SCHEMA).height == 1


@pytest.mark.django_db(transaction=True)
def test_nulls_before_the_first_value_do_not_decide_the_type() -> None:
    organisation = make_organisation()
    rows = 70_000
    names = [str(number) for number in range(rows)]
    insert_frame(TABLE, customers(organisation.pk, names, [None] * (rows - 1) + [7]))
    query = (
        "SELECT NULLIF(name, name), CASE WHEN terms_days = 7 THEN 'late' END, CASE WHEN terms_days = 7 THEN 1.5 END,"
        " CASE WHEN terms_days = 7 THEN known_from_date END FROM ledger_customer WHERE organisation_id = %s"
    )
    schema = pl.Schema({"none": pl.String(), "word": pl.String(), "number": pl.Float64(), "day": pl.Date()})
    with bulk_reading():
        frame = read_frame(query, [organisation.pk], schema)
    assert frame.null_count().row(0) == (rows, rows - 1, rows - 1, rows - 1)
    assert frame.drop_nulls("word").row(0) == (None, "late", 1.5, date(2026, 1, 31))


@pytest.mark.django_db(transaction=True)
def test_rows_already_there_are_skipped_and_counted() -> None:
    organisation = make_organisation()
    insert_frame(TABLE, customers(organisation.pk, ["a"], [1]))
    assert insert_frame(TABLE, customers(organisation.pk, ["x", "b"], [9, 2]), skip_existing=True) == 1
    assert list(Customer.objects.order_by("number").values_list("name", flat=True)) == ["a", "b"]


@pytest.mark.django_db(transaction=True)
def test_an_update_changes_matching_rows_and_raises_counters() -> None:
    organisation = make_organisation()
    insert_frame(TABLE, customers(organisation.pk, ["a", "b"], [1, 2]))
    change = pl.DataFrame({"organisation_id": [organisation.pk] * 2, "number": ["N1", "N9"], "terms_days": [60, 60]})
    assert update_frame(TABLE, change, ["organisation_id", "number"], raise_by_one=["facts_version"]) == 1
    rows = list(Customer.objects.order_by("number").values_list("terms_days", "facts_version"))
    assert rows == [(1, 1), (60, 2)]


@pytest.mark.django_db(transaction=True)
def test_an_upsert_inserts_or_changes() -> None:
    organisation = make_organisation()
    insert_frame(TABLE, customers(organisation.pk, ["a"], [1]))
    upsert_frame(TABLE, customers(organisation.pk, ["new", "b"], [5, 2]), ["organisation_id", "number"])
    assert list(Customer.objects.order_by("number").values_list("name", "terms_days")) == [("new", 5), ("b", 2)]


@pytest.mark.django_db(transaction=True)
def test_times_are_stored_as_django_stores_them() -> None:
    organisation = make_organisation()
    moment = datetime(2026, 3, 10, 9, 30, 15, 123456, tzinfo=UTC)
    change = pl.DataFrame({"id": [organisation.pk], "created_at": [moment]})
    update_frame("organizations_organisation", change, ["id"])
    organisation.refresh_from_db()
    assert organisation.created_at == moment
