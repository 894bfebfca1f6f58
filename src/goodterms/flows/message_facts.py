"""The facts of messages out of the database: read at once for a batch, put together per request."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import polars as pl
from django.db.models import Exists, OuterRef
from django.db.models.functions import Lower

from goodterms.channels.letter_rendering import can_be_enclosed
from goodterms.core.calendar import find_zone
from goodterms.core.evidence import CASH, OPEN_ITEMS
from goodterms.core.money import Money
from goodterms.core.policy import PolicyNumbers
from goodterms.flows import evidence_queries as queries
from goodterms.flows.claimed_fees import ClaimedFees, read_claimed
from goodterms.flows.collect_evidence import Scope
from goodterms.flows.held_back import read_held_back
from goodterms.flows.message_interest import work_out_interest
from goodterms.followup.models import OptOut, Promise
from goodterms.followup.policy import policy_of
from goodterms.ledger.models import Contact, Customer, Invoice, InvoiceDocument
from goodterms.messages.catalog import template_catalog
from goodterms.messages.facts import Debtor, Facts, Item, Payment, Recipient, Sender, Speaker
from goodterms.messages.message import LOGO_CID, Attachment, Fault, Image
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
    cc: tuple[str, ...] = ()
    encloses_statement: bool = False


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
    held_back: Mapping[int, int]
    gone: frozenset[str] = field(default=frozenset())
    claimed: Mapping[int, ClaimedFees] = field(default_factory=dict)
    copies: Mapping[int, Attachment] = field(default_factory=dict)
    promised: Mapping[int, tuple[Money, date]] = field(default_factory=dict)
    readers: Mapping[int, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def read(
        cls, organisation: Organisation, requests: Sequence[Request], now: datetime, on: date | None
    ) -> "FactReader":
        """Read in eight queries (nine with letters); open amounts, cash and holds as they are, or were on ``on``."""
        ids = sorted({request.customer_id for request in requests})
        scope = Scope(organisation, now, ids, on)
        numbers = policy_of(organisation).numbers
        items = scope.read(queries.OPEN_ITEMS_ON if on else queries.OPEN_ITEMS, OPEN_ITEMS)
        customers = {row["id"]: row for row in Customer.objects.filter(pk__in=ids).values(*_CUSTOMER)}
        today = {pk: on or _local_date(row["timezone"], organisation, now) for pk, row in customers.items()}
        invoices = Invoice.objects.filter(pk__in=items["invoice_id"].to_list())
        contacts = Contact.objects.filter(pk__in={request.contact_id for request in requests if request.contact_id})
        return cls(
            organisation=organisation,
            numbers=numbers,
            today=today,
            customers=customers,
            contacts={row["id"]: row for row in contacts.values(*_CONTACT)},
            items=_by_customer(items),
            details={
                pk: (number, order) for pk, number, order in invoices.values_list("id", "number", "purchase_order")
            },
            cash=_by_customer(scope.read(queries.CASH_ON if on else queries.CASH, CASH)),
            held_back=read_held_back(scope, items, today),
            gone=_people_who_left(organisation, customers),
            claimed=read_claimed(ids) if numbers.interest.enabled else {},
            copies=_read_copies(requests, items),
            promised=_read_promises(requests),
            readers=_read_readers(requests),
        )

    def facts_for(self, request: Request) -> Facts:
        """The facts of one message; raises UnknownCurrency when the ledger holds a code that does not exist."""
        template = template_catalog().get(request.template)
        today = self.today[request.customer_id]
        every = [self._item(row, today) for row in self.items.get(request.customer_id, ())]
        owed = [(pk, item) for pk, item in every if item.open.amount_minor > 0 and item.due_date]
        looks_ahead = template is not None and template.looks_ahead
        ahead = request.invoice_ids if looks_ahead else frozenset()
        if template is not None and template.whole_account:
            ahead = frozenset(pk for pk, _ in owed)
        listed = [(pk, item) for pk, item in owed if item.days_overdue > 0 or pk in ahead]
        items = tuple(item for _, item in listed)
        later = tuple(item for pk, item in owed if item.days_overdue <= 0 and pk not in ahead)
        credits = tuple(item for _, item in every if item.open.amount_minor < 0)
        rows = self.cash.get(request.customer_id, ())
        cash = tuple(Money(row["unallocated_minor"], row["currency"]) for row in rows if row["unallocated_minor"])
        copies = tuple(self.copies[pk] for pk, _ in listed if pk in self.copies) if request.template in _LETTERS else ()
        facts = self._facts(request, today, items, credits=credits, cash=cash, later=later, copies=copies)
        claimed = self.claimed.get(request.customer_id)
        return work_out_interest(facts, template, self.organisation, self.numbers, claimed)

    def _facts(self, request: Request, today: date, items: tuple[Item, ...], **more: Any) -> Facts:
        customer = self.customers[request.customer_id]
        return Facts(
            today=today,
            sender=describe_sender(self.organisation),
            speaker=self._speaker(request, customer),
            recipient=self._recipient(request, customer),
            customer=Debtor(number=customer["number"], name=customer["name"], terms_days=customer["terms_days"]),
            items=items,
            deadline=request.deadline_date,
            promised=self.promised.get(request.customer_id),
            payment=describe_payment(self.organisation),
            home_currency=self.organisation.currency,
            **more,
        )

    def _item(self, row: Mapping[str, Any], today: date) -> tuple[int, Item]:
        number, order = self.details.get(row["invoice_id"], ("", ""))
        currency, opened = row["currency"], row["open_amount_minor"]
        return row["invoice_id"], Item(
            number=number,
            issue_date=row["issue_date"],
            due_date=row["due_date"],
            amount=Money(row["amount_minor"], currency),
            open=Money(opened, currency),
            held=Money(self.held_back.get(row["invoice_id"], 0), currency),
            days_overdue=(today - row["due_date"]).days if row["due_date"] else 0,
            purchase_order=order,
            is_fee=row["kind"] == "fee",
        )

    def _recipient(self, request: Request, customer: Mapping[str, Any]) -> Recipient:
        contact = self.contacts.get(request.contact_id or 0, {})
        is_dialled = request.template in _CALLS | _TEXTS
        return Recipient(
            email=contact.get("email", "") if request.template in _NOT_MAILED else request.recipient,
            name=contact.get("name", ""),
            role=contact.get("role", "other"),
            phone=request.recipient if is_dialled else contact.get("phone", ""),
            postal=tuple(customer["postal_address"].splitlines()),
            country=customer["country"],
        )

    def copies_for(self, request: Request) -> tuple[str, ...]:
        """Who was to be in copy and can still be: an address of this customer to which mail arrives."""
        good = self.readers.get(request.customer_id, frozenset())
        return tuple(address for address in request.cc if address.lower() in good)

    def find_contact_faults(self, request: Request) -> tuple[Fault, ...]:
        """A touch was decided for one address; when the contact has another by now, it must be decided anew."""
        if request.template in _LETTERS:
            return self._find_address_faults(request)
        contact = self.contacts.get(request.contact_id or 0)
        if contact is None:
            return ()
        column = "phone" if request.template in _CALLS else "mobile" if request.template in _TEXTS else "email"
        present = contact[column]
        if present.strip().lower() == request.recipient.strip().lower():
            return ()
        text = f"This was decided for {request.recipient}, but the contact's address is {present or 'empty'} now"
        return (Fault("recipient_changed", f"{text}; the next run decides anew."),)

    def _find_address_faults(self, request: Request) -> tuple[Fault, ...]:
        """The same for a letter: the address it was decided for, at most 254 characters of it, must still stand."""
        present = self.customers[request.customer_id]["postal_address"]
        decided = _letters_and_digits(request.recipient)
        if not decided or (present and _letters_and_digits(present).startswith(decided)):
            return ()
        text = f"This was decided for {request.recipient}, but the customer's address is another now"
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


_CUSTOMER = (
    *("id", "number", "name", "country", "timezone", "terms_days", "postal_address"),
    *("relationship_owner", "relationship_owner_email"),
)
_CONTACT = ("id", "name", "role", "email", "phone", "mobile")
_CALLS = frozenset(name for name, template in template_catalog().items() if template.medium == "call")
_LETTERS = frozenset(name for name, template in template_catalog().items() if template.medium == "letter")
_TEXTS = frozenset(name for name, template in template_catalog().items() if template.medium == "sms")
_OF_PROMISES = ("promise_reminder", "sms_promise_reminder")
_NOT_MAILED = _CALLS | _LETTERS | _TEXTS
# A letter is folded into an envelope: more copies than these are sent in another way.
_MOST_COPIES = 20
_LARGEST_COPY_BYTES = 5 * 1024 * 1024


def _letters_and_digits(text: str) -> str:
    """An address without its line ends and punctuation, which change on its way onto one line."""
    return "".join(character for character in text.casefold() if character.isalnum())


def _read_readers(requests: Sequence[Request]) -> dict[int, frozenset[str]]:
    """The working addresses of the customers of whom somebody is to be in copy, in small letters; without those whose
    owner asked to be left alone there.
    """
    copied = [request.customer_id for request in requests if request.cc]
    if not copied:
        return {}
    found: defaultdict[int, set[str]] = defaultdict(set)
    working = Contact.objects.filter(customer__in=copied, email_failed_at__isnull=True).exclude(email="")
    asked = OptOut.objects.filter(
        organisation=OuterRef("organisation"), channel="email", address=Lower(OuterRef("email"))
    )
    for customer_id, email in working.exclude(Exists(asked)).values_list("customer_id", "email"):
        found[customer_id].add(email.lower())
    return {pk: frozenset(addresses) for pk, addresses in found.items()}


def _read_promises(requests: Sequence[Request]) -> dict[int, tuple[Money, date]]:
    """The next open promise of the customers who are reminded of one."""
    reminded = [request.customer_id for request in requests if request.template in _OF_PROMISES]
    if not reminded:
        return {}
    rows = Promise.objects.filter(customer__in=reminded, state=Promise.State.OPEN).order_by("-promised_date", "-pk")
    return {row.customer_id: (Money(row.amount_minor, row.currency), row.promised_date) for row in rows}


def _read_copies(requests: Sequence[Request], items: pl.DataFrame) -> dict[int, Attachment]:
    """Invoice -> its file as it was sent, for the customers who get a letter, which names those that are enclosed."""
    readers = {request.customer_id for request in requests if request.template in _LETTERS}
    if not readers:
        return {}
    asked = items.filter(pl.col("customer_id").is_in(list(readers)) & (pl.col("open_amount_minor") > 0))["invoice_id"]
    files = InvoiceDocument.objects.filter(invoice__in=asked.to_list(), media_type="application/pdf")
    rows = files.select_related("invoice").order_by("invoice__due_date", "invoice_id")
    copies: dict[int, Attachment] = {}
    count: defaultdict[int, int] = defaultdict(int)
    for row in rows:
        if count[row.invoice.customer_id] >= _MOST_COPIES or len(row.content) > _LARGEST_COPY_BYTES:
            continue
        content = bytes(row.content)
        if can_be_enclosed(content):
            count[row.invoice.customer_id] += 1
            copies[row.invoice_id] = Attachment(row.invoice.number, row.media_type, content)
    return copies


def _by_customer(frame: pl.DataFrame) -> dict[int, list[dict[str, Any]]]:
    rows: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in frame.iter_rows(named=True):
        rows[row["customer_id"]].append(row)
    return rows


def _local_date(timezone: str, organisation: Organisation, now: datetime) -> date:
    return now.astimezone(find_zone(timezone, organisation.timezone)).date()


def _people_who_left(organisation: Organisation, customers: Mapping[int, Mapping[str, Any]]) -> frozenset[str]:
    """Addresses of colleagues whose account is closed: nobody reads what is sent there."""
    addresses = {row["relationship_owner_email"] for row in customers.values()} | {organisation.sender_email}
    closed = User.objects.filter(is_active=False, email__in=addresses - {""})
    return frozenset(email.lower() for email in closed.values_list("email", flat=True))


def describe_sender(organisation: Organisation) -> Sender:
    """The organisation as its messages present it."""
    logo = None
    if organisation.logo and organisation.logo_type in _LOGO_TYPES:
        logo = Image(LOGO_CID, organisation.logo_type, bytes(organisation.logo))
    return Sender(
        name=organisation.name,
        email=organisation.sender_email,
        phone=organisation.sender_phone,
        website=organisation.website,
        address=tuple(organisation.postal_address.splitlines()),
        country=organisation.country,
        logo=logo,
        brand_color=organisation.brand_color,
        letter_layout=organisation.letter_layout,
    )


def describe_payment(organisation: Organisation) -> Payment:
    """How the organisation is paid."""
    return Payment(
        account_holder=organisation.account_holder or organisation.name,
        iban=organisation.iban.replace(" ", "").upper(),
        bic=organisation.bic.replace(" ", "").upper(),
        bank=organisation.bank_name,
        link=organisation.payment_link,
        note=tuple(organisation.payment_note.splitlines()),
    )
