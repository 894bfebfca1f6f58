"""A promise no longer stands: the customer took it back, or it was recorded by mistake."""

from datetime import date, datetime

from django.db import transaction

from goodterms.core.money import Money
from goodterms.core.refusal import Refusal
from goodterms.flows.agreed_invoices import amount_words
from goodterms.flows.facts import local_day, raise_facts_version, write_timeline
from goodterms.flows.judge_promises import judge_open_promises
from goodterms.followup.models import Promise
from goodterms.organizations.models import Organisation


class PromiseNotOpen(Refusal):
    """A promise to be withdrawn was judged or withdrawn before."""

    def __init__(self, promise: Promise) -> None:
        state = Promise.State(promise.state).label.lower()
        super().__init__(f"This promise is no longer open ({state} since {promise.judged_date}).")


class ReasonMissing(Refusal):
    """Something was undone without saying why."""

    def __init__(self, what: str) -> None:
        super().__init__(f"Say why {what}; the reason stays in the timeline.")


@transaction.atomic
def withdraw_promise(organisation: Organisation, promise: Promise, *, reason: str, actor: str, now: datetime) -> None:
    """Close the promise; chasing goes on with the next run. Raises PromiseNotOpen or ReasonMissing.

    A promise whose day is over is judged instead, and then refused: broken ones are not withdrawn afterwards.
    """
    if not reason.strip():
        raise ReasonMissing("the promise is withdrawn")
    today = local_day(organisation, promise.customer, now)
    judge_open_promises(organisation, today, now, customer_id=promise.customer_id)
    promise.refresh_from_db()
    if promise.state != Promise.State.OPEN:
        raise PromiseNotOpen(promise)
    end_promise(promise, reason, today, actor, now)
    raise_facts_version(organisation, promise.customer)


def end_promise(promise: Promise, reason: str, today: date, actor: str, now: datetime) -> None:
    """Mark an open promise as withdrawn, with the reason in the timeline; part of a flow's transaction."""
    Promise.objects.filter(pk=promise.pk, state=Promise.State.OPEN).update(
        state=Promise.State.WITHDRAWN, judged_date=today
    )
    amount = amount_words(Money(promise.amount_minor, promise.currency))
    write_timeline(
        promise.customer,
        "promise_withdrawn",
        f"Promise of {amount} by {promise.promised_date} withdrawn. {reason}".strip(),
        actor=actor,
        now=now,
        data={"promise_id": promise.pk},
    )
