"""Plain makers of rows for tests; every value a test depends on is given by the test."""

from datetime import date, datetime, timedelta
from typing import Any

from goodterms.followup.models import CustomerProfile, Task, Touch
from goodterms.ledger.models import Contact, Customer, Invoice
from goodterms.organizations.models import Membership, Organisation, User
from goodterms.outbox.models import Effect
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
    kind = given.pop("kind", Invoice.Kind.CREDIT_NOTE if amount_minor < 0 else Invoice.Kind.INVOICE)
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


def make_user(organisation: Organisation | None = None, role: str = Membership.Role.OWNER, **given: Any) -> User:
    """A person with the password "correct horse"; a member of ``organisation`` where one is given."""
    number = User.objects.count() + 1
    email = given.pop("email", f"person{number}@supplies.example")
    user = User.objects.create_user(email, "correct horse", **given)
    if organisation is not None:
        Membership.objects.create(organisation=organisation, user=user, role=role)
    return user


def make_effect(customer: Customer, key: str = "", **given: Any) -> Effect:
    """An e-mail queued for now; ``state="sent"`` gets its times."""
    values: dict[str, Any] = {
        "key": key or f"{customer.organisation_id}/{customer.pk}/effect{Effect.objects.count() + 1}",
        "channel": "email",
        "customer_id": customer.pk,
        "recipient": f"{customer.number.lower()}@customer.example",
        "state": Effect.State.QUEUED,
        "not_before": NOW,
        "created_at": NOW,
    }
    values |= given
    if values["state"] == Effect.State.SENT:
        values = {"handed_over_at": NOW, "finished_at": NOW, "attempts": 1, **values}
    return Effect.objects.create(organisation=customer.organisation, **values)


def make_touch(customer: Customer, *, effect: Effect | None = None, state: str = "queued", **given: Any) -> Touch:
    """A friendly reminder with its effect."""
    values: dict[str, Any] = {
        "cycle": "cycle-1",
        "playbook": "forgetful",
        "step": "reminder_friendly",
        "level": 1,
        "occurrence": 1,
        "channel": "email",
        "language": "en",
        "template": "reminder_friendly",
        "tone": "friendly",
        "sender": "default",
        "planned_date": NOW.date(),
        "items": "[]",
        "due_reason": "The oldest invoice is 5 days overdue.",
        "profile": "forgetful",
        "profile_rule": "forgetful-scattered",
        "evidence": "{}",
        "policy_hash": "0123456789abcdef",
    }
    values |= given
    effect = effect or make_effect(customer, state=state, channel=values["channel"])
    if effect.state == Effect.State.SENT:
        values.setdefault("sent_date", NOW.date())
    return Touch.objects.create(organisation=customer.organisation, customer=customer, effect=effect, **values)


def make_task(customer: Customer, **given: Any) -> Task:
    """A call to make today."""
    values: dict[str, Any] = {
        "kind": Task.Kind.CALL,
        "key": f"task{Task.objects.count() + 1}",
        "title": f"Call {customer.name}",
        "due_date": NOW.date(),
        "created_at": NOW,
    }
    return Task.objects.create(organisation=customer.organisation, customer=customer, **{**values, **given})


def make_profile(
    customer: Customer, profile: str = "forgetful", verdict: str = "keep", **given: Any
) -> CustomerProfile:
    """A customer's decided profile and verdict."""
    values: dict[str, Any] = {
        "profile": profile,
        "profile_rule": f"{profile}-rule",
        "profile_evidence": "{}",
        "verdict": verdict,
        "verdict_rule": f"{verdict}-rule",
        "verdict_evidence": "{}",
        "policy_hash": "0123456789abcdef",
        "changed_date": NOW.date(),
    }
    return CustomerProfile.objects.create(organisation=customer.organisation, customer=customer, **{**values, **given})
