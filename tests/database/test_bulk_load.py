"""Large first loads on PostgreSQL leave everything as it was: indexes, foreign keys, and the rows themselves."""

from datetime import date

import polars as pl
import pytest
from django.db import IntegrityError, connection, connections, transaction

from goodterms.database import bulk_load as module
from goodterms.database.bulk_load import bulk_load
from goodterms.database.writing import insert_frame
from goodterms.ledger.models import Contact, Customer
from tests.factories import make_customer, make_organisation

pytestmark = pytest.mark.django_db(transaction=True)
DEFINITIONS = """
SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = 'ledger_contact'::regclass
UNION ALL
SELECT conname || pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'ledger_contact'::regclass
"""


@pytest.fixture(autouse=True)
def few_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FEWEST_ROWS", 3)


def definitions() -> set[str]:
    if connection.vendor != "postgresql":
        return set()
    with connection.cursor() as cursor:
        cursor.execute(DEFINITIONS)
        return {row[0] for row in cursor.fetchall()}


def contacts(customer: Customer, count: int, *, owner: int | None = None) -> pl.DataFrame:
    return pl.DataFrame({"number": range(count)}).select(
        organisation_id=pl.lit(customer.organisation_id),
        customer_id=pl.lit(owner or customer.pk),
        name=pl.format("Person {}", "number"),
        role=pl.lit("other"),
        email=pl.lit(""),
        phone=pl.lit(""),
        known_from_date=pl.lit(date(2026, 1, 1)),
    )


def test_indexes_and_constraints_are_those_from_before() -> None:
    before = definitions()
    with transaction.atomic():
        customer = make_customer(make_organisation(), email=None)  # its own foreign keys are still to be checked
        with bulk_load("ledger_contact", 5):
            insert_frame("ledger_contact", contacts(customer, 5))
    assert Contact.objects.count() == 5
    assert definitions() == before


def test_a_row_without_its_customer_undoes_the_whole_load() -> None:
    customer, before = make_customer(make_organisation(), email=None), definitions()
    with pytest.raises(IntegrityError), transaction.atomic(), bulk_load("ledger_contact", 5):
        insert_frame("ledger_contact", contacts(customer, 5, owner=customer.pk + 999))
    assert Contact.objects.count() == 0
    assert definitions() == before


def test_a_table_that_others_are_reading_is_loaded_beside_them(monkeypatch: pytest.MonkeyPatch) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer, and nothing to set aside")
    monkeypatch.setattr(module, "PATIENCE", "100ms")
    customer, reader = make_customer(make_organisation(), email=None), connections["default"].copy()
    try:
        with reader.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT COUNT(*) FROM ledger_contact")
            with transaction.atomic(), bulk_load("ledger_contact", 5):
                insert_frame("ledger_contact", contacts(customer, 5))
            cursor.execute("COMMIT")
    finally:
        reader.close()
    assert Contact.objects.count() == 5


def test_indexes_are_set_aside_for_a_first_large_load_alone() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer, and nothing to set aside")
    customer, whole = make_customer(make_organisation(), email=None), definitions()
    with transaction.atomic(), bulk_load("ledger_contact", 5):
        assert len(definitions()) < len(whole)
        insert_frame("ledger_contact", contacts(customer, 5))
    with transaction.atomic(), bulk_load("ledger_contact", 5):
        assert definitions() == whole
