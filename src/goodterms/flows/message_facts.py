"""The facts of messages out of the database: read at once for a batch, put together per request."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl

from goodterms.core.calendar import find_zone
from goodterms.core.evidence import CASH, OPEN_ITEMS
from goodterms.core.money import Money
from goodterms.core.policy import PolicyNumbers
from goodterms.flows import evidence_queries as queries
from goodterms.flows.collect_evidence import PLACED_HOLDS, Scope
from goodterms.flows.message_interest import work_out_interest
from goodterms.followup.policy import policy_of
from goodterms.ledger.models import Contact, Customer, Invoice
from goodterms.messages.catalog import template_catalog
from goodterms.messages.facts import Debtor, Facts, Item, Payment, Recipient, Sender, Speaker
from goodterms.messages.message import LOGO_CID, Fault, Image
from goodterms.organizations.models import Organisation, User

_LOGO_TYPES = ("image/png", "image/jpeg", "image/gif")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One message to compose: for a touch (``key`` is its id), or for a preview."""

    key: int
    organisation_id: int
    customer_id: int
    template: str
    language: str
    sender: str
    contact_id: int | None
    recipient: str
    deadline_date: date | None
    invoice_ids: frozenset[int]
    source: str | None = None


@dataclass(frozen=True)
class FactReader:
    """What was read for a batch of requests of one organisation; rows are kept as plain mappings by customer."""

    organisation: Organisation
    numbers: PolicyNumbers
    today: Mapping[int, date]
    customers: Mapping[int, Mapping[str, Any]]
    contacts: Mapping[int, Mapping[str, Any]]
    items: Mapping[int, list[dict[str, Any]]]
    details: Mapping[int, tuple[str, str]]
    cash: Mapping[int, list[dict[str, Any]]]
    held_invoices: Mapping[int, list[tuple[int, date, date]]]
    gone: frozenset[str] = field(default=frozenset())

    @classmethod
    def read(
        cls, organisation: Organisation, requests: Sequence[Request], now: datetime, on: date | None
    ) -> "FactReader":
        """Read in eight queries; open amounts, cash and holds as they stand, or as known on ``on``."""
        ids = sorted({request.customer_id for request in requests})
        scope = Scope(organisation, now, ids, on)
        items = scope.read(queries.OPEN_ITEMS_ON if on else queries.OPEN_ITEMS, OPEN_ITEMS)
        customers = {row["id"]: row for row in Customer.objects.filter(pk__in=ids).values(*_CUSTOMER)}
        invoices = Invoice.objects.filter(pk__in=items["invoice_id"].to_list())
        contacts = Contact.objects.filter(pk__in={request.contact_id for request in requests if request.contact_id})
        return cls(
            organisation=organisation,
            numbers=policy_of(organisation).numbers,
            today={pk: on or _local_date(row["timezone"], organisation, now) for pk, row in customers.items()},
            customers=customers,
            contacts={row["id"]: row for row in contacts.values(*_CONTACT)},
            items=_by_customer(items),
            details={
                pk: (number, order) for pk, number, order in invoices.values_list("id", "number", "purchase_order")
            },
            cash=_by_customer(scope.read(queries.CASH_ON if on else queries.CASH, CASH)),
            held_invoices=_invoice_holds(scope),
            gone=_people_who_left(organisation, customers),
        )

    def facts_for(self, request: Request) -> Facts:
        """The facts of one message; raises UnknownCurrency when the ledger holds a code that does not exist."""
        template = template_catalog().get(request.template)
        today = self.today[request.customer_id]
        every = [self._item(row, today) for row in self.items.get(request.customer_id, ())]
        owed = [(pk, item) for pk, item in every if item.open.amount_minor > 0 and item.due_date]
        looks_ahead = template is not None and template.looks_ahead
        ahead = request.invoice_ids if looks_ahead else frozenset()
        listed = [(pk, item) for pk, item in owed if item.days_overdue > 0 or pk in ahead]
        items = tuple(item for _, item in listed)
        later = tuple(item for pk, item in owed if item.days_overdue <= 0 and pk not in ahead)
        credits = tuple(item for _, item in every if item.open.amount_minor < 0)
        rows = self.cash.get(request.customer_id, ())
        cash = tuple(Money(row["unallocated_minor"], row["currency"]) for row in rows if row["unallocated_minor"])
        facts = self._facts(request, today, items, credits=credits, cash=cash, later=later)
        return work_out_interest(facts, template, self.organisation, self.numbers)

    def _facts(self, request: Request, today: date, items: tuple[Item, ...], **more: Any) -> Facts:
        customer = self.customers[request.customer_id]
        return Facts(
            today=today,
            sender=_describe_sender(self.organisation),
            speaker=self._speaker(request, customer),
            recipient=self._recipient(request),
            customer=Debtor(number=customer["number"], name=customer["name"], terms_days=customer["terms_days"]),
            items=items,
            deadline=request.deadline_date,
            payment=_describe_payment(self.organisation),
            home_currency=self.organisation.currency,
            **more,
        )

    def _item(self, row: Mapping[str, Any], today: date) -> tuple[int, Item]:
        number, order = self.details.get(row["invoice_id"], ("", ""))
        currency, opened = row["currency"], row["open_amount_minor"]
        holds = self.held_invoices.get(row["customer_id"], ())
        is_held = any(pk == row["invoice_id"] and first <= today <= last for pk, first, last in holds)
        held = opened if is_held and opened > 0 else min(row["disputed_amount_minor"], max(opened, 0))
        return row["invoice_id"], Item(
            number=number,
            issue_date=row["issue_date"],
            due_date=row["due_date"],
            amount=Money(row["amount_minor"], currency),
            open=Money(opened, currency),
            held=Money(held, currency),
            days_overdue=(today - row["due_date"]).days if row["due_date"] else 0,
            purchase_order=order,
        )

    def _recipient(self, request: Request) -> Recipient:
        contact = self.contacts.get(request.contact_id or 0, {})
        is_call = request.template in _CALLS
        return Recipient(
            email=contact.get("email", "") if is_call else request.recipient,
            name=contact.get("name", ""),
            role=contact.get("role", "other"),
            phone=request.recipient if is_call else contact.get("phone", ""),
        )

    def find_contact_faults(self, request: Request) -> tuple[Fault, ...]:
        """A touch was decided for one address; when the contact has another by now, it must be decided anew."""
        contact = self.contacts.get(request.contact_id or 0)
        if contact is None:
            return ()
        present = contact["phone"] if request.template in _CALLS else contact["email"]
        if present.strip().lower() == request.recipient.strip().lower():
            return ()
        text = f"This was decided for {request.recipient}, but the contact's address is {present or 'empty'} now"
        return (Fault("recipient_changed", f"{text}; the next run decides anew."),)

    def _speaker(self, request: Request, customer: Mapping[str, Any]) -> Speaker:
        """Who is meant to speak, or the next in the chain who can be answered: sender, then the organisation."""
        organisation = self.organisation
        default = (organisation.sender_name, organisation.sender_email)
        meant = {
            "owner": (customer["relationship_owner"], customer["relationship_owner_email"]),
            "senior": (self.numbers.senior_sender.name, self.numbers.senior_sender.email),
        }.get(request.sender, default)
        for name, email in (meant, default):
            if name and email and email.lower() not in self.gone:
                is_person = name != organisation.name
                return Speaker(name=name, email=email, phone=organisation.sender_phone, is_person=is_person)
        email = organisation.sender_email
        return Speaker(name=organisation.name, email=email, phone=organisation.sender_phone, is_person=False)


