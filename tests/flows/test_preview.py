"""The preview is what the coming days' runs will do, if everything leaves and nobody pays."""

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from django.apps import apps

from benchmarks.storing import store_ledger
from goodterms.core.plan_touches import PLANNED
from goodterms.flows.place_hold import place_hold
from goodterms.flows.preview import preview
from goodterms.flows.run_day import run_day
from goodterms.followup.models import Touch
from goodterms.importers.example import generate
from goodterms.ledger.models import Customer, Invoice
from goodterms.organizations.models import Organisation
from goodterms.outbox.models import Effect
from tests.conftest import NOW
from tests.factories import make_customer, make_invoice, make_organisation
from tests.flows.daily import approve_all, pay, send_due

pytestmark = pytest.mark.django_db(transaction=True)
TODAY = NOW.date()
DAYS = 21
TOLD = [
    "planned_date", "customer_id", "cycle", "playbook", "step", "level", "occurrence", "channel", "recipient",
    "template", "tone", "sender", "deadline_date", "carrying_invoice_id", "needs_approval", "due_reason", "profile",
    "profile_rule", "items", "language", "contact_id", "evidence",
]  # fmt: skip


def told(frame: pl.DataFrame) -> list[tuple[Any, ...]]:
    return sorted(frame.select(TOLD).iter_rows(), key=repr)


def test_the_preview_is_what_the_runs_do_when_all_is_sent_and_nobody_pays() -> None:
    organisation = make_organisation()
    store_ledger(organisation, generate(11, 60, TODAY, years=2))
    foreseen = preview(organisation, NOW, DAYS)
    done = []
    for day in range(DAYS):
        now = NOW + timedelta(days=day)
        done.append(run_day(organisation, now).decided.decision.touches)
        send_on_its_day(organisation)
    assert foreseen.schema == PLANNED
    assert foreseen.height > 40
    assert told(foreseen) == told(pl.concat(done))


def send_on_its_day(organisation: Organisation) -> None:
    """All that was planned leaves on the day it was planned for, in every time zone."""
    approve_all(organisation)
    for touch in send_due(organisation, NOW + timedelta(days=1_000)):
        Touch.objects.filter(pk=touch.pk).update(sent_date=touch.planned_date)


def test_looking_ahead_writes_nothing() -> None:
    organisation = make_organisation()
    make_invoice(make_customer(organisation), "R1", due=TODAY - timedelta(days=20))
    run_day(organisation, NOW)
    before = {model: list(model._default_manager.order_by("pk").values()) for model in apps.get_models()}
    assert preview(organisation, NOW, 30).height > 1
    assert {model: list(model._default_manager.order_by("pk").values()) for model in apps.get_models()} == before


def test_what_is_on_its_way_comes_first_with_the_values_it_was_decided_with() -> None:
    organisation = make_organisation()
    for number, protected in ((1, False), (2, True)):
        customer = make_customer(organisation, f"C{number}", is_protected=protected)
        make_invoice(customer, f"R{number}", due=TODAY - timedelta(days=20))
    run_day(organisation, NOW)
    later = NOW + timedelta(days=1)
    ahead = preview(organisation, later, 14)
    first = ahead.head(2)
    assert first["planned_date"].to_list() == [TODAY, TODAY]
    assert first.sort("customer_id")["needs_approval"].to_list() == [False, True]
    touch = Touch.objects.order_by("customer_id").first()
    assert touch is not None
    assert first.sort("customer_id")["items"].to_list()[0] == touch.read_items()
    assert first["recipient"].to_list() == list(
        Effect.objects.order_by("customer_id").values_list("recipient", flat=True)
    )
    assert ahead.filter(pl.col("customer_id") == touch.customer_id)["step"].to_list()[:2] == ["friendly", "clear"]


def test_a_hold_empties_its_days_and_no_others() -> None:
    organisation = make_organisation()
    customer = make_customer(organisation)
    make_invoice(customer, "R1", due=TODAY - timedelta(days=20))
    until = TODAY + timedelta(days=6)
    place_hold(organisation, customer, until=until, reason="goodwill", actor="Robin", now=NOW)
    assert preview(organisation, NOW, 7).is_empty()
    assert preview(organisation, NOW, 8)["planned_date"].to_list() == [until + timedelta(days=1)]


def test_a_preview_of_the_past_knows_nothing_later() -> None:
    organisation = make_organisation()
    customer = make_customer(organisation)
    invoice = make_invoice(customer, "R1", due=TODAY - timedelta(days=40))
    pay(invoice, TODAY - timedelta(days=10))
    assert preview(organisation, NOW, 5).is_empty()
    ahead = preview(organisation, NOW, 5, on=TODAY - timedelta(days=20))
    assert ahead["planned_date"].to_list() == [TODAY - timedelta(days=20)]


def test_nobody_is_previewed_twice_a_day() -> None:
    organisation = make_organisation()
    store_ledger(organisation, generate(12, 40, TODAY, years=2))
    ahead = preview(organisation, NOW, 30)
    assert ahead.height == ahead.unique(["customer_id", "planned_date"]).height


def test_an_empty_ledger_has_an_empty_preview() -> None:
    organisation = make_organisation()
    assert preview(organisation, NOW, 30).is_empty()
    assert not Customer.objects.exists()
    assert not Invoice.objects.exists()
    assert preview(organisation, NOW, 3, on=date(2020, 1, 1)).is_empty()
