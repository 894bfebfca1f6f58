"""A promise pauses chasing until its day, is judged by what came in, and is never hidden by a later one."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from goodterms.core.money import Money
from goodterms.flows.agreed_invoices import AmountAboveOpen, InvoiceNotTheirs, NothingOpen, SeveralCurrencies
from goodterms.flows.compose_message import compose_touches
from goodterms.flows.decide_day import decide_for
from goodterms.flows.gate_touches import judge_effects
from goodterms.flows.judge_promises import judge_open_promises
from goodterms.flows.make_promise import PromiseInThePast, PromiseTooFarAway, UnknownSource, make_promise
from goodterms.flows.put_to_claims import put_cash_to
from goodterms.flows.record_payment import record_payment
from goodterms.flows.run_day import run_day
from goodterms.flows.withdraw_promise import PromiseNotOpen, withdraw_promise
from goodterms.followup.models import Promise, Task, TimelineEvent, Touch
from goodterms.ledger.models import Allocation, Customer, Payment
from tests.conftest import NOW
from tests.factories import make_customer, make_invoice, make_organisation
from tests.flows.daily import pay
from tests.importing import run_import, write

pytestmark = pytest.mark.django_db
TODAY = NOW.date()
FRIDAY = date(2026, 3, 13)


@pytest.fixture
def customer() -> Customer:
    """With 100.00 overdue (R1), 50.00 overdue (R2) and 80.00 not yet due (R3)."""
    customer = make_customer(make_organisation())
    make_invoice(customer, "R1", due=date(2026, 2, 1))
    make_invoice(customer, "R2", due=date(2026, 3, 1), amount_minor=50_00)
    make_invoice(customer, "R3", due=date(2026, 4, 1), amount_minor=80_00)
    return customer


def promise(customer: Customer, **given: object) -> Promise:
    values: dict[str, object] = {"by": FRIDAY, "source": "call", "actor": "Robin", "now": NOW}
    return make_promise(customer.organisation, customer, **{**values, **given})  # type: ignore[arg-type]


def judge(customer: Customer, day: date) -> Promise:
    now = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
    judge_open_promises(customer.organisation, day, now)
    return Promise.objects.latest("pk")


def test_without_amount_and_date_it_is_all_that_is_overdue_in_seven_days(customer: Customer) -> None:
    made = promise(customer, by=None)
    assert (made.amount_minor, made.promised_date) == (150_00, date(2026, 3, 17))
    assert sorted(made.invoices.values_list("invoice__number", flat=True)) == ["R1", "R2"]


def test_a_larger_amount_covers_what_is_not_due_yet(customer: Customer) -> None:
    assert promise(customer, amount=Money(200_00, "GBP")).invoices.count() == 3


def test_it_is_kept_as_soon_as_the_money_is_in(customer: Customer) -> None:
    promise(customer, amount=Money(100_00, "GBP"))
    pay(customer.invoices.get(number="R1"), date(2026, 3, 11))
    kept = judge(customer, date(2026, 3, 11))
    assert (kept.state, kept.paid_minor, kept.judged_date) == ("kept", 100_00, date(2026, 3, 11))
    assert (
        TimelineEvent.objects.latest("pk").text == "Kept the promise of 100.00 GBP by 2026-03-13: 100.00 GBP came in."
    )


def test_it_is_never_judged_before_its_day_and_tolerance_are_over(customer: Customer) -> None:
    promise(customer)
    assert judge(customer, FRIDAY + timedelta(days=2)).state == "open"
    broken = judge(customer, FRIDAY + timedelta(days=3))
    assert broken.state == "broken"
    task = Task.objects.get(kind="promise_broken")
    assert task.key == f"promise_broken:{broken.pk}"


def test_the_day_is_the_customers_own(customer: Customer) -> None:
    Customer.objects.update(timezone="America/Los_Angeles")
    promise(customer, tolerance_days=0)
    early_on_saturday = datetime(2026, 3, 14, 5, tzinfo=UTC)
    judge_open_promises(customer.organisation, date(2026, 3, 14), early_on_saturday)
    assert Promise.objects.get().state == "open"


def test_part_of_the_money_keeps_it_in_part(customer: Customer) -> None:
    promise(customer)
    pay(customer.invoices.get(number="R1"), FRIDAY, 40_00)
    partly = judge(customer, FRIDAY + timedelta(days=3))
    assert (partly.state, partly.paid_minor) == ("partly_kept", 40_00)


def test_money_of_before_the_promise_does_not_count(customer: Customer) -> None:
    pay(customer.invoices.get(number="R1"), NOW.date(), 40_00)
    promise(customer, amount=Money(60_00, "GBP"))
    assert judge(customer, FRIDAY + timedelta(days=3)).state == "broken"


def test_money_that_comes_too_late_does_not_count(customer: Customer) -> None:
    promise(customer)
    pay(customer.invoices.get(number="R1"), FRIDAY + timedelta(days=3))
    assert judge(customer, FRIDAY + timedelta(days=4)).state == "broken"


def test_a_payment_sent_back_does_not_count(customer: Customer) -> None:
    promise(customer, amount=Money(100_00, "GBP"))
    invoice = customer.invoices.get(number="R1")
    payment = pay(invoice, FRIDAY)
    give_back(payment, FRIDAY + timedelta(days=1))
    assert judge(customer, FRIDAY + timedelta(days=3)).state == "broken"


def test_one_that_was_kept_is_broken_once_its_payment_is_sent_back(customer: Customer) -> None:
    promise(customer, amount=Money(100_00, "GBP"))
    payment = pay(customer.invoices.get(number="R1"), FRIDAY)
    assert judge(customer, FRIDAY).state == "kept"
    give_back(payment, date(2026, 3, 20))
    undone = judge(customer, date(2026, 3, 20))
    assert (undone.state, undone.paid_minor, undone.judged_date) == ("broken", 0, date(2026, 3, 20))
    word = "A payment was sent back: the promise of 100.00 GBP by 2026-03-13 is broken after all. Chasing goes on."
    assert TimelineEvent.objects.latest("pk").text == word
    assert Task.objects.get().key == f"promise_broken:{undone.pk}"
    events = TimelineEvent.objects.count()
    assert judge(customer, date(2026, 3, 21)).judged_date == date(2026, 3, 20)
    assert TimelineEvent.objects.count() == events


def test_a_payment_sent_back_before_the_day_leaves_time_to_pay_again(customer: Customer) -> None:
    promise(customer, amount=Money(100_00, "GBP"))
    payment = pay(customer.invoices.get(number="R1"), date(2026, 3, 11))
    judge(customer, date(2026, 3, 11))
    give_back(payment, date(2026, 3, 12))
    assert judge(customer, date(2026, 3, 12)).state == "kept"
    pay(customer.invoices.get(number="R1"), FRIDAY)
    assert judge(customer, FRIDAY + timedelta(days=3)).state == "kept"


def test_cash_on_account_keeps_it_too(customer: Customer) -> None:
    promise(customer, amount=Money(100_00, "GBP"))
    Payment.objects.create(
        organisation=customer.organisation,
        customer=customer,
        key="p",
        paid_date=FRIDAY,
        currency="GBP",
        amount_minor=100_00,
        unallocated_minor=100_00,
    )
    assert judge(customer, FRIDAY).state == "kept"


def on_account(customer: Customer, amount_minor: int, day: date = TODAY) -> Payment:
    """Cash on account that came on this day."""
    return Payment.objects.create(
        organisation=customer.organisation,
        customer=customer,
        key=f"on-account-{Payment.objects.count()}",
        paid_date=day,
        currency="GBP",
        amount_minor=amount_minor,
        unallocated_minor=amount_minor,
    )


def test_what_was_on_account_before_is_neither_promised_nor_counted(customer: Customer) -> None:
    on_account(customer, 40_00)
    made = promise(customer)
    assert (made.amount_minor, made.cash_then_minor) == (110_00, 40_00)
    assert judge(customer, FRIDAY).paid_minor == 0
    on_account(customer, 110_00, FRIDAY)
    assert (judge(customer, FRIDAY).state, judge(customer, FRIDAY).paid_minor) == ("kept", 110_00)


def test_cash_on_account_put_to_the_invoices_later_is_no_payment(customer: Customer) -> None:
    on_account(customer, 40_00, NOW.date() - timedelta(days=9))
    promise(customer)
    claims = list(customer.invoices.filter(number="R1"))
    put_cash_to(customer.organisation, claims, most_minor=40_00, until=FRIDAY)
    assert judge(customer, FRIDAY + timedelta(days=3)).state == "broken"


def test_all_that_is_owed_is_less_what_credit_notes_cover(customer: Customer) -> None:
    make_invoice(customer, "CN1", due=date(2026, 2, 10), amount_minor=-30_00)
    made = promise(customer)
    assert made.amount_minor == 120_00
    pay(customer.invoices.get(number="R1"), FRIDAY, 70_00)
    pay(customer.invoices.get(number="R2"), FRIDAY)
    assert judge(customer, FRIDAY).state == "kept"


def test_an_amount_beyond_what_is_overdue_less_credits_covers_what_is_not_due_yet(customer: Customer) -> None:
    on_account(customer, 40_00)
    assert promise(customer, amount=Money(150_00, "GBP")).invoices.count() == 3
    with pytest.raises(AmountAboveOpen):
        promise(customer, amount=Money(230_00, "GBP"))


def test_nothing_is_to_be_promised_where_cash_on_account_covers_everything(customer: Customer) -> None:
    on_account(customer, 500_00)
    with pytest.raises(NothingOpen):
        promise(customer)


def test_money_in_an_imported_file_keeps_a_promise_at_once_and_never_breaks_one(customer: Customer, home: Path) -> None:
    promise(customer, amount=Money(100_00, "GBP"), tolerance_days=0)
    text = "Payment Date,Customer Number,Invoice Number,Amount,Currency,Reference\n"
    late = datetime(2026, 3, 16, 9, tzinfo=UTC)
    run_import(customer.organisation, write(home, text + "2026-03-13,C1,R2,50.00,GBP,A\n", "payments.csv"),
               today=late.date(), now=late)  # fmt: skip
    assert Promise.objects.get().state == "open"
    run_import(customer.organisation, write(home, text + "2026-03-13,C1,R1,50.00,GBP,B\n", "payments.csv"),
               today=late.date(), now=late)  # fmt: skip
    assert Promise.objects.get().state == "kept"


def test_invoices_that_were_credited_leave_nothing_to_keep(customer: Customer) -> None:
    invoice = customer.invoices.get(number="R1")
    promise(customer, invoices=[invoice])
    Allocation.objects.create(
        organisation=customer.organisation,
        customer=customer,
        invoice=invoice,
        source="credit_note",
        allocated_date=FRIDAY,
        amount_minor=100_00,
    )
    customer.invoices.filter(number="R1").update(open_amount_minor=0, settled_date=FRIDAY)
    assert judge(customer, FRIDAY).state == "withdrawn"


def test_a_new_promise_closes_the_open_one_with_the_reason(customer: Customer) -> None:
    first = promise(customer)
    promise(customer, by=FRIDAY + timedelta(days=7))
    first.refresh_from_db()
    assert first.state == "withdrawn"
    assert TimelineEvent.objects.filter(kind="promise_withdrawn").get().text.endswith("Replaced by a new promise.")
    assert Promise.objects.filter(state="open").count() == 1


def test_a_new_promise_does_not_hide_a_broken_one(customer: Customer) -> None:
    first = promise(customer)
    promise(customer, by=FRIDAY + timedelta(days=20), now=NOW + timedelta(days=10))
    first.refresh_from_db()
    assert first.state == "broken"


def test_a_withdrawn_promise_says_why_and_cannot_be_withdrawn_twice(customer: Customer) -> None:
    made = promise(customer)
    withdraw_promise(customer.organisation, made, reason="Recorded by mistake.", actor="Kim", now=NOW)
    assert TimelineEvent.objects.latest("pk").text.endswith("withdrawn. Recorded by mistake.")
    with pytest.raises(PromiseNotOpen):
        withdraw_promise(customer.organisation, made, reason="Again.", actor="Kim", now=NOW)


def test_a_promise_from_the_portal_pauses_only_where_the_organisation_allows_it(customer: Customer) -> None:
    assert not promise(customer, source="portal").is_pausing
    customer.organisation.policy = {"promises_pause_from_portal": True}
    customer.organisation.save()
    assert promise(customer, source="portal").is_pausing


def test_every_promise_raises_the_facts_version(customer: Customer) -> None:
    promise(customer)
    judge(customer, FRIDAY + timedelta(days=3))
    customer.refresh_from_db()
    assert customer.facts_version == 3


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"by": date(2026, 3, 9)}, PromiseInThePast),
        ({"by": date(2026, 7, 1)}, PromiseTooFarAway),
        ({"source": "pigeon"}, UnknownSource),
        ({"amount": Money(500_00, "GBP")}, AmountAboveOpen),
        ({"amount": Money(1_00, "EUR")}, NothingOpen),
    ],
)
def test_what_cannot_be_promised_is_refused(
    customer: Customer, given: dict[str, object], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        promise(customer, **given)
    assert not Promise.objects.exists()


def test_invoices_of_others_and_several_currencies_are_refused(customer: Customer) -> None:
    other = make_customer(customer.organisation, "C2")
    theirs = make_invoice(other, "X1", due=date(2026, 2, 1))
    with pytest.raises(InvoiceNotTheirs):
        promise(customer, invoices=[theirs])
    make_invoice(customer, "R4", due=date(2026, 2, 1), currency="EUR")
    with pytest.raises(SeveralCurrencies):
        promise(customer)


def give_back(payment: Payment, day: date) -> None:
    """The bank sends the payment back."""
    for allocation in payment.allocations.all():
        Allocation.objects.create(
            organisation=payment.organisation,
            customer=payment.customer,
            invoice=allocation.invoice,
            payment=payment,
            source="returned",
            allocated_date=day,
            amount_minor=-allocation.amount_minor,
        )
        invoice = allocation.invoice
        invoice.open_amount_minor += allocation.amount_minor
        invoice.settled_date = None
        invoice.save()
    payment.returned_date = day
    payment.save()


def test_the_days_run_judges_first_and_chases_the_same_day(customer: Customer) -> None:
    promise(customer, tolerance_days=0)
    before = run_day(customer.organisation, NOW)
    assert before.decided.decision.touches.is_empty()
    assert before.decided.decision.waits["reason"].to_list() == ["promise"]
    later = datetime(2026, 3, 16, 9, tzinfo=UTC)
    decide_for(customer.organisation, later)
    assert Promise.objects.get().state == "open"
    report = run_day(customer.organisation, later)
    assert report.counts["judged"] == {"promises_broken": 1}
    assert report.decided.decision.touches.height == 1
    assert run_day(customer.organisation, later).counts["judged"] == {}


def test_the_day_before_they_are_reminded_once_and_nothing_is_sent_on_a_kept_one(customer: Customer) -> None:
    promise(customer)
    assert run_day(customer.organisation, NOW).decided.decision.touches.is_empty()
    thursday = datetime(2026, 3, 12, 10, tzinfo=UTC)
    touches = run_day(customer.organisation, thursday).decided.decision.touches
    assert touches["template"].to_list() == ["promise_reminder"]
    assert touches["due_reason"].to_list() == ["The day of their promise has come, or is tomorrow."]
    touch = Touch.objects.get()
    assert judge_effects([touch.effect_id], thursday)[touch.effect_id].answer == "go"
    message = compose_touches([touch.pk], thursday)[touch.pk].message
    assert message is not None
    assert "£150.00 by 13 March 2026" in message.text
    record_payment(
        customer.organisation_id, customer.pk, Money(150_00, "GBP"), on=thursday.date(), today=thursday.date(),
        now=thursday, actor="Robin", invoice_numbers=["R1", "R2"],
    )  # fmt: skip
    assert judge_effects([touch.effect_id], thursday)[touch.effect_id].answer == "withhold"
    assert run_day(customer.organisation, thursday + timedelta(days=1)).decided.decision.touches.is_empty()
