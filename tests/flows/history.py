"""A ledger's history as a list of plain facts: stored in the database whole, or replayed by hand up to a day."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta

from hypothesis import strategies as st

from goodterms.ledger.models import Allocation, Contact, Customer, Invoice, Payment
from goodterms.organizations.models import Organisation
from tests.conftest import NOW

FIRST, LAST = date(2026, 1, 1), date(2026, 3, 10)
CURRENCIES = ("GBP", "EUR")


@dataclass(frozen=True)
class Document:
    """An invoice (or, negative, a credit note)."""

    customer: int
    issued: date
    due_days: int | None
    currency: str
    amount: int
    is_void: bool = False
    is_disputed: bool = False


@dataclass(frozen=True)
class Paid:
    """A payment: how it was spread over documents, and when the bank took it back, if it did."""

    customer: int
    on: date
    currency: str
    amount: int
    parts: tuple[tuple[int, int], ...]
    returned: date | None = None


@dataclass(frozen=True)
class History:
    """Facts in no order; ``offsets`` are credit notes set against invoices: (note, invoice, amount, day)."""

    documents: tuple[Document, ...]
    payments: tuple[Paid, ...]
    offsets: tuple[tuple[int, int, int, date], ...]


@dataclass
class Balance:
    """What is left of a document, and how it came to that."""

    left: int
    last: date | None = None
    payments: int = 0
    taken: int = 0

    def take(self, amount: int, on: date) -> None:
        self.left -= amount
        self.taken += amount
        self.last = max(self.last or on, on)


@dataclass
class Replay:
    """The oracle: every fact of the days up to ``day`` applied one by one."""

    history: History
    day: date = LAST
    balances: dict[int, Balance] = field(default_factory=dict)
    cash: dict[tuple[int, str], int] = field(default_factory=lambda: defaultdict(int))

    def __post_init__(self) -> None:
        for number, document in enumerate(self.history.documents):
            self.balances[number] = Balance(document.amount)
        for note, invoice, amount, on in self.history.offsets:
            if on <= self.day:
                self.balances[invoice].take(amount, on)
                self.balances[note].take(-amount, on)
        for paid in self.history.payments:
            if paid.on <= self.day:
                self._pay(paid)

    def _pay(self, paid: Paid) -> None:
        is_back = paid.returned is not None and paid.returned <= self.day
        for number, amount in paid.parts:
            self.balances[number].take(amount, paid.on)
            self.balances[number].payments += 1
            if is_back and paid.returned:
                self.balances[number].take(-amount, paid.returned)
                self.balances[number].payments -= 1
        if not is_back:
            self.cash[paid.customer, paid.currency] += paid.amount - sum(amount for _, amount in paid.parts)

    def open(self) -> list[tuple[int, int, str, date | None, int]]:
        """Number, customer, currency, due date and what is left of each open document."""
        return sorted(
            (number, document.customer, document.currency, due_date(document), self.balances[number].left)
            for number, document in self._issued()
            if self.balances[number].left
        )

    def settled(self) -> list[tuple[int, int, date | None, int]]:
        """Number, customer, day of settlement and count of payments of each invoice settled by payments."""
        return sorted(
            (number, document.customer, self.balances[number].last, self.balances[number].payments)
            for number, document in self._issued()
            if not self.balances[number].left and self.balances[number].payments
        )

    def _issued(self) -> list[tuple[int, Document]]:
        known = enumerate(self.history.documents)
        return [(number, each) for number, each in known if not each.is_void and each.issued <= self.day]

    def on_account(self) -> list[tuple[int, str, int]]:
        """Customer, currency and money not allocated."""
        return sorted((customer, currency, rest) for (customer, currency), rest in self.cash.items() if rest)


def due_date(document: Document) -> date | None:
    return None if document.due_days is None else document.issued + timedelta(days=document.due_days)


def make_people(organisation: Organisation, count: int) -> list[Customer]:
    """Customers without anything, each with one contact."""
    people = [
        Customer.objects.create(
            organisation=organisation,
            number=f"C{number}",
            name=f"Example Customer {number} Ltd",
            known_from_date=FIRST,
        )
        for number in range(count)
    ]
    Contact.objects.bulk_create(
        Contact(
            organisation=organisation,
            customer=customer,
            role="accounts_payable",
            email=f"{customer.number.lower()}@customer.example",
            known_from_date=FIRST,
        )
        for customer in people
    )
    return people


def store(organisation: Organisation, people: list[Customer], history: History) -> list[Invoice]:
    """The history in the database, as the flows would leave it on its last day."""
    replay = Replay(history)
    documents = Invoice.objects.bulk_create(
        _invoice(organisation, people, number, document, replay.balances[number])
        for number, document in enumerate(history.documents)
    )
    for number, paid in enumerate(history.payments):
        _store_payment(organisation, people, documents, number, paid)
    Allocation.objects.bulk_create(
        Allocation(
            organisation=organisation,
            customer=documents[target].customer,
            invoice=documents[target],
            source="credit_note",
            allocated_date=on,
            amount_minor=signed,
        )
        for note, invoice, amount, on in history.offsets
        for target, signed in ((invoice, amount), (note, -amount))
    )
    return documents


def _invoice(
    organisation: Organisation, people: list[Customer], number: int, document: Document, balance: Balance
) -> Invoice:
    left = 0 if document.is_void else balance.left
    return Invoice(
        organisation=organisation,
        customer=people[document.customer],
        number=str(number),
        kind="invoice" if document.amount > 0 else "credit_note",
        status="void" if document.is_void else "posted",
        currency=document.currency,
        issue_date=document.issued,
        due_date=due_date(document),
        amount_minor=document.amount,
        open_amount_minor=left,
        settled_date=None if left else balance.last,
        payment_count=balance.payments,
        is_disputed=document.is_disputed,
        first_imported_at=NOW,
    )


def _store_payment(
    organisation: Organisation, people: list[Customer], documents: list[Invoice], number: int, paid: Paid
) -> None:
    used = sum(amount for _, amount in paid.parts)
    payment = Payment.objects.create(
        organisation=organisation,
        customer=people[paid.customer],
        key=str(number),
        paid_date=paid.on,
        currency=paid.currency,
        amount_minor=paid.amount,
        unallocated_minor=0 if paid.returned else paid.amount - used,
        returned_date=paid.returned,
    )
    back = [(target, -amount, "returned", paid.returned) for target, amount in paid.parts] if paid.returned else []
    Allocation.objects.bulk_create(
        Allocation(
            organisation=organisation,
            customer=people[paid.customer],
            invoice=documents[target],
            payment=payment,
            source=source,
            allocated_date=on,
            amount_minor=amount,
        )
        for target, amount, source, on in [
            *((target, amount, "payment", paid.on) for target, amount in paid.parts),
            *back,
        ]
    )


days = st.dates(FIRST, LAST)


@st.composite
def histories(draw: st.DrawFn, people: int = 3) -> History:
    """Invoices, credit notes, payments in parts, over-payments, returned payments, void and undated invoices."""
    documents = draw(st.lists(_documents(people), min_size=1, max_size=6).map(tuple))
    left = {number: document.amount for number, document in enumerate(documents) if not document.is_void}
    offsets = tuple(draw(_offsets(documents, left)))
    payments = []
    for _ in range(draw(st.integers(0, 5))):
        paid = draw(_payments(people, documents, left))
        for number, amount in paid.parts:
            left[number] -= amount
        payments.append(paid)
    return History(documents, tuple(payments), offsets)


@st.composite
def _documents(draw: st.DrawFn, people: int) -> Document:
    is_note = draw(st.integers(0, 4)) == 0
    return Document(
        customer=draw(st.integers(0, people - 1)),
        issued=draw(days),
        due_days=draw(st.sampled_from([None, 0, 14, 30])),
        currency=draw(st.sampled_from(CURRENCIES)),
        amount=draw(st.integers(1, 50_000)) * (-1 if is_note else 1),
        is_void=not is_note and draw(st.integers(0, 5)) == 0,
        is_disputed=draw(st.integers(0, 5)) == 0,
    )


@st.composite
def _offsets(
    draw: st.DrawFn, documents: tuple[Document, ...], left: dict[int, int]
) -> list[tuple[int, int, int, date]]:
    """Each credit note against at most one open invoice of the same customer and currency."""
    found = []
    for note in [number for number, amount in left.items() if amount < 0]:
        fits = [
            number
            for number, amount in left.items()
            if amount > 0
            and documents[number].customer == documents[note].customer
            and documents[number].currency == documents[note].currency
        ]
        if draw(st.booleans()) and fits:
            invoice = draw(st.sampled_from(fits))
            amount = draw(st.integers(1, min(-left[note], left[invoice])))
            first = max(documents[note].issued, documents[invoice].issued)
            found.append((note, invoice, amount, draw(st.dates(first, LAST))))
            left[note] += amount
            left[invoice] -= amount
    return found


@st.composite
def _payments(draw: st.DrawFn, people: int, documents: tuple[Document, ...], left: dict[int, int]) -> Paid:
    customer, currency = draw(st.integers(0, people - 1)), draw(st.sampled_from(CURRENCIES))
    on = draw(days)
    parts = []
    for number, document in enumerate(documents):
        fits = document.customer == customer and document.currency == currency and document.issued <= on
        if fits and left.get(number, 0) > 0 and draw(st.booleans()):
            parts.append((number, draw(st.sampled_from([left[number], max(1, left[number] // 2)]))))
    spare = draw(st.sampled_from([0, 0, 700])) or (0 if parts else 1_000)
    returned = draw(st.dates(on, LAST)) if draw(st.integers(0, 5)) == 0 else None
    return Paid(customer, on, currency, sum(amount for _, amount in parts) + spare, tuple(parts), returned)