_CUSTOMER = ("id", "number", "name", "timezone", "terms_days", "relationship_owner", "relationship_owner_email")
_CONTACT = ("id", "name", "role", "email", "phone")
_CALLS = frozenset(name for name, template in template_catalog().items() if template.medium == "call")


def _by_customer(frame: pl.DataFrame) -> dict[int, list[dict[str, Any]]]:
    rows: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in frame.iter_rows(named=True):
        rows[row["customer_id"]].append(row)
    return rows


def _local_date(timezone: str, organisation: Organisation, now: datetime) -> date:
    return now.astimezone(find_zone(timezone, organisation.timezone)).date()


def _invoice_holds(scope: Scope) -> dict[int, list[tuple[int, date, date]]]:
    """Customer -> (invoice, first day, last day) of holds on single invoices; one lifted early ends the day before."""
    holds: defaultdict[int, list[tuple[int, date, date]]] = defaultdict(list)
    query = queries.HOLDS_ON if scope.on else queries.HOLDS
    for row in scope.read(query, PLACED_HOLDS).filter(pl.col("invoice_id").is_not_null()).iter_rows(named=True):
        lifted = row["lifted_date"]
        last = min(row["until_date"], lifted - timedelta(days=1)) if lifted else row["until_date"]
        holds[row["customer_id"]].append((row["invoice_id"], row["from_date"], last))
    return holds


def _people_who_left(organisation: Organisation, customers: Mapping[int, Mapping[str, Any]]) -> frozenset[str]:
    """Addresses of colleagues whose account is closed: nobody reads what is sent there."""
    addresses = {row["relationship_owner_email"] for row in customers.values()} | {organisation.sender_email}
    closed = User.objects.filter(is_active=False, email__in=addresses - {""})
    return frozenset(email.lower() for email in closed.values_list("email", flat=True))


def _describe_sender(organisation: Organisation) -> Sender:
    logo = None
    if organisation.logo and organisation.logo_type in _LOGO_TYPES:
        logo = Image(LOGO_CID, organisation.logo_type, bytes(organisation.logo))
    return Sender(
        name=organisation.name,
        email=organisation.sender_email,
        phone=organisation.sender_phone,
        website=organisation.website,
        address=tuple(organisation.postal_address.splitlines()),
        logo=logo,
    )


def _describe_payment(organisation: Organisation) -> Payment:
    return Payment(
        account_holder=organisation.account_holder or organisation.name,
        iban=organisation.iban.replace(" ", "").upper(),
        bic=organisation.bic.replace(" ", "").upper(),
        bank=organisation.bank_name,
        link=organisation.payment_link,
        note=tuple(organisation.payment_note.splitlines()),
    )
