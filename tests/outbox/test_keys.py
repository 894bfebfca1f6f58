"""The key of an effect: one per intention, the same from a scalar and from a frame."""

from importlib import import_module
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest
from django.apps import apps
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from goodterms.outbox.guards import install_guards
from goodterms.outbox.keys import KEY_LIMIT, key_parts, key_sha256, touch_key, touch_key_expr
from goodterms.outbox.models import Effect
from tests.conftest import NOW
from tests.factories import make_customer, make_effect, make_organisation

ids = st.integers(min_value=1, max_value=2**63 - 1)
words = st.text(st.characters(codec="utf-8", exclude_characters="\x00%/#"), min_size=1, max_size=40)
trickier = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)
recipients = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=254)
touches = st.fixed_dictionaries(
    {
        "organisation_id": ids,
        "customer_id": ids,
        "playbook": words | trickier,
        "cycle": words,
        "step": words | trickier,
        "occurrence": st.integers(0, 10_000),
        "channel": st.sampled_from(["email", "call", "letter"]),
        "recipient": recipients,
    }
)


@given(st.lists(touches, min_size=1, max_size=8))
def test_the_expression_and_the_scalar_give_the_same_keys(rows: list[dict[str, Any]]) -> None:
    frame = pl.DataFrame(rows, schema_overrides={"organisation_id": pl.Int64, "customer_id": pl.Int64})
    assert frame.select(touch_key_expr()).to_series().to_list() == [touch_key(**row) for row in rows]


@given(touches, touches)
def test_different_touches_have_different_keys(one: dict[str, Any], other: dict[str, Any]) -> None:
    same = touch_key(**one) == touch_key(**other)
    assert same == (one == other)


@given(touches)
def test_a_key_fits_its_column_with_a_word_in_front(touch: dict[str, Any]) -> None:
    assert len(touch_key(**touch)) <= KEY_LIMIT


def test_processed_twice_is_one_key() -> None:
    def decide() -> str:
        return touch_key(1, 4711, "forgetful", "2026-03-01/998", "reminder_clear", 1, "email", "ap@customer.example")

    assert decide() == decide() == "1/4711/forgetful/2026-03-01%2F998/reminder_clear/1/email/ap@customer.example"
    assert key_parts(decide())["cycle"] == "2026-03-01/998"


def test_parts_beyond_the_column_are_refused_not_cut() -> None:
    with pytest.raises(ValueError, match="longer than an effect's key"):
        touch_key(1, 1, "x" * 300, "c", "s", 1, "email", "a@b.example")


@pytest.mark.django_db
def test_an_effect_is_found_by_the_hash_of_its_key_and_older_ones_get_it_by_migration() -> None:
    customer = make_customer(make_organisation())
    made = make_effect(customer, "1/1/made")
    assert made.key_sha256 == key_sha256("1/1/made")
    old = Effect(
        organisation=customer.organisation,
        key="1/1/old-ü",
        channel="email",
        customer_id=customer.pk,
        recipient="c1@customer.example",
        state="sent",
        not_before=NOW,
        created_at=NOW,
        finished_at=NOW,
    )
    Effect.objects.bulk_create([old])
    migration = import_module("goodterms.outbox.migrations.0005_effects_by_hash")
    try:
        migration.fill(apps, SimpleNamespace(connection=connection))
    finally:
        install_guards()
    assert Effect.objects.get(key="1/1/old-ü").key_sha256 == key_sha256("1/1/old-ü")
