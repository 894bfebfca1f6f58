"""Valid facts of every kind: odd names, many currencies, many items, credits, holds, interest."""

from datetime import timedelta
from decimal import Decimal

from hypothesis import strategies as st

from goodterms.core.money import Money
from goodterms.messages.facts import (
    Debtor,
    Facts,
    Interest,
    Item,
    ItemInterest,
    Payment,
    Recipient,
    Sender,
    Speaker,
    tidy,
)
from goodterms.messages.samples import TODAY

ODD_TEXTS = [
    "<script>alert(1)</script>",
    "{{ total }}",
    "{% if x %}",
    "Ltd {name}",
    "[Company name]",
    "None Such Ltd",
    "undefined",
    "null",
    "€5.00",
    "1.234,50 €",
    "EUR 500",
    "2026-03-10",
    "10.03.2026",
    "Friday 13 March 2026",
    "שלום בע״מ",
    "شركة المثال",
    "\u202eevil\u202c",
    "a  b",
    " padded ",
    "two\nlines",
    "Ö & Söhne <GmbH>",
    "A" * 190,
    "()",
    "x ,y",
    "Example Inc.",
    "Smith,",
    "100% %s %(total)s",
    "Thief & Sons",
    "5",
    "12",
    "\ue000table\ue001",
]
names = st.one_of(st.sampled_from(ODD_TEXTS), st.text(min_size=0, max_size=40), st.just("Example Customer Ltd"))
# A number that is nothing once tidied cannot identify an invoice; the ledger never holds one.
numbers = st.one_of(
    st.sampled_from([text for text in ODD_TEXTS if len(text) < 100 and tidy(text)]),
    st.integers(1, 99_999).map(str),
    st.integers(1, 99_999).map("INV-{}".format),
    st.just("N" * 100),
)
given_names = names.filter(tidy)
currencies = st.sampled_from(["EUR", "GBP", "USD", "JPY", "KWD", "CHF"])
minor = st.integers(1, 10**12)


@st.composite
def items(draw: st.DrawFn, days: st.SearchStrategy[int], currency: str, place: int) -> Item:
    """An open invoice, perhaps part-paid, perhaps with a part held back."""
    amount = draw(minor)
    opened = draw(st.integers(1, amount))
    held = draw(st.sampled_from([0, 0, 0, opened, opened // 2]))
    late = draw(days)
    due = TODAY - timedelta(days=late)
    return Item(
        number=f"{draw(numbers)}/{place}" if place else draw(numbers),
        issue_date=due - timedelta(days=draw(st.integers(0, 90))),
        due_date=due,
        amount=Money(amount, currency),
        open=Money(opened, currency),
        held=Money(held, currency),
        days_overdue=late,
        purchase_order=draw(st.one_of(st.just(""), names)),
    )


@st.composite
def credit_notes(draw: st.DrawFn, currency: str) -> Item:
    amount = -draw(st.integers(1, 10**6))
    money = Money(amount, currency)
    number = f"CN-{draw(st.integers(1, 999))}"
    return Item(number=number, issue_date=TODAY, due_date=None, amount=money, open=money, held=Money.zero(currency))


def interest_on(listed: tuple[Item, ...], *, is_claimed: bool) -> Interest | None:
    rows = tuple(
        ItemInterest(item.number, item.asked * Decimal("0.0113"), Money(40_00, "EUR")) for item in listed if item.asked
    )
    return Interest(
        law="Example Act 2001",
        legal_basis="Example Act 2001, section 3",
        annual_percent=Decimal("11.27"),
        until=TODAY,
        items=rows,
        is_claimed=is_claimed,
    )


payments = st.one_of(
    st.just(Payment(account_holder="Example Supplies Ltd", iban="DE89370400440532013000", bic="COBADEFFXXX")),
    st.just(Payment(account_holder="Example Ltd", iban="GB33 BUKB 2020 1555 5555 55", link="https://pay.example")),
    st.just(Payment(link="https://pay.example/x?a=1&b=2")),
    st.just(Payment(note=("Cheques to Example Supplies Ltd.", "Cash at the desk."))),
)
speakers = st.builds(
    Speaker,
    name=st.one_of(st.just("Robin Example"), names),
    email=st.just("robin@supplies.example"),
    phone=st.sampled_from(["", "+44 1632 960002"]),
    is_person=st.booleans(),
)
senders = st.builds(
    Sender,
    name=st.one_of(st.just("Example Supplies Ltd"), given_names),
    email=st.just("accounts@supplies.example"),
    address=st.sampled_from([(), ("1 Example Street", "EX1 2MP")]),
    website=st.sampled_from(["", "https://supplies.example"]),
)


@st.composite
def facts_with_something_to_ask(draw: st.DrawFn, *, with_deadline: bool, interest: str, looks_ahead: bool) -> Facts:
    """Facts from which any template can make a true message."""
    days = st.integers(-9, 400) if looks_ahead else st.integers(1, 400)
    codes = draw(st.lists(currencies, min_size=1, max_size=3, unique=True))
    listed: list[Item] = []
    for code in codes:
        count = draw(st.integers(1, 5))
        listed += [draw(items(days, code, len(listed) + place)) for place in range(count)]
    if all(item.held == item.open for item in listed):
        listed.append(draw(items(days, codes[0], len(listed)).filter(lambda item: item.held != item.open)))
    later = [draw(items(st.integers(-60, -10), code, 90 + place)) for place, code in enumerate(codes)]
    return Facts(
        today=TODAY,
        sender=draw(senders),
        speaker=draw(speakers),
        recipient=Recipient(
            email="sam@customer.example", name=draw(names), role=draw(st.sampled_from(["accounts_payable", "owner"]))
        ),
        customer=Debtor(
            number=draw(numbers), name=draw(given_names), terms_days=draw(st.sampled_from([None, 0, 1, 30]))
        ),
        items=tuple(listed),
        credits=tuple(draw(st.lists(credit_notes(codes[0]), max_size=1))),
        cash=draw(st.sampled_from([(), (Money(1, codes[0]),)])),
        later=tuple(later) if draw(st.booleans()) else (),
        deadline=TODAY + timedelta(days=draw(st.integers(1, 20))) if with_deadline and draw(st.booleans()) else None,
        payment=draw(payments),
        interest=interest_on(tuple(listed), is_claimed=interest == "claimed") if interest != "none" else None,
        promised=(Money(draw(st.integers(1, 10_000_00)), codes[0]), TODAY + timedelta(days=1)),
        home_currency=codes[0],
    )
