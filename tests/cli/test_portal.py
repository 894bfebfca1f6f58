"""``goodterms portal`` makes links and revokes them."""

from urllib.parse import urlsplit

import pytest
from django.test import Client

from goodterms.followup.models import PortalLink
from tests.cli.conftest import Run
from tests.factories import make_customer, make_organisation

pytestmark = pytest.mark.django_db


def test_a_link_is_made_opens_the_portal_and_is_revoked(run: Run) -> None:
    customer = make_customer(make_organisation(), "C1")
    made = run("portal", "link", "C1", "--days", "30", "--contact", "C1@customer.example", "--format", "json").json
    assert PortalLink.objects.get(pk=made["id"]).contact == customer.contacts.get()
    path = urlsplit(made["address"]).path
    assert Client().get(path).status_code == 200
    assert "1 link of" in run("portal", "revoke", "C1").output
    assert Client().get(path).status_code == 404
    assert "No link was working" in run("portal", "revoke", "C1").output


def test_a_link_for_nobody_known_is_refused(run: Run) -> None:
    make_customer(make_organisation(), "C1")
    refused = run("portal", "link", "C1", "--contact", "nobody@customer.example")
    assert refused.exit_code == 1
    assert "no contact with the address" in refused.errors
