"""Promises, plans and settlements: lists by what is to be watched, pages with what came of them, forms that explain."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from goodterms.flows.judge_commitments import judge_commitments
from goodterms.followup.models import PaymentPlan, Promise, Settlement
from tests.conftest import NOW
from tests.factories import make_invoice
from tests.flows.daily import pay
from tests.web.test_lists import ask, rows_of
from tests.web.world import TODAY, World, make_debtor

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(world: World) -> Client:
    return world.client("owner")


def post(client: Client, world: World, name: str, pk: int, status: int = 200, **given: Any) -> str:
    answer = client.post(reverse(name, args=[world.ours.slug, pk]), given, follow=True)
    assert answer.status_code == status, answer.content[:300]
    return answer.content.decode()


def look(client: Client, world: World, name: str, pk: int, **query: Any) -> str:
    return client.get(reverse(name, args=[world.ours.slug, pk]), query).content.decode()


def test_a_promise_is_recorded_shown_and_withdrawn(world: World, client: Client) -> None:
    given: dict[str, Any] = {"by": "2026-03-20", "source": "call", "amount": "600", "note": "After their pay run."}
    page = post(client, world, "promise-make", world.customer.pk, **given)
    assert "The promise is recorded. Chasing waits for it." in page
    promise = Promise.objects.get()
    assert (promise.amount_minor, promise.recorded_by, promise.promised_date) == (
        600_00,
        "Robin Example",
        date(2026, 3, 20),
    )
    assert rows_of(ask(client, world, "promises", view="coming")) == [world.customer.name]
    assert rows_of(ask(client, world, "promises", view="due")) == []
    assert "After their pay run." in look(client, world, "promise", promise.pk)
    silent = post(client, world, "promise-withdraw", promise.pk, 422, reason=" ")
    assert "Say why; the reason stays in the timeline." in silent
    assert "Withdrawn; chasing goes on" in post(client, world, "promise-withdraw", promise.pk, reason="By mistake.")
    assert rows_of(ask(client, world, "promises", view="withdrawn")) == [world.customer.name]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"by": ""}, "Name the day that was promised."),
        ({"by": "2026-03-01"}, "would be over already"),
        ({"by": "2027-03-01"}, "too far away for a promise"),
        ({"amount": "99999"}, "is more than is open"),
        ({"amount": "1,234"}, "can be thousands or a fraction"),
    ],
)
def test_a_promise_that_cannot_be_says_why_and_keeps_what_was_typed(
    world: World, client: Client, given: dict[str, str], words: str
) -> None:
    typed: dict[str, Any] = {"by": "2026-03-20", "source": "call", "note": "Typed with care.", **given}
    page = post(client, world, "promise-make", world.customer.pk, 422, **typed)
    assert words in page
    assert "Typed with care." in page
    assert not Promise.objects.exists()


def test_without_amount_a_promise_is_about_what_is_overdue_or_ticked(world: World, client: Client) -> None:
    post(client, world, "promise-make", world.customer.pk, by="2026-03-20", source="email")
    assert Promise.objects.get().amount_minor == 1234_50
    later = world.customer.invoices.get(number="C1-R2")
    post(client, world, "promise-make", world.customer.pk, by="2026-03-20", source="email", invoices=[later.pk])
    assert Promise.objects.get(state="open").amount_minor == 500_00


def test_in_several_currencies_one_of_them_is_chosen(world: World, client: Client) -> None:
    make_invoice(world.customer, "E1", due=TODAY - timedelta(days=3), amount_minor=70_00, currency="EUR")
    page = look(client, world, "promise-new", world.customer.pk)
    assert '<option value="GBP" selected>' in page
    post(client, world, "promise-make", world.customer.pk, by="2026-03-20", source="call", currency="EUR")
    promise = Promise.objects.get()
    assert (promise.currency, promise.amount_minor) == ("EUR", 70_00)


def test_judged_promises_show_what_came_in_when_and_the_share_kept(world: World, client: Client) -> None:
    promise = world.promise
    pay(world.invoice, TODAY + timedelta(days=2), 400_00)
    late = TODAY + timedelta(days=20)
    judge_commitments(world.ours, late, NOW + timedelta(days=20))
    Promise.objects.filter(pk=promise.pk).update(judged_date=TODAY)
    page = ask(client, world, "promises", view="broken")
    assert rows_of(page) == [world.customer.name]
    assert "Partly kept" in page
    assert "0 of 1 kept, 1 in part, 0 broken" in page
    page = look(client, world, "promise", promise.pk)
    assert "Kept the promise of 600.00 GBP" in page
    assert "400.00" in page


def test_the_schedule_of_a_plan_is_shown_before_it_is_proposed(world: World, client: Client) -> None:
    terms: dict[str, Any] = {"rhythm": "monthly", "first": "2026-03-31", "count": "4", "down_payment": "234.50"}
    page = look(client, world, "plan-new", world.customer.pk, **terms)
    schedule = page.split('id="plan-schedule"')[1]
    assert re.findall(r'datetime="([^"]+)"', schedule)[:5] == [
        "2026-03-10", "2026-03-31", "2026-04-30", "2026-05-31", "2026-06-30"
    ]  # fmt: skip
    assert schedule.count("250.00") == 4
    assert not PaymentPlan.objects.exists()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"count": "100"}, "is smaller than"),
        ({"first": ""}, "Name the first day."),
        ({"first": "2026-03-01"}, "would be over"),
        ({"first": "9999-12-31"}, "typing error in the year"),
        ({"count": "40", "rhythm": "monthly", "first": "2026-03-31"}, "plans end by"),
        ({"rhythm": "custom", "day": "2026-03-31", "sum": "100"}, "The instalments come to 100.00 GBP"),
        ({"rhythm": "custom", "day": "2026-03-31", "sum": ""}, "Name the sum."),
        ({"rhythm": "custom"}, "Name at least one day with its sum."),
    ],
)
def test_terms_that_cannot_be_say_why_in_the_preview_and_when_proposed(
    world: World, client: Client, given: dict[str, str], words: str
) -> None:
    terms: dict[str, Any] = {"rhythm": "weekly", "first": "2026-03-20", "count": "3", **given}
    assert words in look(client, world, "plan-new", world.customer.pk, **terms)
    assert words in post(client, world, "plan-propose", world.customer.pk, 422, **terms)
    assert not PaymentPlan.objects.exists()


def test_a_plan_is_proposed_accepted_changed_and_cancelled(world: World, client: Client) -> None:
    terms: dict[str, Any] = {"rhythm": "two_weekly", "first": "2026-03-20", "count": "3"}
    assert "Proposed; it runs once" in post(client, world, "plan-propose", world.customer.pk, **terms)
    plan = PaymentPlan.objects.get()
    assert "Say who accepted it" in post(client, world, "plan-accept", plan.pk, 422, how="call")
    page = post(client, world, "plan-accept", plan.pk, accepted_by="Sam Example", how="call", detail="Yes.")
    assert "Accepted; chasing waits" in page
    assert rows_of(ask(client, world, "plans")) == [world.customer.name]
    custom: dict[str, Any] = {"rhythm": "custom", "day": ["2026-03-25", "2026-04-25"], "sum": ["234,50", "1000"]}
    assert "It goes on until the customer has accepted them." in look(client, world, "plan-change", plan.pk)
    page = post(client, world, "plan-change-propose", plan.pk, **custom)
    assert "Changes of this plan" in page
    changed = PaymentPlan.objects.get(replaces=plan)
    assert list(changed.instalments.values_list("amount_minor", flat=True)) == [234_50, 1000_00]
    post(client, world, "plan-accept", changed.pk, accepted_by="Sam Example", how="email")
    plan.refresh_from_db()
    assert plan.state == "replaced"
    assert "Say why" in post(client, world, "plan-cancel", changed.pk, 422)
    assert "Cancelled; chasing goes on" in post(client, world, "plan-cancel", changed.pk, reason="They paid.")
    assert len(rows_of(ask(client, world, "plans", view="ended"))) == 2
    over = client.get(reverse("plan-change", args=[world.ours.slug, changed.pk]), follow=True).content.decode()
    assert "This plan is cancelled since" in over


def test_instalments_show_what_was_paid_missed_and_is_to_come(world: World, client: Client) -> None:
    plan = world.running_plan
    pay(world.invoice, date(2026, 3, 30), 500_00)
    judge_commitments(world.ours, date(2026, 3, 31), NOW + timedelta(days=21))
    page = look(client, world, "plan", plan.pk)
    table = page.split('id="calendar-title"')[1].split("</table>")[0]
    assert re.findall(r"</svg><span>([^<]+)</span>", table) == ["Paid", "Paid in part", "To come"]
    assert "41 %" in ask(client, world, "plans")


def test_a_large_plan_waits_for_a_manager(world: World) -> None:
    plan, collector, manager = world.large_plan, world.client("collector"), world.client("manager")
    assert "an owner or a manager approves it" in look(collector, world, "plan", plan.pk)
    refused = post(collector, world, "plan-accept", plan.pk, 422, accepted_by="Sam Example", how="call")
    assert "waits for a manager" in refused
    assert "Approved; the customer may accept it now." in post(manager, world, "plan-approve", plan.pk)
    assert "Accepted" in post(collector, world, "plan-accept", plan.pk, accepted_by="Sam Example", how="call")


def test_a_settlement_is_proposed_approved_accepted_and_called_off(world: World, client: Client) -> None:
    collector = world.client("collector")
    assert "A manager must approve it where more is forgiven than" in look(
        collector, world, "settlement-new", world.customer.pk
    )
    given: dict[str, Any] = {"pay": "800", "by": "2026-03-24", "reason": "They close down."}
    page = post(collector, world, "settlement-propose", world.customer.pk, **given)
    assert "it waits for a manager" in page
    found = Settlement.objects.get()
    assert rows_of(ask(client, world, "settlements")) == [world.customer.name]
    assert "Approved" in post(client, world, "settlement-approve", found.pk)
    post(client, world, "settlement-accept", found.pk, accepted_by="Sam Example", how="email")
    found.refresh_from_db()
    assert (found.state, found.accepted_by, found.approved_by) == ("accepted", "Sam Example", "Robin Example")
    assert "everything is owed again" in post(client, world, "settlement-cancel", found.pk, reason="No.")
    assert rows_of(ask(client, world, "settlements", view="cancelled")) == [world.customer.name]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"pay": "1234.50"}, "nothing has to be forgiven"),
        ({"by": "2026-03-01"}, "would be over already"),
        ({"reason": ""}, "Say why; it stays in the timeline."),
        ({"pay": "lots"}, "is not an amount"),
    ],
)
def test_a_settlement_that_cannot_be_says_why(world: World, client: Client, given: dict[str, str], words: str) -> None:
    typed: dict[str, Any] = {"pay": "800", "by": "2026-03-24", "reason": "They close down.", **given}
    assert words in post(client, world, "settlement-propose", world.customer.pk, 422, **typed)
    assert not Settlement.objects.exists()


def test_a_settled_or_foreign_invoice_cannot_be_agreed_about(world: World, client: Client) -> None:
    foreign = make_invoice(make_debtor(world.ours, "C2"), "OTHER", due=TODAY)
    given: dict[str, Any] = {"by": "2026-03-20", "source": "call", "invoices": [foreign.pk]}
    page = post(client, world, "promise-make", world.customer.pk, 422, **given)
    assert "is not one of the available choices" in page


def test_the_customers_page_says_what_stands_and_offers_more(world: World, client: Client) -> None:
    assert all((world.promise, world.settlement, world.dispute, world.claim))
    page = look(client, world, "customer", world.customer.pk)
    part = page.split('id="agreements-title"')[1].split("</section>")[0]
    for words in ("Promise", "Settlement", "Dispute C1-R1", "Fee F-00001", "Approve for an agency"):
        assert words in part, words
    for name in ("promise-new", "plan-new", "settlement-new", "fee-new"):
        assert reverse(name, args=[world.ours.slug, world.customer.pk]) in part
