"""Who sees their own customers only sees and serves those, and finds no trace of the others."""

import re

import pytest
from django.urls import reverse

from goodterms.followup.models import Hold
from goodterms.ledger.models import Customer
from goodterms.organizations.models import Membership
from tests.factories import make_task
from tests.web.world import World, make_debtor, make_touched

pytestmark = pytest.mark.django_db
PLACES = ("today", "customers", "outbox", "problems", "inbox", "search")


@pytest.fixture
def own(world: World) -> Customer:
    """A customer whose collector is the limited member."""
    customer = make_debtor(world.ours, "C7", name="Own Example Ltd")
    customer.collector = Membership.objects.get(user=world.people["limited"])
    customer.save()
    make_touched(customer, "waiting")
    make_task(customer, title="Ring Own Example")
    return customer


def test_own_customers_are_on_every_list_and_no_others(world: World, own: Customer) -> None:
    client = world.client("limited")
    pages = {
        name: client.get(
            reverse(name, args=[world.ours.slug]), {"q": "Own"} if name == "search" else {}, follow=True
        ).content
        for name in PLACES
    }
    assert not [name for name, page in pages.items() if world.customer.name.encode() in page]
    assert [name for name in ("today", "customers", "outbox", "search") if own.name.encode() not in pages[name]] == []


def test_own_customers_are_served_and_others_are_not_there(world: World, own: Customer) -> None:
    client = world.client("limited")
    data = {"until": "2026-03-31", "reason": "illness"}
    served, strange = (reverse("hold-place", args=[world.ours.slug, pk]) for pk in (own.pk, world.customer.pk))
    assert client.post(served, data).status_code == 303
    assert client.post(strange, data).status_code == 404
    assert Hold.objects.filter(customer=own, reason="illness").count() == 1


def test_the_number_of_what_waits_counts_own_customers_alone(world: World, own: Customer) -> None:
    page = world.client("limited").get(reverse("outbox", args=[world.ours.slug]) + "?state=attention").content.decode()
    assert re.search(r'aria-live="polite">\s*1 message', page)


def test_nobody_limited_gives_a_customer_away(world: World, own: Customer) -> None:
    address = reverse("customer-collector", args=[world.ours.slug, own.pk])
    answer = world.client("limited").post(address, {"collector": ""}, follow=True)
    assert "Ask a manager" in answer.content.decode()
    own.refresh_from_db()
    assert own.collector is not None
    assert world.client("collector").post(address, {"collector": ""}).status_code == 303
    own.refresh_from_db()
    assert own.collector is None


def test_everybody_else_lists_all_or_their_own(world: World, own: Customer) -> None:
    own.collector = Membership.objects.get(user=world.people["collector"])
    own.save()
    client, at = world.client("collector"), reverse("customers", args=[world.ours.slug])
    for sort in ("name", "overdue:EUR"):
        every = client.get(at, {"sort": sort}).content.decode()
        mine = client.get(at, {"sort": sort, "of": "me"}).content.decode()
        assert own.name in every
        assert own.name in mine
        assert world.customer.name in every
        assert world.customer.name not in mine
