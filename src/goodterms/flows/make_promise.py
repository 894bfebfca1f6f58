"""A customer promises to pay an amount by a day; chasing waits for it."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db import transaction

from goodterms.core.money import Money
from goodterms.core.policy import PolicyNumbers
from goodterms.core.refusal import Refusal
from goodterms.flows.agreed_invoices import amount_words, choose_invoices, find_owed
from goodterms.flows.facts import local_day, raise_facts_version, write_timeline
from goodterms.flows.judge_promises import judge_open_promises
from goodterms.flows.read_agreed import read_gone
from goodterms.flows.withdraw_promise import end_promise
from goodterms.followup.models import Call, Promise, PromisedInvoice, Reply, Source
from goodterms.followup.policy import policy_of
from goodterms.ledger.models import Customer, Invoice
from goodterms.organizations.models import Organisation


class PromiseInThePast(Refusal):
    """A promise for a day that is over."""

    def __init__(self, by: date, today: date) -> None:
        super().__init__(f"A promise for {by} would be over already; name today ({today}) or a later day.")


class PromiseTooFarAway(Refusal):
    """A promise for a day that nobody should wait for."""

    def __init__(self, by: date, latest: date) -> None:
        super().__init__(
            f"{by} is too far away for a promise (the latest day is {latest}); agree on a payment plan instead."
        )


class UnknownSource(Refusal):
    """An agreement came in a way that is none of ours."""

    def __init__(self, source: str) -> None:
        super().__init__(f"{source!r} is no way to agree on something; use one of: {', '.join(Source.values)}.")


class ToleranceOutOfBounds(Refusal):
    """A promise's tolerance is negative or endless."""

    def __init__(self, days: int) -> None:
        super().__init__(f"A tolerance of {days} days makes no sense; give 0 to 30.")


@transaction.atomic
def make_promise(
    organisation: Organisation,
    customer: Customer,
    *,
    amount: Money | None = None,
    by: date | None = None,
    source: str,
    invoices: Sequence[Invoice] = (),
    reply: Reply | None = None,
    call: Call | None = None,
    note: str = "",
    tolerance_days: int | None = None,
    actor: str,
    now: datetime,
) -> Promise:
    """Record a promise and let chasing wait for it until its day and tolerance are over.

    Without ``amount`` all that is overdue (or open on ``invoices``), without ``by`` as many days ahead as the policy
    says. The open promise before it, in the same currency, is closed as withdrawn (or judged, when its day is over).
    Raises PromiseInThePast, PromiseTooFarAway, UnknownSource, ToleranceOutOfBounds, or what choose_invoices refuses.
    """
    today = local_day(organisation, customer, now)
    numbers = policy_of(organisation).numbers
    promised_date = by or today + timedelta(days=numbers.promise_days)
    tolerance = numbers.promise_tolerance_days if tolerance_days is None else tolerance_days
    _check(today, promised_date, source, tolerance, numbers)
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    chosen, promised = choose_invoices(customer, invoices, amount, today)
    _close_the_one_before(organisation, customer, promised.currency, today, actor, now)
    promise = Promise.objects.create(
        organisation=organisation,
        customer=customer,
        currency=promised.currency,
        amount_minor=promised.amount_minor,
        made_date=today,
        promised_date=promised_date,
        tolerance_days=tolerance,
        source=source,
        note=note,
        reply=reply,
        call=call,
        made_at=now,
        recorded_by=actor,
        is_pausing=source != Source.PORTAL or numbers.promises_pause_from_portal,
        cash_then_minor=find_owed(customer, chosen, today).cash_minor,
    )
    gone = read_gone([invoice.pk for invoice in chosen], today)
    PromisedInvoice.objects.bulk_create(
        PromisedInvoice(
            promise=promise,
            invoice=invoice,
            open_amount_minor=invoice.open_amount_minor,
            gone_then_minor=gone.get(invoice.pk, 0),
        )
        for invoice in chosen
    )
    raise_facts_version(organisation, customer)
    _write_down(promise, chosen, actor, now)
    return promise


def _check(today: date, promised_date: date, source: str, tolerance: int, numbers: PolicyNumbers) -> None:
    if source not in Source.values:
        raise UnknownSource(source)
    if promised_date < today:
        raise PromiseInThePast(promised_date, today)
    latest = today + timedelta(days=numbers.promise_longest_days)
    if promised_date > latest:
        raise PromiseTooFarAway(promised_date, latest)
    if not 0 <= tolerance <= 30:
        raise ToleranceOutOfBounds(tolerance)


def _close_the_one_before(
    organisation: Organisation, customer: Customer, currency: str, today: date, actor: str, now: datetime
) -> None:
    """One whose day is over is judged, not withdrawn: a new promise must not hide a broken one."""
    judge_open_promises(organisation, today, now, customer_id=customer.pk)
    before = Promise.objects.filter(customer=customer, currency=currency, state=Promise.State.OPEN).first()
    if before is not None:
        end_promise(before, "Replaced by a new promise.", today, actor, now)


def _write_down(promise: Promise, chosen: Sequence[Invoice], actor: str, now: datetime) -> None:
    amount = Money(promise.amount_minor, promise.currency)
    numbers = ", ".join(invoice.number for invoice in chosen)
    way = Source(promise.source).label.lower()
    waits = "" if promise.is_pausing else " Chasing does not wait for it."
    text = f"Promised {amount_words(amount)} by {promise.promised_date} ({way}) for {numbers}.{waits} {promise.note}"
    write_timeline(
        promise.customer,
        "promise_made",
        text.strip(),
        actor=actor,
        now=now,
        invoice=chosen[0] if len(chosen) == 1 else None,
        data={"promise_id": promise.pk, "amount": amount.to_json(), "promised_date": promise.promised_date.isoformat()},
    )
