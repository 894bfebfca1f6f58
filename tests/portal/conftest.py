"""What the portal's tests share: a fixed clock, nothing counted yet, a customer with a link."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from goodterms.flows.portal_links import make_portal_link
from goodterms.followup.models import PortalLink
from goodterms.ledger.models import Customer, Invoice
from goodterms.organizations.models import Organisation
from tests.conftest import NOW
from tests.factories import make_customer, make_invoice, make_organisation

TODAY = NOW.date()


@pytest.fixture(autouse=True)
def _fixed_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("goodterms.portal.access.current_moment", lambda: NOW)
    cache.clear()


@dataclass
class Desk:
    """A customer with something overdue, something to come, and a link."""

    organisation: Organisation
    customer: Customer
    overdue: Invoice
    coming: Invoice
    link: PortalLink
    token: str
    client: Client

    def address(self, *parts: object) -> str:
        return "/".join(["/p", self.token, *map(str, parts)]) + "/"

    def send(self, what: str, key: str = "form-1", **given: Any) -> Any:
        return self.client.post(self.address(what, "send"), {"form_key": key, **given})


@pytest.fixture
def desk(db: None) -> Desk:
    """Example Ltd's customer; forged forms are guarded against, so that what needs a cookie would fail."""
    organisation = make_organisation()
    customer = make_customer(organisation)
    overdue = make_invoice(customer, "R1", due=TODAY - timedelta(days=12), amount_minor=1234_50)
    coming = make_invoice(customer, "R2", due=TODAY + timedelta(days=5), amount_minor=500_00)
    contact = customer.contacts.get()
    link, token = make_portal_link(organisation, customer, contact=contact, actor="Robin Example", now=NOW)
    return Desk(organisation, customer, overdue, coming, link, token, Client(enforce_csrf_checks=True))
