"""Plain makers of rows for tests; every value a test depends on is given by the test."""

from datetime import date, datetime, timedelta
from typing import Any

from goodterms.ledger.models import Contact, Customer, Invoice
from goodterms.organizations.models import Organisation
from tests.conftest import NOW


def make_organisation(**given: Any) -> Organisation:
    """An organisation that is fully set up: sender, payment details, English, Europe/London."""
    values: dict[str, Any] = {
        "name": "Example Supplies Ltd",
        "slug": "example-supplies",
        "created_at": NOW,
        "sender_name": "Robin Example",
        "sender_email": "accounts@supplies.example",
        "sender_phone": "+44 1632 960000",
        "account_holder": "Example Supplies Ltd",
        "iban": "GB33BUKB20201555555555",
        "bic": "BUKBGB22",
        "bank_name": "Example Bank",
    }
    return Organisation.objects.create(**{**values, **given})


def make_customer(organisation: Organisation, number: str = "C1", **given: Any) -> Customer:
    """A customer in Great Britain with one accounts-payable contact (``email=None``: without)."""
    email = given.pop("email", f"{number.lower()}@customer.example")
    values: dict[str, Any] = {
        "name": f"Example Customer {number} Ltd",
        "country": "GB",
        "language": "en",
        "timezone": "Europe/London",
        "known_from_date": date(2020, 1, 1),
    }
    customer = Customer.objects.create(organisation=organisation, number=number, **{**values, **given})
    if email is not None:
        Contact.objects.create(
            organisation=organisation,
            customer=customer,
            name="Sam Example",
            role=Contact.Role.ACCOUNTS_PAYABLE,
            email=email,
            phone="+44 1632 960001",
            known_from_date=date(2020, 1, 1),
        )
    return customer


def make_invoice(
    customer: Customer,
    number: str,
    *,
    due: date | None,
    amount_minor: int = 100_00,
    open_minor: int | None = None,
    settled: date | None = None,
    currency: str = "GBP",
    issued: date | None = None,
    imported_at: datetime = NOW,
    **given: Any,
) -> Invoice:
    """An invoice (or credit note, for negative amounts): open in full unless told otherwise."""
    left = 0 if settled else amount_minor if open_minor is None else open_minor
    kind = Invoice.Kind.CREDIT_NOTE if amount_minor < 0 else Invoice.Kind.INVOICE
    return Invoice.objects.create(
        organisation=customer.organisation,
        customer=customer,
        number=number,
        kind=kind,
        currency=currency,
        issue_date=issued or ((due or NOW.date()) - timedelta(days=30)),
        due_date=due,
        amount_minor=amount_minor,
        open_amount_minor=left,
        settled_date=settled,
        payment_count=1 if settled else 0,
        first_imported_at=imported_at,
        **given,
    )
