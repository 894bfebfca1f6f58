"""A colleague makes a customer's link, hands it over, and revokes it."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from goodterms.followup.models import PortalLink
from tests.web.world import World

pytestmark = pytest.mark.django_db


def test_a_link_is_shown_once_and_opens_the_portal_until_it_is_revoked(world: World) -> None:
    client = world.client("collector")
    customer = reverse("customer", args=[world.ours.slug, world.customer.pk])
    make = reverse("portal-link-make", args=[world.ours.slug, world.customer.pk])
    page = client.post(make, {"contact": world.contact.pk, "days": 60}).content.decode()
    shown = re.search(r'value="http://testserver(/p/[^"]+)"', page)
    assert shown is not None
    assert shown[1] not in client.get(customer).content.decode()
    assert Client().get(shown[1]).status_code == 200
    link = PortalLink.objects.latest("pk")
    assert link.contact == world.contact
    revoke = reverse("portal-link-revoke", args=[world.ours.slug, link.pk])
    assert client.post(revoke)["Location"] == customer
    assert Client().get(shown[1]).status_code == 404


def test_days_that_cannot_be_are_explained_at_the_field(world: World) -> None:
    make = reverse("portal-link-make", args=[world.ours.slug, world.customer.pk])
    answer = world.client("owner").post(make, {"days": 900})
    assert answer.status_code == 422
    assert "less than or equal to 366" in answer.content.decode()
